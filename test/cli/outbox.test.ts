/** `ferryman outbox`: what waits for which sink, why, and what can be done about it. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanUp, Daemon, drop, makeKiosk, signed, until } from '../controller/at-work.ts';
import type { Kiosk } from '../kit/kiosk.ts';

afterAll(cleanUp);

let kiosk: Kiosk;
let broken: string;

beforeAll(async () => {
  kiosk = await makeKiosk();
  broken = join(kiosk.root, 'broken');
  writeFileSync(broken, '');
  writeFileSync(
    kiosk.layout.configFile,
    `[node]\nguid = "9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11"\nrole = "kiosk"\n[trust]\nthreshold = 1
[[report.sinks]]\ntype = "file"\nname = "file"\npath = "/var/log/ferryman/short.log"
[[report.sinks]]\ntype = "exec"\nname = "sms"\ncommand = ["/bin/sh", "-c", "[ ! -e ${broken} ] || { echo no carrier; exit 3; }; cat >>${kiosk.root}/sent"]\n`,
  );
  drop(kiosk, 'backhaul', 'a.zip', signed({ sequence: 1, script: 'echo one >$FERRYMAN_SHORT_LOG' }));
  drop(kiosk, 'backhaul', 'b.zip', signed({ sequence: 2, script: 'echo two >$FERRYMAN_SHORT_LOG; exit 4' }));
  await kiosk.pass();
});

async function outbox(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await kiosk.run('outbox', ...args);
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout;
}

test('tells for each sink what waits, why, and when it is tried again', async () => {
  const text = await outbox();
  expect(text).toMatch(/^file: nothing waits \(file\)$/m);
  expect(text).toMatch(
    /^sms: 2 waiting \(exec\)\n {2}! failed once, tried again in \d+ seconds: sink sms: exit status 3: no carrier$/m,
  );
  expect(text).toMatch(/^syslog: nothing waits \(syslog\)$/m);
  expect(text).toMatch(
    /^update 1 succeeded, \S+, for sms, tried once\n {2}one\n\nupdate 2 failed, \S+, for sms, not tried yet\n {2}two$/m,
  );
});

test('as JSON', async () => {
  const document = JSON.parse(await outbox('--json', '--limit', '1')) as Record<string, unknown>;
  expect(document).toMatchObject({
    schema: 'ferryman.outbox/1',
    sinks: [
      { name: 'file', type: 'file', waiting: 0, failures: 0, problem: null, retryInSeconds: null },
      { name: 'sms', type: 'exec', waiting: 2, failures: 1, retryInSeconds: expect.any(Number) as number },
      { name: 'syslog', type: 'syslog', waiting: 0 },
    ],
    messages: [{ sink: 'sms', sequence: 1, state: 'succeeded', text: 'one', tries: 1 }],
  });
});

test('--retry has a running daemon try at once what has been mended', async () => {
  const daemon = await Daemon.start(kiosk);
  try {
    rmSync(broken);
    expect((await kiosk.run('outbox', '--retry')).stderr).toContain('tries now');
    await until('the texts to go', async () => (await outbox()).includes('sms: nothing waits'));
    expect(readFileSync(join(kiosk.root, 'sent'), 'utf8')).toBe('onetwo');
  } finally {
    await daemon.stop();
  }
});

test('what waits for a sink that is configured no more is told, and given up only on request', async () => {
  writeFileSync(broken, '');
  drop(kiosk, 'backhaul', 'c.zip', signed({ sequence: 3, script: 'echo three >$FERRYMAN_SHORT_LOG' }));
  await kiosk.pass();
  writeFileSync(
    kiosk.layout.configFile,
    '[node]\nguid = "9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11"\nrole = "kiosk"\n[trust]\nthreshold = 1\n',
  );
  expect(await outbox()).toContain(
    'sms: 1 waiting\n  ! no such sink is configured; to give up what waits: --give-up sms',
  );
  expect(await kiosk.run('outbox', '--give-up', 'pigeon')).toMatchObject({ exitCode: 64 });
  const { exitCode, stdout, stderr } = await kiosk.run('outbox', '--give-up', 'sms');
  expect([exitCode, stderr]).toEqual([0, 'given up: 1 short logs for sms\n']);
  expect(stdout).not.toContain('sms');
});
