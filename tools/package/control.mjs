/** The control files of the Debian package that are computed: control, md5sums. */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runTool } from './run-tool.mjs';

const { DEBFULLNAME = 'ferryman maintainers', DEBEMAIL = 'maintainers@ferryman.invalid' } = process.env;

/** Debian's usual variables name whoever makes the package. */
export const MAINTAINER = `${DEBFULLNAME} <${DEBEMAIL}>`;

/** The `Depends` field: the libraries that the machine code needs, in the versions that have what it calls. */
export function dependencies(files, scratch) {
  const folder = join(scratch, 'shlibdeps');
  mkdirSync(join(folder, 'debian'), { recursive: true });
  writeFileSync(join(folder, 'debian/control'), 'Source: ferryman\n\nPackage: ferryman\nArchitecture: any\n');
  const args = ['-O', ...files.map((file) => `-e${file}`)];
  return runTool('dpkg-shlibdeps', args, { cwd: folder })
    .trim()
    .replace(/^shlibs:Depends=/, '');
}

export function controlFile(tree, { debianVersion, architecture, depends }) {
  const sizes = filesUnder(tree).map((path) => Math.ceil(lstatSync(path).size / 1024));
  const fields = [
    ['Package', 'ferryman'],
    ['Version', debianVersion],
    ['Architecture', architecture],
    ['Maintainer', MAINTAINER],
    ['Installed-Size', sizes.reduce((sum, size) => sum + size, 0)],
    ['Depends', depends],
    // For USB keys; recommended only, or a kiosk without a line could not be given a newer ferryman.
    ['Recommends', 'mtools, dosfstools, udev, zstd'],
    ['Suggests', 'minisign, unzip'],
    ['Section', 'admin'],
    ['Priority', 'optional'],
    ['Description', DESCRIPTION],
  ];
  return fields.map(([name, value]) => `${name}: ${value}\n`).join('');
}

const DESCRIPTION = `signed updates for rarely-connected machines
 A central office signs an update: a script, the files it needs and whom it is
 for. It travels by whatever road is open: data carried by bus, neighbour to
 neighbour, or a technician's USB key. A machine that it is addressed to checks
 the signatures, runs the script as root, at most once, and records and reports
 how it ended.
 .
 This package has the commands ferryman, for such machines, and sign-update,
 for the office. It carries the Node.js that runs them.`;

export function md5sums(tree) {
  const lines = filesUnder(tree)
    .filter((path) => lstatSync(path).isFile())
    .map((path) => [relative(tree, path), createHash('md5').update(readFileSync(path)).digest('hex')])
    .filter(([path]) => !path.startsWith('DEBIAN/'));
  return lines.map(([path, sum]) => `${sum}  ${path}\n`).join('');
}

function filesUnder(folder) {
  const names = readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return names.flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}
