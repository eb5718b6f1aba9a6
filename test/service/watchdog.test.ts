/** What `ferryman run` tells systemd, over a real notify socket by the real systemd-notify. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { cleanUp, drop, makeKiosk, signed, until } from '../controller/at-work.ts';
import { Supervisor, type Times } from './supervisor.ts';

afterAll(cleanUp);

async function supervised(config: string, times: Times): Promise<{ kiosk: Kiosk; service: Supervisor }> {
  const kiosk = await makeKiosk({ config });
  expect((await kiosk.run('install-service')).exitCode).toBe(0);
  const service = await Supervisor.start(kiosk, times);
  await until('the service at work', () => service.messages.includes('READY=1'), 30_000);
  return { kiosk, service };
}

const often = '[channels]\nrescanSeconds = 1';

function signsOfLife({ messages }: Supervisor): number {
  return messages.filter((message) => message === 'WATCHDOG=1').length;
}

describe.concurrent('systemd is told', () => {
  test('that ferryman is ready, what it does, that it lives, and that it stops', async () => {
    const { kiosk, service } = await supervised(often, { watchdogMs: 12_000 });
    const idle = 'STATUS=waiting for parcels';
    await until('the end of the first pass', () => service.messages.includes(idle), 30_000);
    const script = `env >${kiosk.witness}; while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done`;
    drop(kiosk, 'backhaul', 'a', signed({ sequence: 42, script }));
    await until(
      'the script',
      () => service.messages.includes('STATUS=update 42: its script is running'),
      30_000,
    );
    const before = signsOfLife(service);
    await until('signs of life while a script runs', () => signsOfLife(service) >= before + 2, 30_000);
    writeFileSync(join(kiosk.root, 'go'), '');
    await until('the end', () => service.messages.filter((each) => each === idle).length === 2, 30_000);
    const then = signsOfLife(service);
    await until('signs of life while nothing runs', () => signsOfLife(service) >= then + 2, 30_000);
    await service.stop();
    expect(service.messages.filter((message) => message !== 'WATCHDOG=1')).toEqual([
      'READY=1',
      'STATUS=waiting for parcels',
      'STATUS=update 42: verifying and unpacking',
      'STATUS=update 42: its script is running',
      'STATUS=waiting for parcels',
      'STOPPING=1',
    ]);
    expect(service.kills).toEqual([]);
    // Nothing of this reaches the script.
    expect(readFileSync(kiosk.witness, 'utf8')).not.toMatch(/NOTIFY_SOCKET|WATCHDOG|systemd/i);
  });

  test('nothing once the loop stands still: the process is killed and started again', async () => {
    const { service } = await supervised(often, { watchdogMs: 6000 });
    const first = service.pid;
    await until('a sign of life', () => signsOfLife(service) > 0, 30_000);
    process.kill(first, 'SIGSTOP');
    await until(
      'the next life',
      () => service.starts === 2 && service.messages.filter((each) => each === 'READY=1').length === 2,
      30_000,
    );
    expect(service.kills).toEqual(['watchdog']);
    await service.stop();
  });

  test('that it waits, while another ferryman is at work in the root; then it goes to work itself', async () => {
    const kiosk = await makeKiosk({ config: often });
    await kiosk.run('install-service');
    const script = `echo $$ >${kiosk.witness}; while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done`;
    const apply = kiosk.apply(signed({ script }));
    await until('the script', () => kiosk.witnessLines()[0], 30_000);
    const service = await Supervisor.start(kiosk);
    await until(
      'the wait',
      () => service.messages.some((each) => /^STATUS=waiting: .*another ferryman/.test(each)),
      30_000,
    );
    expect(service.messages).toContain('READY=1');
    writeFileSync(join(kiosk.root, 'go'), '');
    expect((await apply).exitCode).toBe(0);
    await until('the daemon at work', () => service.log.includes('at work for'), 30_000);
    expect(service.starts).toBe(1);
    await service.stop();
  });
});

test('a daemon that nobody watches calls no systemd-notify', async () => {
  const kiosk = await makeKiosk({ config: often });
  const { ServiceNotifier } = await import('../../src/service/notifier.ts');
  const problems: string[] = [];
  const silent = new ServiceNotifier({ PATH: '/nowhere' }, 1, (text) => problems.push(text));
  silent.progress('anything');
  await silent.ready();
  await silent.stopping();
  expect(problems).toEqual([]);
  const lost = new ServiceNotifier({ PATH: '/nowhere', NOTIFY_SOCKET: join(kiosk.root, 'none') }, 1, (text) =>
    problems.push(text),
  );
  await lost.ready();
  await lost.stopping();
  await sleep(10);
  expect(problems).toEqual([expect.stringMatching(/^systemd cannot be told READY=1: /) as string]);
});
