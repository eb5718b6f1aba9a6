/** What to put on a USB key for one node: what it lacks. */
import type { Kysely } from 'kysely';
import { formatTimestamp } from '../../parcel/timestamp.ts';
import type { KeyContents } from '../facts/node.ts';
import { usbOf } from './usb.ts';
import type { FleetSchema } from '../store/schema.ts';

/**
 * Updates that are for it, that it has not said to have, and that have not expired. One that it has and does not run is not helped by another copy.
 *
 * @param guid of a node that is known @param nowMs the office's clock; expiry is decided by what the office has signed, so this is a guess
 */
export async function keyFor(db: Kysely<FleetSchema>, guid: string, nowMs: number): Promise<KeyContents> {
  const node = await db
    .selectFrom('nodes')
    .select(['guid', 'name'])
    .where('guid', '=', guid)
    .executeTakeFirstOrThrow();
  const rows = await db
    .selectFrom('results')
    .innerJoin('updates', 'updates.digest', 'results.digest')
    .select(['updates.sequence', 'updates.digest', 'updates.title', 'updates.bytes', 'updates.expires'])
    .select('results.state')
    .where('results.node', '=', guid)
    .where('results.state', 'in', ['unseen', 'carried'])
    .where('updates.sequence', 'is not', null)
    .orderBy('updates.sequence')
    .orderBy('updates.digest')
    .limit(1000)
    .execute();
  const usb = await usbOf(db, guid);
  const passNeeded = usb?.keys !== 'any';
  const now = formatTimestamp(nowMs);
  const updates = rows
    .filter(({ expires }) => expires === null || expires > now)
    .map(({ expires: _expires, sequence, ...row }) => ({ sequence: sequence ?? 0, ...row }));
  const files = updates.map(({ sequence }) => `update-${sequence}.zip`);
  return {
    node,
    updates,
    bytes: updates.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    keys: usb?.keys ?? null,
    passNeeded,
    command: ['ferryman usb prepare DEVICE', ...(passNeeded ? ['--pass pass.zip'] : []), ...files].join(' '),
  };
}
