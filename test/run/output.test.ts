/** What is kept of a script's output, and that output never gets in the way of the run. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Kiosk, Ran } from '../kit/kiosk.ts';
import { cleanUp, isAlive, makeKiosk, signed, until } from '../controller/at-work.ts';

let kiosk: Kiosk;
beforeAll(async () => {
  kiosk = await makeKiosk();
});
afterAll(cleanUp);

const kib = 1024;

async function output(sequence: number): Promise<string> {
  const { stdout, exitCode } = await kiosk.run('log', String(sequence), '--output');
  expect(exitCode).toBe(0);
  return stdout;
}

describe('a script that floods its output with 100 MB', () => {
  let ran: Ran;
  let kept = '';
  let runnerPeakKib = 0;
  beforeAll(async () => {
    const script = [
      'echo FIRST LINE',
      'head -c 100000000 /dev/zero | tr "\\0" x',
      'echo; echo LAST LINE >&2',
      `awk '/VmHWM/ { print $2 }' /proc/$PPID/status >${kiosk.witness}`,
    ].join('\n');
    ran = await kiosk.apply(signed({ sequence: 1, script }));
    runnerPeakKib = Number(kiosk.witnessLines()[0]);
    kept = await output(1);
  });

  test('keeps the first and the last of it', () => {
    expect(ran).toMatchObject({ exitCode: 0 });
    expect(kept.startsWith(`FIRST LINE\n${'x'.repeat(1000)}`)).toBe(true);
    expect(kept.endsWith(`${'x'.repeat(1000)}\nLAST LINE\n`)).toBe(true);
  });

  test('keeps at least 256 KiB of each, and no more than 768 KiB in all', () => {
    const [head = '', tail = ''] = kept.split(/\n\[… \d+ bytes of output cut here …\]\n/);
    expect(head).toHaveLength(256 * kib);
    expect(tail.length).toBeGreaterThanOrEqual(256 * kib);
    expect(kept.length).toBeLessThanOrEqual(768 * kib + 100);
  });

  test('marks the cut with exactly the bytes that are missing', () => {
    const [mark = '', dropped = ''] = /\n\[… (\d+) bytes of output cut here …\]\n/.exec(kept) ?? [];
    const written = 'FIRST LINE\n'.length + 100_000_000 + '\nLAST LINE\n'.length;
    expect(kept.length - mark.length + Number(dropped)).toBe(written);
  });

  test('does not make the runner grow', () => {
    expect(runnerPeakKib).toBeGreaterThan(10_000);
    expect(runnerPeakKib).toBeLessThan(150_000);
  });

  test('leaves nothing in the spool', () => {
    expect(readdirSync(kiosk.layout.runs)).toEqual([]);
  });
});

test('both streams are captured in the order in which they were written', async () => {
  await kiosk.apply(
    signed({ sequence: 2, script: 'echo out; sleep 0.1; echo err >&2; sleep 0.1; printf end' }),
  );
  expect(await output(2)).toBe('out\nerr\nend');
});

test('a background child that holds stdout open does not delay the end of the run', async () => {
  const begin = performance.now();
  const script = `sleep 300 &\necho $! >${kiosk.witness}\necho done`;
  const { exitCode } = await kiosk.apply(signed({ sequence: 3, script }));
  expect(exitCode).toBe(0);
  expect(performance.now() - begin).toBeLessThan(5000);
  expect(await output(3)).toBe('done\n');
  expect(isAlive(Number(kiosk.witnessLines()[0]))).toBe(true);
});

test('a runner that is killed loses nothing of what the script had said', async () => {
  await kiosk.apply(signed({ sequence: 4, script: 'echo said before; sleep 0.2; kill -9 $PPID; sleep 60' }));
  expect(await output(4)).toBe('said before\n');
});

test('the output of a script that still runs can be read', async () => {
  const applied = kiosk.apply(
    signed({ sequence: 5, script: `echo so far; while [ ! -e ${kiosk.root}/go ]; do sleep 0.1; done` }),
  );
  await until(
    'the first output',
    async () => (await kiosk.run('log', '5', '--output')).stdout === 'so far\n',
  );
  kiosk.file('../go', '');
  expect((await applied).exitCode).toBe(0);
});

test('logs are private to root and its group', async () => {
  await kiosk.apply(signed({ sequence: 6, script: 'echo secret; echo secret >$FERRYMAN_LONG_LOG' }));
  const names = readdirSync(kiosk.layout.log).filter((name) => name.startsWith('6-'));
  expect(names.map((name) => name.replace(/^6-[0-9a-f]{16}-1/, '')).toSorted()).toEqual([
    '.long.log',
    '.output.log',
  ]);
  for (const name of names) {
    expect(statSync(join(kiosk.layout.log, name)).mode & 0o777).toBe(0o640);
    expect(readFileSync(join(kiosk.layout.log, name), 'utf8')).toBe('secret\n');
  }
  expect(statSync(kiosk.layout.log).mode & 0o777).toBe(0o750);
});
