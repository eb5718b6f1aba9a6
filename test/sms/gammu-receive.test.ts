/** From the air to the fleet store: a real gammu-smsd with its dummy phone, its hook, `ferryman sms receive`, and the daemon's own sweep. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openFleetStore } from '../../src/fleet/store/open-store.ts';
import { signEnrolment } from '../../src/parcel/enrolment.ts';
import { parsePublicKey } from '../../src/parcel/fit-key.ts';
import { keyOfNode, smsCheck } from '../../src/sms/check.ts';
import { formatSms } from '../../src/sms/text.ts';
import { Daemon } from '../controller/at-work.ts';
import { Kiosk, programs, removeFolders } from '../kit/kiosk.ts';
import { archive, enrolled, kioskGuid, officeKey } from '../proxy/proxy-desk.ts';
import { Gammu, hasGammu, until } from './gammu.ts';

const node = kioskGuid(1);
let proxy: Kiosk;
let spool: string;
const running: Gammu[] = [];

beforeAll(async () => {
  proxy = await Kiosk.make({ keys: [officeKey], role: 'proxy' });
  const guid = /guid = "([^"]+)"/.exec(readFileSync(proxy.layout.configFile, 'utf8'))?.[1] ?? '';
  const identity = parsePublicKey(readFileSync(proxy.layout.identityPublicKey, 'utf8'));
  const enrolment = {
    node: guid,
    role: 'proxy',
    serial: 2,
    identity,
    created: '2026-11-01T00:00:00Z',
  } as const;
  writeFileSync(join(proxy.layout.etc, 'enrolment.txt'), `${signEnrolment(enrolment, officeKey)}\n`);
  writeFileSync(join(proxy.root, '1.zip'), archive());
  await proxy.run('proxy', 'take', join(proxy.root, '1.zip'));
  spool = join(proxy.root, 'var/spool/gammu');
  appendFileSync(proxy.layout.configFile, '\n[sms]\nreceive = true\n');
});
afterEach(async () => {
  for (const gammu of running.splice(0)) await gammu.kill();
});
afterAll(removeFolders);

/** What the kiosk writes to this proxy. */
function written(counter: number): string {
  const proxyKey = parsePublicKey(readFileSync(proxy.layout.identityPublicKey, 'utf8'));
  const key = keyOfNode(enrolled(node).key.bytes.subarray(0, 32), proxyKey.bytes);
  const facts = {
    node: node.slice(0, 8),
    name: 'Mill Road',
    sequence: 42,
    state: 'failed',
    how: 'exit 3',
    words: `ΔΩ {text} €${counter} $(touch hacked)`,
    incarnation: 'a3f9',
    counter,
  } as const;
  return formatSms(facts, (checked) => smsCheck(key, node, checked));
}

/** Counters of the texts in the fleet store, which has one life of one node. */
async function recorded(): Promise<number[]> {
  if (!existsSync(proxy.layout.fleetFile)) return [];
  const store = await openFleetStore({ store: 'sqlite', file: proxy.layout.fleetFile });
  try {
    const rows = await store.db.selectFrom('short_logs').select('counter').orderBy('counter').execute();
    return rows.map(({ counter }) => counter % 2 ** 33);
  } finally {
    await store.close();
  }
}

async function untilRecorded(count: number): Promise<void> {
  for (let turn = 0; turn < 300 && (await recorded()).length < count; turn++)
    await new Promise((resolve) => setTimeout(resolve, 200));
}

function startGammu(hook?: string): Gammu {
  const gammu = new Gammu({ spool, ...(hook === undefined ? {} : { hook }) });
  running.push(gammu);
  gammu.start();
  return gammu;
}

describe.skipIf(!hasGammu)('with the real gammu-smsd (needs the package gammu-smsd)', () => {
  test('a text is in the fleet store as soon as it has come, and no sender reaches the shell', async () => {
    // As docs/operations.md has it.
    const gammu = startGammu(`exec ${join(programs, 'ferryman')} sms receive --root ${proxy.root} #`);
    const hacked = join(gammu.folder, 'h');
    gammu.arrive('x', ';>h;');
    gammu.arrive('y', '$(>h)');
    gammu.arrive('z', 'a `>h` "b');
    gammu.arrive(written(1));
    gammu.arrive(written(1));
    const long = written(2);
    gammu.arrive(long.slice(0, 40), '+15559', [1, 2]);
    gammu.arrive(long.slice(40), '+15559', [2, 2]);
    await untilRecorded(2);
    expect(await recorded()).toEqual([1, 2]);
    await until(() => readdirSync(join(spool, 'inbox')).length === 0);
    expect(existsSync(hacked)).toBe(false);
    const unbelieved = readdirSync(join(proxy.layout.state, 'sms/unbelieved'));
    expect(unbelieved.filter((name) => name.endsWith('.txt')).length).toBeGreaterThan(0);
  }, 120_000);

  test('what came while the store was away, and gammu-smsd was killed, is taken when the store is back', async () => {
    const away = `${proxy.layout.fleetFile}.kept`;
    renameSync(proxy.layout.fleetFile, away);
    for (const name of ['-wal', '-shm'])
      if (existsSync(proxy.layout.fleetFile + name)) renameSync(proxy.layout.fleetFile + name, away + name);
    mkdirSync(proxy.layout.fleetFile);
    const gammu = startGammu();
    gammu.arrive(written(3));
    await until(() => readdirSync(join(spool, 'inbox')).length > 0);
    await gammu.kill();
    const ran = await proxy.run('sms', 'receive');
    expect(ran.stderr).toMatch(/fleet\.(unreachable|unreadable)/);
    expect(ran.exitCode).not.toBe(0);
    expect(readdirSync(join(spool, 'inbox'))).toHaveLength(1);
    renameSync(proxy.layout.fleetFile, `${away}.folder`);
    for (const name of ['', '-wal', '-shm'])
      if (existsSync(away + name)) renameSync(away + name, proxy.layout.fleetFile + name);
    expect(await proxy.run('sms', 'receive')).toMatchObject({
      exitCode: 0,
      stdout: '1 text taken, 0 here already, 0 not believed\n',
    });
    expect(await recorded()).toEqual([1, 2, 3]);
  }, 120_000);
});

test('the daemon takes what lies in the inbox by itself', async () => {
  mkdirSync(join(spool, 'inbox'), { recursive: true });
  const name = join(spool, 'inbox/IN20261121_205500_00_+15550001_00.txt');
  writeFileSync(name, Buffer.from(`\ufeff${written(9)}`, 'utf16le').swap16());
  utimesSync(name, 1, 1);
  const daemon = await Daemon.start(proxy);
  try {
    for (let turn = 0; turn < 300 && !(await recorded()).includes(9); turn++)
      await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await recorded()).toContain(9);
    expect(existsSync(name)).toBe(false);
  } finally {
    await daemon.stop();
  }
}, 120_000);
