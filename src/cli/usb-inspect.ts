import { resolve } from 'node:path';
import { flag, type Input } from '../command-line/command.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import type { Io } from '../command-line/io.ts';
import { errorTable, FerrymanError } from '../errors.ts';
import {
  inspectKey,
  type InspectedKey,
  type InspectedNotice,
  type InspectedUpdate,
} from '../usb/office/inspect-key.ts';
import { noticeFolders } from '../usb/office/key-files.ts';
import { openKey, type OpenedKey } from '../usb/office/open-key.ts';
import { json } from './options.ts';
import {
  noticeJson,
  passJson,
  passLines,
  problemJson,
  signersInWords,
  trustOf,
  withTools,
} from './usb-options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const target = resolve(input.args[0] ?? '');
  const trust = trustOf(input);
  const { key, inspected } = await withTools(io, async (tools) => {
    const opened = await openKey(target, tools);
    return { key: opened, inspected: await inspectKey(opened, trust, Date.now()) };
  });
  const isVerified = trust !== undefined;
  if (flag(input, 'json')) json(io, inspectedJson(target, key, { ...inspected, isVerified }));
  else io.out(inspectedText(target, key, { ...inspected, isVerified }));
  return inspected.problems.length === 0 ? 0 : errorTable['usb.pass-missing'].exit;
}

type Inspected = InspectedKey & { readonly isVerified: boolean };

function inspectedText(target: string, { fileSystem }: OpenedKey, key: Inspected): string {
  const { pass, fits, notices, updates, reports, problems, isVerified } = key;
  const on = fileSystem
    ? `${fileSystem.type} ${fileSystem.uuid || 'without UUID'}`
    : 'no file system of its own, or none that is known';
  return [
    ...(isVerified
      ? []
      : ['NOT VERIFIED: no office key was named, so this proves nothing. Use --pub or --keys.', '']),
    `${target}: ${on}`,
    ...(pass && !(pass instanceof FerrymanError)
      ? passLines(pass, isVerified)
      : ['no pass that can be read']),
    ...(fits === undefined
      ? []
      : [`  this key    ${fits ? fitInWords(pass) : 'is NOT the one that it was made for'}`]),
    ...notices.flatMap((notice) => noticeLines(notice, isVerified)),
    ...updates.flatMap((update) => updateLines(update, isVerified)),
    ...(updates.length === 0 ? ['no updates'] : []),
    ...reports.map(({ node, receipts }) => `report of ${node}: ${receipts.length} visits`),
    ...problems.map((problem) => `! ${problem}`),
    '',
  ].join('\n');
}

/** A folder or an image tells no serial number, so nothing is said of it. */
function fitInWords(pass: Inspected['pass']): string {
  const bound = pass && !(pass instanceof FerrymanError) && pass.terms.serial !== undefined;
  return bound
    ? 'has the volume that it was made for; its serial number is not looked at here'
    : 'is the one that it was made for';
}

function noticeLines({ kind, name, notice }: InspectedNotice, isVerified: boolean): string[] {
  const file = `${noticeFolders[kind]}/${name}`;
  if (notice instanceof FerrymanError) return [`${file}: nothing that can be read`];
  const { title, bytes, signers } = notice;
  return [
    title,
    `  file        ${file}, ${bytesInWords(bytes)}`,
    `  ${isVerified ? 'signed by ' : 'signatures'}  ${signersInWords(signers, isVerified)}`,
  ];
}

function updateLines({ name, update }: InspectedUpdate, isVerified: boolean): string[] {
  if (update instanceof FerrymanError) return [`${name}: no update that can be read`];
  const { manifest, bytes, signers } = update;
  return [
    `update ${manifest.sequence} "${manifest.title}"`,
    `  file        ${name}, ${bytesInWords(bytes)}`,
    `  for         ${manifest.recipients.join(', ')}`,
    `  ${isVerified ? 'signed by ' : 'signatures'}  ${signersInWords(signers, isVerified)}`,
  ];
}

function inspectedJson(target: string, { kind, fileSystem }: OpenedKey, key: Inspected): object {
  const { pass, fits, notices, updates, reports, problems, isVerified } = key;
  return {
    schema: 'ferryman.usb-inspect/1',
    target,
    kind,
    fileSystem: fileSystem ?? null,
    verified: isVerified,
    pass: pass && !(pass instanceof FerrymanError) ? passJson(pass) : null,
    passProblem: pass instanceof FerrymanError ? problemJson(pass) : null,
    fits: fits ?? null,
    notices: notices.map(inspectedNoticeJson),
    updates: updates.map(updateJson),
    reports: reports.map(({ node, files, receipts }) => ({
      node,
      files: files.length,
      visits: receipts.length,
    })),
    problems,
  };
}

function inspectedNoticeJson({ kind, name, notice }: InspectedNotice): object {
  if (notice instanceof FerrymanError) {
    const unknown = { title: null, bytes: null, digest: null, signers: null };
    return { kind, name, ...unknown, problem: problemJson(notice) };
  }
  return { ...noticeJson(notice), name, problem: null };
}

function updateJson({ name, update }: InspectedUpdate): object {
  if (update instanceof FerrymanError)
    return {
      name,
      sequence: null,
      title: null,
      recipients: null,
      bytes: null,
      digest: null,
      signers: null,
      problem: problemJson(update),
    };
  const { manifest, bytes, digest, signers } = update;
  const { sequence, title, recipients } = manifest;
  return { name, sequence, title, recipients, bytes, digest, signers, problem: null };
}
