/** The single executable, copied alone into a bare Debian 12. */
import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { BareMachine } from './bare-machine.ts';
import { laterExecutable, laterVersion, makeExecutable, version } from './made.ts';
import { applyUpdate, proveVersion, scriptOf, setUpNode, succeed } from './story.ts';

const places = ['dev/shm', 'run', 'tmp', 'var/tmp'];

let machine: BareMachine;

beforeAll(() => {
  machine = new BareMachine();
  const executable = makeExecutable();
  machine.put(executable, '/usr/local/bin/ferryman');
  machine.put(laterExecutable(executable, temporaryFolder()), '/root/later');
});

afterAll(() => {
  removeFolders();
  machine?.remove();
});

/** Lines that mount a tmpfs with these options at each of the places. */
function mounting(options: string, at: readonly string[]): string {
  return at.map((place) => `mount -t tmpfs -o ${options} none "$root/${place}"`).join(' && ');
}

// Each test goes on where the one before has left the machine.
describe('the single executable', () => {
  test('is sign-update when it is called so by a link', async () => {
    await succeed(machine, 'ln -s ferryman /usr/local/bin/sign-update');
    expect(await succeed(machine, 'ferryman --version; sign-update --version')).toBe(
      `${version}\n${version}`,
    );
    expect(await succeed(machine, 'sign-update --help')).toContain('keygen');
    expect(await succeed(machine, 'ferryman --help')).toContain('apply');
  });

  test('has all that a node does, and shows scripts nothing of its folder but itself', async () => {
    await setUpNode(machine);
    await succeed(
      machine,
      'printf "#!/bin/sh\\necho FALSE\\n" >/usr/local/bin/ls; chmod 755 /usr/local/bin/ls',
    );
    await succeed(machine, 'mkdir /opt/kiosk; mv /usr/local/bin/* /opt/kiosk/');
    const script =
      'ls -d /\nferryman applied 7 || echo not yet\ncommand -v ferryman sign-update ||:\necho fine >"$FERRYMAN_SHORT_LOG"';
    const making = `${scriptOf(script)}; PATH=/opt/kiosk:$PATH`;
    expect(await applyUpdate(machine, 1, making)).toContain('succeeded');
    await succeed(machine, 'rm /opt/kiosk/ls; mv /opt/kiosk/* /usr/local/bin/');
    const output = await succeed(machine, 'ferryman log 1 --output');
    expect(output).toContain('not yet');
    expect(output).toContain('/var/lib/ferryman/bin/ferryman');
    expect(output).not.toContain('FALSE');
    expect(await succeed(machine, 'ferryman log 1 --short')).toContain('fine');
  });

  test('updates itself: the launcher tries the new one out, which proves itself and stays', async () => {
    const launch = '/usr/lib/ferryman/launch';
    await succeed(machine, 'ferryman install-service');
    expect(await succeed(machine, `${launch} --version`)).toBe(version);
    expect(await succeed(machine, `grep ^PATH= ${launch}`)).toMatch(/^PATH=\/usr\/local\/sbin:/);
    const before = await succeed(machine, `sha256sum ${launch}`);
    // Called by a version that is gone again should it fail, install-service leaves the launcher to the installed one.
    const script = 'ferryman self-update ./later';
    expect(await applyUpdate(machine, 10, `cp later update/; ${scriptOf(script)}`)).toContain('succeeded');
    expect(await succeed(machine, proveVersion)).toContain(`ferryman ${laterVersion} has proved itself`);
    expect(await succeed(machine, `${launch} --version; ferryman --version`)).toBe(
      `${laterVersion}\n${version}`,
    );
    await succeed(machine, `${launch} install-service`);
    expect(await succeed(machine, `sha256sum ${launch}`)).toBe(before);
    await succeed(machine, 'ferryman install-service --remove; rm -r /var/lib/ferryman/versions');
  });

  test('that does not get through a pass gives way to the one that was installed', async () => {
    await succeed(machine, 'ferryman install-service; ferryman self-update later --no-restart');
    // As three starts leave it that came to nothing.
    await succeed(machine, 'rm /var/lib/ferryman/versions/trial/tickets/*');
    const wait = 'for i in $(seq 600); do grep -q "is back" daemon.log && break; sleep 0.2; done';
    const daemon = '/usr/lib/ferryman/launch 2>daemon.log & daemon=$!';
    expect(await succeed(machine, `${daemon}; ${wait}; kill $daemon; cat daemon.log`)).toContain(
      `ferryman ${laterVersion} did not work; ${version} is back`,
    );
    await succeed(machine, 'ferryman install-service --remove');
  });

  test('is replaced by the script of an update that it runs, and the outcome is recorded', async () => {
    const replace =
      'cp later /usr/local/bin/.next; chmod 755 /usr/local/bin/.next; mv /usr/local/bin/.next /usr/local/bin/ferryman';
    const script = `${replace}\nferryman --version\nferryman applied 1`;
    expect(await applyUpdate(machine, 2, `cp later update/; ${scriptOf(script)}`)).toContain('succeeded');
    expect(await succeed(machine, 'ferryman log 2 --output')).toContain(`${laterVersion}\n`);
    expect(await succeed(machine, 'ferryman --version; ferryman applied 2')).toContain(laterVersion);
  });

  test('that was replaced under a running daemon starts runners of the version that runs', async () => {
    const making = `rm -rf update; mkdir update; ${scriptOf('readlink /proc/$PPID/exe >/root/runner')}; chmod 755 update/run.sh`;
    const sign =
      'sign-update sign update/ --key office.key --sequence 3 --to role:kiosk --script run.sh -o 3.zip';
    const replace = 'cp later .next; mv .next /usr/local/bin/ferryman; cp 3.zip /var/lib/ferryman/backhaul/';
    const wait = 'for i in $(seq 300); do [ -s runner ] && break; sleep 0.2; done; cat runner';
    const daemon = 'ferryman run & sleep 3';
    expect(await succeed(machine, `${making}; ${sign}; ${daemon}; ${replace}; ${wait}`)).toContain(
      '/usr/local/bin/ferryman (deleted)',
    );
  });

  test('leaves no file behind where it loads its native module from', () => {
    for (const place of places)
      expect(existsSync(machine.path(place)) ? readdirSync(machine.path(place)) : []).not.toContainEqual(
        expect.stringContaining('.ferryman-'),
      );
  });

  test('finds another place for its native module when one is full, read-only or noexec', async () => {
    for (const options of ['size=4k', 'ro', 'noexec']) {
      const mounts = mounting(options, places.slice(0, -1));
      expect(await succeed(machine, 'ferryman history', mounts)).toContain('CHANNEL');
    }
  });

  test('says of each place why it cannot be used when none can', async () => {
    const { exitCode, stderr } = await machine.sh('ferryman history', mounting('noexec', places));
    expect(exitCode).toBe(74);
    for (const place of places) expect(stderr).toContain(`/${place}: `);
    expect(stderr).toContain('[system.failed]');
    const full = await machine.sh('ferryman history', mounting('size=4k', places));
    expect(full.exitCode).toBe(74);
    expect(full.stderr).toContain('ENOSPC');
  });

  test('does not become a runner by anything that a person would type', async () => {
    for (const typed of ['ferryman ferryman-runner', 'ferryman /root/order.json', 'ferryman runner'])
      expect({ typed, ...(await machine.sh(typed)) }).toMatchObject({ typed, exitCode: 64 });
  });
});
