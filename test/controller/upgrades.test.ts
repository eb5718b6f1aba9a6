/** A script may kill, restart, replace or upgrade the controller while it runs; neither the script nor its status is lost. */
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { programs, type Kiosk } from '../kit/kiosk.ts';
import { cleanUp, Daemon, drop, isAlive, makeKiosk, signed, until } from './at-work.ts';

afterAll(cleanUp);

const watchOnly = '[run]\nstopSeconds = 1\n[channels]\nrescanSeconds = 3600';

/** A copy of the built programs that a script may do anything to. @returns its `ferryman` */
function copyOfPrograms(kiosk: Kiosk): string {
  const copy = join(kiosk.root, 'opt/ferryman');
  cpSync(join(programs, '..'), join(copy, 'dist'), { recursive: true, verbatimSymlinks: true });
  symlinkSync(join(programs, '../../node_modules'), join(copy, 'node_modules'));
  return join(copy, 'dist/bin/ferryman');
}

/** Beside the kiosk's root: the pid of the daemon, for scripts. */
function tellPid(kiosk: Kiosk, daemon: Daemon): void {
  writeFileSync(join(kiosk.root, 'pid.new'), String(daemon.pid));
  cpSync(join(kiosk.root, 'pid.new'), join(kiosk.root, 'pid'));
}

/** Lines that wait for a file and take the daemon's pid from it. */
function daemonPid(kiosk: Kiosk): string {
  return `while [ ! -s ${kiosk.root}/pid ]; do sleep 0.05; done; daemon=$(cat ${kiosk.root}/pid)`;
}

describe.concurrent('a script that', () => {
  test('kills the controller runs to its end and is recorded at the next start', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const script = `${daemonPid(kiosk)}; kill -9 $daemon; sleep 0.5; echo after; echo done >${kiosk.witness}; exit 5`;
    drop(kiosk, 'backhaul', 'a', signed({ script }));
    const daemon = await Daemon.start(kiosk);
    tellPid(kiosk, daemon);
    expect(await daemon.ended).toEqual({ exitCode: null, signal: 'SIGKILL' });
    expect((await kiosk.update(1)).state).toBe('running');
    await until('the script to end', () => existsSync(kiosk.witness));
    expect((await kiosk.pass()).exitCode).toBe(0);
    expect(await kiosk.update(1)).toMatchObject({
      state: 'failed',
      exitStatus: 5,
      signal: null,
      attempts: 1,
    });
    expect((await kiosk.run('log', '1', '--output')).stdout).toBe('after\n');
  });

  test('kills the controller and succeeds is recorded as succeeded by a pass that finds it running', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const script = `${daemonPid(kiosk)}; kill -9 $daemon; while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done`;
    drop(kiosk, 'backhaul', 'a', signed({ script }));
    const daemon = await Daemon.start(kiosk);
    tellPid(kiosk, daemon);
    await daemon.ended;
    const pass = kiosk.pass();
    setTimeout(() => writeFileSync(join(kiosk.root, 'go'), ''), 700);
    expect((await pass).exitCode).toBe(0);
    expect(await kiosk.update(1)).toMatchObject({ state: 'succeeded', exitStatus: 0, attempts: 1 });
  });

  test('restarts the controller is recorded by the new one', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const script = `${daemonPid(kiosk)}
kill $daemon; while kill -0 $daemon 2>/dev/null && [ "$(ps -o stat= -p $daemon)" != Z ]; do sleep 0.05; done
setsid ferryman run --root "$FERRYMAN_ROOT" </dev/null >/dev/null 2>${kiosk.root}/second.log & echo $! >${kiosk.witness}
while ! grep -q "at work" ${kiosk.root}/second.log; do sleep 0.05; done`;
    drop(kiosk, 'backhaul', 'a', signed({ script }));
    const first = await Daemon.start(kiosk);
    tellPid(kiosk, first);
    expect(await first.ended).toEqual({ exitCode: 0, signal: null });
    await until('the record', async () => (await kiosk.update(1)).state === 'succeeded');
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 2, script: `echo two >>${kiosk.witness}` }));
    await until('the new controller to work on', () => kiosk.witnessLines().at(-1) === 'two');
    const second = Number(kiosk.witnessLines()[0]);
    expect(isAlive(second)).toBe(true);
    process.kill(second, 'SIGTERM');
    await until('the new controller to stop', () => !isAlive(second));
    expect((await kiosk.history()).updates).toHaveLength(2);
  });

  test('restarts the controller and fails does not take the new controller down with it', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const script = `${daemonPid(kiosk)}
kill -9 $daemon
setsid ferryman run --root "$FERRYMAN_ROOT" </dev/null >/dev/null 2>${kiosk.root}/second.log & echo $! >${kiosk.witness}
while ! grep -q "at work" ${kiosk.root}/second.log; do sleep 0.05; done; exit 1`;
    drop(kiosk, 'backhaul', 'a', signed({ script }));
    tellPid(kiosk, await Daemon.start(kiosk));
    // By its history, which may still be empty: the update itself would be missed.
    await until('the record', async () =>
      (await kiosk.history()).updates.some(({ state }) => state === 'failed'),
    );
    const second = Number(kiosk.witnessLines()[0]);
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 2, script: `echo two >>${kiosk.witness}` }));
    await until('the new controller to work on', () => kiosk.witnessLines().at(-1) === 'two');
    process.kill(second, 'SIGTERM');
    await until('the new controller to stop', () => !isAlive(second));
    await kiosk.pass();
    expect((await kiosk.history()).updates).toMatchObject([{ state: 'succeeded' }, { state: 'failed' }]);
  });

  test.each([
    ['removes', 'rm -rf "$programs"'],
    [
      'overwrites',
      'for f in $(find "$programs" -name "*.js"); do echo "throw new Error(1)" >"$f.new"; mv "$f.new" "$f"; done',
    ],
    ['truncates in place', 'for f in $(find "$programs" -name "*.js"); do : >"$f"; done'],
  ])('%s the programs of the controller is recorded by it all the same', async (_name, change) => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const ferryman = copyOfPrograms(kiosk);
    const script = `programs=${join(ferryman, '../..')}\n${change}\ngrep -q runProgram $programs/ferryman.js && exit 9\necho changed; exit 6`;
    const file = kiosk.file('a.zip', signed({ script }));
    const { exitCode, stderr } = await execa(ferryman, ['apply', file, '--root', kiosk.root], {
      reject: false,
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1 });
    const { state, exitStatus } = await kiosk.update(1);
    expect({ state, exitStatus }).toEqual({ state: 'failed', exitStatus: 6 });
    expect((await kiosk.run('log', '1', '--output')).stdout).toMatch(/changed\n$/);
  });

  test('replaces the programs and the controller at once is recorded by the new one', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const ferryman = copyOfPrograms(kiosk);
    const old = join(ferryman, '../..');
    const script = `${daemonPid(kiosk)}
cp -a ${old} ${old}.new; echo '// upgraded' >>${old}.new/runner.js; mv ${old} ${old}.old; mv ${old}.new ${old}; rm -rf ${old}.old
kill -9 $daemon; sleep 0.3; exit 0`;
    drop(kiosk, 'backhaul', 'a', signed({ script }));
    const daemon = await Daemon.start(kiosk, ferryman);
    tellPid(kiosk, daemon);
    await daemon.ended;
    const next = await Daemon.start(kiosk, ferryman);
    await until('the record', async () => (await kiosk.update(1)).state === 'succeeded');
    await next.stop();
    expect(readFileSync(join(old, 'runner.js'), 'utf8')).toMatch(/\/\/ upgraded\n$/);
  });
});
