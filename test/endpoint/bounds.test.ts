/** What a neighbour can cost: slots for those who fetch, and a summary of very many archives. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpointFolder } from '../../src/endpoint/own-folder.ts';
import { pullLimits } from '../../src/endpoint/serve-pull.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { maxHeldRanges } from '../../src/parcel/limits.ts';
import { openSummary } from '../../src/parcel/summary.ts';
import { programs, removeFolders, runProgram, temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey, writePublicKey } from '../kit/office.ts';

const layout = layoutUnder(temporaryFolder());
const peer = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';

beforeAll(async () => {
  const office = writePublicKey(temporaryFolder(), fixedKey(1));
  await runProgram('ferryman', ['init', '--root', layout.root, '--role', 'kiosk', '--office-key', office]);
  mkdirSync(endpointFolder(layout));
});
afterAll(removeFolders);

/** As sshd calls it. */
// oxlint-disable-next-line typescript/explicit-module-boundary-types -- execa makes the type of the options
function endpoint(command: string) {
  return execa(
    join(programs, 'ferryman'),
    ['endpoint', '--peer', peer, '--role', 'ferry', '--root', layout.root],
    {
      env: { SSH_ORIGINAL_COMMAND: command },
      stdin: 'pipe',
      reject: false,
      timeout: 60_000,
    },
  );
}

/** As the kernel lists its locks: trying one would take it. */
function isTaken(slot: number): boolean {
  const stat = statSync(join(endpointFolder(layout), `slot-${slot}`), { throwIfNoEntry: false });
  return stat !== undefined && readFileSync('/proc/locks', 'utf8').includes(`:${stat.ino} 0 EOF`);
}

test('the summary of 20,000 archives is made from their names, in little memory; one origin with nothing but holes does not spoil it', async () => {
  const origins = Array.from(
    { length: 20 },
    (_, at) => `9f1c1d5e-6a0b-4c47-9d0e-${String(at).padStart(12, '0')}`,
  );
  for (const origin of origins) {
    const folder = join(layout.relay, 'logs', origin, '00112233445566ff');
    mkdirSync(folder, { recursive: true });
    for (let n = 1; n <= 500; n++)
      writeFileSync(join(folder, `${String(n).padStart(10, '0')}.long.zip`), 'x');
  }
  const hostile = join(layout.relay, 'logs', '0a000000-0000-4000-8000-000000000001', '00112233445566ff');
  mkdirSync(hostile, { recursive: true });
  for (let n = 0; n <= maxHeldRanges; n++)
    writeFileSync(join(hostile, `${String(1 + 2 * n).padStart(10, '0')}.short.zip`), 'x');
  const { stdout, stderr } = await execa(
    'time',
    [
      '-f',
      '%M %e',
      join(programs, 'ferryman'),
      'endpoint',
      '--peer',
      peer,
      '--role',
      'ferry',
      '--root',
      layout.root,
    ],
    {
      env: { SSH_ORIGINAL_COMMAND: 'summary' },
      encoding: 'buffer',
    },
  );
  const { logs } = openSummary(Buffer.from(stdout));
  expect(logs).toHaveLength(21);
  expect(logs[0]?.short).toHaveLength(maxHeldRanges);
  expect(logs[20]).toEqual({
    origin: origins[19],
    incarnation: '00112233445566ff',
    short: [],
    long: [{ first: 1, last: 500 }],
    bytes: 500,
  });
  expect(Number(Buffer.from(stderr).toString().split(' ')[0])).toBeLessThan(120_000); // kilobytes; Node alone takes 45,000
});

test('more neighbours than there are slots are sent away for now', async () => {
  const pull = 'pull --server --sender -tRe.LsfxCIvu --files-from=- --from0 . .';
  const sessions = Array.from({ length: pullLimits.slots }, () => endpoint(pull)); // and say nothing
  await expect.poll(() => sessions.every((_, slot) => isTaken(slot)), { timeout: 20_000 }).toBe(true);
  const { exitCode, stderr } = await endpoint(pull);
  expect([exitCode, stderr]).toEqual([75, expect.stringContaining('[endpoint.busy]')]);
  for (const session of sessions) session.stdin.end();
  await Promise.all(sessions);
  expect(sessions.some((_, slot) => isTaken(slot))).toBe(false);
});
