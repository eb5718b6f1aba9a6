/** Whether a key is let in: its pass, read and judged. */
import { FerrymanError } from '../errors.ts';
import { maxPassBytes } from '../parcel/limits.ts';
import { judgePass, type PassFacts } from './pass/judge-pass.ts';
import { readPass, type VerifiedPass } from './pass/read-pass.ts';
import type { KeyVolume } from './read/volume.ts';
import { readWhole } from './read/read-whole.ts';
import type { Stick } from './stick.ts';
import type { Surroundings } from './surroundings.ts';

export interface Admission {
  /** A pass for this key and this node, even when it grants nothing more; `undefined`: there is none, or none is asked for. */
  readonly pass: VerifiedPass | undefined;
  /** Why no updates are taken; `undefined`: they are. */
  readonly refusal: FerrymanError | undefined;
  readonly mayCollectLogs: boolean;
  /** It may bring what costs no use and asks for no right: rosters, acknowledgements, the enrolment of this node. */
  readonly mayBringNotices: boolean;
}

/** @throws FerrymanError `usb.*` of reading, `trust.*` */
export async function admitKey(
  surroundings: Surroundings,
  volume: KeyVolume,
  { serial }: Stick,
): Promise<Admission> {
  const { config, ledger, trust } = surroundings;
  let pass;
  try {
    const bytes = await readPassFile(volume);
    if (!bytes && !config.usb.requirePass)
      return { pass: undefined, refusal: undefined, mayCollectLogs: false, mayBringNotices: true };
    pass = bytes && (await readPass(bytes, trust()));
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code !== 'usb.pass-forged') throw error;
    return { pass: undefined, refusal: error, mayCollectLogs: false, mayBringNotices: false };
  }
  const facts = (wanted: PassFacts['wanted']): PassFacts => ({
    wanted,
    volume: volume.fileSystem.uuid,
    serial,
    node: config.node,
    timeFloor: ledger.fact('time-floor'),
    uses: pass ? ledger.usb.usesOf(pass.digest) : 0,
  });
  const judgement = judgePass(pass, facts('apply'));
  const mayCollectLogs = judgePass(pass, facts('collect-logs')).kind === 'accepted';
  return {
    pass: judgement.kind === 'invalid' ? undefined : judgement.pass,
    refusal: judgement.kind === 'accepted' ? undefined : judgement.error,
    mayCollectLogs,
    mayBringNotices: judgement.kind === 'accepted' || mayCollectLogs,
  };
}

/** `undefined`: there is none. */
async function readPassFile(volume: KeyVolume): Promise<Buffer | undefined> {
  try {
    return await readWhole(volume, 'pass.zip', maxPassBytes);
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    if (error.code === 'usb.missing') return undefined;
    if (error.code === 'usb.too-large')
      throw new FerrymanError('usb.pass-forged', error.message, { cause: error });
    throw error;
  }
}
