/** The Debian package, installed in a bare Debian 12: a machine without Node, let alone Node 20. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { BareMachine } from './bare-machine.ts';
import { laterDeb, laterVersion, makeDeb, version } from './made.ts';
import { applyUpdate, proveVersion, scriptOf, setUpNode, succeed } from './story.ts';

let deb = '';
let machine: BareMachine;

beforeAll(() => {
  machine = new BareMachine();
  deb = makeDeb();
  machine.put(deb, '/root/ferryman.deb');
  machine.put(laterDeb(deb, temporaryFolder()), '/root/later.deb');
});

afterAll(() => {
  removeFolders();
  machine?.remove();
});

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/** A shell line that puts a systemctl there which writes down how it is called. */
const fakeSystemctl = `printf '#!/bin/sh\\necho "$@" >>/root/calls\\n' >/usr/bin/systemctl; chmod 755 /usr/bin/systemctl`;

// Each test goes on where the one before has left the machine, as the life of a machine does.
describe('the Debian package', () => {
  test('installs without the network, and what it installed is whole', async () => {
    expect((await machine.sh('command -v node')).exitCode).not.toBe(0);
    await succeed(machine, 'dpkg -i ferryman.deb');
    expect(await succeed(machine, 'dpkg --verify ferryman')).toBe('');
    expect(await succeed(machine, 'ferryman --version; sign-update --version')).toBe(
      `${version}\n${version}`,
    );
    expect((await machine.sh('command -v node')).exitCode).not.toBe(0);
  });

  test('brings unit and launcher, which install-service then leaves to it: it switches the service on and off', async () => {
    const before = await succeed(machine, 'sha256sum /usr/lib/ferryman/launch');
    const said = await succeed(machine, 'ferryman install-service');
    expect(said).toContain("/lib/systemd/system/ferryman.service is a package's");
    expect(said).toContain('systemctl enable --now ferryman.service');
    expect(await succeed(machine, 'ferryman install-service --remove')).toContain(
      'systemctl disable --now ferryman.service',
    );
    expect(existsSync(machine.path('/etc/systemd/system/ferryman.service'))).toBe(false);
    expect(await succeed(machine, 'sha256sum /usr/lib/ferryman/launch')).toBe(before);
    expect(await succeed(machine, '/usr/lib/ferryman/launch --version')).toBe(version);
  });

  test('has all that a node does: set up, sign, apply, look at it', async () => {
    await setUpNode(machine);
    const script =
      'ferryman applied 7 || echo not yet\necho "$PATH" >"$FERRYMAN_LONG_LOG"\necho fine >"$FERRYMAN_SHORT_LOG"';
    expect(await applyUpdate(machine, 1, scriptOf(script))).toContain('succeeded');
    const history = JSON.parse(await succeed(machine, 'ferryman history --json')) as { updates: unknown[] };
    expect(history.updates).toMatchObject([{ sequence: 1, state: 'succeeded', exitStatus: 0 }]);
    expect(await succeed(machine, 'ferryman log 1 --short')).toContain('fine');
    expect(await succeed(machine, 'ferryman log 1 --long')).toContain('/usr/lib/ferryman/dist/bin:');
    expect(await succeed(machine, 'ferryman log 1 --output')).toContain('not yet');
  });

  test('is upgraded by the script of an update that the old version runs, and the outcome is recorded', async () => {
    const script = 'dpkg -i later.deb\nferryman --version\nferryman applied 1';
    const said = await applyUpdate(machine, 2, `cp later.deb update/; ${scriptOf(script)}`);
    expect(said).toContain('succeeded');
    expect(await succeed(machine, 'ferryman log 2 --output')).toContain(`\n${laterVersion}\n`);
    expect(await succeed(machine, 'ferryman --version')).toBe(laterVersion);
    expect(await succeed(machine, 'dpkg --verify ferryman')).toBe('');
    expect(
      await succeed(machine, 'ferryman applied 1; ferryman applied 2; ls /var/lib/ferryman/runs'),
    ).not.toContain('.');
  });

  test('has precedence over a version that a self-update brought before it was installed', async () => {
    await succeed(machine, 'dpkg -i ferryman.deb; ferryman self-update later.deb');
    const launch = '/usr/lib/ferryman/launch';
    expect(await succeed(machine, proveVersion)).toContain(`ferryman ${laterVersion} has proved itself`);
    expect(await succeed(machine, `${launch} --version; ferryman --version`)).toBe(
      `${laterVersion}\n${version}`,
    );
    await succeed(machine, 'ferryman self-update later.deb; dpkg -i ferryman.deb');
    expect(await succeed(machine, `${launch} --version; ls /var/lib/ferryman/versions`)).toMatch(
      new RegExp(`^${version}\n(${laterVersion}-\\w+\n?)+$`),
    );
    await succeed(machine, 'dpkg -i later.deb');
  });

  test('when removed leaves keys and ledger, and installed again knows what has run', async () => {
    await succeed(machine, 'dpkg --remove ferryman');
    expect(existsSync(machine.path('/usr/lib/ferryman'))).toBe(false);
    expect((await machine.sh('command -v ferryman')).exitCode).not.toBe(0);
    await succeed(machine, 'dpkg -i ferryman.deb');
    expect(await succeed(machine, 'ferryman apply 1.zip 2>&1')).toContain('has succeeded already');
    expect(await succeed(machine, 'ferryman applied 2')).toBe('yes');
  });

  test('has the service restarted by an upgrade, not waited for; a fresh installation starts nothing', async () => {
    await succeed(machine, `dpkg --purge ferryman; mkdir -p /run/systemd/system; ${fakeSystemctl}`);
    const calls = (script: string): Promise<string> =>
      succeed(machine, `rm -f calls; ${script} >&2; cat calls`);
    expect(await calls('dpkg -i ferryman.deb')).toBe('--system daemon-reload');
    expect(await calls('dpkg -i later.deb')).toContain('--quiet --no-block try-restart ferryman.service');
    const forbid = 'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d';
    expect(await calls(`${forbid}; dpkg -i later.deb; rm /usr/sbin/policy-rc.d`)).not.toContain('restart');
    expect(await calls('dpkg --remove ferryman')).toContain('stop ferryman.service');
    await succeed(machine, 'rm -r /run/systemd/system /usr/bin/systemctl; dpkg -i ferryman.deb');
  });

  test('keeps the link that starts the service at boot until it is purged', async () => {
    const link = '/etc/systemd/system/multi-user.target.wants/ferryman.service';
    const isThere = `[ -L ${link} ] && echo yes || echo no`;
    expect(await succeed(machine, isThere)).toBe('no');
    // As "systemctl enable" makes it.
    const enable = `mkdir -p $(dirname ${link}); ln -s /lib/systemd/system/ferryman.service ${link}`;
    const quietly = 'dpkg -i later.deb >&2; dpkg --remove ferryman >&2; dpkg -i ferryman.deb >&2';
    expect(await succeed(machine, `${enable}; ${quietly}; ${isThere}`)).toBe('yes');
    expect(await succeed(machine, `dpkg --purge ferryman >&2; ${isThere}`)).toBe('no');
    await succeed(machine, 'dpkg -i ferryman.deb');
  });

  test('when purged says what it has kept: without the ledger everything would run again', async () => {
    const said = await succeed(machine, 'dpkg --purge ferryman');
    expect(said).toContain('kept, to be removed by hand');
    for (const path of [
      '/etc/ferryman/identity.key',
      '/var/lib/ferryman/ledger.sqlite',
      '/var/log/ferryman',
    ]) {
      expect({ path, exists: existsSync(machine.path(path)) }).toEqual({ path, exists: true });
      expect(said).toContain(path.split('/').slice(0, -1).join('/'));
    }
    expect((await machine.sh('dpkg -s ferryman')).exitCode).not.toBe(0);
  });

  test('is the same, byte for byte, whatever the umask, time zone and language of its builder', () => {
    const before = sha256(deb);
    makeDeb({ TZ: 'Asia/Kolkata', LC_ALL: 'C', LANG: 'C' }, '077');
    expect(sha256(deb)).toBe(before);
  });
});
