/**
 * Neighbours: who was heard, who was met, and how it went. Of the neighbours the last 2,000 are kept, of the contacts the last
 * 10,000. What stands in a ping that was believed is kept too, so that it is not believed twice.
 */
import type { ContactRow, NeighbourRow } from './rows.ts';
import type { Table } from './table.ts';

const keptNeighbours = 2000;
const keptContacts = 10_000;
/** Incarnations that are remembered of one neighbour: a node has another only when its ledger was lost. */
const keptIncarnations = 16;

/** What a believed ping, or a contact, has told of a neighbour. */
export type Sighting = Pick<NeighbourRow, 'node' | 'role' | 'serial' | 'address'> & { readonly at: string };

export type NewContact = Omit<ContactRow, 'id'>;

export class Neighbours {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** The newest counter that was believed of this incarnation; 0: none. */
  counterOf(node: string, incarnation: string): number {
    const row = this.#table.row(
      'SELECT counter FROM pings WHERE node = ? AND incarnation = ?',
      node,
      incarnation,
    );
    return (row?.['counter'] as number | undefined) ?? 0;
  }

  /** Remembers a ping that was believed, and where it came from. */
  heard(
    { node, role, serial, address, at }: Sighting,
    { incarnation, counter }: { incarnation: string; counter: number },
  ): void {
    this.#table.transaction(() => {
      this.#table.write(
        `INSERT INTO pings (node, incarnation, counter) VALUES (?, ?, ?)
         ON CONFLICT (node, incarnation) DO UPDATE SET counter = max(counter, excluded.counter)`,
        node,
        incarnation,
        counter,
      );
      this.#table.write(
        `DELETE FROM pings WHERE node = ? AND rowid NOT IN
           (SELECT rowid FROM pings WHERE node = ? ORDER BY rowid DESC LIMIT ?)`,
        node,
        node,
        keptIncarnations,
      );
      this.#table.write(
        `INSERT INTO neighbours (node, role, serial, address, heard_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (node) DO UPDATE SET role = excluded.role, serial = excluded.serial, address = excluded.address,
           heard_at = excluded.heard_at`,
        node,
        role,
        serial,
        address,
        at,
      );
      this.#forget();
    });
  }

  /** Records a contact that has ended. @param address by which the neighbour was reached */
  met(contact: NewContact, address: string): void {
    const { at, peer, role, seconds, bytesIn, bytesOut, parcelsIn, reason } = contact;
    this.#table.transaction(() => {
      this.#table.write(
        `INSERT INTO contacts (at, peer, role, seconds, bytes_in, bytes_out, parcels_in, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        at,
        peer,
        role,
        seconds,
        bytesIn,
        bytesOut,
        parcelsIn,
        reason,
      );
      this.#table.write('DELETE FROM contacts WHERE id <= (SELECT max(id) FROM contacts) - ?', keptContacts);
      this.#table.write(
        `INSERT INTO neighbours (node, role, serial, address) VALUES (?, ?, 0, ?) ON CONFLICT (node) DO NOTHING`,
        peer,
        role,
        address,
      );
      this.#table.write(
        `UPDATE neighbours SET role = CASE ? WHEN '' THEN role ELSE ? END, address = ?, met_at = ?, contacts = contacts + 1,
           bytes_in = bytes_in + ?, bytes_out = bytes_out + ?, parcels_in = parcels_in + ?, reason = ? WHERE node = ?`,
        role,
        role,
        address,
        at,
        bytesIn,
        bytesOut,
        parcelsIn,
        reason,
        peer,
      );
      this.#forget();
    });
  }

  #forget(): void {
    this.#table.write(
      `DELETE FROM neighbours WHERE rowid NOT IN (SELECT rowid FROM neighbours ORDER BY max(coalesce(heard_at, ''), coalesce(met_at, '')) DESC LIMIT ?)`,
      keptNeighbours,
    );
  }

  /** In the order of GUIDs. */
  all(): NeighbourRow[] {
    return this.#table.rows('SELECT * FROM neighbours ORDER BY node') as unknown as NeighbourRow[];
  }

  /** Contacts after one, in their order: what has not been carried home yet. */
  contactsAfter(id: number, limit: number): ContactRow[] {
    return this.#table.rows(
      'SELECT * FROM contacts WHERE id > ? ORDER BY id LIMIT ?',
      id,
      limit,
    ) as unknown as ContactRow[];
  }

  /** Counts a ping that was not believed. @param why in a few words, of a closed set */
  countRefused(why: string, times: number): void {
    this.#table.write(
      'INSERT INTO refused_pings (why, times) VALUES (?, ?) ON CONFLICT (why) DO UPDATE SET times = times + excluded.times',
      why,
      times,
    );
  }

  /** Pings that were not believed, by reason. */
  refusedPings(): Record<string, number> {
    return Object.fromEntries(
      this.#table
        .rows('SELECT why, times FROM refused_pings ORDER BY why')
        .map(({ why, times }) => [why as string, times as number]),
    );
  }
}
