import { basename, resolve } from 'node:path';
import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { errorTable, FerrymanError } from '../errors.ts';
import { listKeyFiles } from '../node/trust-store.ts';
import type { PublicKey } from '../parcel/public-key.ts';
import type { UpdateReceipt } from '../parcel/usb-receipts.ts';
import {
  findReports,
  isRefused,
  type FoundReceipts,
  type NodeReport,
} from '../usb/office/collect-reports.ts';
import { keepReport, Room, type KeptReport } from '../usb/office/keep-report.ts';
import { openKey } from '../usb/office/open-key.ts';
import type { Tools } from '../usb/read/tools.ts';
import { json } from './options.ts';
import { withTools } from './usb-options.ts';

interface Collected {
  readonly report: NodeReport;
  readonly kept: KeptReport;
}

export async function run(input: Input, io: Io): Promise<number> {
  const { collected, problems } = await withTools(io, (tools) => collect(input, tools));
  if (flag(input, 'json')) json(io, collectedJson(collected, problems));
  else io.out(collectedText(collected, problems));
  return collected.some(({ report }) => isRefused(report)) ? errorTable['receipts.unproven'].exit : 0;
}

async function collect(
  input: Input,
  tools: Tools,
): Promise<{ readonly collected: readonly Collected[]; readonly problems: readonly string[] }> {
  const { files } = await openKey(resolve(input.args[0] ?? ''), tools);
  const out = text(input, 'output') ?? '';
  const found = await findReports(files, nodeKeys(text(input, 'nodeKeys')));
  const room = new Room();
  const collected: Collected[] = [];
  for (const report of found.nodes)
    collected.push({ report, kept: await keepReport(files, report, out, room) });
  const problems = collected.flatMap(({ report, kept }) => [...report.problems, ...kept.problems]);
  return { collected, problems: [...found.problems, ...problems] };
}

/** `GUID.pub` in a folder, as `ferryman init` makes them on nodes under the name `identity.pub`. */
function nodeKeys(folder: string | undefined): ReadonlyMap<string, PublicKey> {
  if (folder === undefined) return new Map();
  return new Map(
    listKeyFiles({ keys: folder }).map(({ name, key }) => {
      if (key instanceof FerrymanError) throw key;
      return [basename(name), key] as const;
    }),
  );
}

function collectedText(collected: readonly Collected[], problems: readonly string[]): string {
  return [
    ...collected.flatMap(({ report, kept }) => [
      `${report.node}: ${kept.added} new files in ${kept.folder}`,
      ...report.receipts.flatMap(visitLines),
    ]),
    ...(collected.length === 0 ? ['no reports on this key'] : []),
    ...problems.map((problem) => `! ${problem}`),
    '',
  ].join('\n');
}

function visitLines({ receipts, proof }: FoundReceipts): string[] {
  const { visit, updates, files, created } = receipts;
  const who = visit.technician === undefined ? '' : ` by ${visit.technician}`;
  return [
    `  visit ${visit.number}${who}, told at ${created}, ${proofInWords(proof)}`,
    ...updates.map((update) => `    ${outcome(update)}`),
    ...files.map(({ name, code, reason }) => `    ${name} was not taken: ${reason} [${code}]`),
  ];
}

function outcome({ sequence, title, state, exitStatus, reason }: UpdateReceipt): string {
  const status = exitStatus === undefined || exitStatus === 0 ? '' : ` ${exitStatus}`;
  return `update ${sequence ?? '?'} "${title}": ${state}${status}${reason === '' ? '' : ` (${reason})`}`;
}

function proofInWords(proof: FoundReceipts['proof']): string {
  if (proof instanceof FerrymanError) return 'NOT SIGNED by this node';
  return proof === 'signed' ? 'signed by this node' : "not checked: the node's key is not known here";
}

function collectedJson(collected: readonly Collected[], problems: readonly string[]): object {
  return {
    schema: 'ferryman.usb-collect/1',
    nodes: collected.map(({ report, kept }) => ({
      node: report.node,
      folder: kept.folder,
      newFiles: kept.added,
      visits: report.receipts.map(({ receipts, proof }) => ({
        proof: proof instanceof FerrymanError ? 'wrong' : proof,
        created: receipts.created,
        visit: receipts.visit,
        updates: receipts.updates,
        files: receipts.files,
      })),
    })),
    problems,
  };
}
