/**
 * A proxy at work, by the same functions as the daemon. Prints seconds, processor seconds and peak memory as JSON.
 *
 * `node dist/bench-proxy.js make FOLDER FIRST COUNT`: makes archives; `take ROOT FOLDER`: takes all of a folder in and acknowledges them;
 * `open ROOT`: opens the store.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { layoutUnder } from '../../src/node/layout.ts';
import { Proxy } from '../../src/proxy/proxy.ts';
import { unpackArchive } from '../../src/proxy/readable/unpack-archive.ts';
import { unpackTar } from '../../src/proxy/readable/unpack-tar.ts';
import { ProvenLines } from '../../src/verify/enrolled.ts';
import { archive, proxyGuid, signerOf, trust } from './archives.ts';

// As ferryman's main.ts.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=30');

const [what, folder = '', second = '', third = ''] = process.argv.slice(2);

if (what === 'make') make(folder, Number(second), Number(third));
else void measured(what === 'take' ? second : undefined);

function make(into: string, first: number, count: number): void {
  mkdirSync(into, { recursive: true });
  for (let nth = first; nth < first + count; nth++) writeFileSync(join(into, `${nth}.zip`), archive(nth));
}

async function measured(given: string | undefined): Promise<void> {
  const paths = given === undefined ? [] : readdirSync(given).map((name) => join(given, name));
  const [begin, cpuBefore] = [performance.now(), process.cpuUsage()];
  const nodeTrust = { ...trust, proven: new ProvenLines() };
  const proxy = await Proxy.open({
    layout: layoutUnder(folder),
    trust: () => nodeTrust,
    isClosed: () => false,
    signer: () => Promise.resolve({ ...signerOf(proxyGuid, 'proxy'), guid: proxyGuid, serial: 1 }),
    unpack: (path, into) => unpackArchive(path, into, unpackTar),
    nowMs: () => Date.now(),
    randomHex: (bytes) => 'e'.repeat(bytes * 2),
    acknowledgeSeconds: 60,
  });
  if (paths.length > 0) {
    await proxy.takeIn(paths, { how: 'bench', links: 'refuse' });
    await proxy.acknowledge('now');
  }
  proxy.close();
  const { user, system } = process.cpuUsage(cpuBefore);
  process.stdout.write(
    JSON.stringify({
      wallSeconds: (performance.now() - begin) / 1000,
      cpuSeconds: (user + system) / 1e6,
      peakMib: process.resourceUsage().maxRSS / 1024,
    }),
  );
}
