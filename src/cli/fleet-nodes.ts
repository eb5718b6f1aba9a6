import { whenInWords } from '../command-line/ages.ts';
import { table } from '../command-line/columns.ts';
import { text, texts, flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError } from '../command-line/values.ts';
import type { NodesPage } from '../fleet/facts/node.ts';
import { parseNodeQuery, type NodeQuery } from '../fleet/node-query.ts';
import { nodeStateWords } from '../fleet/states.ts';
import { printable } from '../parcel/printable.ts';
import { toCsv } from '../fleet/lists/csv.ts';
import { nodeFields } from '../fleet/lists/fields.ts';
import { atFleet, print } from './fleet-desk.ts';
import { heading, nodeInWords, nodeStyle, oddities, outcomeInWords, type FleetLook } from './fleet-words.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const query = queryOf(input);
  const facts = await atFleet(input, io, ({ ask, nowMs }) => ask.nodes(query, nowMs));
  print(input, io, {
    schema: 'ferryman.fleet-nodes/1',
    facts,
    text: nodesText,
    csv: ({ nodes }) => toCsv(nodeFields, nodes),
  });
  return 0;
}

const lists = ['state', 'role', 'group', 'road', 'mark', 'result'] as const;
const singles = ['text', 'update', 'sort', 'page', 'size'] as const;

/** @throws FerrymanError `usage.invalid` */
export function queryOf(input: Input): NodeQuery {
  const params = new URLSearchParams();
  for (const name of lists) for (const value of texts(input, name)) params.append(name, value);
  for (const name of singles) {
    const value = text(input, name);
    if (value !== undefined) params.append(name, value);
  }
  if (flag(input, 'reverse')) params.append('order', 'reverse');
  const typed = text(input, 'query');
  if (typed === undefined) return parseNodeQuery(params.toString());
  if (params.size > 0) throw usageError('--query: expected no other filter beside it');
  return parseNodeQuery(typed.replace(/^.*\?/, ''));
}

export function nodesText({ nodes, total, query }: NodesPage, look: FleetLook): string {
  const { columns, paint, nowMs } = look;
  if (nodes.length === 0)
    return total === 0 ? 'no node is like that\n' : `${total} nodes, none on this page\n`;
  const hasUpdate = query.update !== undefined;
  const cells = nodes.map((node) => [
    nodeInWords(node),
    node.role ?? '?',
    nodeStateWords[node.state].label,
    ...(hasUpdate ? [node.result ? outcomeInWords(node.result) : '-'] : []),
    whenInWords(node.heardAt, nowMs),
    String(node.newestSequence ?? '-'),
    hasUpdate ? printable(node.result?.lastLine || node.result?.reason || '') : oddities(node, nowMs),
  ]);
  const named = [
    ...heading(nodeFields, 'name', 'role', 'state', ...(hasUpdate ? (['result.sequence'] as const) : [])),
    ...heading(nodeFields, 'heardAt', 'newestSequence'),
    'NOTES',
  ];
  const [first = '', ...lines] = table([named, ...cells], columns, new Set([named.length - 2]));
  const before = (query.page - 1) * query.size;
  return [
    paint('faint', first),
    ...lines.map((line, index) => {
      const { label } = nodeStateWords[nodes[index]?.state ?? 'current'];
      return line.replace(
        ` ${label} `,
        () => ` ${paint(nodeStyle(nodes[index]?.state ?? 'current'), label)} `,
      );
    }),
    ...(nodes.length < total
      ? [paint('faint', `${before + 1} to ${before + nodes.length} of ${total}; --page N has others`)]
      : []),
    '',
  ].join('\n');
}
