/** What people tell the office about its nodes: names, places, notes, pauses. */
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import { isGuid } from '../../parcel/recipients.ts';
import type { FleetChanges, NodeName } from '../facts.ts';
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import { findNode } from './find-one.ts';

const maxNameLength = 64;
const maxPlaceLength = 200;
const maxNoteLength = 4000;

export function fleetChanges(store: FleetStore): FleetChanges {
  return {
    rename: (who, name) =>
      store.transaction(async (transaction) => {
        const { guid } = await findNode(transaction, who);
        await checkName(transaction, guid, name);
        await transaction.updateTable('nodes').set({ name }).where('guid', '=', guid).execute();
        return { guid, name };
      }),
    describe: (who, words) =>
      store.transaction(async (transaction) => {
        const node = await findNode(transaction, who);
        const { place, note } = words;
        if (place !== undefined) checkWords('place', place, maxPlaceLength);
        if (note !== undefined) checkWords('note', note.replaceAll(/\r?\n/g, ' '), maxNoteLength);
        const set = { ...(place === undefined ? {} : { place }), ...(note === undefined ? {} : { note }) };
        if (Object.keys(set).length > 0)
          await transaction.updateTable('nodes').set(set).where('guid', '=', node.guid).execute();
        return node;
      }),
    pause: (who, untilMs) => store.transaction((transaction) => pause(transaction, who, untilMs)),
  };
}

async function pause(transaction: FleetTransaction, who: string, untilMs: number | null): Promise<NodeName> {
  const node = await findNode(transaction, who);
  await transaction
    .updateTable('nodes')
    .set({ paused_until: untilMs === null ? null : Math.floor(untilMs) })
    .where('guid', '=', node.guid)
    .execute();
  return node;
}

/** A name that looks like a GUID, or like the beginning of one, would hide a node from its own GUID. */
async function checkName(transaction: FleetTransaction, guid: string, name: string): Promise<void> {
  checkWords('name', name, maxNameLength);
  const isLikeGuid = isGuid(name.toLowerCase()) || /^[0-9a-f]{8}-[0-9a-f-]*$/i.test(name);
  if (isLikeGuid || name !== name.trim())
    throw new FerrymanError('fleet.name', `expected a name, found "${printable(name)}"`);
  if (name === '') return;
  const others = transaction.selectFrom('nodes').select('guid').where('name', '=', name);
  const other = await others.where('guid', '<>', guid).executeTakeFirst();
  if (other)
    throw new FerrymanError(
      'fleet.name',
      `"${name}": expected a name of no other node, found it on ${other.guid}`,
    );
}

function checkWords(what: string, text: string, maxLength: number): void {
  if (text.length > maxLength || /[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    throw new FerrymanError(
      'fleet.name',
      `expected a ${what} of at most ${maxLength} printable characters, found "${printable(text.slice(0, 80))}"`,
    );
}
