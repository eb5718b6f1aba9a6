/**
 * A disk that is full at each stage: nothing is lost, nothing half-made stays, no script starts that cannot be recorded,
 * and everything goes on when there is room again.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder, type Ran } from '../kit/kiosk.ts';
import { CrashNode, witnessedUpdate, type TestParcel } from '../crash/crash-node.ts';
import { Daemon } from '../crash/daemon.ts';
import { readRecords, unsettled } from '../crash/invariants.ts';
import { endProcessesUnder, straysUnder } from '../crash/strays.ts';
import { readWitness } from '../crash/witness.ts';
import { canMount, SmallDisk, unmountAll } from './tmpfs.ts';

const everything = temporaryFolder();
const update = witnessedUpdate({ sequence: 1 });
let node: CrashNode;
let daemons: Daemon[] = [];

let fresh: CrashNode;

beforeAll(async () => {
  fresh = await CrashNode.make(everything);
});

beforeEach(() => {
  node = fresh.copy();
});

afterEach(async () => {
  for (const daemon of daemons) await daemon.end('SIGKILL');
  daemons = [];
  endProcessesUnder(node.root);
  unmountAll();
});

afterAll(() => {
  endProcessesUnder(everything);
  removeFolders();
});

/** Starts a daemon and waits until it has made its first pass. */
async function startDaemon(): Promise<Daemon> {
  const daemon = new Daemon(node.root);
  daemons.push(daemon);
  await until('the daemon is at work', () => daemon.said.includes('at work'));
  await sleep(300);
  return daemon;
}

async function stop(daemon: Daemon): Promise<void> {
  const { exitCode } = await daemon.end('SIGTERM');
  expect(`exit ${exitCode}: ${daemon.said}`).toMatch(/^exit 0:/);
}

/** Exit status and words in one text, so that a failed test shows both. */
function told({ exitCode, stderr }: Ran): string {
  return `exit ${exitCode}: ${stderr}`;
}

/** Waits until something is so. */
async function until(what: string, isSo: () => boolean, patienceMs = 15_000): Promise<void> {
  for (let waited = 0; !isSo(); waited += 20) {
    if (waited > patienceMs)
      throw new Error(
        `waited in vain until ${what}; said: ${daemons.map((daemon) => daemon.said).join('\n')}`,
      );
    await sleep(20);
  }
}

function stateOf({ sequence }: TestParcel): string | undefined {
  return readRecords(node.layout).updates.find((row) => row.sequence === sequence)?.state;
}

function starts(): number {
  return readWitness(node.root).starts.length;
}

/** The end that everything must come to. */
function expectDone(...parcels: readonly TestParcel[]): void {
  expect(
    unsettled(
      node.layout,
      parcels.map(({ sequence }) => sequence),
    ),
  ).toEqual([]);
  expect(parcels.map(stateOf)).toEqual(parcels.map(() => 'succeeded'));
  expect(starts()).toBe(parcels.length);
}

describe.skipIf(!canMount)('a full disk (needs root, to mount a tmpfs)', () => {
  test.each([0, 2])(
    'at the inbox, with %i pages left: receive ends with 74, keeps nothing, leaves the source; later it works',
    async (pages) => {
      const disk = SmallDisk.over(node.layout.state, '2m');
      const large = witnessedUpdate({ sequence: 2, files: { noise: randomBytes(20_000) } });
      const source = node.file('u.zip', large.bytes);
      disk.fill(pages);
      const refused = await node.run('receive', source, '--channel', 'usb');
      expect(told(refused)).toMatch(/^exit 74:/);
      expect(refused.stderr).toContain('inbox.disk-full');
      expect(readdirSync(node.layout.inbox)).toEqual([]);
      expect(disk.freePages()).toBe(pages);
      expect(readFileSync(source).equals(large.bytes)).toBe(true);

      disk.free();
      expect((await node.run('receive', source, '--channel', 'usb')).exitCode).toBe(0);
      await node.run('run', '--once');
      expectDone(large);
    },
  );

  test('at the inbox, by a channel: the parcel stays in the channel and is taken in when there is room', async () => {
    const disk = SmallDisk.over(node.layout.state, '2m');
    SmallDisk.over(node.layout.backhaul, '1m');
    const daemon = await startDaemon();
    disk.fill();
    node.drop(update);
    await until('it says that the inbox has no room', () => daemon.said.includes('inbox.disk-full'));
    expect(readdirSync(node.layout.inbox)).toEqual([]);
    expect(readdirSync(node.layout.backhaul)).toEqual(['1.zip']);
    expect(daemon.isAlive).toBe(true);

    disk.free();
    await until('the update has succeeded', () => stateOf(update) === 'succeeded');
    await stop(daemon);
    expectDone(update);
  });

  test('at unpacking: nothing is started, nothing stays; it runs when there is room', async () => {
    const disk = SmallDisk.over(node.layout.runs, '256k');
    const large = witnessedUpdate({ sequence: 2, files: { noise: randomBytes(1_000_000) } });
    node.drop(large);
    const pages = disk.freePages();
    const ran = await node.run('run', '--once');
    expect(told(ran)).toMatch(/^exit 0:/);
    expect(ran.stderr).toContain('unpack.disk-full');
    expect(stateOf(large)).toBe('waiting');
    expect(starts()).toBe(0);
    expect(disk.freePages()).toBe(pages);

    disk.resize('4m');
    await node.run('run', '--once');
    expectDone(large);
  });

  test.each([
    { pages: 0, code: 'unpack.disk-full' },
    { pages: 1, code: 'run.disk-full' },
    { pages: 2, code: 'run.disk-full' },
    { pages: 3, code: 'run.disk-full' },
  ])(
    'at preparing the run, with $pages pages left: $code, nothing is started, nothing stays',
    async ({ pages, code }) => {
      const disk = SmallDisk.over(node.layout.runs, '256k');
      disk.fill(pages);
      node.drop(update);
      const ran = await node.run('run', '--once');
      expect(told(ran)).toMatch(/^exit 0:/);
      expect(ran.stderr).toContain(code);
      expect(stateOf(update)).toBe('waiting');
      expect(starts()).toBe(0);
      expect(disk.freePages()).toBe(pages);
      expect(readdirSync(node.layout.runs)).toEqual([]);

      disk.free();
      await node.run('run', '--once');
      expectDone(update);
    },
  );

  test('with room for the status only, the script runs and is recorded; its output is lost, not its end', async () => {
    const disk = SmallDisk.over(node.layout.runs, '256k');
    const noisy = witnessedUpdate({ sequence: 1 }, { does: 'echo lost' });
    disk.fill(4);
    node.drop(noisy);
    expect(told(await node.run('run', '--once'))).toContain('succeeded');
    disk.free();
    await node.run('run', '--once');
    expectDone(noisy);
    expect(readFileSync(join(node.layout.log, `1-${noisy.digest.slice(0, 16)}-1.output.log`), 'utf8')).toBe(
      '',
    );
  });

  test('with no inode left for a run, nothing is started; it runs when there are some', async () => {
    SmallDisk.over(node.layout.runs, '256k', 'mode=0700,nr_inodes=3');
    node.drop(update);
    const ran = await node.run('run', '--once');
    expect(ran.stderr).toContain('run.disk-full');
    expect(readdirSync(node.layout.runs)).toEqual([]);
    unmountAll();
    await node.run('run', '--once');
    expectDone(update);
  });

  test('at the ledger: the daemon lives, the parcel stays, and it goes on when there is room', async () => {
    const disk = SmallDisk.over(node.layout.state, '2m');
    SmallDisk.over(node.layout.runs, '1m');
    const daemon = await startDaemon();
    disk.fill(2);
    expect((await node.run('receive', node.file('u.zip', update.bytes), '--channel', 'usb')).exitCode).toBe(
      0,
    );
    await until('it says that the ledger has no room', () => daemon.said.includes('ledger.disk-full'));
    await sleep(1500);
    expect(daemon.isAlive).toBe(true);
    expect(starts()).toBe(0);
    expect(readdirSync(node.layout.inbox).length).toBe(1);

    disk.free();
    await until('the update has succeeded', () => stateOf(update) === 'succeeded');
    await stop(daemon);
    expectDone(update);
  });

  test('at the ledger, when ferryman starts: it says so, harms nothing, and works when there is room', async () => {
    const disk = SmallDisk.over(node.layout.state, '2m');
    expect((await node.run('receive', node.file('u.zip', update.bytes), '--channel', 'usb')).exitCode).toBe(
      0,
    );
    disk.fill();
    const ran = await node.run('run', '--once');
    expect(told(ran)).toMatch(/^exit 74:/);
    expect(ran.stderr).toContain('ledger.disk-full');
    expect(starts()).toBe(0);
    disk.free();
    expect((await node.run('run', '--once')).exitCode).toBe(0);
    expectDone(update);
  });

  test.each([
    { which: 'state', restarted: false },
    { which: 'state', restarted: true },
    { which: 'root', restarted: false },
  ])(
    'at the end of a script that fills the disk of the $which itself: the status file keeps the exit, recorded when there is room (controller killed and restarted: $restarted)',
    async ({ which, restarted }) => {
      const disk = SmallDisk.over(which === 'root' ? node.root : node.layout.state, '4m');
      const greed = join(disk.folder, 'greed');
      const greedy = witnessedUpdate(
        { sequence: 3 },
        { does: `dd if=/dev/zero of="${greed}" bs=4096 2>/dev/null`, exitStatus: 7 },
      );
      let daemon = await startDaemon();
      node.drop(greedy);
      await until('the script has ended', () => readWitness(node.root).ends.length === 1);
      expect(disk.freePages()).toBe(0);
      if (restarted) {
        await daemon.end('SIGKILL');
        daemon = await startDaemon();
      }
      await until('it says that there is no room', () => daemon.said.includes('ledger.disk-full'));
      await sleep(1500);
      expect(daemon.isAlive).toBe(true);
      expect(readRecords(node.layout).runs.map((run) => run.state)).toEqual(['running']);

      rmSync(greed);
      await until('the update has failed', () => stateOf(greedy) === 'failed');
      await until('everything is reported', () => readRecords(node.layout).waitingReports === 0);
      await stop(daemon);
      expect(unsettled(node.layout, [3])).toEqual([]);
      expect(readRecords(node.layout).runs.map((run) => [run.outcome, run.exitStatus])).toEqual([
        ['failed', 7],
      ]);
      expect(starts()).toBe(1);
    },
  );

  test.each([0, 2])(
    'at the logs, with %i pages left: the state is recorded; long and short log are kept when there is room',
    async (pages) => {
      const disk = SmallDisk.over(node.layout.log, '256k');
      const words = `head -c 30000 /dev/zero | tr '\\0' x; echo long >"$FERRYMAN_LONG_LOG"; echo short >"$FERRYMAN_SHORT_LOG"`;
      const wordy = witnessedUpdate({ sequence: 4 }, { does: words });
      // Almost a page of earlier texts: the next one would be cut in its middle.
      const earlier = `${'-'.repeat(4079)}\n`;
      writeFileSync(join(node.layout.log, 'short.log'), earlier);
      disk.fill(pages);
      node.drop(wordy);
      const ran = await node.run('run', '--once');
      expect(told(ran)).toMatch(/^exit 0:/);
      expect(ran.stderr).toContain('report.failed');
      expect(stateOf(wordy)).toBe('succeeded');
      expect(readdirSync(node.layout.log).filter((name) => name.endsWith('.part'))).toEqual([]);

      disk.free();
      await node.run('outbox', '--retry');
      await node.run('run', '--once');
      expectDone(wordy);
      const stem = join(node.layout.log, `4-${wordy.digest.slice(0, 16)}-1`);
      expect(readFileSync(`${stem}.long.log`, 'utf8')).toBe('long\n');
      expect(readFileSync(`${stem}.output.log`, 'utf8')).toContain('x'.repeat(30000));
      const shortLog = readFileSync(join(node.layout.log, 'short.log'), 'utf8');
      expect(shortLog.startsWith(earlier)).toBe(true);
      expect(shortLog.slice(earlier.length)).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}Z [^\n]*short\n$/);
    },
  );
});

test('nothing is left on the machine: no process, no mount', async () => {
  expect(await straysUnder(everything)).toEqual([]);
});
