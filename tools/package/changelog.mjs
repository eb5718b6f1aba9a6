/** The date of the sources, and Debian's changelog made from CHANGELOG.md. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BuildFailure } from '../build/build-failure.mjs';
import { MAINTAINER } from './control.mjs';
import { runTool } from './run-tool.mjs';

/** Seconds since 1970: `SOURCE_DATE_EPOCH`, or when the last commit was made. @throws BuildFailure with neither */
export function sourceDate(root) {
  const given = process.env.SOURCE_DATE_EPOCH;
  const text = given ?? runTool('git', ['log', '-1', '--format=%ct'], { cwd: root });
  const seconds = Number(text.trim() || NaN);
  if (Number.isSafeInteger(seconds) && seconds >= 0) return seconds;
  throw new BuildFailure(
    `expected SOURCE_DATE_EPOCH as seconds since 1970, found "${text.trim()}"`,
    'set it to the date of the release: date -d 2026-11-21 +%s',
  );
}

/** The newest section of CHANGELOG.md as gzipped Debian changelog. */
export function changelog(root, debianVersion, epoch) {
  const [, newest = ''] = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split(/^## .*$/m);
  const items = newest.split(/^- /m).slice(1).map(asItem).join('\n');
  const date = new Date(epoch * 1000).toUTCString().replace('GMT', '+0000');
  const text = `ferryman (${debianVersion}) stable; urgency=medium\n\n${items}\n\n -- ${MAINTAINER}  ${date}\n`;
  return gzipSync(text, { level: 9 });
}

/** Folded at 76 columns, because Debian's readers expect at most 80. */
function asItem(text) {
  const lines = text.replaceAll(/\s+/g, ' ').match(/\S.{0,71}(?=\s|$)/g) ?? [];
  return lines.map((line, at) => `${at === 0 ? '  * ' : '    '}${line}`).join('\n');
}
