/** What needs a person, as CSV. */
import type { Need } from '../../fleet/facts.ts';
import type { Column } from '../parts/list.ts';
import { iso } from '../parts/moment.ts';

export const needColumns: readonly Column<Need>[] = [
  { key: 'kind', heading: 'Kind', value: ({ kind }) => kind },
  { key: 'text', heading: 'What', value: ({ text }) => text },
  { key: 'update', heading: 'Update', value: ({ update }) => update },
  { key: 'nodes', heading: 'Nodes', value: ({ nodeCount }) => nodeCount },
  { key: 'such_as', heading: 'Such as', value: ({ nodes }) => nodes.map(({ guid }) => guid).join(' ') },
  { key: 'since', heading: 'Since', value: ({ sinceAt }) => (sinceAt === null ? null : iso(sinceAt)) },
];
