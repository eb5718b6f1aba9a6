import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { leaseMs, leaseName } from '../fleet/alerts/alert-loop.ts';
import { IncidentStore } from '../fleet/alerts/incident-store.ts';
import { LeaseStore } from '../fleet/alerts/lease-store.ts';
import { asJson } from '../fleet/as-json.ts';
import { printable } from '../parcel/printable.ts';
import { formatTimestamp } from '../parcel/timestamp.ts';
import { atFleet } from './fleet-desk.ts';
import { json } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const { incidents, watched } = await atFleet(input, io, async ({ store, nowMs }) => ({
    incidents: await new IncidentStore(store).open(),
    watched: await new LeaseStore(store).isTaken(leaseName, nowMs, leaseMs),
  }));
  if (flag(input, 'json')) {
    json(io, { schema: 'ferryman.alerts/1', watched, ...asJson({ incidents }) });
    return 0;
  }
  for (const { kind, text, sinceAt, openedAt } of incidents)
    io.out(`${formatTimestamp(sinceAt ?? openedAt)} ${kind}: ${printable(text)}\n`);
  if (watched && incidents.length === 0) io.out('nothing is known to be wrong\n');
  // What nobody looks at is not in order.
  if (!watched) io.out('nobody watches: neither the daemon of a proxy nor "ferryman office" is at work\n');
  return 0;
}
