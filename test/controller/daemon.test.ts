/** `ferryman run`: notices what arrives, survives what goes wrong around it, and leaves running scripts alone when it stops. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { programs, runProgram, type Kiosk } from '../kit/kiosk.ts';
import { fixedKey, signedUpdate, writePublicKey } from '../kit/office.ts';
import { channelNames } from '../../src/channels/channel-name.ts';
import {
  channelFolder,
  cleanUp,
  Daemon,
  drop,
  isAlive,
  makeKiosk,
  officeKey,
  signed,
  until,
} from './at-work.ts';

afterAll(cleanUp);

/** Rescans so rarely that only a watch can have noticed something. */
const watchOnly = '[run]\nstopSeconds = 1\n[channels]\nrescanSeconds = 3600';
/** Rescans so often that a watch is not needed. */
const rescan = '[run]\nstopSeconds = 1\n[channels]\nrescanSeconds = 1';

/** How a daemon ends that was told to. */
const stopped = { exitCode: 0, signal: null };

function ran(kiosk: Kiosk, ...lines: string[]): Promise<true> {
  const wanted = lines.join('\n');
  return until(`a script to leave "${lines.join(', ')}"`, () => kiosk.witnessLines().join('\n') === wanted);
}

function mark(kiosk: Kiosk, text: string): string {
  return `echo ${text} >>${kiosk.witness}`;
}

async function state(kiosk: Kiosk, sequence: number, wanted: string): Promise<void> {
  await until(`update ${sequence} to be ${wanted}`, async () =>
    (await kiosk.history()).updates.some((update) => update.sequence === sequence && update.state === wanted),
  );
}

describe.concurrent('a file that appears in a channel', () => {
  test.each(channelNames)('is noticed by the watch on %s', async (channel) => {
    const kiosk = await makeKiosk({ config: watchOnly });
    mkdirSync(channelFolder(kiosk, channel), { recursive: true });
    const daemon = await Daemon.start(kiosk);
    await sleep(300);
    drop(kiosk, channel, 'a.zip', signed({ sequence: 1, script: mark(kiosk, 'one') }));
    await ran(kiosk, 'one');
    await sleep(300);
    drop(kiosk, channel, 'b.zip', signed({ sequence: 2, script: mark(kiosk, 'two') }));
    await ran(kiosk, 'one', 'two');
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('is noticed by the watch when it was written under another name and renamed', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    const part = drop(kiosk, 'backhaul', '.a.part', signed({ script: mark(kiosk, 'one') }));
    await sleep(300);
    expect(kiosk.witnessLines()).toEqual([]);
    renameSync(part, join(kiosk.layout.backhaul, 'a'));
    await ran(kiosk, 'one');
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('is found by the rescan in a folder that was not there, as when another disk is mounted', async () => {
    const kiosk = await makeKiosk({ config: rescan });
    const daemon = await Daemon.start(kiosk);
    await sleep(300);
    drop(kiosk, 'backhaul', 'a.zip', signed({ script: mark(kiosk, 'one') }));
    await ran(kiosk, 'one');
    rmSync(kiosk.layout.backhaul, { recursive: true });
    await sleep(1200);
    drop(kiosk, 'backhaul', 'a.zip', signed({ sequence: 2, script: mark(kiosk, 'two') }));
    await ran(kiosk, 'one', 'two');
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('is handed over by `ferryman receive`, and taken from the inbox at once', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    expect((await kiosk.receive(signed({ script: mark(kiosk, 'one') }))).exitCode).toBe(0);
    await ran(kiosk, 'one');
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('among bad ones is found: junk, strangers and damage do not hold it up', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const good = signed({ script: mark(kiosk, 'one') });
    drop(kiosk, 'backhaul', 'a junk', 'not a parcel');
    drop(kiosk, 'backhaul', 'b empty', '');
    drop(kiosk, 'backhaul', 'c stranger', signedUpdate({ sequence: 2 }, fixedKey(99)));
    drop(kiosk, 'backhaul', 'd truncated', good.subarray(0, good.length - 100));
    const damaged = Buffer.from(good);
    damaged.writeUInt8(damaged.readUInt8(50) ^ 1, 50);
    drop(kiosk, 'backhaul', 'e damaged', damaged);
    drop(kiosk, 'backhaul', 'f good', good);
    const daemon = await Daemon.start(kiosk);
    await ran(kiosk, 'one');
    const { refusals } = await kiosk.history();
    expect(refusals.map(({ code }) => code).toSorted()).toEqual([
      'framing.truncated',
      'framing.truncated',
      'framing.truncated',
      'verify.bad-signature',
      'verify.unknown-key',
    ]);
    expect(await daemon.stop()).toEqual(stopped);
  });
});

describe.concurrent('told to stop', () => {
  test('while nothing runs, it ends at once with 0 and leaves the root free', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    await sleep(300);
    const begin = performance.now();
    expect(await daemon.stop()).toEqual(stopped);
    expect(performance.now() - begin).toBeLessThan(2000);
    expect((await kiosk.pass()).exitCode).toBe(0);
  });

  test('it ends although something holds its process open that nobody closes', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const forgotten = join(kiosk.root, 'forgotten.mjs');
    writeFileSync(forgotten, 'setInterval(() => undefined, 1000);');
    const program = join(kiosk.root, 'ferryman');
    const words = `#!/bin/sh\nNODE_OPTIONS=--import=${forgotten} exec ${join(programs, 'ferryman')} "$@"\n`;
    writeFileSync(program, words, { mode: 0o755 });
    const daemon = await Daemon.start(kiosk, program);
    expect(await daemon.stop()).toEqual(stopped);
    expect(daemon.stderr).toContain('ferryman: stopped');
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s, it lets the running script go on and ends at once with 0',
    async (signal) => {
      const kiosk = await makeKiosk({ config: watchOnly });
      const script = `${mark(kiosk, '$$')}; while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done; ${mark(kiosk, 'end')}`;
      drop(kiosk, 'backhaul', 'a', signed({ script }));
      const daemon = await Daemon.start(kiosk);
      const pid = Number(await until('the script', () => kiosk.witnessLines()[0]));
      const begin = performance.now();
      expect(await daemon.send(signal)).toEqual(stopped);
      expect(performance.now() - begin).toBeLessThan(2000);
      expect(isAlive(pid)).toBe(true);
      expect((await kiosk.update(1)).state).toBe('running');

      // The next one follows it, starts nothing beside it, and records how it ended.
      drop(kiosk, 'backhaul', 'b', signed({ sequence: 2, script: mark(kiosk, 'two') }));
      const next = await Daemon.start(kiosk);
      await sleep(500);
      expect(kiosk.witnessLines()).toHaveLength(1);
      writeFileSync(join(kiosk.root, 'go'), '');
      await ran(kiosk, String(pid), 'end', 'two');
      await state(kiosk, 1, 'succeeded');
      expect(await kiosk.update(1)).toMatchObject({ exitStatus: 0, attempts: 1 });
      await next.stop();
    },
  );

  test('a script that ends while no ferryman is there is recorded at the next start', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const script = `${mark(kiosk, '$$')}; while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done; echo late; exit 9`;
    drop(kiosk, 'backhaul', 'a', signed({ script }));
    const daemon = await Daemon.start(kiosk);
    const pid = Number(await until('the script', () => kiosk.witnessLines()[0]));
    await daemon.stop();
    writeFileSync(join(kiosk.root, 'go'), '');
    await until('the script to end', () => !isAlive(pid));
    expect((await kiosk.pass()).exitCode).toBe(0);
    expect(await kiosk.update(1)).toMatchObject({ state: 'failed', exitStatus: 9, attempts: 1 });
    expect((await kiosk.run('log', '1', '--output')).stdout).toBe('late\n');
  });
});

describe.concurrent('a second ferryman in the same root', () => {
  test('as a daemon or a pass ends with 75 and names the lock', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    for (const args of [['run'], ['run', '--once']]) {
      const { exitCode, stderr } = await runProgram('ferryman', [...args, '--root', kiosk.root]);
      expect(exitCode).toBe(75);
      expect(stderr).toContain('lock.sqlite: expected to be alone in this root');
      expect(stderr).toContain('[lock.held]');
      expect(stderr).toContain('hint: ');
    }
    expect(JSON.parse((await kiosk.run('status', '--json')).stdout)).toMatchObject({ atWork: true });
    await daemon.stop();
    expect(JSON.parse((await kiosk.run('status', '--json')).stdout)).toMatchObject({ atWork: false });
  });

  test('does not hold up readers, nor do they hold up the daemon', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    const readers = Array.from({ length: 4 }, async () => {
      for (const command of ['status', 'history', 'plan'])
        expect((await kiosk.run(command)).exitCode).toBe(0);
    });
    drop(kiosk, 'backhaul', 'a', signed({ script: mark(kiosk, 'one') }));
    await Promise.all(readers);
    await ran(kiosk, 'one');
    expect(await daemon.stop()).toEqual(stopped);
  });
});

describe.concurrent('apply beside a daemon', () => {
  test('hands the parcel over, tells what happens, and ends as the script does', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    const good = signed({ sequence: 1, script: 'sleep 1.5' });
    const applied = await kiosk.apply(good);
    expect(applied.exitCode).toBe(0);
    expect(applied.stderr).toContain('handed over, following');
    expect(applied.stderr).toMatch(/update 1.* running/);
    expect(applied.stdout).toMatch(/^update 1 "a test update": succeeded: exit 0/);
    expect(daemon.stderr).toContain('update 1: succeeded');
    const cases: [Buffer, number][] = [
      [good, 0],
      [signed({ sequence: 2, script: 'exit 3' }), 1],
      [signed({ sequence: 3, script: 'exit 75' }), 75],
    ];
    for (const [parcel, exitCode] of cases) expect((await kiosk.apply(parcel)).exitCode).toBe(exitCode);
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('tells why a parcel is refused, each time', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    for (let time = 0; time < 2; time += 1) {
      const { exitCode, stderr } = await kiosk.apply(signedUpdate({}, fixedKey(99)));
      expect(exitCode).toBe(65);
      expect(stderr).toContain('[verify.unknown-key]');
    }
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('interrupted leaves the script running', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    const file = kiosk.file(
      'a.zip',
      signed({ script: `${mark(kiosk, '$$')}; sleep 1; ${mark(kiosk, 'end')}` }),
    );
    const apply = execa(join(programs, 'ferryman'), ['apply', file, '--root', kiosk.root], { reject: false });
    const pid = await until('the script', () => kiosk.witnessLines()[0]);
    apply.kill('SIGINT');
    expect((await apply).exitCode).toBe(75);
    await ran(kiosk, pid, 'end');
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('does the work itself when the daemon has gone', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const script = `${mark(kiosk, '$$')}; while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done`;
    drop(kiosk, 'backhaul', 'a', signed({ script }));
    const daemon = await Daemon.start(kiosk);
    await until('the script', () => kiosk.witnessLines()[0]);
    const file = kiosk.file('two.zip', signed({ sequence: 2, script: mark(kiosk, 'two') }));
    const apply = execa(join(programs, 'ferryman'), ['apply', file, '--root', kiosk.root], { reject: false });
    let said = '';
    apply.stderr.on('data', (chunk: Buffer) => {
      said += String(chunk);
    });
    await until('the parcel to be handed over', () => said.includes('handed over'));
    await daemon.send('SIGKILL');
    writeFileSync(join(kiosk.root, 'go'), '');
    expect((await apply).exitCode).toBe(0);
    expect(kiosk.witnessLines().slice(1)).toEqual(['two']);
    expect(await kiosk.update(1)).toMatchObject({ state: 'succeeded' });
  });

  test('many at once beside no daemon all come to their end', async () => {
    const kiosk = await makeKiosk();
    const sequences = [1, 2, 3, 4, 5];
    const files = sequences.map((sequence) =>
      kiosk.file(`${sequence}.zip`, signed({ sequence, script: mark(kiosk, String(sequence)) })),
    );
    const all = await Promise.all(files.map((file) => kiosk.run('apply', file)));
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 0]);
    expect(kiosk.witnessLines().toSorted()).toEqual(sequences.map(String));
  });
});

test('rerun beside a daemon runs the update again, keeps the reason, and ends as the script does', async () => {
  const kiosk = await makeKiosk({ config: watchOnly });
  const daemon = await Daemon.start(kiosk);
  const script = `${mark(kiosk, 'try')}; [ "$(wc -l <${kiosk.witness})" -gt 1 ]`;
  expect((await kiosk.apply(signed({ script }))).exitCode).toBe(1);
  const { exitCode, stdout } = await kiosk.run('rerun', '1', '--reason', 'once more');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^update 1 "a test update": succeeded/);
  expect(kiosk.witnessLines()).toEqual(['try', 'try']);
  expect(await kiosk.update(1)).toMatchObject({ attempts: 2 });
  expect((await kiosk.run('show', '1')).stdout).toContain('to be run again: once more');
  expect(await daemon.stop()).toEqual(stopped);
});

describe.concurrent('the daemon goes on', () => {
  test('through a broken key file and no keys at all: it refuses everything loudly, and works once mended', async () => {
    const kiosk = await makeKiosk({ config: rescan });
    const daemon = await Daemon.start(kiosk);
    const broken = join(kiosk.layout.keys, 'broken.pub');
    writeFileSync(broken, 'not a key');
    drop(kiosk, 'backhaul', 'a', signed({ script: mark(kiosk, 'one') }));
    await until('the complaint', () => /broken\.pub.*\[trust\.unreadable\]/.test(daemon.stderr));
    expect(daemon.stderr).toContain('hint: mend or remove the key file that is named');
    renameSync(kiosk.layout.keys, `${kiosk.layout.keys}.away`);
    mkdirSync(kiosk.layout.keys);
    await until('the other complaint', () => daemon.stderr.includes('[trust.no-keys]'));
    await sleep(300);
    expect(kiosk.witnessLines()).toEqual([]);
    expect(existsSync(join(kiosk.layout.backhaul, 'a')), 'nothing is lost').toBe(true);
    rmSync(kiosk.layout.keys, { recursive: true });
    rmSync(`${kiosk.layout.keys}.away/broken.pub`);
    renameSync(`${kiosk.layout.keys}.away`, kiosk.layout.keys);
    await ran(kiosk, 'one');
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('when nobody listens to what it says', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    daemon.closeStderr();
    for (const sequence of [1, 2]) {
      drop(kiosk, 'backhaul', `${sequence}`, signed({ sequence, script: mark(kiosk, 'ran') }));
      await state(kiosk, sequence, 'succeeded');
    }
    expect(await daemon.stop()).toEqual(stopped);
  });

  test('when its folders are removed under it', async () => {
    const kiosk = await makeKiosk({ config: rescan });
    const daemon = await Daemon.start(kiosk);
    await sleep(300);
    const { backhaul, runs, inbox, log, relayUpdates, scriptState } = kiosk.layout;
    for (const folder of [backhaul, runs, inbox, log, relayUpdates, scriptState])
      rmSync(folder, { recursive: true });
    await sleep(1200);
    drop(kiosk, 'backhaul', 'a', signed({ script: `${mark(kiosk, 'one')}; echo kept >$FERRYMAN_SHORT_LOG` }));
    await state(kiosk, 1, 'succeeded');
    await until('the short log', () => readFileSync(join(log, 'short.log'), 'utf8').includes('kept'));
    expect(await daemon.stop()).toEqual(stopped);
  });
});

test.each(['SIGINT', 'SIGHUP'] as const)(
  'apply on a terminal that sends %s to its whole process group leaves the script running, and it is recorded',
  async (signal) => {
    const kiosk = await makeKiosk();
    const file = kiosk.file(
      'a.zip',
      signed({ script: `${mark(kiosk, '$$')}; sleep 1; ${mark(kiosk, 'end')}; exit 7` }),
    );
    const apply = spawn(join(programs, 'ferryman'), ['apply', file, '--root', kiosk.root], {
      detached: true,
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => {
      apply.once('exit', resolve);
    });
    const pid = await until('the script', () => kiosk.witnessLines()[0]);
    process.kill(-(apply.pid ?? 0), signal);
    await ended;
    await ran(kiosk, pid, 'end');
    await kiosk.pass();
    expect(await kiosk.update(1)).toMatchObject({ state: 'failed', exitStatus: 7, attempts: 1 });
  },
);

test('an update takes its keys from the folder as it is then: a key that the update before has removed starts nothing', async () => {
  const second = fixedKey(12);
  const kiosk = await makeKiosk({ keys: [officeKey, second] });
  const keyFile = join(kiosk.layout.keys, `${second.keyId}.pub`);
  drop(kiosk, 'backhaul', '1', signed({ sequence: 1, script: `rm ${keyFile}` }));
  drop(kiosk, 'backhaul', '2', signedUpdate({ sequence: 2, script: mark(kiosk, 'stolen') }, second));
  await kiosk.pass();
  expect(kiosk.witnessLines()).toEqual([]);
  expect(await kiosk.update(2)).toMatchObject({ state: 'waiting' });
  writePublicKey(kiosk.layout.keys, second);
  await kiosk.pass();
  expect(kiosk.witnessLines()).toEqual(['stolen']);
});

describe.concurrent('the daemon, beside a sink that hangs and listens to nobody,', () => {
  test('stops in order when it is told to', async () => {
    const kiosk = await makeKiosk({
      config: `[[report.sinks]]\ntype = "exec"\nname = "deaf"\ncommand = ["/bin/sh", "-c", "trap : TERM; cat >/dev/null; while :; do sleep 0.1; done"]\ntimeoutSeconds = 600`,
    });
    const daemon = await Daemon.start(kiosk);
    drop(kiosk, 'backhaul', 'a.zip', signed({ sequence: 1, script: mark(kiosk, 'one') }));
    await ran(kiosk, 'one');
    await state(kiosk, 1, 'succeeded');
    await sleep(500);
    expect(await daemon.stop()).toEqual(stopped);
    expect(daemon.stderr).toMatch(/ferryman: stopped\n$/);
  });
});

describe.concurrent('a configuration that is spoiled while the daemon runs', () => {
  test('is told once, and the next update still runs: it may be what mends it', async () => {
    const kiosk = await makeKiosk({ config: rescan });
    const daemon = await Daemon.start(kiosk);
    const sound = readFileSync(kiosk.layout.configFile, 'utf8');
    writeFileSync(kiosk.layout.configFile, 'spoiled = ');
    await sleep(2500);
    drop(
      kiosk,
      'backhaul',
      'a.zip',
      signed({
        sequence: 1,
        script: `printf '%s' '${sound}' >${kiosk.layout.configFile}; ${mark(kiosk, 'mended')}`,
      }),
    );
    await ran(kiosk, 'mended');
    await state(kiosk, 1, 'succeeded');
    expect(await daemon.stop()).toEqual(stopped);
    expect(daemon.stderr.match(/config\.invalid/g)).toHaveLength(1);
  });
});
