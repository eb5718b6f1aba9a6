import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
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
    const incidents = await new IncidentStore(store).open();
    if (flag(input, 'json')) {
      const lines = incidents.map(({ id, kind, subject, text, count, openedAt }) => ({
        id,
        kind,
        subject,
        text,
        count,
        openedAt: formatTimestamp(openedAt),
      }));
      json(io, { schema: 'ferryman.alerts/1', incidents: lines });
    } else if (incidents.length === 0) io.out('nothing is known to be wrong\n');
    else
      for (const { kind, text, openedAt } of incidents)
        io.out(`${formatTimestamp(openedAt)} ${kind}: ${printable(text)}\n`);
    return 0;
  } finally {
    await store.close();
  }
}
