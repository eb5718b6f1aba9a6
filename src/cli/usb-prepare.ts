import { resolve } from 'node:path';
import { flag, text, texts, type Input } from '../command-line/command.ts';
import { bytesInWords } from '../command-line/bytes.ts';
import type { Io } from '../command-line/io.ts';
import { printable } from '../parcel/printable.ts';
import {
  findDevice,
  imageAsDevice,
  nameOf,
  whyNotErased,
  withParts,
  type BlockDevice,
  type FoundDevice,
} from '../usb/office/block-device.ts';
import { noticeFolders, updatesFolder } from '../usb/office/key-files.ts';
import { FerrymanError } from '../errors.ts';
import { isZip, mountedAt, targetKind } from '../usb/office/open-key.ts';
import { planKey, type KeyPlan } from '../usb/office/plan-key.ts';
import { checkFits, volumeLabel, writeDevice } from '../usb/office/write-device.ts';
import { checkVolume, writeFolder } from '../usb/office/write-folder.ts';
import { passPath } from '../usb/pass/read-pass.ts';
import type { Tools } from '../usb/read/tools.ts';
import { json } from './options.ts';
import { noticeJson, passJson, passLines, trustOf, withTools } from './usb-options.ts';

/** How long a tool may be silent: a large update is flushed to a slow key in one go. */
const stallMs = 3_600_000;

/** What is made, and what became of it. */
interface Prepared {
  readonly target: string;
  readonly plan: KeyPlan;
  readonly verified: boolean;
  /** The device, and what is on it; `undefined` for a folder. */
  readonly erased: FoundDevice | undefined;
  readonly done: boolean;
  readonly warnings: readonly string[];
}

export async function run(input: Input, io: Io): Promise<number> {
  const [typed = '', ...updateFiles] = input.args;
  const target = resolve(typed);
  const trust = trustOf(input);
  const kind = targetKind(target);
  if (kind === 'image') refuseParcel(target);
  const passFile = text(input, 'pass') ?? '';
  const noticeFiles = {
    roster: texts(input, 'roster'),
    ack: texts(input, 'ack'),
    enrolment: texts(input, 'enrolment'),
  };
  const plan = await planKey({ passFile, updateFiles, noticeFiles, trust, nowMs: Date.now() });
  const facts = { target, plan, verified: trust !== undefined };
  const prepared = await withTools(
    io,
    (tools) =>
      kind === 'folder'
        ? prepareFolder(facts, tools)
        : prepareDevice(facts, { isImage: kind === 'image', isMeant: flag(input, 'yes') }, tools),
    stallMs,
  );
  if (flag(input, 'json')) json(io, preparedJson(prepared));
  else {
    for (const warning of prepared.warnings) io.err(`warning: ${warning}\n`);
    io.out(preparedText(prepared));
  }
  return 0;
}

/** Whoever forgets to name the key names an update in its place, and would erase it. @throws FerrymanError `stick.refused` */
function refuseParcel(path: string): void {
  if (isZip(path))
    throw new FerrymanError(
      'stick.refused',
      `${path}: expected a folder, a device or an image file, found a zip file`,
    );
}

type Facts = Pick<Prepared, 'target' | 'plan' | 'verified'>;

async function prepareFolder(facts: Facts, tools: Tools): Promise<Prepared> {
  const { target, plan } = facts;
  const mounted = await mountedAt(target, tools);
  checkVolume(target, mounted, plan);
  await writeFolder(target, plan);
  const { volume } = plan.pass.terms;
  const unsure = mounted
    ? []
    : [
        `${target} is no mounted key that tells its UUID: nodes take these files only on the volume ${volume}`,
      ];
  return { ...facts, erased: undefined, done: true, warnings: [...plan.warnings, ...unsure] };
}

async function prepareDevice(
  facts: Facts,
  { isImage, isMeant }: { readonly isImage: boolean; readonly isMeant: boolean },
  tools: Tools,
): Promise<Prepared> {
  const { target, plan } = facts;
  const found = await (isImage ? imageAsDevice(target, tools) : findDevice(target, tools));
  const refused = whyNotErased(found);
  if (refused) throw refused;
  checkFits(plan, found.device);
  if (isMeant) await writeDevice(found.device, plan, tools);
  return {
    ...facts,
    erased: found,
    done: isMeant,
    warnings: [...plan.warnings, ...(isImage ? [] : serialDoubts(plan, found))],
  };
}

/** A node reads the key only in a device that tells the serial number of the pass. */
function serialDoubts({ pass: { terms } }: KeyPlan, { device, disk }: FoundDevice): string[] {
  const found = (disk ?? device).serial?.trim();
  if (terms.serial === undefined || terms.serial === found) return [];
  const tells = found ? `the serial number ${printable(found)}` : 'no serial number';
  return [
    `the pass is for the USB device ${terms.serial}, and ${device.path} tells ${tells}: nodes ignore it`,
  ];
}

function preparedText({ target, plan, verified, erased, done }: Prepared): string {
  return [
    ...(erased ? erasedLines(erased, done) : []),
    done ? `${target} holds` : 'and it would hold',
    `  ${passPath}`,
    ...plan.notices.map(({ kind, name, title }) => `  ${noticeFolders[kind]}/${name}  ${title}`),
    ...plan.updates.map(
      ({ name, manifest, bytes }) =>
        `  ${updatesFolder}/${name}  update ${manifest.sequence} "${manifest.title}", ${bytesInWords(bytes)}`,
    ),
    ...passLines(plan.pass, verified),
    ...(done ? [] : ['', 'NOTHING WAS CHANGED: give --yes to erase it and make the key']),
    '',
  ].join('\n');
}

function erasedLines({ device, disk }: FoundDevice, done: boolean): string[] {
  const of = disk ? `, a part of ${describe(disk)}` : '';
  return [
    `${done ? 'erased' : 'this would erase'} ${describe(device)}${of}`,
    ...withParts(device)
      .filter((part) => part !== device || part.fstype !== null)
      .map((part) => `  ${part.path}  ${bytesInWords(part.size)}  ${contentsOf(part)}`),
  ];
}

function describe(device: BlockDevice): string {
  const { path, size, serial } = device;
  const name = nameOf(device);
  return [
    path,
    ...(name === path ? [] : [name]),
    bytesInWords(size),
    ...(serial ? [`serial number ${printable(serial.trim())}`] : []),
  ].join(', ');
}

function contentsOf({ fstype, label, uuid }: BlockDevice): string {
  if (fstype === null) return 'no file system that is known';
  return printable([fstype, ...(label ? [`"${label}"`] : []), ...(uuid ? [uuid] : [])].join(' '));
}

function preparedJson({ target, plan, verified, erased, done, warnings }: Prepared): object {
  return {
    schema: 'ferryman.usb-prepare/1',
    target,
    done,
    verified,
    label: erased ? volumeLabel : null,
    erased: erased
      ? withParts(erased.device).map(({ path, type, size, model, serial, fstype, label, uuid }) => ({
          path,
          type,
          bytes: size,
          model,
          serial,
          fileSystem: fstype,
          label,
          uuid,
        }))
      : [],
    pass: passJson(plan.pass),
    notices: plan.notices.map(noticeJson),
    updates: plan.updates.map(({ name, manifest, bytes, digest, signers }) => ({
      name,
      sequence: manifest.sequence,
      title: manifest.title,
      recipients: manifest.recipients,
      bytes,
      digest,
      signers,
    })),
    warnings,
  };
}
