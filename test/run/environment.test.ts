/** The contract with scripts: what a script finds around itself. Spec: docs/scripts.md. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programs, type Kiosk, type Ran } from '../kit/kiosk.ts';
import { cleanUp, makeKiosk, signed, signedFiles } from '../controller/at-work.ts';

let kiosk: Kiosk;
const guid = '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11';
beforeAll(async () => {
  kiosk = await makeKiosk();
  const config = readFileSync(kiosk.layout.configFile, 'utf8').replace(/guid = "[^"]*"/, `guid = "${guid}"`);
  kiosk.file('../etc/ferryman/config.toml', config);
});
afterAll(cleanUp);

/** What a script wrote into files of that name. */
function read(name: string): string {
  return readFileSync(join(kiosk.root, name), 'utf8');
}

describe('a script', () => {
  let ran: Ran;
  let environment: Record<string, string>;
  beforeAll(async () => {
    const out = (name: string): string => `'${kiosk.root}/${name}'`;
    const script = [
      `cat /proc/$$/environ >${out('environ')}`,
      `umask >${out('umask')}`,
      `readlink /proc/$$/fd/0 >${out('stdin')}`,
      `readlink /proc/$$/cwd >${out('cwd')}`,
      `readlink /proc/$$/fd/* >${out('descriptors')}`,
      `id -u >${out('uid')}`,
      `echo $$ >${out('session')}; ps -o sid= -p $$ >>${out('session')}`,
      `echo $PPID >${out('runner')}; ps -o sid= -p $PPID >>${out('runner')}`,
      `find . -printf '%P %m\\n' | sort >${out('tree')}`,
      `cat data/deep/file >${out('file')}`,
      `grep -E 'SigIgn|SigBlk' /proc/self/status >${out('signals')}`,
      `command -v ferryman >${out('which')}`,
    ].join('\n');
    const files = { 'data/deep/file': 'contents\n' };
    ran = await kiosk.apply(signed({ sequence: 7, script, files }), '--channel', 'flood');
    environment = Object.fromEntries(
      read('environ')
        .split('\0')
        .filter((line) => line !== '')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  });

  test('finds exactly the environment of the contract, nothing of who started ferryman', () => {
    expect(ran).toMatchObject({ exitCode: 0 });
    const run = join(kiosk.layout.runs, `${read('cwd').trim().split('/').at(-2)}`);
    expect(environment).toEqual({
      PATH: `${programs}:${dirname(process.execPath)}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: '/root',
      LANG: 'C.UTF-8',
      FERRYMAN_ROOT: kiosk.root,
      FERRYMAN_NODE: guid,
      FERRYMAN_SEQUENCE: '7',
      FERRYMAN_ATTEMPT: '1',
      FERRYMAN_CHANNEL: 'flood',
      FERRYMAN_NONCE: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      FERRYMAN_STATE: expect.stringMatching(
        new RegExp(`^${kiosk.layout.scriptState}/[0-9a-f]{16}$`),
      ) as string,
      FERRYMAN_SHORT_LOG: join(run, 'short.log'),
      FERRYMAN_LONG_LOG: join(run, 'long.log'),
      FERRYMAN_REBOOT: join(run, 'reboot'),
    });
  });

  test('works in the unpacked folder, with the modes that the manifest says', () => {
    expect(read('cwd').trim()).toMatch(new RegExp(`^${kiosk.layout.runs}/[0-9a-f]{16}\\.1/tree$`));
    expect(read('tree')).toBe(' 755\ndata 755\ndata/deep 755\ndata/deep/file 644\nrun.sh 755\n');
    expect(read('file')).toBe('contents\n');
  });

  test('reads nothing from stdin and holds no file of ferryman open', () => {
    expect(read('stdin')).toBe('/dev/null\n');
    const open = read('descriptors')
      .split('\n')
      .filter((path) => path.startsWith(kiosk.layout.state));
    expect(open.map((path) => path.replace(/.*\/tree\//, 'tree/'))).toEqual(['tree/run.sh']); // the shell reads it
  });

  test('is root, with umask 022, in a session of its own as its runner is, ignoring and blocking no signal', () => {
    expect(read('uid')).toBe('0\n');
    expect(read('umask')).toBe('0022\n');
    const [pid, session] = read('session').split('\n');
    expect(session?.trim()).toBe(pid);
    const [runner, runnerSession] = read('runner').split('\n');
    expect(runnerSession?.trim()).toBe(runner);
    expect(read('signals')).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
  });

  test('finds ferryman in its PATH', () => {
    expect(read('which')).toBe(`${programs}/ferryman\n`);
  });
});

test('a script in a folder of the update still works in the top folder', async () => {
  const text = `#!/bin/sh\nls >${kiosk.root}/listing; echo "$0" >>${kiosk.root}/listing\n`;
  const files = { 'bin/tools/set up': [text, 0o755], file: ['', 0o644] } as const;
  const parcel = signedFiles({ sequence: 8, terms: { path: 'bin/tools/set up' } }, files);
  const { exitCode, stderr } = await kiosk.apply(parcel);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  expect(read('listing')).toBe('bin\nfile\n./bin/tools/set up\n');
});

test('FERRYMAN_STATE is kept through all attempts, FERRYMAN_ATTEMPT counts them', async () => {
  const script = `echo "$FERRYMAN_ATTEMPT $(cat "$FERRYMAN_STATE/notes" 2>&1)" >>${kiosk.witness}
echo "attempt $FERRYMAN_ATTEMPT was here" >"$FERRYMAN_STATE/notes"
[ "$FERRYMAN_ATTEMPT" = 3 ] || kill -9 $PPID; sleep 0.1`;
  const terms = { onInterrupt: 'rerun', maxAttempts: 3 } as const;
  expect((await kiosk.apply(signed({ sequence: 9, script, terms }))).exitCode).toBe(0);
  expect(kiosk.witnessLines()).toEqual([
    expect.stringMatching(/^1 .*No such file/),
    '2 attempt 1 was here',
    '3 attempt 2 was here',
  ]);
  expect(statSync(kiosk.layout.scriptState).mode & 0o777).toBe(0o700);
});

test('`ferryman applied` and `ferryman show` answer inside a script', async () => {
  const script = `ferryman applied 7; echo $? >${kiosk.root}/applied
ferryman applied 10; echo $? >>${kiosk.root}/applied
ferryman applied 4711; echo $? >>${kiosk.root}/applied
ferryman show 7 --json >${kiosk.root}/seven.json
ferryman show 10 --json >${kiosk.root}/ten.json`;
  expect((await kiosk.apply(signed({ sequence: 10, script }))).exitCode).toBe(0);
  expect(read('applied')).toBe('0\n1\n1\n');
  expect(JSON.parse(read('seven.json'))).toMatchObject({
    updates: [{ sequence: 7, state: 'succeeded', exitStatus: 0 }],
  });
  expect(JSON.parse(read('ten.json'))).toMatchObject({
    updates: [{ sequence: 10, state: 'running', attempts: 1 }],
  });
});
