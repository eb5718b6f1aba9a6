/** Rosters, acknowledgements and enrolments on a key: copied first, taken into use, for no use of the pass; and what goes home for them. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readKeptRoster } from '../../src/enrol/kept-roster.ts';
import { readOwnEnrolment } from '../../src/enrol/own-node.ts';
import { loadConfig } from '../../src/node/config.ts';
import { packRoster } from '../../src/parcel/pack.ts';
import type { Roster } from '../../src/parcel/roster.ts';
import { parseSecretKey, type SecretKey } from '../../src/parcel/secret-key.ts';
import { cleanUp, officeKey, signed } from '../controller/at-work.ts';
import { draftRoster, enrolledNode, signedAck, signedLog } from '../kit/enrolled.ts';
import { runProgram, temporaryFolder, type Kiosk, type Ran } from '../kit/kiosk.ts';
import { fixedKey, signedPass, signZip, writePublicKey } from '../kit/office.ts';
import { mtool, type KeyTree } from './images.ts';
import { makeKey, makeKeyedKiosk, reportOn } from './keyed-kiosk.ts';
import { visiting, type SeenVisit } from './visiting.ts';

afterAll(cleanUp);

const proxy = enrolledNode(9, 'proxy', {}, [officeKey]);

function roster(draft: Partial<Roster> = {}, key: SecretKey = officeKey): Buffer {
  return signZip(packRoster(draftRoster(draft)), key);
}

function says(kiosk: Kiosk, word: string): Buffer {
  return signed({ sequence: 1, script: `echo ${word} >>${kiosk.witness}` });
}

/** What was copied, in its order. */
function taken({ files }: SeenVisit): string[] {
  return files.filter(({ code }) => code === null).map(({ name }) => name);
}

function refused({ files }: SeenVisit): (readonly [string, string])[] {
  return files.flatMap(({ name, code }) => (code === null ? [] : [[name, code] as const]));
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

describe('notices on a key', () => {
  test('come before updates, whatever their names, are in force when the update runs, and are told of', async () => {
    const kiosk = await makeKeyedKiosk();
    const script = `cat ${join(kiosk.layout.etc, 'roster.txt')} | grep -o '"number":[ 0-9]*' >>${kiosk.witness}`;
    const key = makeKey(
      kiosk,
      { '1.zip': signed({ sequence: 1, script }) },
      {},
      {
        more: { 'ferryman/rosters/z.zip': roster({ number: 7 }), 'ferryman/acks/y.zip': signedAck(proxy) },
      },
    );
    await visiting(kiosk, async (port) => {
      const visit = await port.visitAndApply(key.path);
      expect(taken(visit)).toEqual(['rosters/z.zip', 'acks/y.zip', '1.zip']);
      expect(kiosk.witnessLines()).toEqual(['"number": 7']);
      expect(port.lastPhase).toMatchObject({ kind: 'done', text: 'All is done: 1 update.' });
    });
    const report = oneLine(reportOn(kiosk, key.path));
    expect(report).toContain('Also from this key roster 7: in force from now on acknowledgement 1 of proxy');
    expect(report).toContain('ALL IS DONE: 1 UPDATE');
    expect(oneLine(reportOn(kiosk, key.path, 'report.html'))).toContain('<td>roster 7</td><td>in force');
  });

  test('cost no use of the pass; alone they are all that a visit needs to be done', async () => {
    const kiosk = await makeKeyedKiosk();
    const more = { 'ferryman/rosters/1.zip': roster({ number: 1 }) };
    const key = makeKey(kiosk, {}, { uses: 1 }, { more });
    await visiting(kiosk, async (port) => {
      await port.visitAndApply(key.path);
      expect(port.lastPhase).toMatchObject({ kind: 'done', text: 'All is done.' });
      const second = makeKey(
        kiosk,
        { '1.zip': says(kiosk, 'one') },
        { uses: 1 },
        { more, name: 'second.img' },
      );
      await port.visitAndApply(second.path);
      expect(kiosk.witnessLines()).toEqual(['one']);
      const third = { 'ferryman/rosters/2.zip': roster({ number: 2 }) };
      const usedUp = await port.visit(
        makeKey(kiosk, {}, { uses: 1 }, { more: third, name: 'third.img' }).path,
      );
      expect(usedUp).toMatchObject({ state: 'ignored', code: 'usb.pass-used-up', files: [] });
    });
    expect(readKeptRoster(kiosk.layout)?.number).toBe(1);
    expect(reportOn(kiosk, key.path)).toContain('ALL IS DONE');
  });

  test('come in by a pass that only collects logs; updates beside them do not', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(
      kiosk,
      { '1.zip': says(kiosk, 'one') },
      { may: ['collect-logs'] },
      {
        more: { 'ferryman/rosters/1.zip': roster() },
      },
    );
    await visiting(kiosk, async (port) => {
      const visit = await port.visitAndApply(key.path);
      expect(visit).toMatchObject({ state: 'ignored', code: 'usb.pass-not-for-this' });
      expect(taken(visit)).toEqual(['rosters/1.zip']);
    });
    expect(kiosk.witnessLines()).toEqual([]);
    expect(readKeptRoster(kiosk.layout)?.number).toBe(1);
  });

  test('are what they should be, or not taken: an update in their folders gets round no pass', async () => {
    const kiosk = await makeKeyedKiosk();
    const update = says(kiosk, 'one');
    const more = {
      'ferryman/rosters/1.zip': update,
      'ferryman/rosters/2.zip': roster({}, fixedKey(99)),
      'ferryman/rosters/3.zip': signedAck(proxy),
      'ferryman/acks/1.zip': update,
      'ferryman/acks/2.zip': Buffer.from('no parcel'),
      'ferryman/acks/3.zip': Buffer.alloc(2 * 1024 * 1024, 'x'),
      [`ferryman/enrolments/${loadConfig(kiosk.layout).node.guid}.zip`]: update,
    };
    const key = makeKey(kiosk, {}, { may: ['collect-logs'] }, { more });
    await visiting(kiosk, async (port) => {
      const visit = await port.visitAndApply(key.path);
      expect(taken(visit)).toEqual([]);
      expect(refused(visit).map(([name, code]) => `${name} ${code}`)).toEqual([
        'rosters/1.zip manifest.other-kind',
        'rosters/2.zip verify.unknown-key',
        'rosters/3.zip verify.by-node',
        'acks/1.zip manifest.other-kind',
        'acks/2.zip framing.truncated',
        'acks/3.zip usb.too-large',
        `enrolments/${loadConfig(kiosk.layout).node.guid}.zip manifest.other-kind`,
      ]);
      expect(port.lastPhase?.kind).toBe('failed');
      expect(port.leftOf(key.path)).toEqual([]);
    });
    expect(kiosk.witnessLines()).toEqual([]);
  });

  test('without a pass, or with one of another node, are not even copied', async () => {
    const kiosk = await makeKeyedKiosk();
    const more = { 'ferryman/rosters/1.zip': roster() };
    const keys = [
      makeKey(kiosk, {}, null, { more, name: 'a.img' }),
      makeKey(kiosk, {}, { recipients: ['ffffffff-0000-4000-8000-000000000000'] }, { more, name: 'b.img' }),
    ];
    await visiting(kiosk, async (port) => {
      for (const { path } of keys) expect((await port.visitAndApply(path)).files).toEqual([]);
    });
    expect(readKeptRoster(kiosk.layout)).toBeUndefined();
  });

  test('that cannot be taken in are told: an archive of logs among the acknowledgements, an older store of a proxy', async () => {
    const kiosk = await makeKeyedKiosk();
    const more = {
      'ferryman/acks/1.zip': signedLog(enrolledNode(1, 'kiosk', {}, [officeKey])),
      'ferryman/acks/2.zip': signedAck(proxy),
      'ferryman/acks/3.zip': signedAck(proxy, { epoch: '1111111111111111' }),
    };
    const key = makeKey(kiosk, {}, {}, { more });
    await visiting(kiosk, (port) => port.visitAndApply(key.path));
    const report = oneLine(reportOn(kiosk, key.path));
    expect(report).toContain('FILES ON THIS KEY COULD NOT BE USED');
    expect(report).toContain('enrol it anew');
  });
});

async function must(program: 'ferryman' | 'sign-update', ...args: string[]): Promise<void> {
  const ran = await runProgram(program, args);
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
}

/** An office with an ssh CA, and a kiosk that trusts it and is not enrolled. */
async function makeOffice(): Promise<{
  kiosk: Kiosk;
  pass: Buffer;
  guid: string;
  /** As the office has it from `usb collect`. */
  collectRequest: (image: string, ...args: string[]) => Promise<Ran & { readonly request: string }>;
  sign: (request: string) => Promise<Buffer>;
}> {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  await must('sign-update', 'keygen', file('office'), '--no-passphrase');
  await must('ferryman', 'office-ca', 'init', file('ca'));
  const key = await parseSecretKey(readFileSync(file('office.key'), 'utf8'), () => '');
  const kiosk = await makeKeyedKiosk({ keys: [key], config: '[flood]\nuser = "nobody"' });
  return {
    kiosk,
    pass: signedPass({}, key),
    guid: loadConfig(kiosk.layout).node.guid,
    collectRequest: async (image, ...args) => {
      const out = mkdtempSync(join(folder, 'out'));
      const ran = await runProgram('ferryman', ['usb', 'collect', image, '-o', out, ...args]);
      const request = join(out, loadConfig(kiosk.layout).node.guid, 'request.txt');
      return { ...ran, request: existsSync(request) ? readFileSync(request, 'utf8') : '' };
    },
    sign: async (request) => {
      writeFileSync(file('request.txt'), request);
      const by = ['--key', file('office.key'), '--ca', file('ca'), '-o', file('bundle.zip'), '--yes'];
      await must('ferryman', 'enrol', 'sign', file('request.txt'), ...by);
      return readFileSync(file('bundle.zip'));
    },
  };
}

function isOnKey(image: string, path: string): boolean {
  try {
    mtool('mtype', image, `::/${path}`);
    return true;
  } catch {
    return false;
  }
}

describe('enrolment by keys', () => {
  test('the request goes home with the report, and the next key brings the enrolment', async () => {
    const { kiosk, pass, guid, collectRequest, sign } = await makeOffice();
    const first = makeKey(kiosk, {}, pass, { name: 'first.img' });
    await visiting(kiosk, async (port) => {
      await port.visitAndApply(first.path);
      const report = oneLine(reportOn(kiosk, first.path));
      expect(report).toContain(
        'To the office with this key its request to be enrolled, in request.txt; fingerprint',
      );
      const { request, stdout } = await collectRequest(first.path);
      expect(stdout).toMatch(/asks to be enrolled, fingerprint (\w{4} ){7}\w{4}\n/);
      expect(stdout).toContain('once the fingerprint was compared');
      const bundle = await sign(request);

      const more: KeyTree = {
        [`ferryman/enrolments/${guid}.zip`]: bundle,
        'ferryman/enrolments/other.zip': 'x',
      };
      const second = makeKey(kiosk, {}, pass, { name: 'second.img', more });
      const visit = await port.visitAndApply(second.path);
      expect(visit.files.map(({ name }) => name)).toEqual([`enrolments/${guid}.zip`]);
      expect(readOwnEnrolment(kiosk.layout)?.enrolment).toMatchObject({ node: guid, serial: 1 });
      expect(existsSync(join(kiosk.layout.etc, 'ssh/sshd_config'))).toBe(true);
      expect(port.lastPhase).toMatchObject({ kind: 'done', text: 'All is done.' });
      expect(oneLine(reportOn(kiosk, second.path))).toContain('enrolment 1 as kiosk: installed;');

      const again = makeKey(kiosk, {}, pass, { name: 'again.img', more });
      await port.visitAndApply(again.path);
      expect(port.node.told()).toContain('info: enrolment 1 as kiosk: by usb: installed already');
      const third = makeKey(kiosk, {}, pass, { name: 'third.img' });
      await port.visitAndApply(third.path);
      expect(isOnKey(third.path, `ferryman/reports/${guid}/request.txt`)).toBe(false);
    });
  });

  test('the office that knows the key of a node believes no request by another', async () => {
    const { kiosk, pass, guid, collectRequest } = await makeOffice();
    const key = makeKey(kiosk, {}, pass);
    await visiting(kiosk, (port) => port.visitAndApply(key.path));
    const nodes = temporaryFolder();
    copyFileSync(kiosk.layout.identityPublicKey, join(nodes, `${guid}.pub`));
    expect((await collectRequest(key.path, '--node-keys', nodes)).stdout).toContain(
      'by the key that is known here',
    );
    rmSync(join(nodes, `${guid}.pub`));
    renameSync(writePublicKey(nodes, fixedKey(99)), join(nodes, `${guid}.pub`));
    const { stdout } = await collectRequest(key.path, '--node-keys', nodes);
    expect(stdout).not.toContain('asks to be enrolled');
    expect(stdout).toContain('expected a request by the key');
  });

  test('a key without a pass for this node gets no request', async () => {
    const { kiosk, guid } = await makeOffice();
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'x') }, null);
    await visiting(kiosk, (port) => port.visitAndApply(key.path));
    expect(reportOn(kiosk, key.path)).not.toBe('');
    expect(isOnKey(key.path, `ferryman/reports/${guid}/request.txt`)).toBe(false);
  });
});
