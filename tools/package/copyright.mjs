/**
 * Who wrote what a package carries, and under which licences: ferryman, Node and every npm package that is bundled or
 * copied. Each text is taken from where its owner put it, so a package without one stops the build.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { BuildFailure } from '../build/build-failure.mjs';

/** Not bundled but copied, or left out of a bundle by name: always counted. */
const ALWAYS_CARRIED = ['better-sqlite3', 'bindings', 'file-uri-to-path'];

/** `files`: made by makeBundle, whose modules tell which npm packages are inside. @throws BuildFailure */
export function copyrightText(root, files) {
  const parts = [ownPart(root), part('Node.js, carried as interpreter', nodeLicence())];
  for (const name of carriedPackages(files)) parts.push(packagePart(root, name));
  return parts.join('\n');
}

function carriedPackages(files) {
  const found = files.flatMap((file) => file.modules.map(packageOf)).filter((name) => name !== undefined);
  return [...new Set([...found, ...ALWAYS_CARRIED])].toSorted((a, b) => (a < b ? -1 : 1));
}

function packageOf(module) {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(module)?.[1];
}

function ownPart(root) {
  const { license, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return [
    `ferryman: ${description}.`,
    `Licence: ${license}; on Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.`,
    '',
    'It carries works of others, each under the licence below its name.',
    '',
  ].join('\n');
}

function packagePart(root, name) {
  const folder = join(root, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const text = licenceIn(folder);
  if (text === undefined) {
    throw new BuildFailure(
      `${name} ${version}: expected a licence file in ${folder}, or its text at the end of README.md, found neither`,
      'find its licence text and teach tools/package/copyright.mjs where it stands',
    );
  }
  return part(`npm package ${name} ${version} (${license})`, text);
}

/** A file of its own, or the last section of the README, with all that whoever passes it on must pass on. */
function licenceIn(folder) {
  const names = readdirSync(folder);
  const file = names.find((each) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(each));
  if (file) return readFileSync(join(folder, file), 'utf8');
  if (!names.includes('README.md')) return undefined;
  const [, section] = /\n## licen[cs]e\n([^]*)$/i.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
  return section?.includes('Permission is hereby granted') ? section.trim() : undefined;
}

function nodeLicence() {
  const prefix = dirname(dirname(realpathSync(process.execPath)));
  const candidates = [
    'LICENSE',
    'share/doc/nodejs/LICENSE',
    'share/doc/nodejs/LICENSE.gz',
    'share/doc/node/LICENSE',
  ];
  const path = candidates.map((each) => join(prefix, each)).find((each) => existsSync(each));
  if (!path) {
    throw new BuildFailure(
      `expected the licence of Node under ${prefix} (${candidates.join(', ')}), found none`,
      `fetch LICENSE of Node ${process.version} and put it at ${join(prefix, 'LICENSE')}: whoever passes Node on must pass it on too`,
    );
  }
  const bytes = readFileSync(path);
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

function part(title, text) {
  return `${'-'.repeat(78)}\n${title}\n${'-'.repeat(78)}\n\n${text.replaceAll('\r\n', '\n').trimEnd()}\n`;
}
