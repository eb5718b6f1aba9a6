/** `status` as a person reads it: one small screen, the verdict first, ages that are never nonsense. */
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { painter } from '../../src/command-line/paint.ts';
import { readBootId } from '../../src/host/process-identity.ts';
import { readStatus, type Status } from '../../src/status/facts.ts';
import { statusScreen } from '../../src/status/screen.ts';
import { troublesOf } from '../../src/status/troubles.ts';
import { loadConfig } from '../../src/node/config.ts';
import { cleanUp, Daemon, makeKiosk, signed, until } from '../controller/at-work.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { linesWiderThan, withoutColours } from '../kit/screen.ts';
import { EventfulNode, everythingHappened } from './eventful-node.ts';
import { typed } from './typed.ts';

afterAll(cleanUp);

const open: EventfulNode[] = [];
afterEach(() => {
  for (const node of open.splice(0)) node.ledger.close();
});

function keep(node: EventfulNode): EventfulNode {
  open.push(node);
  return node;
}

/** What depends on the machine of the test is made the same everywhere. */
function statusOf(
  { ledger, layout }: EventfulNode,
  given: Partial<Status> = {},
  clock = '2020-03-10T10:00:00Z',
): Status {
  const status = readStatus(ledger, layout, loadConfig(layout), Date.parse(clock));
  return {
    ...status,
    queue: status.queue.map(({ row, retryAfterSeconds }) => ({
      row,
      retryAfterSeconds: retryAfterSeconds === null ? null : 250,
    })),
    disk: { freeBytes: 1.2e9, totalBytes: 32e9, freeFiles: 100_000 },
    worker: { pid: 812, version: '1.2.3', seconds: 3 * 86_400 },
    trustProblem: null,
    configProblem: null,
    ...given,
  };
}

function screen(status: Status, terminal = false, columns = 80): string {
  const paint = painter({ stdoutIsTerminal: terminal, env: {} });
  return statusScreen(status, { columns, paint });
}

function snapshot(name: string): string {
  return join(import.meta.dirname, 'screens', name);
}

describe('the screen', () => {
  test('a reboot that an update has asked for, and that has not come, is told', () => {
    const node = keep(new EventfulNode(temporaryFolder()));
    expect(screen(statusOf(node))).not.toContain('reboot');
    node.ledger.setFact('reboot-wanted', JSON.stringify({ bootId: readBootId() }));
    expect(screen(statusOf(node))).toContain(
      'note      an update has asked for a reboot, which is tried until it comes',
    );
    node.ledger.setFact('reboot-wanted', JSON.stringify({ bootId: 'an earlier one' }));
    expect(screen(statusOf(node))).not.toContain('reboot');
  });

  test('of a node where all is well', async () => {
    const node = keep(new EventfulNode(temporaryFolder()));
    node.run(node.add(3, 'Fix the clock'), 'succeeded', 'exit 0 after 1.2 s', { exitStatus: 0 });
    const text = screen(statusOf(node));
    expect(text).toMatch(/^ok: /);
    await expect(text).toMatchFileSnapshot(snapshot('status-well.txt'));
  });

  test('of a node to which everything has happened', async () => {
    await expect(screen(statusOf(keep(everythingHappened(temporaryFolder()))))).toMatchFileSnapshot(
      snapshot('status-everything.txt'),
    );
  });

  test('in colours says the same words', async () => {
    const status = statusOf(keep(everythingHappened(temporaryFolder())));
    const coloured = screen(status, true);
    expect(withoutColours(coloured)).toBe(screen(status));
    await expect(coloured.replaceAll('\u001b', '^[')).toMatchFileSnapshot(snapshot('status-colours.txt'));
  });

  test('fits 24 lines of 80 columns with a prompt, whatever there is to tell', () => {
    const node = keep(everythingHappened(temporaryFolder()));
    for (let sequence = 100; sequence < 140; sequence++)
      node.rest(
        node.add(sequence, `needs ${'x'.repeat(sequence)}`),
        'waiting',
        `requires ${'9, '.repeat(30)}`,
      );
    for (let sequence = 200; sequence < 240; sequence++)
      node.run(node.add(sequence, `更新${'新'.repeat(40)}${sequence}`), 'failed', 'exit 1', {
        exitStatus: 1,
      });
    for (const sink of ['file', 'sms', 'mail'])
      node.ledger.outbox.add(sink, {
        digest: 'd',
        sequence: 1,
        state: 'failed',
        text: 't',
        createdAt: '2020-03-10T08:00:00Z',
      });
    node.start(node.add(300, 'running '.repeat(20)));
    const status = statusOf(node, {
      worker: undefined,
      trustProblem: `/etc/ferryman/keys/${'long'.repeat(30)}.pub: expected a key`,
      disk: { freeBytes: 1e6, totalBytes: 32e9, freeFiles: 3 },
      equivocations: Array.from({ length: 50 }, (_, index) => index),
      clockBehind: true,
    });
    const lines = screen(status).trimEnd().split('\n');
    expect(lines.length).toBeLessThan(24);
    expect(linesWiderThan(80, lines.join('\n'))).toEqual([]);
    expect(lines.join('\n')).toContain('and 41 more: ferryman plan');
  });

  test('is whole in a pipe', () => {
    const status = statusOf(keep(everythingHappened(temporaryFolder())));
    expect(screen(status)).toContain('を新しい時刻サ…');
    expect(screen(status, false, Infinity)).toContain('を新しい時刻サーバーに向ける作業"');
  });
});

describe('a clock', () => {
  test('that stands in 1970 gives no ages and is told', async () => {
    const node = keep(everythingHappened(temporaryFolder()));
    const text = screen(statusOf(node, {}, '1970-01-01T00:02:00Z'));
    expect(text).toContain('the clock is wrong');
    expect(text).not.toContain(' ago');
    await expect(text).toMatchFileSnapshot(snapshot('status-1970.txt'));
  });

  test('that was wrong when something happened gives no age for that alone', () => {
    const node = keep(new EventfulNode(temporaryFolder()));
    node.run(node.add(3, 'Future', { created: '2020-03-10T09:00:00Z' }), 'failed', 'exit 1', {
      exitStatus: 1,
    });
    node.run(node.add(4, 'Known'), 'failed', 'exit 1', { exitStatus: 1 });
    const text = screen(statusOf(node));
    expect(text).toMatch(/3 {2}failed 1 +"Future"/);
    expect(text).toMatch(/4 {2}failed 1 +\d+ minutes ago {2}"Known"/);
  });
});

describe('a person is needed', () => {
  const well = { worker: null } as const;

  test.each<[string, Partial<Status>, string]>([
    ['when nothing can be verified', { trustProblem: 'no keys' }, 'nothing can be verified: no keys'],
    [
      'when the office contradicts itself',
      { equivocations: [7, 9] },
      'two different parcels were signed as 7, 9: tell the office',
    ],
    ['when nobody is at work', { worker: undefined }, 'ferryman is not running: nothing is taken in or run'],
    [
      'when the disk is nearly full',
      { disk: { freeBytes: 10e6, totalBytes: 1e9, freeFiles: 1000 } },
      'the disk is nearly full: 10 MB free of 1.0 GB',
    ],
    [
      'when the file system can hold few more files',
      { disk: { freeBytes: 10e9, totalBytes: 100e9, freeFiles: 12 } },
      'the disk is nearly full: 10 GB free of 100 GB, 12 more files',
    ],
  ])('%s', (_name, given, trouble) => {
    const status = statusOf(keep(new EventfulNode(temporaryFolder())), { ...well, ...given });
    expect(troublesOf(status)).toEqual([trouble]);
    expect(screen(status).replaceAll(/\s+/g, ' ')).toContain(`needs a person: ${trouble}`);
  });

  test('for a failure until it is run again with success, or superseded by what succeeds', () => {
    const node = keep(new EventfulNode(temporaryFolder()));
    const troubles = (): string[] => troublesOf(statusOf(node));
    const four = node.add(4, 'four');
    node.run(four, 'failed', 'exit 1', { exitStatus: 1 });
    expect(troubles()).toEqual(['update 4 failed: see ferryman log']);
    node.rerun(four, 'why not');
    node.run(four, 'succeeded', 'exit 0', { exitStatus: 0 });
    expect(troubles()).toEqual([]);
    node.run(node.add(5, 'fives'), 'timed-out', 'stopped', { signal: 'SIGTERM' });
    node.run(node.add(6, 'sixes!'), 'interrupted', 'power cut');
    expect(troubles()).toEqual(['2 updates did not succeed: 6, 5: see ferryman log']);
    const seven = node.add(7, 'sevens!!', { supersedes: [{ first: 5, last: 6 }] });
    expect(troubles()).toHaveLength(1);
    node.run(seven, 'succeeded', 'exit 0', { exitStatus: 0 });
    expect(troubles()).toEqual([]);
  });

  test('not for an interrupted update that is run again by itself', () => {
    const node = keep(new EventfulNode(temporaryFolder()));
    const script = { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'rerun', maxAttempts: 3 } as const;
    node.run(node.add(4, 'four', { script }), 'interrupted', 'power cut');
    expect(troublesOf(statusOf(node))).toEqual([]);
  });
});

test('beside a daemon: who is at work since when, and what runs with the time that is left', async () => {
  const kiosk = await makeKiosk();
  const daemon = await Daemon.start(kiosk);
  await kiosk.receive(
    signed({ sequence: 7, title: 'long work', script: 'exec sleep 60', terms: { timeoutSeconds: 3600 } }),
  );
  const text = await until('the script runs', async () => {
    const { stdout } = await typed(['status', '--root', kiosk.root], { terminal: true });
    return /now +7 for/.test(stdout) && stdout;
  });
  expect(text).toMatch(
    new RegExp(`ferryman +at work for \\d+ seconds?, version \\d+\\.\\d+\\.\\d+, process ${daemon.pid}\n`),
  );
  expect(text).toMatch(/now +7 for \d+ seconds?, 59 minutes left, attempt 1: "long work"\n/);
  const json = JSON.parse((await typed(['status', '--json', '--root', kiosk.root])).stdout) as Record<
    string,
    unknown
  >;
  expect(json).toMatchObject({
    ok: true,
    troubles: [],
    atWork: true,
    runnerAlive: true,
    worker: { pid: daemon.pid },
  });
  await daemon.stop();
  expect((await typed(['status', '--root', kiosk.root])).stdout).toMatch(
    /^needs a person: ferryman is not running/,
  );
});
