/** docs/benchmarks.md: the prose is written by hand, the tables between their marks by the bench. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';

/** Replaces what stands between the marks of a section. @throws Error when the document lacks them */
export function putSection(file: string, section: string, text: string): void {
  const [begin, end] = [`<!-- ${section}: begin -->`, `<!-- ${section}: end -->`];
  const document = readFileSync(file, 'utf8');
  const from = document.indexOf(begin);
  const to = document.indexOf(end);
  if (from === -1 || to < from) throw new Error(`${file}: expected the marks ${begin} and ${end}`);
  writeFileSync(file, `${document.slice(0, from + begin.length)}\n\n${text.trim()}\n\n${document.slice(to)}`);
}

/**
 * When, on what, with which versions.
 *
 * @param hasExtraCertificates NODE_EXTRA_CA_CERTS is set: every start of Node then takes some 40 ms more, and 2 MiB
 */
export function provenance(rounds: number, hasExtraCertificates: boolean): string {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model.trim() ?? 'an unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`;
  const packages = ['minisign', 'unzip', 'libarchive-tools', 'rauc', 'squashfs-tools', 'coreutils', 'zstd'];
  return `${new Date().toISOString().slice(0, 10)}; ${machine}; Node ${process.version}; ${packages.map(versionOf).join(', ')}; medians of ${rounds} rounds or more, in turns; NODE_EXTRA_CA_CERTS ${hasExtraCertificates ? 'set' : 'not set'}.`;
}

function versionOf(name: string): string {
  const version = execFileSync('dpkg-query', ['-W', '-f', '${Version}', name], { encoding: 'utf8' });
  return `${name} ${version}`;
}
