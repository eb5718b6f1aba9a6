/** Processes that a script makes: which are left alone, which are stopped, and what the runner's own death means. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { execa } from 'execa';
import { programs, type Kiosk } from '../kit/kiosk.ts';
import { onePass, withNode } from '../controller/in-process.ts';
import { cleanUp, drop, isAlive, makeKiosk, processesOf, signed } from '../controller/at-work.ts';

afterAll(cleanUp);

/** Runs one update to its end. @returns the pids that it wrote into the witness file, and what became of it */
async function run(
  kiosk: Kiosk,
  script: string,
  terms = {},
): Promise<{ pids: number[]; state: string; signal: string | null }> {
  drop(kiosk, 'backhaul', 'a.zip', signed({ script, terms }));
  return withNode(kiosk, async (node) => {
    await node.pass();
    const { state, signal } = node.update(1);
    return { pids: kiosk.witnessLines().map(Number), state, signal };
  });
}

/** Lines of a script that start processes which note their pids: plain, of another session, deaf to SIGTERM. */
function lines(kiosk: Kiosk): {
  child: string;
  daemon: string;
  deafDaemon: string;
  noted: (count: number) => string;
} {
  const note = `echo $$ >>${kiosk.witness}; exec sleep 300`;
  const quiet = '</dev/null >/dev/null 2>&1';
  return {
    child: `sh -c '${note}' &`,
    daemon: `(setsid sh -c '${note}' ${quiet} &)`,
    deafDaemon: `(setsid sh -c 'trap "" TERM; ${note}' ${quiet} &)`,
    noted: (count) => `while [ "$(wc -l <${kiosk.witness})" -lt ${count} ]; do sleep 0.05; done`,
  };
}

describe.concurrent('after a script that succeeded', () => {
  test('its children and daemons are left alone', async () => {
    const kiosk = await makeKiosk();
    const { child, daemon, noted } = lines(kiosk);
    const { pids, state } = await run(kiosk, `${child}\n${daemon}\n${noted(2)}`);
    expect(state).toBe('succeeded');
    expect(pids.map(isAlive)).toEqual([true, true]);
    await onePass(kiosk);
    expect(pids.map(isAlive)).toEqual([true, true]);
  });
});

describe.concurrent('after a script that did not succeed', () => {
  test.each([
    ['failed', 'exit 1'],
    ['deferred', 'exit 75'],
    ['failed', 'kill -9 $$'],
  ])('(%s by "%s") its children and daemons are stopped, deaf ones too', async (expected, end) => {
    const kiosk = await makeKiosk();
    const { child, daemon, deafDaemon, noted } = lines(kiosk);
    const { pids, state } = await run(kiosk, `${child}\n${daemon}\n${deafDaemon}\n${noted(3)}\n${end}`);
    expect(state).toBe(expected);
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(processesOf(kiosk.root)).toEqual([]);
  });

  test('a daemon that forks itself again and again is caught', async () => {
    const kiosk = await makeKiosk();
    const link = 'trap "" TERM; sleep 0.05; setsid "$0" & exit';
    const script = `printf '%s\\n' '#!/bin/sh' '${link}' >$FERRYMAN_STATE/chain
chmod +x $FERRYMAN_STATE/chain
setsid $FERRYMAN_STATE/chain >/dev/null 2>&1 &
sleep 0.2; exit 1`;
    expect((await run(kiosk, script)).state).toBe('failed');
    expect(processesOf(kiosk.root)).toEqual([]);
  });

  test('processes of another run that succeeded are not touched', async () => {
    const kiosk = await makeKiosk();
    const { daemon, noted } = lines(kiosk);
    const { pids } = await run(kiosk, `${daemon}\n${noted(1)}`);
    drop(kiosk, 'backhaul', 'b.zip', signed({ sequence: 2, script: 'exit 1' }));
    await onePass(kiosk);
    expect(pids.map(isAlive)).toEqual([true]);
  });
});

describe.concurrent('at the deadline', () => {
  test('a script that listens is stopped by SIGTERM', async () => {
    const kiosk = await makeKiosk();
    const begin = performance.now();
    expect(await run(kiosk, 'exec sleep 300', { timeoutSeconds: 1 })).toMatchObject({
      state: 'timed-out',
      signal: 'SIGTERM',
    });
    expect(performance.now() - begin).toBeGreaterThan(1000);
    expect((await kiosk.update(1)).reason).toMatch(/^stopped after \d\.\d s: it was given 1 s$/);
  });

  test('a script that ignores SIGTERM is killed, with its group and what has left its group', async () => {
    const kiosk = await makeKiosk();
    const { child, daemon, deafDaemon, noted } = lines(kiosk);
    const script = `trap "" TERM\n${child}\n${daemon}\n${deafDaemon}\n${noted(3)}\nwhile :; do sleep 1; done`;
    const { pids, state, signal } = await run(kiosk, script, { timeoutSeconds: 1 });
    expect({ state, signal }).toEqual({ state: 'timed-out', signal: 'SIGKILL' });
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(processesOf(kiosk.root)).toEqual([]);
  });

  test.each([0, 75])(
    'a script that answers SIGTERM with exit %i has timed out all the same',
    async (status) => {
      const kiosk = await makeKiosk();
      const script = `trap 'exit ${status}' TERM\nwhile :; do sleep 0.1; done`;
      expect((await run(kiosk, script, { timeoutSeconds: 1 })).state).toBe('timed-out');
      expect(await kiosk.update(1)).toMatchObject({ exitStatus: status, attempts: 1 });
    },
  );

  test('a child that cleans up keeps its time to do so when the script itself has gone at once', async () => {
    const kiosk = await makeKiosk();
    const tidy = `trap "sleep 0.4; echo tidied >>${kiosk.witness}; exit" TERM; while :; do sleep 0.1; done`;
    expect((await run(kiosk, `sh -c '${tidy}' &\nwait`, { timeoutSeconds: 1 })).state).toBe('timed-out');
    expect(kiosk.witnessLines()).toEqual(['tidied']);
  });

  test('what a script had time to clean up is done, and its logs are kept', async () => {
    const kiosk = await makeKiosk();
    const script = `trap 'echo tidy; echo short >$FERRYMAN_SHORT_LOG; exit 1' TERM\nwhile :; do sleep 0.1; done`;
    await run(kiosk, script, { timeoutSeconds: 1 });
    expect((await kiosk.run('log', '1')).stdout).toMatch(
      /^── short log ──\nshort\n── long log ──\n── output ──\n(Terminated\n)?tidy\n$/,
    );
  });
});

describe.concurrent('a script that kills its runner', () => {
  test('is interrupted: it is stopped, with its daemons, and not run again by itself', async () => {
    const kiosk = await makeKiosk();
    const { daemon, noted } = lines(kiosk);
    const script = `echo $$ >>${kiosk.witness}\n${daemon}\n${noted(2)}\nkill -9 $PPID\nsleep 300`;
    const { pids, state } = await run(kiosk, script);
    expect(state).toBe('interrupted');
    expect(pids).toHaveLength(2);
    expect(pids.map(isAlive)).toEqual([false, false]);
    expect(await kiosk.update(1)).toMatchObject({ exitStatus: null, signal: null, attempts: 1 });
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toHaveLength(2);
  });

  test('is run again when the manifest says so, until its attempts are used', async () => {
    const kiosk = await makeKiosk();
    const script = `echo $FERRYMAN_ATTEMPT >>${kiosk.witness}; kill -9 $PPID; sleep 300`;
    const { state } = await run(kiosk, script, { onInterrupt: 'rerun', maxAttempts: 3 });
    expect(state).toBe('interrupted');
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['1', '2', '3']);
    expect(await kiosk.update(1)).toMatchObject({ attempts: 3, state: 'interrupted' });
  });
});

describe.concurrent('a script that pulls the ground from under itself', () => {
  test('by removing its working folder still ends as it says', async () => {
    const kiosk = await makeKiosk();
    expect((await run(kiosk, 'rm -rf "$(pwd)"; cd /; echo gone; exit 3')).state).toBe('failed');
    expect(await kiosk.update(1)).toMatchObject({ exitStatus: 3 });
    expect((await kiosk.run('log', '1', '--output')).stdout).toBe('gone\n');
  });

  test('by removing the folder of its run is not run a second time', async () => {
    const kiosk = await makeKiosk();
    const { state } = await run(kiosk, `echo ran >>${kiosk.witness}; rm -rf "$(dirname "$(pwd)")"; exit 0`);
    expect(state).toBe('interrupted');
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['ran']);
  });

  test('by emptying the spool of runs is not run a second time, and others run after it', async () => {
    const kiosk = await makeKiosk();
    drop(kiosk, 'backhaul', 'b.zip', signed({ sequence: 2, script: `echo second >>${kiosk.witness}` }));
    await run(kiosk, `echo first >>${kiosk.witness}; rm -rf ${kiosk.layout.runs}; exit 0`);
    await onePass(kiosk);
    expect(kiosk.witnessLines()).toEqual(['first', 'second']);
    expect(await kiosk.update(2)).toMatchObject({ state: 'succeeded' });
  });

  test('by filling its folders with files that cannot be removed easily leaves nothing behind', async () => {
    const kiosk = await makeKiosk();
    await run(kiosk, 'mkdir -p a/b; touch a/b/c; chmod 0 a/b a; chmod 0 .; exit 0');
    expect(readdirSync(kiosk.layout.runs)).toEqual([]);
    expect(
      existsSync(
        join(
          kiosk.layout.log,
          readdirSync(kiosk.layout.log).find((name) => name.endsWith('.output.log')) ?? '',
        ),
      ),
    ).toBe(true);
    expect(readFileSync(join(kiosk.layout.log, 'short.log'), 'utf8')).toContain('succeeded');
  });
});

test('descriptors of whoever called ferryman do not reach the script, nor the daemon that it leaves: a lock is free again', async () => {
  const kiosk = await makeKiosk();
  const daemon = `(setsid sh -c 'readlink /proc/$$/fd/* >${kiosk.witness}; exec sleep 300' </dev/null >/dev/null 2>&1 &)`;
  const parcel = kiosk.file(
    'a.zip',
    signed({ script: `${daemon}\nwhile [ ! -s ${kiosk.witness} ]; do sleep 0.05; done` }),
  );
  const lock = kiosk.file('lock', '');
  const caller = `exec 9>"$1" 100>"$1" 200<"$1"; flock 100; exec "$2" apply "$3" --root "$4"`;
  const { exitCode } = await execa('bash', [
    '-c',
    caller,
    'bash',
    lock,
    join(programs, 'ferryman'),
    parcel,
    kiosk.root,
  ]);
  expect(exitCode).toBe(0);
  expect(kiosk.witnessLines().filter((line) => line.endsWith('/lock'))).toEqual([]);
  expect((await execa('sh', ['-c', 'flock -n "$1" true', 'sh', lock], { reject: false })).exitCode).toBe(0);
});
