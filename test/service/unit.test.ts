/** The systemd unit and `ferryman install-service`: systemd's own checker, and what a person sees. */
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { layoutUnder } from '../../src/node/layout.ts';
import { sshdUnitName, sshdUnitPlace, sshdUnitText } from '../../src/service/sshd-unit.ts';
import { unitText } from '../../src/service/unit.ts';
import { programs, removeFolders, runProgram, temporaryFolder, type Ran } from '../kit/kiosk.ts';
import { fakeSystemctl } from './supervisor.ts';

afterAll(removeFolders);

function install(root: string, ...args: string[]): Promise<Ran> {
  return runProgram('ferryman', ['install-service', '--root', root, ...args]);
}

async function verify(unitFile: string): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa('systemd-analyze', ['verify', unitFile], {
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

describe('the unit', () => {
  test.each(['plain', 'with space', 'with $variable and 50 % of it'])(
    'under a root that is %s is good for systemd',
    async (name) => {
      const root = join(temporaryFolder(), name);
      const { launcher, unitFile } = layoutUnder(root);
      expect((await install(root)).exitCode).toBe(0);
      expect(await verify(unitFile)).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
      expect(statSync(launcher).mode & 0o777).toBe(0o755);
      expect(statSync(unitFile).mode & 0o777).toBe(0o644);
    },
  );

  test.each(['with "quotes"', "with a '", 'with a \\'])(
    '%s in its path is not made: systemd would not start it',
    async (name) => {
      const root = join(temporaryFolder(), name);
      expect(await install(root)).toMatchObject({ exitCode: 64 });
      expect(existsSync(root)).toBe(false);
    },
  );

  test('with a mistake in it would be found by that check', async () => {
    const root = temporaryFolder();
    const { unitFile } = layoutUnder(root);
    await install(root);
    const text = readFileSync(unitFile, 'utf8');
    writeFileSync(unitFile, text.replace('OOMPolicy=continue', 'OOMPolicy=sometimes'));
    expect((await verify(unitFile)).stderr).toContain('Failed to parse OOM policy');
  });

  test('sets nothing that a script would inherit, and is killed alone', () => {
    const text = unitText(layoutUnder('/'));
    const service = text.slice(text.indexOf('[Service]'), text.indexOf('[Install]'));
    const settings = [...service.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect(settings).toEqual([
      'Type',
      'NotifyAccess',
      'ExecStart',
      'Restart',
      'RestartSec',
      'TimeoutStartSec',
      'TimeoutStopSec',
      'WatchdogSec',
      'WatchdogSignal',
      'KillMode',
      'OOMPolicy',
      'TasksMax', // lifts a limit
      'IgnoreSIGPIPE', // and this an oddity
    ]);
    expect(text).toMatch(/^KillMode=process$/m);
    expect(text).toMatch(/^OOMPolicy=continue$/m);
    expect(text).toMatch(/^ExecStart=\/usr\/lib\/ferryman\/launch$/m);
    expect(text).toMatch(/^RequiresMountsFor=\/var\/lib\/ferryman /m);
  });
});

test('the unit of the sshd for neighbours is good for systemd', async () => {
  const file = join(temporaryFolder(), sshdUnitName);
  writeFileSync(file, sshdUnitText(layoutUnder('/')));
  expect(await verify(file)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});

describe('install-service', () => {
  test('as a dry run prints exactly what would be written and run, and changes nothing', async () => {
    const root = join(temporaryFolder(), 'root');
    const { exitCode, stdout } = await install(root, '--dry-run');
    expect(exitCode).toBe(0);
    expect(existsSync(root)).toBe(false);
    await install(root);
    const { launcher, unitFile } = layoutUnder(root);
    const sshdUnit = sshdUnitPlace(layoutUnder(root));
    expect(stdout).toBe(
      `# write ${launcher}, mode 755:\n${readFileSync(launcher, 'utf8')}
# write ${unitFile}, mode 644:\n${readFileSync(unitFile, 'utf8')}
# write ${sshdUnit}, mode 644:\n${readFileSync(sshdUnit, 'utf8')}
# run\nsystemctl daemon-reload\n\n# run\nsystemctl enable --now ferryman.service ferryman-sshd.service\n`,
    );
  });

  test('where systemd does not run says what is left to do', async () => {
    const { exitCode, stdout } = await install(temporaryFolder());
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /systemd does not run this machine now\. Once it does, type:\n {2}systemctl daemon-reload\n {2}systemctl enable --now ferryman\.service ferryman-sshd\.service\n$/,
    );
  });

  test('where systemd runs has it start the service; a second time changes nothing; --remove takes it away', async () => {
    const root = temporaryFolder();
    const env = { PATH: `${fakeSystemctl(root)}:${process.env['PATH']}` };
    const call = (...args: string[]): Promise<Ran> =>
      runProgram('ferryman', ['install-service', '--root', root, ...args], { env });
    const { launcher, unitFile } = layoutUnder(root);
    expect((await call()).exitCode).toBe(0);
    const before = statSync(unitFile).ino;
    expect((await call()).stdout).toContain(`write ${unitFile}: done already`);
    expect(statSync(unitFile).ino).toBe(before);
    expect((await call('--remove')).exitCode).toBe(0);
    const left = [launcher, unitFile, sshdUnitPlace(layoutUnder(root))].filter((path) => existsSync(path));
    expect(left).toEqual([]);
    const starts = 'daemon-reload\nenable --now ferryman.service ferryman-sshd.service\n';
    expect(readFileSync(join(root, 'systemctl.calls'), 'utf8')).toBe(
      `${starts}${starts}disable --now ferryman.service ferryman-sshd.service\ndaemon-reload\n`,
    );
  });

  test.each(['lib', 'usr/lib'])(
    'where a package has put the unit into /%s/systemd/system switches it on and off, and writes nothing',
    async (lib) => {
      const root = temporaryFolder();
      const env = { PATH: `${fakeSystemctl(root)}:${process.env['PATH']}` };
      const call = (...args: string[]): Promise<Ran> =>
        runProgram('ferryman', ['install-service', '--root', root, ...args], { env });
      const { launcher, unitFile } = layoutUnder(root);
      const packaged = join(root, lib, 'systemd/system/ferryman.service');
      for (const path of [packaged, launcher]) {
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, 'of the package\n');
      }
      const remark = `# ${packaged} is a package's: no file is changed\n`;
      expect(await call('--dry-run')).toMatchObject({
        exitCode: 0,
        stdout: `${remark}# run\nsystemctl enable --now ferryman.service ferryman-sshd.service\n`,
      });
      expect((await call()).stdout).toBe(
        `${remark}systemctl enable --now ferryman.service ferryman-sshd.service: done\n`,
      );
      expect((await call('--remove')).stdout).toBe(
        `${remark}systemctl disable --now ferryman.service ferryman-sshd.service: done\n`,
      );
      expect(readFileSync(join(root, 'systemctl.calls'), 'utf8')).toBe(
        'enable --now ferryman.service ferryman-sshd.service\ndisable --now ferryman.service ferryman-sshd.service\n',
      );
      expect(existsSync(unitFile)).toBe(false);
      expect(readFileSync(launcher, 'utf8')).toBe('of the package\n');
    },
  );

  test('tells what systemctl says when it fails', async () => {
    const root = temporaryFolder();
    const fakes = fakeSystemctl(root);
    writeFileSync(join(fakes, 'systemctl'), '#!/bin/sh\necho "Unit is masked." >&2; exit 1\n');
    const { exitCode, stderr } = await runProgram('ferryman', ['install-service', '--root', root], {
      env: { PATH: `${fakes}:${process.env['PATH']}` },
    });
    expect(exitCode).toBe(69);
    expect(stderr).toContain('Unit is masked. [service.failed]');
  });

  test('called by a version that an update brought leaves the launcher as it is', async () => {
    const root = temporaryFolder();
    const layout = layoutUnder(root);
    await install(root);
    const before = readFileSync(layout.launcher, 'utf8');
    const version = join(layout.versions, '0.2.0-12345678');
    mkdirSync(version, { recursive: true });
    await execa('cp', ['-a', `${programs}/../.`, version]);
    symlinkSync(join(programs, '../../node_modules'), join(version, 'node_modules'));
    const { exitCode } = await execa(join(version, 'bin/ferryman'), ['install-service', '--root', root]);
    expect(exitCode).toBe(0);
    expect(readFileSync(layout.launcher, 'utf8')).toBe(before);
    expect(before).not.toContain(version);
  });
});
