import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { errorTable, FerrymanError } from '../errors.ts';
import { loadConfig } from '../node/config.ts';
import { listKeyFiles, type KeyFile } from '../node/trust-store.ts';
import { fingerprintOf, spokenFingerprint } from '../parcel/fingerprint.ts';
import { json, layoutOf } from './options.ts';
import { readStanding, standingText } from './trust-standing.ts';

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const { threshold } = loadConfig(layout).trust;
  const files = listKeyFiles(layout);
  const standing = readStanding(layout, threshold);
  if (flag(input, 'json'))
    json(io, {
      schema: 'ferryman.trust-list/1',
      threshold,
      problem: standing.problem,
      keys: files.map(keyJson),
    });
  else io.out(files.map(keyText).join('') + standingText(standing));
  return standing.problem === null ? 0 : errorTable['trust.unreadable'].exit;
}

function keyJson({ name, path, key }: KeyFile): object {
  if (key instanceof FerrymanError)
    return { name, file: path, keyId: null, fingerprint: null, problem: key.message };
  return { name, file: path, keyId: key.keyId, fingerprint: fingerprintOf(key), problem: null };
}

function keyText({ name, key }: KeyFile): string {
  if (key instanceof FerrymanError) return `${name}\n  ! ${key.message}\n`;
  return `${name}\n  key id       ${key.keyId}\n  fingerprint  ${spokenFingerprint(key)}\n`;
}
