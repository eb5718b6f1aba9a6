/**
 * What `ferryman apply` does before it starts a script, by the same functions and nothing else: a private durable copy,
 * framing, hash, signatures, directory and manifest, every file checked and unpacked. No ledger, no runner.
 *
 * `node dist/bench-take-in.js PARCEL ROOT FOLDER [again]`: ROOT is a node, FOLDER is where the tree goes. With `again` the copy
 * is hashed and proven a second time before it is unpacked, as `apply` does because a parcel may have waited for days.
 *
 * `… PARCEL ROOT FOLDER after SMALL`: takes SMALL in first, and prints what PARCEL took after that, as JSON: a daemon has long been
 * started, and has taken in other parcels, when one comes.
 */
import { mkdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { receiveFile } from '../../src/inbox/inbox.ts';
import { loadConfig } from '../../src/node/config.ts';
import { layoutUnder } from '../../src/node/layout.ts';
import { loadTrust } from '../../src/node/trust-store.ts';
import { openHashed, prove, withVerified } from '../../src/store/verified-file.ts';
import { unpack } from '../../src/unpack/unpack.ts';

// As ferryman's main.ts.
setFlagsFromString('--semi-space-growth-factor=1');
setFlagsFromString('--heap-growing-percent=30');

const [parcel = '', root = '', folder = '', manner, small = ''] = process.argv.slice(2);
const layout = layoutUnder(root);
const trust = loadTrust(layout, loadConfig(layout).trust.threshold);

void main();

async function main(): Promise<void> {
  if (manner !== 'after') return takeIn(parcel, folder);
  await takeIn(small, `${folder}.small`);
  const [begin, cpuBefore] = [performance.now(), process.cpuUsage()];
  await takeIn(parcel, folder);
  const wallSeconds = (performance.now() - begin) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const peakMib = process.resourceUsage().maxRSS / 1024;
  process.stdout.write(JSON.stringify({ wallSeconds, cpuSeconds: (user + system) / 1e6, peakMib }));
}

async function takeIn(source: string, target: string): Promise<void> {
  const { path, hashed } = await receiveFile(layout.inbox, 'usb', source, 'follow');
  const file = prove(await openHashed(path, 'refuse', hashed), trust);
  mkdirSync(target);
  if (manner === 'again') await withVerified(path, 'refuse', trust, (proven) => unpack(proven, target));
  else await unpack(file, target);
  file.close();
}
