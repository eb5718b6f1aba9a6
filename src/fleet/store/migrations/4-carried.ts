/** An update is carried to a node by whom that meets, not by whoever has it somewhere. What was entered before is judged anew. */
import { sql } from 'kysely';
import type { TableMaker } from '../table-maker.ts';

export async function carriedByRoads(maker: TableMaker): Promise<void> {
  await maker.dropColumn('updates', 'is_carried');
  await maker.run(sql`
    update results set state = 'unseen' where state = 'carried' and not exists (
      select 1 from roads
      where (roads.node = results.node and (
        exists (select 1 from results h where h.node = roads.peer and h.digest = results.digest and h.state not in ('unseen', 'carried'))
        or exists (select 1 from holders h where h.node = roads.peer and h.digest = results.digest)))
      or (roads.peer = results.node and (
        exists (select 1 from results h where h.node = roads.node and h.digest = results.digest and h.state not in ('unseen', 'carried'))
        or exists (select 1 from holders h where h.node = roads.node and h.digest = results.digest))))`);
  await maker.run(sql`delete from update_counts where state in ('unseen', 'carried')`);
  await maker.run(sql`
    insert into update_counts (digest, state, count)
    select digest, state, count(*) from results where state in ('unseen', 'carried') group by digest, state`);
}
