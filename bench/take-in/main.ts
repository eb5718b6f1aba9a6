/**
 * What `ferryman apply` does before it starts a script, by the same functions and nothing else: a private durable copy,
 * framing, hash, signatures, directory and manifest, every file checked and unpacked. No ledger, no runner.
 *
 * `node dist/bench-take-in.js PARCEL ROOT FOLDER [again]`: ROOT is a node, FOLDER is where the tree goes. With `again` the copy
 * is hashed and proven a second time before it is unpacked, as `apply` does because a parcel may have waited for days.
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

const [parcel = '', root = '', folder = '', again] = process.argv.slice(2);
const layout = layoutUnder(root);
const trust = loadTrust(layout, loadConfig(layout).trust.threshold);
const { path, hashed } = await receiveFile(layout.inbox, 'usb', parcel, 'follow');
const file = prove(await openHashed(path, 'refuse', hashed), trust);
mkdirSync(folder);
if (again === undefined) await unpack(file, folder);
else await withVerified(path, 'refuse', trust, (proven) => unpack(proven, folder));
file.close();
