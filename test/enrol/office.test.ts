/** From a request to an enrolled node, by the commands that people type. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sshNames } from '../../src/enrol/places.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { canMakeHosts } from '../net/can-make-hosts.ts';
import { floodId, startHost, type Host } from '../net/host.ts';
import { Fleet, succeeded, type FleetNode } from './fleet.ts';

describe.skipIf(!canMakeHosts)('enrolling (root, namespaces, for the files of sshd)', () => {
  let host: Host;
  let fleet: Fleet;
  let kiosk: FleetNode;
  const by = (key: string): string[] => ['--key', fleet.file(`${key}.key`)];
  const ca = (): string[] => ['--ca', fleet.file('ca')];
  const out = (name: string): string[] => ['-o', fleet.file(name)];

  beforeAll(async () => {
    host = await startHost();
    fleet = await Fleet.found(host);
    kiosk = await fleet.node('kiosk');
  });
  afterAll(async () => {
    await host.stop();
    removeFolders();
  });

  test('the CA is not made over another, and its secret key is for its owner alone', async () => {
    const again = await host.run(['ferryman', 'office-ca', 'init', fleet.file('ca')]);
    expect([again.exitCode, again.stderr]).toEqual([73, expect.stringContaining('[output.exists]')]);
    expect(statSync(fleet.file('ca')).mode & 0o777).toBe(0o700);
    expect(statSync(fleet.file('ca/ca')).mode & 0o777).toBe(0o600);
  });

  test('what is installed stands under one link, with the modes that it must have', async () => {
    expect(await fleet.enrol(kiosk)).toBe(1);
    const { ssh, enrolment } = kiosk.places;
    expect(lstatSync(ssh).isSymbolicLink()).toBe(true);
    expect(readFileSync(enrolment, 'utf8')).toContain(kiosk.guid);
    const shown = (name: string): unknown[] => {
      const { mode, uid, gid } = statSync(join(ssh, name));
      return [name, (mode & 0o777).toString(8), uid, gid];
    };
    expect(readdirSync(ssh).toSorted().map(shown)).toEqual([
      [sshNames.ca, '644', 0, 0],
      [sshNames.enrolment, '644', 0, 0],
      [sshNames.hostKey, '600', 0, 0],
      [sshNames.hostCertificate, '644', 0, 0],
      [sshNames.userKey, '640', 0, floodId],
      [sshNames.userCertificate, '644', 0, 0],
      [sshNames.knownHosts, '644', 0, 0],
      [sshNames.revoked, '644', 0, 0],
      [sshNames.principals, '644', 0, 0],
      [sshNames.sshConfig, '644', 0, 0],
      [sshNames.sshdConfig, '644', 0, 0],
    ]);
  });

  test('a newer enrolment takes its place whole, an older one is refused, and what a cut-off one left is swept', async () => {
    const { etc } = kiosk.layout;
    const before = readlinkSync(kiosk.places.ssh);
    mkdirSync(join(etc, 'ssh-9-00112233'));
    writeFileSync(join(etc, 'ssh-9-00112233/id_ed25519'), 'half of a key');
    symlinkSync('ssh-9-00112233', join(etc, '.ssh.001122334455'));
    expect(await fleet.enrol(kiosk, 'newer.zip')).toBe(2);
    const folders = readdirSync(etc)
      .filter((name) => /^\.?ssh/.test(name))
      .toSorted();
    expect(folders).toEqual(['ssh', readlinkSync(kiosk.places.ssh), 'ssh-keys'].toSorted());
    expect(folders).not.toContain(before);
    const older = await fleet.on(kiosk, ['enrol', 'install', fleet.file(`${kiosk.guid}.zip`)]);
    expect([older.exitCode, older.stderr]).toEqual([65, expect.stringContaining('[enrol.older]')]);
    expect(readFileSync(kiosk.places.enrolment, 'utf8')).toContain('"serial":2');
  });

  test('nothing is changed by a bundle for another node, by another office, or of which a byte is changed', async () => {
    const other = await fleet.node('ferry');
    await fleet.request(other, 'other.request');
    const install = (): ReturnType<Fleet['on']> =>
      fleet.on(other, ['enrol', 'install', fleet.file('newer.zip')]);
    expect((await install()).stderr).toContain('[enrol.not-for-node]');
    const bytes = readFileSync(fleet.file('newer.zip'));
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(fleet.file('spoiled.zip'), bytes);
    expect((await fleet.on(kiosk, ['enrol', 'install', fleet.file('spoiled.zip')])).stderr).toContain(
      '[verify.bad-signature]',
    );
    succeeded(await host.run(['sign-update', 'keygen', fleet.file('thief'), '--no-passphrase']));
    succeeded(await fleet.sign(fleet.file('other.request'), [...by('thief'), ...ca(), ...out('thief.zip')]));
    expect((await fleet.on(other, ['enrol', 'install', fleet.file('thief.zip')])).stderr).toContain(
      '[verify.unknown-key]',
    );
    expect(existsSync(other.places.ssh)).toBe(false);
    expect(existsSync(other.places.enrolment)).toBe(false);
  });

  test('a bundle that comes by a channel and cannot be installed is kept, and said so; it is installed once that is mended', async () => {
    const node = await fleet.node('kiosk');
    const request = await fleet.request(node);
    const bundle = `${node.guid}.zip`;
    succeeded(await fleet.sign(request, [...by('office'), ...ca(), ...out(bundle)]));
    const text = readFileSync(node.layout.configFile, 'utf8');
    writeFileSync(node.layout.configFile, `${text}user = "nobody-here"\n`);
    const applied = await fleet.on(node, ['apply', fleet.file(bundle)]);
    expect(applied.stderr).toMatch(/not installed, kept to be tried again: expected the user nobody-here/);
    expect(applied.exitCode).toBe(75);
    expect(readdirSync(node.layout.inbox)).toHaveLength(1);
    const status = await fleet.on(node, ['status']);
    expect(status.stdout).toMatch(/note +enrolment \d+ as kiosk: not installed/);
    expect(JSON.parse((await fleet.on(node, ['status', '--json'])).stdout)).toMatchObject({
      enrolled: false,
    });

    writeFileSync(node.layout.configFile, text);
    succeeded(await fleet.on(node, ['run', '--once']));
    expect(readFileSync(node.places.enrolment, 'utf8')).toContain(node.guid);
    expect(readdirSync(node.layout.inbox)).toEqual([]);
    expect((await fleet.on(node, ['status'])).stdout).not.toMatch(/not installed|not enrolled/);
    const again = succeeded(await fleet.on(node, ['apply', fleet.file(bundle)]));
    expect(again.stdout).toMatch(/enrolment \d+ as kiosk: installed already/);
  });

  test('a request that somebody else has changed is not signed', async () => {
    const file = fleet.file('changed.request');
    writeFileSync(
      file,
      readFileSync(await fleet.request(kiosk, 'honest.request'), 'utf8').replace('"kiosk"', '"proxy"'),
    );
    const { exitCode, stderr } = await fleet.sign(file, [...by('office'), ...ca(), ...out('changed.zip')]);
    expect([exitCode, stderr]).toEqual([65, expect.stringContaining('[enrolment.bad-signature]')]);
    expect(existsSync(fleet.file('changed.zip'))).toBe(false);
  });

  test('a GUID that comes back with another key is refused, unless it was set up anew: then what it had is to be revoked', async () => {
    const twin = await fleet.node('kiosk', { guid: kiosk.guid });
    const request = await fleet.request(twin, 'twin.request');
    const refused = await fleet.sign(request, [...by('office'), ...ca(), ...out('twin.zip')]);
    expect([refused.exitCode, refused.stderr]).toEqual([73, expect.stringContaining('[enrol.known-node]')]);
    const signed = succeeded(
      await fleet.sign(request, [...by('office'), ...ca(), ...out('twin.zip'), '--again']),
    );
    expect(signed.stdout).toContain('--revoke 1 --revoke 2');
    succeeded(await fleet.on(twin, ['enrol', 'install', fleet.file('twin.zip')]));
  });

  test('a serial is never given twice, whatever became of the enrolment', async () => {
    const request = fleet.file('honest.request');
    const used = await fleet.sign(request, [
      ...by('office'),
      ...ca(),
      ...out('used.zip'),
      '--again',
      '--serial',
      '2',
    ]);
    expect([used.exitCode, used.stderr]).toEqual([73, expect.stringContaining('[enrol.serial-used]')]);
    const far = await fleet.sign(request, [
      ...by('office'),
      ...ca(),
      ...out('far.zip'),
      '--again',
      '--serial',
      '40',
      '--json',
    ]);
    expect(JSON.parse(succeeded(far).stdout)).toMatchObject({ serial: 40 });
    rmSync(fleet.file('far.zip'));
    const next = await fleet.sign(request, [
      ...by('office'),
      ...ca(),
      ...out('next.zip'),
      '--again',
      '--json',
    ]);
    expect(JSON.parse(succeeded(next).stdout)).toMatchObject({ serial: 41 });
  });

  test('where two keys must sign, a draft travels from one to the other, and the bundle back', async () => {
    for (const name of ['anna', 'bela'])
      succeeded(await host.run(['sign-update', 'keygen', fleet.file(name), '--no-passphrase']));
    const node = await fleet.node('ferry', { keys: ['anna.pub', 'bela.pub'], threshold: 2 });
    const request = await fleet.request(node, 'two.request');
    const install = (name: string): ReturnType<Fleet['on']> =>
      fleet.on(node, ['enrol', 'install', fleet.file(name)]);

    succeeded(await fleet.sign(request, [...by('anna'), ...ca(), '--draft', ...out('draft-1.txt')]));
    succeeded(await fleet.sign(fleet.file('draft-1.txt'), [...by('anna'), ...ca(), ...out('too-soon.zip')]));
    succeeded(
      await host.run(['sign-update', 'cosign', fleet.file('too-soon.zip'), '--key', fleet.file('bela.key')]),
    );
    expect((await install('too-soon.zip')).stderr).toContain('[enrolment.unproven]');

    succeeded(await fleet.sign(fleet.file('draft-1.txt'), [...by('bela'), '--draft', ...out('draft-2.txt')]));
    succeeded(await fleet.sign(fleet.file('draft-2.txt'), [...by('anna'), ...ca(), ...out('two.zip')]));
    expect((await install('two.zip')).stderr).toContain('[verify.threshold]');
    succeeded(
      await host.run(['sign-update', 'cosign', fleet.file('two.zip'), '--key', fleet.file('bela.key')]),
    );
    succeeded(await install('two.zip'));

    const both = await fleet.node('ferry', { keys: ['anna.pub', 'bela.pub'], threshold: 2 });
    const request2 = await fleet.request(both, 'both.request');
    succeeded(await fleet.sign(request2, [...by('anna'), ...by('bela'), ...ca(), ...out('both.zip')]));
    succeeded(await fleet.on(both, ['enrol', 'install', fleet.file('both.zip')]));
  });

  test('the office is asked before it signs, and there is nobody to ask', async () => {
    const asked = await host.run([
      'ferryman',
      'enrol',
      'sign',
      fleet.file('honest.request'),
      ...by('office'),
      ...ca(),
      '--again',
      ...out('no.zip'),
    ]);
    expect([asked.exitCode, asked.stderr]).toEqual([64, expect.stringContaining('give --yes')]);
    expect(asked.stderr).toContain('fingerprint');
  });

  test('one key for all: whoever has it is a peer called shared, and the proxy has one of its own', async () => {
    succeeded(await host.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', fleet.file('fleet')]));
    succeeded(await host.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', fleet.file('proxy')]));
    const [ferry, gateway, proxy] = [
      await fleet.node('ferry'),
      await fleet.node('gateway'),
      await fleet.node('proxy'),
    ];
    const shared = ['--shared-key', fleet.file('fleet'), '--proxy-key', fleet.file('proxy.pub')];
    for (const node of [ferry, gateway]) succeeded(await fleet.on(node, ['enrol', 'install', ...shared]));
    // The proxy knows hosts by the shared key, and calls with its own.
    succeeded(
      await fleet.on(proxy, [
        'enrol',
        'install',
        '--shared-key',
        fleet.file('proxy'),
        '--proxy-key',
        fleet.file('fleet.pub'),
      ]),
    );
    const sshd = await fleet.serve(gateway);
    fleet.offer(gateway, 'relay/summary.json', '"for all"\n');
    fleet.offer(gateway, 'homeward/summary.json', '"for the proxy"\n');
    expect(await fleet.summary(ferry, gateway)).toBe('"for all"\n');
    expect(await fleet.summary(proxy, gateway)).toBe('"for the proxy"\n');
    expect((await fleet.call(ferry, gateway, ['id'])).exitCode).toBe(77);
    expect((await fleet.call(ferry, gateway, ['summary'], ['-tt'])).stderr).toContain(
      'PTY allocation request failed',
    );
    process.kill(await sshd.pid());
  });
});
