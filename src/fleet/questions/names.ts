/** Names of the nodes of a page. A join would name all of them before the page is cut. */
import type { Kysely } from 'kysely';
import type { NodeName } from '../facts/node.ts';
import type { FleetSchema } from '../store/schema.ts';

/** GUIDs in one statement. */
const portion = 5000;

/** @returns what a GUID is called; `''` for one that has no name or is not known */
export async function namesOf(
  db: Kysely<FleetSchema>,
  guids: readonly string[],
): Promise<(guid: string) => NodeName> {
  const wanted = [...new Set(guids)];
  const names = new Map<string, string>();
  for (let from = 0; from < wanted.length; from += portion) {
    const some = wanted.slice(from, from + portion);
    const rows = await db.selectFrom('nodes').select(['guid', 'name']).where('guid', 'in', some).execute();
    for (const { guid, name } of rows) names.set(guid, name);
  }
  return (guid) => ({ guid, name: names.get(guid) ?? '' });
}
