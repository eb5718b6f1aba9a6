/** ferryman updates itself, for real: signed parcels with whole versions in them, the launcher, and a supervisor in systemd's place. */
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { cleanUp, drop, isAlive, makeKiosk, shortLogs, signed, until } from '../controller/at-work.ts';
import { versionFiles } from './new-version.ts';
import { Supervisor, type Times } from './supervisor.ts';

afterAll(cleanUp);

const config = '[run]\nstopSeconds = 1\n[channels]\nrescanSeconds = 1';

/** Milliseconds for everything that is waited for: nothing here is about speed, and the machine may be busy. */
const patienceMs = 150_000;
const timeout = 200_000;

/** Milliseconds that a call of ferryman takes where nothing else is going on. */
const calmCallMs = 500;

/** @param times for a calm machine; on a busy one all of them are longer */
async function supervised(times: Times = {}): Promise<{ kiosk: Kiosk; service: Supervisor }> {
  const kiosk = await makeKiosk({ config });
  const begin = performance.now();
  expect((await kiosk.run('install-service')).exitCode).toBe(0);
  const slowness = Math.max(1, (performance.now() - begin) / calmCallMs);
  const scaled = Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, ms * slowness]));
  const service = await Supervisor.start(kiosk, scaled);
  await until('the service at work', () => service.messages.includes('READY=1'), patienceMs);
  return { kiosk, service };
}

/** What the office writes into its script. */
function selfUpdate({ root }: Kiosk): string {
  return `PATH=${root}/fakes:$PATH\nferryman self-update ./new || exit`;
}

function inUse({ layout }: Kiosk): string | undefined {
  try {
    return readlinkSync(join(layout.versions, 'current'));
  } catch {
    return undefined;
  }
}

async function status(kiosk: Kiosk): Promise<Record<string, unknown>> {
  return JSON.parse((await kiosk.run('status', '--json')).stdout) as Record<string, unknown>;
}

describe.concurrent('an update of ferryman itself', { timeout }, () => {
  test('restarts it: the script lives through that, the new version records its end and stays', async () => {
    const { kiosk, service } = await supervised();
    const script = `${selfUpdate(kiosk)}
echo $$ >${kiosk.witness}; while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done; echo end >>${kiosk.witness}; exit 7`;
    drop(
      kiosk,
      'backhaul',
      'a',
      signed({ sequence: 42, title: 'ferryman 0.2.0', script, files: versionFiles('0.2.0') }),
    );
    const pid = Number(await until('the script', () => kiosk.witnessLines()[0], patienceMs));
    await until('the new version', () => service.log.includes('ferryman: 0.2.0 at work'), patienceMs);
    expect(isAlive(pid)).toBe(true);
    expect(service.log).toContain('ferryman: stopped; update 42 goes on');
    expect(await status(kiosk)).toMatchObject({
      version: '0.2.0',
      versionOnTrial: expect.stringMatching(/^0\.2\.0-/) as string,
    });
    writeFileSync(join(kiosk.root, 'go'), '');

    await until(
      'the new version to prove itself',
      () => service.log.includes('ferryman 0.2.0 has proved itself'),
      patienceMs,
    );
    expect(kiosk.witnessLines()).toEqual([String(pid), 'end']);
    expect(await kiosk.update(42)).toMatchObject({ state: 'failed', exitStatus: 7, attempts: 1 });
    expect((await kiosk.run('show', '42')).stdout).toContain(
      'recorded by ferryman 0.2.0, which found it begun',
    );
    expect(inUse(kiosk)).toMatch(/^0\.2\.0-/);
    expect(await status(kiosk)).toMatchObject({
      version: '0.2.0',
      versionOnTrial: null,
      failedVersion: null,
    });
    expect(service.starts).toBe(2);

    // The next start is of the new one too, and it updates itself as well.
    drop(
      kiosk,
      'backhaul',
      'b',
      signed({ sequence: 43, script: selfUpdate(kiosk), files: versionFiles('0.3.0') }),
    );
    await until(
      'the third version',
      () => service.log.includes('ferryman 0.3.0 has proved itself'),
      patienceMs,
    );
    expect(
      readdirSync(kiosk.layout.versions)
        .filter((name) => name.startsWith('0'))
        .toSorted(),
    ).toHaveLength(2);
    await service.stop();
  });
});

type Change = (name: string, code: string) => string;
const throwing = 'throw new Error("broken on purpose");';
const brokenRun =
  (statement: string): Change =>
  (name, code) =>
    name.startsWith('chunks/run-') && code.includes('at work for') ? `${statement}\n${code}` : code;
const brokenPass =
  (statement: string): Change =>
  (_name, code) =>
    code.replace(/^(\s*)listener\.beforePass\(/m, `${statement} listener.beforePass(`);

describe.concurrent('a new version that', { timeout }, () => {
  test.each<[string, Change, Times, string[]]>([
    ['cannot be loaded', brokenRun(throwing), {}, []],
    ['crashes once it is at work', brokenPass(throwing), {}, []],
    ['never gets ready', brokenRun('for (;;);'), { startMs: 5000 }, Array<string>(3).fill('never ready')],
    [
      'waits for ever for what never comes, while its timers fire',
      brokenPass('await new Promise(() => setInterval(() => undefined, 100));'),
      { watchdogMs: 5000 },
      Array<string>(3).fill('watchdog'),
    ],
    [
      'blocks its event loop once it is at work',
      brokenPass('for (;;);'),
      { watchdogMs: 5000 },
      Array<string>(3).fill('watchdog'),
    ],
  ])('%s gives way to the one before, which says so', async (_name, change, times, kills) => {
    const { kiosk, service } = await supervised(times);
    const files = versionFiles('0.2.0', change);
    expect(
      Object.values(files).some(
        (code) =>
          code.includes('on purpose') ||
          code.includes('for (;;)') ||
          code.includes('setInterval(() => undefined, 100)'),
      ),
    ).toBe(true);
    drop(kiosk, 'backhaul', 'a', signed({ sequence: 42, script: `${selfUpdate(kiosk)}\nexit 5`, files }));
    const text = 'ferryman 0.2.0 did not work; 0.1.0 is back';
    await until(
      'the old version to say so',
      () => service.log.includes(`error   self-update: ${text}`),
      patienceMs,
    );
    await until('the office to be told', () => shortLogs(kiosk).includes(`42 failed: ${text}`), patienceMs);
    await until('the record', async () => (await kiosk.update(42)).state === 'failed', patienceMs);
    expect(await kiosk.update(42)).toMatchObject({ exitStatus: 5, attempts: 1 });
    expect(shortLogs(kiosk)).toHaveLength(2);
    expect(await status(kiosk)).toMatchObject({
      version: '0.1.0',
      versionOnTrial: null,
      failedVersion: expect.stringMatching(/^0\.2\.0-/) as string,
    });
    expect((await kiosk.run('status')).stdout).toMatch(
      /ferryman 0\.2\.0-\w+ did not work and was taken back/,
    );
    expect(service.starts).toBe(5); // the old one, three tries, the old one
    expect(service.kills).toEqual(kills);
    expect(readdirSync(kiosk.layout.versions)).toEqual([]);

    drop(kiosk, 'backhaul', 'b', signed({ sequence: 43, script: `echo on >>${kiosk.witness}` }));
    await until('the old version to work on', () => kiosk.witnessLines()[0] === 'on', patienceMs);
    await service.stop();
  });

  test('does not even tell its version is refused, with nothing changed', async () => {
    const { kiosk, service } = await supervised();
    const files = versionFiles('0.2.0', (name, code) => (name === 'ferryman.js' ? `{${code}` : code));
    drop(kiosk, 'backhaul', 'a', signed({ script: selfUpdate(kiosk), files }));
    await until('the end', () => service.log.includes('update 1: failed'), patienceMs);
    expect(await kiosk.update(1)).toMatchObject({ state: 'failed', exitStatus: 65 });
    expect((await kiosk.run('log', '1', '--output')).stdout).toContain('[self-update.refused]');
    expect(service.starts).toBe(1);
    expect(readdirSync(kiosk.layout.versions)).toEqual([]);
    await service.stop();
  });
});
