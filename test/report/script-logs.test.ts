/** What a script may leave at FERRYMAN_SHORT_LOG and FERRYMAN_LONG_LOG, and what is made of it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { onePass } from '../controller/in-process.ts';
import {
  cleanUp,
  drop,
  isAlive,
  makeKiosk,
  shortLogs,
  shortLogTexts,
  signed,
  until,
} from '../controller/at-work.ts';

afterAll(cleanUp);

/** Runs the scripts in one pass as updates 1, 2, …; they may use $1 for the log file. */
async function runScripts(
  variable: 'FERRYMAN_SHORT_LOG' | 'FERRYMAN_LONG_LOG',
  scripts: readonly string[],
): Promise<Kiosk> {
  const kiosk = await makeKiosk();
  for (const [index, script] of scripts.entries()) {
    const parcel = signed({
      sequence: index + 1,
      title: `update ${index + 1}`,
      script: `set -- "$${variable}"\n${script}`,
    });
    drop(kiosk, 'backhaul', `${index}.zip`, parcel);
  }
  await onePass(kiosk);
  return kiosk;
}

describe('at FERRYMAN_SHORT_LOG', () => {
  const own: Readonly<Record<string, readonly [script: string, shortLog: string]>> = {
    'a line is sent as it is': ['echo "disk 93% full" >$1', 'disk 93% full'],
    'several lines are sent as one': ['printf "one\\n two\\n\\nthree" >$1', 'one two three'],
    'a text in another alphabet is sent with question marks': [
      'printf "диск 中 naïve ✓ €" >$1',
      '???? ? na?ve ? €',
    ],
    'bytes that are no text are sent as question marks': ['printf "a\\377\\376\\000b" >$1', 'a???b'],
    '10 MB are read no further than needed': ['head -c 10000000 /dev/zero | tr "\\0" y >$1', 'y'.repeat(160)],
    'the text of a script that failed is sent too': ['echo "no network" >$1; exit 3', 'no network'],
  };
  const made: Readonly<Record<string, string>> = {
    'nothing gives a line made from the outcome': ':',
    'an empty file does so': ': >$1',
    'blanks do so': 'printf " \\n \\n" >$1',
    'a fifo does so, without waiting for a writer': 'mkfifo $1',
    'a folder does so': 'mkdir $1',
    'a link to a secret does so, and the secret stays one': 'ln -s /etc/shadow $1',
    'a link to a text does so': 'echo text >text; ln -s "$PWD/text" $1',
    'a device does so': 'mknod $1 c 1 5',
  };
  let kiosk: Kiosk;
  let sent: string[];
  beforeAll(async () => {
    const scripts = [...Object.values(own).map(([script]) => script), ...Object.values(made)];
    kiosk = await runScripts('FERRYMAN_SHORT_LOG', scripts);
    sent = shortLogTexts(kiosk);
  });

  test('every script sends one short log', () => {
    expect(sent).toHaveLength(Object.keys(own).length + Object.keys(made).length);
  });

  test.each(Object.entries(own).map(([name, [, shortLog]], index) => [name, index, shortLog] as const))(
    '%s',
    (_name, index, shortLog) => expect(sent[index]).toBe(shortLog),
  );

  test.each(Object.keys(made).map((name, index) => [name, Object.keys(own).length + index] as const))(
    '%s',
    (_name, index) => {
      expect(sent[index]).toMatch(new RegExp(`^exit 0 after \\d+\\.\\d s \\(update ${index + 1}\\)$`));
    },
  );

  test('whatever stands there, `log N --short` prints what was sent', async () => {
    expect((await kiosk.run('log', '1', '--short')).stdout).toBe('disk 93% full\n');
    expect((await kiosk.run('log', '10', '--short')).stdout).toBe(`${sent[9]}\n`);
  });
});

describe('at FERRYMAN_LONG_LOG', () => {
  let kiosk: Kiosk;
  beforeAll(async () => {
    kiosk = await runScripts('FERRYMAN_LONG_LOG', [
      'echo first line >$1; echo second line >>$1',
      'head -c 50000000 /dev/zero | tr "\\0" z >$1; printf "the end" >>$1',
      'truncate -s 20G $1; printf "the end" >>$1',
      'mkfifo $1',
      'ln -s /etc/shadow $1',
      'mkdir $1; echo text >$1/file',
    ]);
  });
  async function longLog(sequence: number): Promise<string> {
    const { stdout, exitCode } = await kiosk.run('log', String(sequence), '--long');
    expect(exitCode).toBe(0);
    return stdout;
  }

  test('a text is kept', async () => {
    expect(await longLog(1)).toBe('first line\nsecond line\n');
  });

  test('of a huge one the last 4 MiB are kept, and the cut is marked', async () => {
    const kept = await longLog(2);
    const mib4 = 4 * 1024 * 1024;
    expect(kept.startsWith(`[… ${50_000_007 - mib4} bytes cut here …]\nzzz`)).toBe(true);
    expect(kept.endsWith('zzzthe end')).toBe(true);
    expect(kept.length).toBe(mib4 + kept.indexOf('\n') + 1);
    expect((await longLog(3)).endsWith('the end')).toBe(true);
  });

  test.each([
    [4, 'a fifo'],
    [5, 'a link to a secret'],
    [6, 'a folder'],
  ])('of update %i, which left %s, nothing is kept', async (sequence) => {
    expect(await longLog(sequence)).toBe('');
    expect(await kiosk.update(sequence)).toMatchObject({ state: 'succeeded' });
  });
});

test('`log N` of a script that runs and has made a fifo of its long log comes back', async () => {
  const kiosk = await makeKiosk();
  const script = `mkfifo $FERRYMAN_LONG_LOG; echo $$ >${kiosk.witness}; exec sleep 300`;
  drop(kiosk, 'backhaul', 'a.zip', signed({ script }));
  const pass = kiosk.pass();
  const pid = Number(await until('the script', () => kiosk.witnessLines()[0]));
  expect(await kiosk.run('log', '1', '--long')).toMatchObject({ exitCode: 0, stdout: '' });
  expect(isAlive(pid)).toBe(true);
  process.kill(pid, 'SIGKILL');
  await pass;
});

describe('the outbox', () => {
  test('keeps short logs while their file cannot be written, and sends them afterwards, each once, in order', async () => {
    const kiosk = await makeKiosk({ config: '[report]\nretryFirstSeconds = 1\nretryMaxSeconds = 1' });
    const file = join(kiosk.layout.log, 'short.log');
    drop(
      kiosk,
      'backhaul',
      'a.zip',
      signed({ sequence: 1, script: `rm -rf ${file}; mkdir ${file}; echo one >$FERRYMAN_SHORT_LOG` }),
    );
    drop(kiosk, 'backhaul', 'b.zip', signed({ sequence: 2, script: 'echo two >$FERRYMAN_SHORT_LOG' }));
    const told = await onePass(kiosk);
    expect(told.join('\n')).toMatch(/warning: short log: .*report\.failed/);
    const { stdout } = await kiosk.run('status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ shortLogsWaiting: 2 });
    expect((await kiosk.run('status')).stdout).toContain('short logs not delivered yet: 2');
    expect(await kiosk.update(2)).toMatchObject({ state: 'succeeded' });

    drop(
      kiosk,
      'backhaul',
      'c.zip',
      signed({ sequence: 3, script: `rmdir ${file}; echo three >$FERRYMAN_SHORT_LOG` }),
    );
    await onePass(kiosk);
    await sleep(1000);
    await onePass(kiosk);
    expect(shortLogs(kiosk)).toEqual(['1 succeeded: one', '2 succeeded: two', '3 succeeded: three']);
    expect(JSON.parse((await kiosk.run('status', '--json')).stdout)).toMatchObject({ shortLogsWaiting: 0 });
  });

  test('does not follow a link that stands in place of its file', async () => {
    const kiosk = await makeKiosk();
    const file = join(kiosk.layout.log, 'short.log');
    drop(kiosk, 'backhaul', 'a.zip', signed({ script: `ln -sf ${kiosk.root}/elsewhere ${file}` }));
    await onePass(kiosk);
    expect(existsSync(join(kiosk.root, 'elsewhere'))).toBe(false);
  });

  test('writes where the configuration says, with the time before each line', async () => {
    const kiosk = await makeKiosk({
      config: '[[report.sinks]]\ntype = "file"\nname = "sms"\npath = "/var/log/sms"',
    });
    drop(kiosk, 'backhaul', 'a.zip', signed({ script: 'echo hello >$FERRYMAN_SHORT_LOG' }));
    await onePass(kiosk);
    const text = readFileSync(join(kiosk.root, 'var/log/sms'), 'utf8');
    expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ 1 succeeded: hello\n$/);
  });
});
