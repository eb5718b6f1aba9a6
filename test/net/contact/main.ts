/**
 * Contacts of a ferry, one after the other without a pause, as its daemon makes them: `ROOT PEER TIMES SUMMARY-MS`. PEER: GUID@HOST:PORT. A line of JSON
 * for each, `{ reason, parcelsIn }`; ends early when nothing more is to be had.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openToNeighbours } from '../../../src/enrol/flood-user.ts';
import { readOwnNode } from '../../../src/enrol/own-node.ts';
import { enrolmentPlaces } from '../../../src/enrol/places.ts';
import { Beliefs } from '../../../src/flood/beliefs.ts';
import { meet } from '../../../src/flood/exchange/contact.ts';
import { KnownNeighbours } from '../../../src/flood/exchange/known-neighbours.ts';
import { UnderWay } from '../../../src/flood/exchange/under-way.ts';
import { findUser } from '../../../src/flood/exchange/unprivileged.ts';
import { takeOwnAcknowledged } from '../../../src/flood/own-acknowledged.ts';
import { parsePeer } from '../../../src/flood/peer.ts';
import { freeBytesOf } from '../../../src/flood/pool/free-bytes.ts';
import { RelayTaker } from '../../../src/flood/pool/relay-taker.ts';
import { Strikes } from '../../../src/flood/pool/strikes.ts';
import { Relay } from '../../../src/flood/relay.ts';
import { readUptimeSeconds } from '../../../src/host/process-identity.ts';
import { openLedger } from '../../../src/ledger/open.ts';
import { readConfig } from '../../../src/node/config/read-config.ts';
import { layoutUnder } from '../../../src/node/layout.ts';
import { loadTrust } from '../../../src/node/trust-store.ts';

const [root = '', at = '', times = '1', summaryMs] = process.argv.slice(2);
const layout = layoutUnder(root);
const { config } = readConfig(readFileSync(layout.configFile, 'utf8'), root);
const own = config && (await readOwnNode(layout, config.node.guid));
const peer = parsePeer(at);
if (!config || !own || !peer) throw new Error('expected an enrolled node, and a peer');
const ledger = openLedger(layout.ledgerFile);
const beliefs = new Beliefs(() => loadTrust(layout, config.trust.threshold));
const host = {
  now: () => new Date().toISOString().replace(/\.\d+/, ''),
  uptimeSeconds: readUptimeSeconds,
  randomHex: (bytes: number) => randomBytes(bytes).toString('hex'),
};
const tell = ({ text }: { readonly text: string }): void => void process.stderr.write(`${text}\n`);
const surroundings = { layout, config, ledger, host, own, beliefs, tell };
const user = await findUser(config.flood.user, true);
if (user) openToNeighbours(layout, user);
const quarantine = {
  folder: layout.quarantine,
  notes: ledger.poolNotes,
  now: host.now,
  strikes: new Strikes(),
};
const relay = new Relay(surroundings, {
  rosterChanged: () => Promise.resolve(),
  acknowledged: (ack) => {
    takeOwnAcknowledged({ layout, node: config.node, ledger }, ack);
    return Promise.resolve();
  },
});
const room = {
  maxBytes: config.flood.poolMegabytes * 1024 * 1024,
  freeBytes: () => freeBytesOf(layout.state),
};
const known = new KnownNeighbours(ledger, own.role, host);
const value = known.value.bind(known);
const taker = new RelayTaker(relay.pool, relay.acks.cover, { beliefs, quarantine, room, value });
await relay.open({ free: () => taker.free, meetings: () => known.meetings });
const sshConfig = enrolmentPlaces(layout).sshConfig;
const setup = {
  surroundings,
  relay,
  taker,
  quarantine,
  handed: new Set<string>(),
  user,
  sshConfig,
  known,
  underWay: new UnderWay(),
  ...(summaryMs === undefined ? {} : { summaryMs: Number(summaryMs) }),
};
for (let contact = 0; contact < Number(times); contact += 1) {
  await relay.look();
  const { reason, parcelsIn, problem } = await meet(setup, peer, new AbortController().signal);
  process.stdout.write(`${JSON.stringify({ reason, parcelsIn })}\n`);
  if (problem === undefined) break;
}
await relay.look();
ledger.close();
