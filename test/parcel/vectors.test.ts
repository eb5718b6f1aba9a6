/** Every parcel in fixtures/parcels has one thing wrong. Each is refused for exactly that, and leaves no trace but its refusal. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deputyKey, officeKey } from '../../fixtures/kit/keys.ts';
import { block, seal, soundZip, withComment } from '../../fixtures/kit/sign.ts';
import { soundUpdate } from '../../fixtures/kit/update.ts';
import { loadVectors, makeParcels } from '../../fixtures/make.ts';
import { errorTable } from '../../src/errors.ts';
import type { Trust } from '../../src/verify/trust.ts';
import { hashed, judge, type Judgement } from '../kit/judge.ts';
import { Kiosk, removeFolders, temporaryFolder, type History, type Ran } from '../kit/kiosk.ts';
import { trusted } from '../kit/office.ts';

const parcels = join(import.meta.dirname, '../../fixtures/parcels');
const vectors = [...(await loadVectors())].map(([name, vector]) => ({ name, ...vector }));

function trustWith(threshold: number): Trust {
  return { keys: trusted(officeKey, deputyKey), threshold };
}

function committed(name: string): Buffer {
  return readFileSync(join(parcels, `${name}.zip`));
}

/** What the reader makes of a vector; each is judged once. */
const judgements = new Map<string, Promise<Judgement>>();
function judgementOf(name: string, threshold: number): Promise<Judgement> {
  const made = judgements.get(name) ?? judge(committed(name), trustWith(threshold));
  judgements.set(name, made);
  return made;
}

afterAll(removeFolders);

describe('the vectors', () => {
  it('are what their scripts make, byte for byte, one file for each', async () => {
    const folder = temporaryFolder();
    expect(await makeParcels(folder)).toBe(vectors.length);
    const files = readdirSync(parcels).filter((name) => name.endsWith('.zip'));
    expect(files.toSorted()).toEqual(readdirSync(folder).toSorted());
    // To make them anew: node tools/make-fixtures/main.mjs
    const other = vectors.filter(
      ({ name }) => !readFileSync(join(folder, `${name}.zip`)).equals(committed(name)),
    );
    expect(other.map(({ name }) => name)).toEqual([]);
  });

  it('spoil an update that is accepted as it is', async () => {
    const { manifest, data, script } = soundUpdate('sound');
    expect(await judge(seal([manifest, data, script]), trustWith(1))).toMatchObject({ stage: 'accepted' });
  });

  it('each say a different thing', () => {
    expect(new Set(vectors.map(({ about }) => about)).size).toBe(vectors.length);
  });

  it('reach every code by which a parcel can be refused, but for size', () => {
    const rooms = ['framing', 'signature', 'verify', 'zip', 'manifest'];
    const codes = Object.keys(errorTable).filter((code) => rooms.includes(code.split('.')[0] ?? ''));
    const reached = new Set<string>(vectors.map(({ expect: code }) => code));
    // More than 1 GiB is no file to commit: framing.test.ts has it.
    expect(codes.filter((code) => !reached.has(code))).toEqual(['framing.too-large']);
  });
});

describe('the reader', () => {
  for (const { name, about, expect: code, stage, threshold } of vectors) {
    it(`refuses ${about} (${name}: ${code})`, async () => {
      expect(await judgementOf(name, threshold ?? 1)).toMatchObject({ stage, code });
    });
  }
});

describe.each([1, 2] as const)(
  'a kiosk that needs %i signed, with all of them in its backhaul',
  (threshold) => {
    const mine = vectors.filter((vector) => (vector.threshold ?? 1) === threshold);
    // What is no update is no refused update either.
    const isUpdate = ({ stage, expect: code }: (typeof mine)[number]): boolean =>
      stage === 'after-signature' && code !== 'manifest.other-kind';
    const unproven = mine.filter((vector) => !isUpdate(vector));
    const signed = mine.filter(isUpdate);
    let kiosk: Kiosk;
    let pass: Ran;
    let history: History;

    beforeAll(async () => {
      kiosk = await Kiosk.make({ keys: [officeKey, deputyKey], threshold });
      mkdirSync(kiosk.layout.backhaul, { recursive: true });
      for (const { name } of mine) writeFileSync(join(kiosk.layout.backhaul, `${name}.zip`), committed(name));
      const good = soundZip('good');
      writeFileSync(
        join(kiosk.layout.backhaul, 'zzz-good.zip'),
        withComment(good, block(officeKey, good) + block(deputyKey, good)),
      );
      pass = await kiosk.pass();
      history = await kiosk.history();
    });

    it('runs the one good update that came last, and nothing else', () => {
      expect(pass.exitCode).toBe(0);
      const ran = history.updates.filter(({ state }) => state !== 'refused');
      expect(ran).toMatchObject([{ title: 'good', state: 'succeeded', exitStatus: 0, attempts: 1 }]);
      expect(kiosk.witnessLines()).toEqual([String(ran[0]?.sequence)]);
    });

    for (const { name, about, expect: refused, recorded: code = refused } of unproven) {
      it(`keeps the refusal of ${about} by the hash of its file (${name})`, () => {
        const fileHash = createHash('blake2b512').update(committed(name)).digest('hex');
        expect(history.refusals.find((one) => one.fileHash === fileHash)).toMatchObject({ code, times: 1 });
      });
    }

    for (const { name, about, expect: code } of signed) {
      it(`records ${about} as refused by its digest (${name})`, async () => {
        const { digest } = hashed(committed(name));
        const { reason } = (await judgementOf(name, threshold)) as { reason: string };
        expect(history.updates.filter((update) => update.digest === digest)).toMatchObject([
          { state: 'refused', reason, exitStatus: null, attempts: 0, startedAt: null },
        ]);
        expect(pass.stderr).toContain(`refused: ${reason} [${code}]`);
      });
    }

    it('records nothing else', () => {
      expect(history.refusals.length).toBe(unproven.length);
      expect(history.updates.length).toBe(signed.length + 1);
    });

    it('tells of all of them in lines that no terminal acts on', () => {
      expect(pass.stderr.match(/[^\n\P{C}]|[\p{Zl}\p{Zp}]/gu)).toBeNull();
      expect(pass.stderr.split('\n').filter((line) => line.length > 500)).toEqual([]);
    });

    it('unpacks nothing that stays, and nothing outside', () => {
      const runs = readdirSync(kiosk.layout.runs, { recursive: true, encoding: 'utf8' });
      expect(runs.filter((path) => /(^|\/)tree(\/|$)/.test(path))).toEqual([]);
      const everything = readdirSync(join(kiosk.root, '..'), { recursive: true, encoding: 'utf8' });
      expect(everything.filter((path) => /escaped|stowaway|hidden/.test(path))).toEqual([]);
      expect(existsSync('/tmp/ferryman-escaped')).toBe(false);
    });

    it('empties its inbox and keeps none of them for relay', () => {
      expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
      const good = history.updates.find(({ title }) => title === 'good');
      expect(readdirSync(kiosk.layout.relayUpdates)).toEqual([`${good?.digest}.zip`]);
    });
  },
);
