/** `ferryman trust`: which keys are taken and which refused, that a node is never left with too few, and that it counts at once. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatPublicKey } from '../../src/parcel/public-key.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import {
  channelFolder,
  cleanUp,
  Daemon,
  drop,
  makeKiosk,
  officeKey,
  signed,
  until,
} from '../controller/at-work.ts';
import { withNode } from '../controller/in-process.ts';
import type { Kiosk, Ran } from '../kit/kiosk.ts';
import { fixedKey, signedUpdate, writePublicKey } from '../kit/office.ts';
import { typed } from './typed.ts';

afterAll(cleanUp);

const [second, third] = [fixedKey(12), fixedKey(13)];
const watchOnly = '[run]\nstopSeconds = 1\n[channels]\nrescanSeconds = 3600';

function trust(kiosk: Kiosk, ...args: string[]): Promise<Ran> {
  return typed(['trust', ...args, '--root', kiosk.root]);
}

/** The public half of a key in a file of that name. */
function pub(kiosk: Kiosk, name: string, key = second): string {
  return kiosk.file(`${name}.pub`, formatPublicKey(publicKeyOf(key)));
}

function keyNames({ layout }: Kiosk): string[] {
  return readdirSync(layout.keys).toSorted();
}

async function listed(kiosk: Kiosk): Promise<{ problem: string | null; keys: Record<string, string>[] }> {
  return JSON.parse((await trust(kiosk, 'list', '--json')).stdout) as Awaited<ReturnType<typeof listed>>;
}

/** A public key file with any id and bytes. */
const made = (keyId: string, bytes: Buffer): string => formatPublicKey({ keyId, bytes });

describe('trust list', () => {
  test('names each key with key id and the fingerprint that stock tools print, and says how many must sign', async () => {
    const kiosk = await makeKiosk();
    const file = pub(kiosk, 'two');
    await trust(kiosk, 'add', file);
    const sum = execFileSync('sh', ['-c', `tail -n 1 ${file} | base64 -d | sha256sum`], { encoding: 'utf8' });
    const digits = sum.slice(0, 64);
    expect((await listed(kiosk)).keys).toMatchObject([
      { name: officeKey.keyId },
      { name: 'two', keyId: second.keyId, fingerprint: digits, problem: null },
    ]);
    const { exitCode, stdout } = await trust(kiosk, 'list');
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`two\n  key id       ${second.keyId}\n  fingerprint  ${digits.slice(0, 4)} `);
    expect(stdout).toContain('2 keys are trusted: one of them must have signed an update\n');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('exits 78 and says why when nothing can be verified, and still lists what is sound', async () => {
    const kiosk = await makeKiosk();
    writeFileSync(join(kiosk.layout.keys, 'broken.pub'), 'not a key');
    const { exitCode, stdout } = await trust(kiosk, 'list');
    expect(exitCode).toBe(78);
    expect(stdout).toContain(officeKey.keyId);
    expect(stdout).toMatch(/! nothing can be verified here: .*broken\.pub/);
    expect((await trust(kiosk, 'remove', 'broken')).exitCode).toBe(0);
    expect((await trust(kiosk, 'list')).exitCode).toBe(0);
  });
});

describe('status, which need not prove again what the daemon has proved,', () => {
  test('still tells of keys that have changed since, and of a threshold', async () => {
    const kiosk = await makeKiosk();
    const problem = async (): Promise<string | null> => {
      const { stdout } = await typed(['status', '--json', '--root', kiosk.root]);
      return (JSON.parse(stdout) as { trustProblem: string | null }).trustProblem;
    };
    expect((await kiosk.run('run', '--once')).exitCode).toBe(0);
    expect(await problem()).toBeNull();
    const [name = ''] = keyNames(kiosk);
    const file = join(kiosk.layout.keys, name);
    const sound = readFileSync(file);
    writeFileSync(file, made(officeKey.keyId, Buffer.from([1, ...Buffer.alloc(31)])));
    expect(await problem()).toMatch(/low order/);
    writeFileSync(file, sound);
    expect(await problem()).toBeNull();
    writeFileSync(join(kiosk.layout.keys, 'twin.pub'), sound);
    expect(await problem()).toMatch(/expected each key once/);
    rmSync(join(kiosk.layout.keys, 'twin.pub'));
    rmSync(file);
    expect(await problem()).toMatch(/found none/);
  });
});

describe('trust add', () => {
  test('writes the key under its name, readable, and nothing else', async () => {
    const kiosk = await makeKiosk();
    const { exitCode, stdout } = await trust(kiosk, 'add', pub(kiosk, 'x'), '--name', 'office-2027');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('trusted from now on: "office-2027"');
    expect(keyNames(kiosk)).toEqual([`${officeKey.keyId}.pub`, 'office-2027.pub'].toSorted());
    const path = join(kiosk.layout.keys, 'office-2027.pub');
    expect(readFileSync(path, 'utf8')).toBe(formatPublicKey(publicKeyOf(second)));
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  const lowOrder = Buffer.alloc(32);
  const office = publicKeyOf(officeKey);

  test.each([
    ['of low order', made('0123456789ABCDEF', lowOrder), 'key.weak'],
    ['of order one', made('0123456789ABCDEF', Buffer.from([1, ...Buffer.alloc(31)])), 'key.weak'],
    ['that is no point', made('0123456789ABCDEF', Buffer.alloc(32, 2)), 'key.weak'],
    ['that is none', 'hello\n', 'key.malformed'],
    ['that is trusted under another name', formatPublicKey(office), 'trust.duplicate'],
    ['that is trusted with another key id', made('0123456789ABCDEF', office.bytes), 'trust.duplicate'],
    ['with the key id of another', made(office.keyId, publicKeyOf(second).bytes), 'trust.duplicate'],
  ])('refuses a key %s', async (_what, text, code) => {
    const kiosk = await makeKiosk();
    const { exitCode, stderr } = await trust(kiosk, 'add', kiosk.file('x.pub', text));
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(`[${code}]`);
    expect(keyNames(kiosk)).toEqual([`${officeKey.keyId}.pub`]);
  });

  test('refuses a name that is taken, and one that is no file name', async () => {
    const kiosk = await makeKiosk();
    await trust(kiosk, 'add', pub(kiosk, 'two'));
    expect((await trust(kiosk, 'add', pub(kiosk, 'two', third))).stderr).toContain('[output.exists]');
    for (const name of ['../two', '.two', '', 'a/b', 'a b'])
      expect((await trust(kiosk, 'add', pub(kiosk, 'x', third), '--name', name)).exitCode).toBe(64);
    expect(keyNames(kiosk)).toHaveLength(2);
  });

  test('of the same key many times at once trusts it once', async () => {
    const kiosk = await makeKiosk();
    const file = pub(kiosk, 'x');
    const all = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => kiosk.run('trust', 'add', file, '--name', name)),
    );
    expect(all.map(({ exitCode }) => String(exitCode)).toSorted()).toEqual(['0', '78', '78', '78']);
    expect((await listed(kiosk)).problem).toBeNull();
  });
});

describe('trust remove', () => {
  test('takes a name, a key id in any case, or the fingerprint as it is read out', async () => {
    const kiosk = await makeKiosk();
    const { stdout } = await trust(kiosk, 'add', pub(kiosk, 'two'));
    const spoken = /fingerprint {2}(.*)\n/.exec(stdout)?.[1] ?? '';
    expect(spoken).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
    for (const wanted of [
      'two',
      second.keyId.toLowerCase(),
      spoken,
      spoken.replaceAll(' ', '').toUpperCase(),
    ]) {
      expect(await trust(kiosk, 'remove', wanted)).toMatchObject({ exitCode: 0, stderr: '' });
      expect(keyNames(kiosk)).toEqual([`${officeKey.keyId}.pub`]);
      await trust(kiosk, 'add', pub(kiosk, 'two'));
    }
    for (const wanted of ['three', third.keyId, spoken.slice(0, 8)])
      expect((await trust(kiosk, 'remove', wanted)).stderr).toContain('[trust.no-such-key]');
  });

  test('refuses to leave fewer keys than the threshold, until the threshold is lowered', async () => {
    const kiosk = await makeKiosk({ keys: [officeKey, second], threshold: 2 });
    const { exitCode, stderr } = await trust(kiosk, 'remove', second.keyId);
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(/expected at least 2 to be left.*found 1.*\[trust\.needed\]\n {2}hint: /);
    expect(keyNames(kiosk)).toHaveLength(2);
    const { configFile } = kiosk.layout;
    writeFileSync(configFile, readFileSync(configFile, 'utf8').replace('threshold = 2', 'threshold = 1'));
    expect((await trust(kiosk, 'remove', second.keyId)).stdout).toContain('1 key is trusted');
    expect((await trust(kiosk, 'remove', officeKey.keyId)).stderr).toContain('[trust.needed]');
  });

  test('takes away a file that holds a key a second time, by its name', async () => {
    const kiosk = await makeKiosk();
    writeFileSync(join(kiosk.layout.keys, 'again.pub'), formatPublicKey(publicKeyOf(officeKey)));
    expect((await listed(kiosk)).problem).toContain('expected each key once');
    expect((await trust(kiosk, 'remove', 'again')).exitCode).toBe(0);
    expect((await listed(kiosk)).problem).toBeNull();
  });
});

describe.concurrent('without a restart', () => {
  test('a parcel that waits in a channel is taken as soon as its key is trusted, in every channel', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const foreign = (sequence: number): Buffer =>
      signedUpdate({ sequence, script: `echo ${sequence} >>${kiosk.witness}` }, second);
    drop(kiosk, 'backhaul', 'a', foreign(1));
    drop(kiosk, 'flood', 'b.zip', foreign(2));
    drop(kiosk, 'usb', 'c.zip', foreign(3));
    const daemon = await Daemon.start(kiosk);
    await until('three refusals', async () => (await kiosk.history()).refusals.length === 3);
    expect((await kiosk.receive(foreign(4))).exitCode).toBe(0);
    await until('four refusals', async () => (await kiosk.history()).refusals.length === 4);
    expect((await kiosk.run('trust', 'add', pub(kiosk, 'two'))).exitCode).toBe(0);
    await until('all to run', () => kiosk.witnessLines().join() === '1,2,3,4');
    expect(readdirSync(channelFolder(kiosk, 'backhaul'))).toEqual([]);
    await daemon.stop();
  });

  test('a key file that is put in by hand counts at once, and so does a lowered threshold', async () => {
    const kiosk = await makeKiosk({ keys: [officeKey, third], threshold: 2, config: watchOnly });
    drop(kiosk, 'backhaul', 'a', signedUpdate({ script: `echo 1 >>${kiosk.witness}` }, officeKey, second));
    const daemon = await Daemon.start(kiosk);
    const codes = async (): Promise<string[]> => (await kiosk.history()).refusals.map(({ code }) => code);
    await until('the refusal', async () => (await codes()).includes('verify.threshold'));
    writePublicKey(kiosk.layout.keys, second);
    await until('it to run', () => kiosk.witnessLines().length === 1);
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 2, script: `echo 2 >>${kiosk.witness}` }));
    await until('the other refusal', async () => (await codes()).length === 2);
    const { configFile } = kiosk.layout;
    writeFileSync(configFile, readFileSync(configFile, 'utf8').replace('threshold = 2', 'threshold = 1'));
    await until('the other to run', () => kiosk.witnessLines().length === 2);
    expect((await daemon.stop()).exitCode).toBe(0);
  });

  test('an update that waits does not start once its key is removed', async () => {
    const kiosk = await makeKiosk({ keys: [officeKey, second], config: watchOnly });
    drop(kiosk, 'backhaul', 'a', signed({ script: `while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done` }));
    drop(kiosk, 'backhaul', 'b', signedUpdate({ sequence: 2, script: `echo 2 >>${kiosk.witness}` }, second));
    const daemon = await Daemon.start(kiosk);
    await until('both', async () => (await kiosk.history()).updates.length === 2);
    expect((await kiosk.run('trust', 'remove', second.keyId)).exitCode).toBe(0);
    writeFileSync(join(kiosk.root, 'go'), '');
    await until('it to wait', async () => (await kiosk.update(2)).state === 'waiting');
    expect(await kiosk.update(2)).toMatchObject({
      reason: expect.stringContaining('unknown keys') as string,
    });
    expect((await kiosk.run('trust', 'add', pub(kiosk, 'two'))).exitCode).toBe(0);
    await until('it to run', () => kiosk.witnessLines().length === 1);
    await daemon.stop();
  });
});

test('a parcel that was set aside for want of its key is taken when the key comes, also after a restart; junk is not', async () => {
  const kiosk = await makeKiosk();
  drop(kiosk, 'backhaul', 'a', signedUpdate({ script: `echo 1 >>${kiosk.witness}` }, second));
  drop(kiosk, 'backhaul', 'junk', 'junk');
  await withNode(kiosk, async (node) => {
    await node.pass();
    node.forward(601);
    await node.pass();
  });
  const aside = join(kiosk.layout.setAside, 'backhaul');
  expect(readdirSync(aside)).toEqual(['a', 'junk']);
  await trust(kiosk, 'add', pub(kiosk, 'two'));
  await kiosk.pass();
  expect(kiosk.witnessLines()).toEqual(['1']);
  expect(readdirSync(aside)).toEqual(['junk']);
  rmSync(kiosk.witness);
});

test('a pipe or an endless device among the keys is refused at once, not read for ever', async () => {
  const kiosk = await makeKiosk();
  execFileSync('mkfifo', [join(kiosk.layout.keys, 'pipe.pub')]);
  symlinkSync('/dev/zero', join(kiosk.layout.keys, 'zero.pub'));
  const { exitCode, stdout } = await kiosk.run('trust', 'list');
  expect(exitCode).toBe(78);
  expect(stdout).toMatch(/^pipe\n {2}! .*expected a regular file/m);
  expect(stdout).toMatch(/^zero\n {2}! .*expected a regular file/m);
});
