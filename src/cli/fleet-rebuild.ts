import { flag, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
import type { Io } from '../command-line/io.ts';
import { FleetFeed, handTo } from '../fleet/ingest/fleet-feed.ts';
import { parseRanges } from '../parcel/sequences.ts';
import { openFleetStore } from '../fleet/store/open-store.ts';
import { loadConfig } from '../node/config.ts';
import { printable } from '../parcel/printable.ts';
import { contains, type SequenceSet } from '../parcel/sequence-sets.ts';
import { checkIsProxy } from '../proxy/check-role.ts';
import { feedAgain } from '../proxy/feed-again.ts';
import { beliefsOfFiles } from '../proxy/node-proxy.ts';
import { proxyPlaces } from '../proxy/places.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const config = loadConfig(layout);
  checkIsProxy(layout, config);
  const { closed } = await beliefsOfFiles(layout, config);
  const place = { ...config.fleet, file: layout.fleetFile };
  const feed = new FleetFeed({
    config: place,
    closed: () => closed,
    nowMs: () => Date.now(),
    tell: (text) => io.err(`${printable(text)}\n`),
  });
  try {
    const { held, unreadable } = await heldIn(place);
    const fed = await feedAgain(proxyPlaces(layout), {
      feed: handTo(feed, config.node.guid),
      isKnown: ({ origin, incarnation, sequence }) =>
        contains(held.get(`${origin}/${incarnation}`) ?? [], sequence) &&
        !unreadable.has(`${origin}/${incarnation}/${sequence}`),
      progress: (archives) => {
        if (io.stderrIsTerminal && archives % 500 === 0) io.err(`\r${archives} archives`);
      },
      tell: ({ code, message }) => io.err(`${printable(message)} [${code}]\n`),
      signal: io.stop,
    });
    if (flag(input, 'json')) json(io, { schema: 'ferryman.fleet-rebuild/1', ...fed });
    else {
      const damaged = fed.damaged === 0 ? '' : `, ${fed.damaged} damaged`;
      io.out(
        `${counted(fed.archives, 'archive')} in the store of this proxy, ${fed.fed} brought into the fleet store${damaged}\n`,
      );
    }
    return fed.damaged === 0 ? 0 : 1;
  } finally {
    await feed.close();
  }
}

interface Held {
  readonly held: ReadonlyMap<string, SequenceSet>;
  /** Of them; an archive that did not unpack may do so now. */
  readonly unreadable: ReadonlySet<string>;
}

/** What the fleet store has. */
async function heldIn(place: { store: string; file: string }): Promise<Held> {
  const store = await openFleetStore(place);
  try {
    return await store.transaction(async (transaction) => {
      const rows = await transaction
        .selectFrom('incarnations')
        .select(['node', 'incarnation', 'held'])
        .execute();
      const unreadable = await transaction
        .selectFrom('archives')
        .select(['node', 'incarnation', 'sequence'])
        .where('state', '=', 'unreadable')
        .execute();
      return {
        held: new Map(
          rows.map(({ node, incarnation, held }) => [`${node}/${incarnation}`, parseRanges(held)]),
        ),
        unreadable: new Set(
          unreadable.map(({ node, incarnation, sequence }) => `${node}/${incarnation}/${sequence}`),
        ),
      };
    });
  } finally {
    await store.close();
  }
}
