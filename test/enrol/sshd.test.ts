/** Who is let in, and who is not: real sshd, real ssh, real rsync, real certificates. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refusalsFile } from '../../src/endpoint/refused.ts';
import { endpointFolder } from '../../src/endpoint/own-folder.ts';
import { applyRoster, refreshRevocation } from '../../src/enrol/apply-roster.ts';
import { findOwnRevocation } from '../../src/enrol/own-revocation.ts';
import { sshNames } from '../../src/enrol/places.ts';
import { loadTrust } from '../../src/node/trust-store.ts';
import { withVerified } from '../../src/store/verified-file.ts';
import { removeFolders, temporaryFolder } from '../kit/kiosk.ts';
import { canMakeHosts } from '../net/can-make-hosts.ts';
import { startHost, type Host, type Started } from '../net/host.ts';
import { Fleet, succeeded, type FleetNode } from './fleet.ts';

/** As the certificates of nodes have it. */
function command(node: FleetNode): string[] {
  return ['-O', 'clear', '-O', `force-command=ferryman endpoint --peer ${node.guid} --role ferry`];
}

describe.skipIf(!canMakeHosts)('neighbours (root, namespaces, for hosts with sshd)', () => {
  let host: Host;
  let fleet: Fleet;
  let kiosk: FleetNode;
  let ferry: FleetNode;
  let proxy: FleetNode;
  let gateway: FleetNode;
  let sshd: Started;

  beforeAll(async () => {
    host = await startHost({ ownNetwork: true });
    fleet = await Fleet.found(host);
    kiosk = await fleet.enrolled('kiosk');
    ferry = await fleet.enrolled('ferry');
    proxy = await fleet.enrolled('proxy');
    gateway = await fleet.enrolled('gateway');
    sshd = await fleet.serve(kiosk);
    await fleet.serve(gateway);
  });
  afterAll(async () => {
    await host.stop();
    removeFolders();
  });

  /** A ferry of its own for each test: what it has is spoiled. */
  const strayFerry = (): Promise<FleetNode> => fleet.enrolled('ferry');
  const isLetIn = async (from: FleetNode, to = kiosk): Promise<boolean> =>
    (await fleet.call(from, to, ['summary'])).exitCode === 0;

  const replaceCertificate = async (
    node: FleetNode,
    args: readonly string[],
    ca = fleet.file('ca/ca'),
  ): Promise<void> => {
    const folder = temporaryFolder();
    const key = join(folder, 'key.pub');
    copyFileSync(join(node.places.sshKeys, 'id_ed25519.pub'), key);
    succeeded(await host.run(['ssh-keygen', '-q', '-s', ca, ...args, key]));
    writeFileSync(
      join(node.places.ssh, sshNames.userCertificate),
      readFileSync(join(folder, 'key-cert.pub')),
    );
  };

  test('a neighbour reads the summary and fetches what it names', async () => {
    fleet.offer(kiosk, 'relay/updates/a.zip', 'hello');
    const summary = await fleet.summary(ferry, kiosk);
    expect(JSON.parse(summary)).toMatchObject({ kind: 'summary', node: kiosk.guid, role: 'kiosk' });
    fleet.offer(kiosk, 'relay/summary.json', '{"of":"the daemon"}\n');
    expect(await fleet.summary(ferry, kiosk)).toBe('{"of":"the daemon"}\n');
    const pulled = await fleet.pull(ferry, kiosk, ['updates/a.zip']);
    expect(pulled.stderr).toBe('');
    expect(readFileSync(join(pulled.folder, 'updates/a.zip'), 'utf8')).toBe('hello');
    expect(sshd.said()).toContain(`ID ${ferry.guid} 2 ferry (serial 2)`);
  });

  test('a gateway that was a ferry until now hands nothing to ferries before its daemon has moved the logs', async () => {
    const left = join(gateway.layout.relayLogs, 'x');
    mkdirSync(left, { recursive: true });
    const refused = await fleet.call(ferry, gateway, ['summary']);
    expect([refused.exitCode, refused.stderr]).toEqual([75, expect.stringContaining('[endpoint.moving]')]);
    expect((await fleet.call(proxy, gateway, ['summary'])).exitCode).toBe(0);
    rmSync(gateway.layout.relayLogs, { recursive: true });
    expect((await fleet.call(ferry, gateway, ['summary'])).exitCode).toBe(0);
  });

  test('a gateway hands logs to a proxy and to nobody else', async () => {
    fleet.offer(gateway, 'homeward/logs/x/1.zip', 'a log');
    fleet.offer(gateway, 'relay/acks/p.0.zip', 'an ack');
    const toFerry = await fleet.pull(ferry, gateway, [
      'logs/x/1.zip',
      'homeward/logs/x/1.zip',
      '../homeward/logs/x/1.zip',
    ]);
    expect(toFerry.exitCode).toBe(23);
    expect(execFileSync('find', [toFerry.folder, '-type', 'f'], { encoding: 'utf8' })).toBe('');
    const toProxy = succeeded({ ...(await fleet.pull(proxy, gateway, ['logs/x/1.zip'])) }) as unknown as {
      folder: string;
    };
    expect(readFileSync(join(toProxy.folder, 'logs/x/1.zip'), 'utf8')).toBe('a log');
    expect((await fleet.pull(proxy, gateway, ['acks/p.0.zip'])).exitCode).toBe(23);
  });

  test.each([
    ['above the offer', '../secret'],
    ['an absolute name', '/etc/passwd'],
    ['up in the middle', 'logs/../../secret'],
    ['a link to a file outside', 'link'],
    ['through a link to a folder outside', 'up/secret'],
  ])('a file that is asked for %s is not sent', async (_, name) => {
    writeFileSync(join(kiosk.layout.state, 'secret'), 'secret', { mode: 0o644 });
    const { relay } = kiosk.layout;
    execFileSync('ln', ['-sfn', '../secret', join(relay, 'link')]);
    execFileSync('ln', ['-sfn', '..', join(relay, 'up')]);
    fleet.offer(kiosk, 'relay/updates/a.zip', 'hello');
    const { folder } = await fleet.pull(ferry, kiosk, [name, 'updates/a.zip']);
    const files = execFileSync('find', ['-type', 'f'], { cwd: folder, encoding: 'utf8' });
    expect(files).toBe('./updates/a.zip\n');
  });

  test('the user who serves may read what is offered, and nothing else of the node', async () => {
    const { layout, places } = kiosk;
    const read = async (path: string): Promise<number | undefined> =>
      (await host.run(['cat', path], { as: 'ferryman' })).exitCode;
    expect(await read(join(layout.relay, 'updates/a.zip'))).toBe(0);
    for (const path of [
      layout.identityKey,
      layout.ledgerFile,
      layout.lockFile,
      join(places.ssh, sshNames.hostKey),
      join(places.sshKeys, sshNames.userKey),
    ])
      expect([path, await read(path)]).toEqual([path, 1]);
    const write = await host.run(['touch', join(layout.relay, 'x')], { as: 'ferryman' });
    expect(write.stderr).toContain('Permission denied');
  });

  const forbidden: readonly (readonly [string, readonly string[]])[] = [
    ['a shell', []],
    ['another program', ['id']],
    ['a second command', ['summary; id']],
    ['a second command after pull', ['pull; id']],
    ['a pipe', ['summary | sh']],
    ['a command in quotes', ['"summary"']],
    ['a command substituted', ['summary $(id)']],
    ['a new line', ['summary\nid']],
    ['spaces', [' summary']],
    ['pull alone', ['pull']],
    ['rsync by its name', ['rsync --server --sender -tRe.LsfxCIvu --files-from=- --from0 . .']],
    ['a pull that writes', ['pull --server -tRe.LsfxCIvu . .']],
    ['a pull of another folder', ['pull --server --sender -tRe.LsfxCIvu --files-from=- --from0 . ..']],
    ['a pull of /', ['pull --server --sender -tRe.LsfxCIvu --files-from=- --from0 . /']],
    ['a pull with a shell', ['pull --server --sender -tRe.LsfxCIvu --rsh=sh --files-from=- --from0 . .']],
    ['a pull with -e sh', ['pull --server --sender -e sh --files-from=- --from0 . .']],
    [
      'a pull with a list on this side',
      ['pull --server --sender -tRe.LsfxCIvu --files-from=/etc/passwd --from0 . .'],
    ],
    ['a pull that follows links', ['pull --server --sender -tLRe.LsfxCIvu --files-from=- --from0 . .']],
    [
      'a pull that removes',
      ['pull --server --sender -tRe.LsfxCIvu --remove-source-files --files-from=- --from0 . .'],
    ],
    [
      'a pull that writes a log file',
      ['pull --server --sender -tRe.LsfxCIvu --log-file=x --files-from=- --from0 . .'],
    ],
    ['a very long one', [`pull --server --sender ${'--from0 '.repeat(2000)}. .`]],
  ];
  test.each(forbidden)('%s is refused, and told with the name of who asked', async (_, words) => {
    const file = refusalsFile(endpointFolder(kiosk.layout));
    const before = existsSync(file) ? readFileSync(file, 'utf8').length : 0;
    const { exitCode, stdout } = await fleet.call(ferry, kiosk, words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 77, stdout: '' });
    const told = readFileSync(file, 'utf8').slice(before).trimEnd().split('\n');
    expect(told.map((line) => JSON.parse(line) as object)).toMatchObject([{ peer: ferry.guid }]);
  });

  test('no terminal, no forwarding of ports, of an agent or of X11', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [['-tt'], /PTY allocation request failed/],
      [
        ['-o', 'ClearAllForwardings=no', '-o', 'ExitOnForwardFailure=yes', '-R', '9999:127.0.0.1:22'],
        /forwarding failed|remote port forwarding/,
      ],
      [['-W', '127.0.0.1:22'], /administratively prohibited|forwarding failed/],
    ];
    for (const [options, said] of cases) {
      const { stderr } = await fleet.call(ferry, kiosk, ['summary'], [...options]);
      expect(stderr).toMatch(said);
    }
    const offered = fleet.call(
      ferry,
      kiosk,
      ['summary'],
      ['-v', '-o', 'ForwardAgent=yes', '-o', 'ForwardX11=yes'],
    );
    expect((await offered).exitCode).toBe(0);
    const environment = ['-o', 'SendEnv=*', '-o', 'SetEnv=FERRYMAN_ROOT=/tmp LD_PRELOAD=/x'];
    expect(JSON.parse(await fleet.summary(ferry, kiosk, environment))).not.toHaveProperty('error');
  });

  describe('revocation and certificates', () => {
    test('a revoked serial is refused by sshd, and as a host by ssh; others go on; a newer roster that is silent lets it in again', async () => {
      const lost = await strayFerry();
      const serial = Number(/"serial":(\d+)/.exec(readFileSync(lost.places.enrolment, 'utf8'))?.[1]);
      const lostSshd = await fleet.serve(lost);
      expect([await isLetIn(lost), await isLetIn(ferry, lost)]).toEqual([true, true]);
      const roster = async (number: number, revoke: readonly string[]): Promise<void> => {
        const file = fleet.file(`roster-${number}.zip`);
        const by = ['sign-update', 'roster', '--key', fleet.file('office.key'), '--number', String(number)];
        succeeded(await host.run([...by, ...revoke, '-o', file]));
        for (const node of [kiosk, ferry, lost])
          expect(
            await withVerified(file, 'refuse', loadTrust(node.layout, 1), (proven) =>
              applyRoster(node.layout, proven),
            ),
          ).toMatchObject({ outcome: 'applied' });
      };
      await roster(1, ['--revoke', String(serial)]);
      expect([await isLetIn(lost), await isLetIn(ferry, lost), await isLetIn(ferry)]).toEqual([
        false,
        false,
        true,
      ]);
      // By these words the exchange knows it: src/flood/exchange/connection.ts.
      expect((await fleet.call(ferry, lost, ['summary'])).stderr).toMatch(
        /^Host key \S+ \S+ revoked by file/m,
      );
      expect(findOwnRevocation(lost.layout)).toBe(serial);
      expect(findOwnRevocation(ferry.layout)).toBeUndefined();
      expect((await fleet.on(lost, ['status'])).stdout).toContain(
        `the office has revoked this node's enrolment, serial ${serial}`,
      );
      expect((await fleet.on(lost, ['enrol', 'install', fleet.file(`${lost.guid}.zip`)])).stderr).toContain(
        '[enrolment.revoked]',
      );

      await roster(2, []);
      expect([await isLetIn(lost), await isLetIn(ferry, lost)]).toEqual([true, true]);
      expect(
        await withVerified(fleet.file('roster-1.zip'), 'refuse', loadTrust(kiosk.layout, 1), (proven) =>
          applyRoster(kiosk.layout, proven),
        ),
      ).toMatchObject({ outcome: 'older' });
      expect(await isLetIn(lost)).toBe(true);
      process.kill(await lostSshd.pid());
    });

    test('without a revocation list, or with a torn one, nobody is let in; the next start puts it right', async () => {
      const list = kiosk.places.revoked;
      const whole = readFileSync(list);
      for (const spoil of [() => rmSync(list), () => writeFileSync(list, whole.subarray(0, 30))]) {
        spoil();
        expect(await isLetIn(ferry)).toBe(false);
        await refreshRevocation(kiosk.layout);
        expect(await isLetIn(ferry)).toBe(true);
      }
    });

    test('a certificate of another CA is refused', async () => {
      const node = await strayFerry();
      succeeded(await host.run(['ferryman', 'office-ca', 'init', fleet.file('other-ca')]));
      await replaceCertificate(
        node,
        ['-I', 'x', '-n', 'ferryman-node', '-V', 'always:forever', ...command(node)],
        fleet.file('other-ca/ca'),
      );
      expect(await isLetIn(node)).toBe(false);
    });

    test('a certificate with another principal, and one of a host, is refused', async () => {
      const node = await strayFerry();
      await replaceCertificate(node, [
        '-I',
        'x',
        '-n',
        'root,ferryman',
        '-V',
        'always:forever',
        ...command(node),
      ]);
      expect(await isLetIn(node)).toBe(false);
      await replaceCertificate(node, ['-I', 'x', '-h', '-n', 'ferryman-node', '-V', 'always:forever']);
      expect(await isLetIn(node)).toBe(false);
    });

    test('a certificate in which a bit is changed is refused', async () => {
      const node = await strayFerry();
      const file = join(node.places.ssh, sshNames.userCertificate);
      const [type = '', base64 = ''] = readFileSync(file, 'utf8').split(' ');
      const bytes = Buffer.from(base64, 'base64');
      const at = bytes.indexOf('--role ferry') + '--role '.length;
      bytes.write('proxy', at);
      writeFileSync(file, `${type} ${bytes.toString('base64')}\n`);
      expect(await isLetIn(node)).toBe(false);
    });

    test("another node's certificate is of no use without its key", async () => {
      const node = await strayFerry();
      writeFileSync(
        join(node.places.ssh, sshNames.userCertificate),
        readFileSync(join(proxy.places.ssh, sshNames.userCertificate)),
      );
      expect(await isLetIn(node)).toBe(false);
    });

    test('a plain key is refused, and so is every other user', async () => {
      const node = await strayFerry();
      const asRoot = await fleet.call(node, kiosk, ['summary'], ['-o', 'User=root']);
      expect([asRoot.exitCode, asRoot.stderr]).toEqual([
        255,
        expect.stringMatching(/Permission denied|Too many authentication failures/),
      ]);
      rmSync(join(node.places.ssh, sshNames.userCertificate));
      expect(await isLetIn(node)).toBe(false);
    });

    test('a host with a certificate for another GUID is not believed', async () => {
      const elsewhere = { ...ferry, port: kiosk.port };
      const { exitCode, stderr } = await fleet.call(proxy, elsewhere, ['summary']);
      expect(exitCode).toBe(255);
      expect(stderr).toContain('Host key verification failed');
    });

    // The clock of this machine cannot be turned back for one program without help; certificates can be moved instead.
    test('a certificate that is valid from a day on is refused before that day: ours have no such day, so a clock in 1970 lets them in', async () => {
      const node = await strayFerry();
      const when = (validity: string): string[] => [
        '-I',
        'x',
        '-z',
        '900',
        '-n',
        'ferryman-node',
        '-V',
        validity,
        ...command(node),
      ];
      await replaceCertificate(node, when('+1d:+2d'));
      expect(await isLetIn(node)).toBe(false);
      await replaceCertificate(node, when('always:forever'));
      expect(await isLetIn(node)).toBe(true);
      const shown = await host.run([
        'ssh-keygen',
        '-L',
        '-f',
        join(ferry.places.ssh, sshNames.userCertificate),
      ]);
      expect(shown.stdout).toContain('Valid: forever');
    });
  });
});
