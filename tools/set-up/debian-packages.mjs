/**
 * The Debian packages that ferryman's source tree needs, and their installation.
 *
 * A package counts as there when its program is found on PATH, whoever installed it; one without a program, when its file is
 * there. Only root installs; anybody else is told what to type, because a set-up that asks for a password cannot run
 * unattended. What is `optional` nobody is stopped for.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runVisibly } from './run-visibly.mjs';
import { SetUpFailure } from './set-up-failure.mjs';

const COMPILER = [
  { name: 'g++', program: 'g++', why: 'compiles better-sqlite3 where no ready-made one can be had' },
  { name: 'make', program: 'make', why: 'runs that compiler' },
  { name: 'python3', program: 'python3', why: 'node-gyp writes the makefile with it' },
  {
    name: 'libudev-dev',
    file: '/usr/include/libudev.h',
    why: 'usb-detection is compiled against it; without it npm leaves usb-detection out',
    optional: true,
  },
];

const FOR_KEYS = [
  { name: 'mtools', program: 'mcopy', why: 'reads and writes USB keys with FAT' },
  { name: 'dosfstools', program: 'mkfs.vfat', why: 'makes such keys' },
];

const FOR_NEIGHBOURS = [
  { name: 'openssh-client', program: 'ssh', why: 'makes certificates, and calls neighbours' },
  { name: 'openssh-server', program: 'sshd', why: 'lets neighbours in' },
  { name: 'rsync', program: 'rrsync', why: 'carries parcels between neighbours' },
  { name: 'iproute2', program: 'ip', why: 'gives each of them a network' },
  { name: 'nftables', program: 'nft', why: 'hides one of them behind NAT' },
];

/** Its programs are not on PATH. */
const DATABASE = {
  name: 'postgresql',
  file: '/usr/share/doc/postgresql/copyright',
  why: 'keeps a fleet store, started where it is needed',
};

const FOR_TESTS = [
  { name: 'minisign', program: 'minisign', why: 'checks our signatures, and makes some for us to check' },
  { name: 'strace', program: 'strace', why: 'shows the order of writes and fsyncs, and cuts in between' },
  { name: 'unzip', program: 'unzip', why: 'opens our parcels as anyone would' },
  { name: 'zip', program: 'zip', why: 'makes the foreign zip files that a node must refuse' },
  { name: 'e2fsprogs', program: 'chattr', why: 'makes a file that even root cannot remove' },
  { name: 'procps', program: 'ps', why: 'shows what a killed run leaves behind' },
  { name: 'util-linux', program: 'flock', why: 'tells when two scripts run at once' },
  { name: 'bsdutils', program: 'script', why: 'gives a program a terminal to ask on' },
  { name: 'systemd', program: 'systemd-analyze', why: 'checks the unit, and carries messages of the daemon' },
  { name: 'socat', program: 'socat', why: 'listens to those messages in place of systemd' },
  { name: 'mount', program: 'mount', why: 'makes the small disks that are filled, and opens USB keys' },
  ...FOR_KEYS,
  ...FOR_NEIGHBOURS,
  { name: 'squashfs-tools', program: 'mksquashfs', why: 'makes a key of a kind that is refused' },
  { name: 'mandoc', program: 'mandoc', why: 'finds what is wrong with the manual pages' },
  { name: 'groff-base', program: 'groff', why: 'shows the manual pages, and warns of others' },
  { name: 'zsh', program: 'zsh', why: 'tries the completion that is made for it' },
  { name: 'fish', program: 'fish', why: 'tries the completion that is made for it' },
  { name: 'udev', program: 'udevadm', why: 'tells when a stick is plugged in' },
  { name: 'umockdev', program: 'umockdev-wrapper', why: 'plays a machine into which sticks are plugged' },
  {
    name: 'gir1.2-umockdev-1.0',
    file: '/usr/share/doc/gir1.2-umockdev-1.0/copyright',
    why: 'lets Python plug those sticks',
  },
  { name: 'python3-gi', file: '/usr/lib/python3/dist-packages/gi/__init__.py', why: 'the same' },
  { name: 'zstd', program: 'zstd', why: 'compresses the logs that travel home' },
  { name: 'tar', program: 'tar', why: 'opens them as anyone would' },
  { name: 'faketime', program: 'faketime', why: 'gives one program a clock at 1970' },
  { name: 'tcpdump', program: 'tcpdump', why: 'keeps every packet that leaves a gateway' },
  { name: 'logrotate', program: 'logrotate', why: 'rotates logs under our eyes' },
  { name: 'time', program: 'time', why: 'tells how much memory a program took' },
  { name: 'openssl', program: 'openssl', why: 'makes the certificate of a mail server' },
  { name: 'gammu-smsd', program: 'gammu-smsd', why: 'sends and receives SMS, with a phone that it plays' },
  { name: 'tcc', program: 'tcc', why: 'compiles what makes that phone refuse a number' },
  {
    name: 'chromium',
    program: 'chromium',
    why: 'shows the status page, and what is printed for technicians',
  },
  DATABASE,
];

const FOR_BENCH = [
  { name: 'openssh-client', program: 'ssh', why: 'a peer, and calls neighbours' },
  { name: 'openssh-server', program: 'sshd', why: 'lets neighbours in' },
  { name: 'rsync', program: 'rrsync', why: 'a peer, and carries parcels' },
  { name: 'iproute2', program: 'ip', why: 'gives two neighbours a network' },
  { name: 'minisign', program: 'minisign', why: 'signs and checks for the peers that only unpack' },
  { name: 'unzip', program: 'unzip', why: 'a peer' },
  { name: 'libarchive-tools', program: 'bsdtar', why: 'a peer' },
  { name: 'rauc', program: 'rauc', why: 'a peer' },
  { name: 'squashfs-tools', program: 'mksquashfs', why: 'makes the bundles of rauc' },
  { name: 'openssl', program: 'openssl', why: 'makes the certificate of rauc' },
  { name: 'zstd', program: 'zstd', why: 'compresses logs, alone and for us' },
  { name: 'time', program: 'time', why: 'measures processor time and peak memory' },
  DATABASE,
];

const FOR_PACKAGES = [
  { name: 'binutils', program: 'strip', why: 'takes debugging symbols out of the Node that is carried' },
  { name: 'dpkg-dev', program: 'dpkg-shlibdeps', why: 'finds which libraries a package depends on' },
];

const FOR_TESTS_OF_PACKAGES = [
  { name: 'debootstrap', program: 'debootstrap', why: 'makes the bare machine in which packages are tried' },
  { name: 'util-linux', program: 'unshare', why: 'gives that machine its own mounts and processes' },
  { name: 'mount', program: 'mount', why: 'gives it /proc and /dev' },
];

/** Purpose → packages always needed. The compiler comes on top when npm packages have to be installed. */
const NEEDED_FOR = {
  demo: FOR_KEYS,
  build: [],
  test: FOR_TESTS,
  bench: FOR_BENCH,
  package: FOR_PACKAGES,
  'test-packages': [...FOR_PACKAGES, ...FOR_TESTS_OF_PACKAGES],
};

/** The packages not there for this purpose, out of `path` (the PATH variable). */
export function missingDebianPackages(purpose, { installsNpmPackages, path }) {
  const needed = [...(installsNpmPackages ? COMPILER : []), ...NEEDED_FOR[purpose]];
  return needed.filter((each) => !isThere(each, path));
}

/**
 * Installs `missing`; says what it installs and why. False when all of it is optional and cannot be installed here.
 *
 * @throws SetUpFailure with the command to type, when not root; without apt-get; when apt-get fails
 */
export async function installDebianPackages(missing, { isRoot, env, say, signal }) {
  for (const { name, why } of missing) say(`${name} is missing: ${why}`);
  const canInstall = isRoot && isOnPath('apt-get', env.PATH);
  if (!canInstall && missing.every((each) => each.optional)) return false;
  const names = missing.map((each) => each.name).join(' ');
  refuseWhereImpossible(missing, { names, isRoot, path: env.PATH });
  const aptEnv = { ...env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args) => runVisibly(['apt-get', ...LOCK_PATIENCE, ...args], { env: aptEnv, say, signal });

  // One broken source among many makes "update" fail although the packages can be had: installing decides.
  const update = await apt(['update']);
  const install = await apt(['install', '-y', '--no-install-recommends', ...names.split(' ')]);
  const stillMissing = missing.filter((each) => !each.optional && !isThere(each, env.PATH));
  if (!install.ok || stillMissing.length > 0) {
    const output = [...(update.ok ? [] : [update.output]), install.output].join('\n');
    throw new SetUpFailure(
      `apt-get could not install ${names}:\n${output}`,
      `find out why "${installCommand(names)}" fails, then start again`,
    );
  }
  return true;
}

const LOCK_PATIENCE = ['-o', 'DPkg::Lock::Timeout=120'];

function refuseWhereImpossible(missing, { names, isRoot, path }) {
  const programs = missing.map((each) => each.program ?? each.file).join(', ');
  if (!isOnPath('apt-get', path)) {
    throw new SetUpFailure(
      `expected ${programs}; this machine has no apt-get to install them with`,
      'install them with the package manager of this machine, then start again',
    );
  }
  if (!isRoot) {
    throw new SetUpFailure(
      `expected ${programs}; only root can install them`,
      `type: ${installCommand(names, 'sudo ')}`,
    );
  }
}

function installCommand(names, asRoot = '') {
  return `${asRoot}apt-get update && ${asRoot}apt-get install -y --no-install-recommends ${names}`;
}

function isThere({ program, file }, path) {
  return file === undefined ? isOnPath(program, path) : existsSync(file);
}

function isOnPath(program, path = '') {
  return path.split(delimiter).some((folder) => existsSync(join(folder, program)));
}
