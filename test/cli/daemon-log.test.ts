/** What the daemon says: one line per event, for whoever reads it. */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cleanUp, drop, makeKiosk, signed, until } from '../controller/at-work.ts';
import { programs, temporaryFolder, type Kiosk } from '../kit/kiosk.ts';

afterAll(cleanUp);

/** Runs a daemon over a good update, a failing one and a broken sink. @returns the lines that it said */
async function said(config: string, journal = false): Promise<string[]> {
  const kiosk = await makeKiosk({
    config: `${config}\n[[report.sinks]]\ntype = "exec"\nname = "sms"\ncommand = ["/no/such/program"]`,
  });
  drop(kiosk, 'backhaul', 'a.zip', signed({ sequence: 1, script: 'echo hello' }));
  drop(kiosk, 'backhaul', 'b.zip', signed({ sequence: 2, script: 'exit 3' }));
  drop(kiosk, 'backhaul', 'line\nfeed.zip', 'no parcel at all');
  return logOf(kiosk, journal);
}

async function logOf(kiosk: Kiosk, journal: boolean): Promise<string[]> {
  const file = join(temporaryFolder(), 'log');
  const fd = openSync(file, 'w');
  const { dev, ino } = fstatSync(fd);
  const daemon = spawn(join(programs, 'ferryman'), ['run', '--root', kiosk.root], {
    stdio: ['ignore', 'ignore', fd],
    env: { PATH: process.env['PATH'], JOURNAL_STREAM: journal ? `${dev}:${ino}` : `${dev}:1` },
  });
  closeSync(fd);
  const ended = new Promise((resolve) => daemon.once('exit', resolve));
  try {
    await until('update 2 to fail', async () =>
      (await kiosk.history()).updates.some(({ sequence, state }) => sequence === 2 && state === 'failed'),
    );
    await until('the sink to fail', async () => (await kiosk.run('status')).stdout.includes('not delivered'));
  } finally {
    daemon.kill('SIGTERM');
    await ended;
  }
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

const time = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`;

test('a line of time, level, subject and text per event', async () => {
  const lines = await said('');
  expect(lines[0]).toMatch(new RegExp(`^${time} info    ferryman: .* at work for kiosk `));
  expect(lines.at(-1)).toMatch(new RegExp(`^${time} info    ferryman: stopped$`));
  for (const line of lines) expect(line).toMatch(new RegExp(`^${time} (error|warning|info) +\\S.*: .*$`));
  expect(lines.join('\n')).toMatch(/info +update 1: succeeded: exit 0/);
  expect(lines.join('\n')).toMatch(/warning update 2: failed: exit 3/);
  expect(lines.join('\n')).toMatch(/warning short log: sink sms: .*ENOENT/);
  expect(lines.join('\n')).toMatch(/line\S*feed\.zip by backhaul: refused/);
});

test('in the journal the priority of each line, and no time', async () => {
  const lines = await said('', true);
  for (const line of lines) expect(line).toMatch(/^<[346]>\S.*: /);
  expect(lines.join('\n')).toMatch(/^<6>update 1: succeeded/m);
  expect(lines.join('\n')).toMatch(/^<4>update 2: failed/m);
});

test('JSON on request, and only the levels that were asked for', async () => {
  const lines = await said('[log]\nformat = "json"\nlevel = "warning"');
  const events = lines.map((line) => JSON.parse(line) as Record<string, string>);
  expect(new Set(events.map(({ level }) => level))).toEqual(new Set(['warning']));
  const failed = events.find(({ subject }) => subject === 'update 2');
  expect(failed).toMatchObject({
    schema: 'ferryman.event/1',
    level: 'warning',
    text: expect.stringContaining('exit 3') as string,
  });
  expect(failed?.['time']).toMatch(new RegExp(`^${time}$`));
  expect(failed?.['digest']).toMatch(/^[0-9a-f]{128}$/);
});

test('at level debug also what goes well', async () => {
  const lines = await said('[log]\nlevel = "debug"');
  expect(lines.join('\n')).toMatch(/debug +short log: that of update 1 was taken by syslog/);
});
