/** The proxy of a node: its store with the node's own keys, enrolment and roster. For the daemon and for commands alike. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readKeptRoster } from '../enrol/kept-roster.ts';
import { readOwnNode } from '../enrol/own-node.ts';
import { readRoster } from '../enrol/roster-shelf.ts';
import type { Config } from '../node/config/read-config.ts';
import type { Layout } from '../node/layout.ts';
import type { Incarnation } from '../parcel/roster.ts';
import { loadTrust } from '../node/trust-store.ts';
import { ProvenLines, verifyEnrolment } from '../verify/enrolled.ts';
import type { Trust } from '../verify/trust.ts';
import { checkIsProxy } from './check-role.ts';
import { Proxy, type ProxySetup } from './proxy.ts';
import type { Feed } from './settle.ts';
import { signerOf, type ProxySigner } from './proxy-signer.ts';
import { unpackTar } from './readable/unpack-tar.ts';
import { unpackArchive } from './readable/unpack-archive.ts';

/** Seconds between two acknowledgements of a shard, since each of them is carried to every node; where pings are so frequent that news travels in seconds … */
const longestSeconds = 60;
/** … so many pings. */
const acknowledgePings = 4;

/** @returns seconds between two acknowledgements of a shard */
export function secondsBetweenAcks({ pingSeconds }: Pick<Config['flood'], 'pingSeconds'>): number {
  return Math.min(longestSeconds, acknowledgePings * pingSeconds);
}

/** Whose word counts: what the daemon knows already, or what the files say. */
export type ProxyBeliefs = Pick<ProxySetup, 'trust' | 'isClosed' | 'signer' | 'stop'>;

/**
 * Opens the store of this node.
 *
 * @param feed who keeps the facts of archives before they are acknowledged
 * @throws FerrymanError `proxy.other-role`, and as `Proxy.open`
 */
export async function openNodeProxy(
  layout: Layout,
  config: Config,
  beliefs: ProxyBeliefs,
  feed: Feed | undefined,
): Promise<Proxy> {
  checkIsProxy(layout, config);
  return Proxy.open({
    layout,
    ...beliefs,
    ...(feed ? { feed } : {}),
    unpack: (archive, folder) => unpackArchive(archive, folder, unpackTar),
    nowMs: () => Date.now(),
    randomHex: (bytes) => randomBytes(bytes).toString('hex'),
    acknowledgeSeconds: secondsBetweenAcks(config.flood),
  });
}

/** What the files say, read for one command. @throws FerrymanError `trust.*`, and why the roster does not prove to be the office's */
export async function beliefsOfFiles(
  layout: Layout,
  { node, trust: { threshold } }: Config,
): Promise<ProxyBeliefs & { readonly closed: readonly Incarnation[] }> {
  const trust = loadTrust(layout, threshold);
  const offered = await readRoster(join(layout.state, 'relay/roster.zip'), trust);
  const kept = readKeptRoster(layout);
  const roster = kept && kept.number > (offered?.number ?? 0) ? kept : offered;
  const closed = new Set(roster?.closed.map(({ origin, incarnation }) => `${origin}/${incarnation}`));
  const nodeTrust = { trust, revoked: roster?.revoked ?? [], proven: new ProvenLines() };
  return {
    closed: roster?.closed ?? [],
    trust: () => nodeTrust,
    isClosed: (origin, incarnation) => closed.has(`${origin}/${incarnation}`),
    signer: () => readSigner(layout, node.guid, trust),
  };
}

/** `undefined`: not enrolled, or not as a proxy. @throws FerrymanError `enrolment.*`, `key.*`, `trust.*` */
async function readSigner(layout: Layout, guid: string, trust: Trust): Promise<ProxySigner | undefined> {
  const own = await readOwnNode(layout, guid);
  if (!own) return undefined;
  verifyEnrolment(own.line, trust);
  return signerOf(own);
}
