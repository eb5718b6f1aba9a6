import { basename, resolve } from 'node:path';
import { flag, text, type Input } from '../command-line/command.ts';
import { counted } from '../command-line/counted.ts';
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
import { findRequest, type FoundRequest } from '../usb/office/found-request.ts';
import { isArchive, keepArchives, type KeptArchives } from '../usb/office/keep-archives.ts';
import { keepReport, Room, type KeptReport } from '../usb/office/keep-report.ts';
import { openKey } from '../usb/office/open-key.ts';
import type { Tools } from '../usb/read/tools.ts';
import { json } from './options.ts';
import { trustOf, withTools } from './usb-options.ts';

interface Collected {
  readonly report: NodeReport;
  readonly kept: KeptReport;
  readonly archives: KeptArchives;
  readonly request: FoundRequest | undefined;
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
  const keys = nodeKeys(text(input, 'nodeKeys'));
  const found = await findReports(files, keys);
  const room = new Room();
  const collected: Collected[] = [];
  const trust = trustOf(input);
  const problems = [...found.problems];
  for (const report of found.nodes) {
    const { node } = report;
    const paths = report.files.filter(isArchive);
    const archives = await keepArchives(files, { node, paths }, out, trust);
    const kept = await keepReport(files, report, out, room);
    const asked = report.files.includes('request.txt')
      ? findRequest(kept.folder, node, keys.get(node))
      : undefined;
    const request = asked instanceof FerrymanError ? undefined : asked;
    collected.push({ report, kept, archives, request });
    problems.push(...report.problems, ...kept.problems, ...archives.problems);
    if (asked instanceof FerrymanError) problems.push(asked.message);
  }
  return { collected, problems };
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
    ...collected.flatMap(({ report, kept, archives, request }) => [
      `${report.node}: ${kept.added} new files in ${kept.folder}`,
      ...report.receipts.flatMap(visitLines),
      ...archiveLines(archives),
      ...requestLines(request),
    ]),
    ...(collected.length === 0 ? ['no reports on this key'] : []),
    ...problems.map((problem) => `! ${problem}`),
    '',
  ].join('\n');
}

function archiveLines({ folder, found, added }: KeptArchives): string[] {
  if (found === 0) return [];
  return [
    `  ${counted(found, 'archive')} of logs, ${added} of them new`,
    `    ferryman proxy take ${folder}    # on a proxy`,
  ];
}

function requestLines(request: FoundRequest | undefined): string[] {
  if (!request) return [];
  return [
    `  asks to be enrolled, fingerprint ${request.fingerprint}`,
    `    ferryman enrol sign ${request.file} …    # ${request.isKnown ? 'by the key that is known here' : 'once the fingerprint was compared with the one at the node'}`,
  ];
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
    nodes: collected.map(({ report, kept, archives, request }) => ({
      node: report.node,
      folder: kept.folder,
      newFiles: kept.added,
      archives: { folder: archives.folder, found: archives.found, newFiles: archives.added },
      request: request ?? null,
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
