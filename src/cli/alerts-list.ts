import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { leaseMs, leaseName } from '../fleet/alerts/alert-loop.ts';
import { IncidentStore } from '../fleet/alerts/incident-store.ts';
import { openFleetStoreThatIs } from '../fleet/store/open-store.ts';
import { loadConfig } from '../node/config.ts';
import { printable } from '../parcel/printable.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { json, layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  const { fleet } = loadConfig(layout);
  const store = await openFleetStoreThatIs({ store: fleet.store, file: layout.fleetFile });
  try {
    const known = new IncidentStore(store);
    const incidents = await known.open();
    const watched = await known.isLeased(leaseName, Date.now(), leaseMs);
    if (flag(input, 'json')) {
      const lines = incidents.map(({ id, kind, subject, text, count, sinceAt, openedAt }) => ({
        id,
        kind,
        subject,
        text,
        count,
        sinceAt: sinceAt === null ? null : formatTimestamp(sinceAt),
        openedAt: formatTimestamp(openedAt),
      }));
      json(io, { schema: 'ferryman.alerts/1', watched, incidents: lines });
    } else {
      for (const { kind, text, sinceAt, openedAt } of incidents)
        io.out(`${formatTimestamp(sinceAt ?? openedAt)} ${kind}: ${printable(text)}\n`);
      if (watched && incidents.length === 0) io.out('nothing is known to be wrong\n');
      // What nobody looks at is not in order.
      if (!watched)
        io.out('nobody watches: neither the daemon of a proxy nor "ferryman office" is at work\n');
    }
    return 0;
  } finally {
    await store.close();
  }
}
