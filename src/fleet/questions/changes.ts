/** What people tell the office about its nodes: names, places, notes, pauses. */
import { FerrymanError } from '../../errors.ts';
import { printable } from '../../parcel/printable.ts';
import type { NodeName } from '../facts/node.ts';
import type { FleetChanges, NodeWords } from '../facts/questions.ts';
import type { FleetStore, FleetTransaction } from '../store/open-store.ts';
import { findNode, isCalled } from './find-one.ts';

const maxNameLength = 64;
const maxPlaceLength = 200;
const maxNoteLength = 4000;

export function fleetChanges(store: FleetStore): FleetChanges {
  return {
    describe: (who, words) => store.transaction((transaction) => describe(transaction, who, words)),
    pause: (who, untilMs) => store.transaction((transaction) => pause(transaction, who, untilMs)),
  };
}

async function describe(
  transaction: FleetTransaction,
  who: string,
  { name, place, note }: NodeWords,
): Promise<NodeName> {
  const node = await findNode(transaction, who);
  if (name !== undefined) await checkName(transaction, node.guid, name);
  if (place !== undefined) checkWords('place', place, maxPlaceLength);
  if (note !== undefined) checkWords('note', note.replaceAll(/\r?\n/g, ' '), maxNoteLength);
  const set = {
    ...(name === undefined ? {} : { name }),
    ...(place === undefined ? {} : { place }),
    ...(note === undefined ? {} : { note }),
  };
  if (Object.keys(set).length > 0)
    await transaction.updateTable('nodes').set(set).where('guid', '=', node.guid).execute();
  return { guid: node.guid, name: name ?? node.name };
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

/** A name that could be the beginning of a GUID would lead from there to this node instead of that one; figures alone could be any number. */
async function checkName(transaction: FleetTransaction, guid: string, name: string): Promise<void> {
  checkWords('name', name, maxNameLength);
  const isLikeGuid = /^[0-9a-f-]{4,}$/i.test(name) || /^\d+$/.test(name);
  if (isLikeGuid || name !== name.trim())
    throw new FerrymanError(
      'fleet.name',
      `expected a name, not figures or the beginning of a GUID, found "${printable(name)}"`,
    );
  if (name === '') return;
  const others = transaction.selectFrom('nodes').select('guid').where(isCalled(name));
  const other = await others.where('guid', '<>', guid).executeTakeFirst();
  if (other)
    throw new FerrymanError(
      'fleet.name',
      `"${printable(name)}": expected a name of no other node, found it on ${other.guid}`,
    );
}

function checkWords(what: string, text: string, maxLength: number): void {
  if (text.length > maxLength || /[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    throw new FerrymanError(
      'fleet.name',
      `expected a ${what} of at most ${maxLength} printable characters, found "${printable(text.slice(0, 80))}"`,
    );
}
