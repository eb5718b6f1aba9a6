/** Looks at everything on a key that a node would look at, and at what nodes left on it. */
import { mkdtempSync, openSync, rmSync, closeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAll } from '../../durable/write-file.ts';
import { FerrymanError } from '../../errors.ts';
import { maxParcelBytes, maxPassBytes } from '../../parcel/limits.ts';
import { formatTimestamp } from '../../parcel/timestamp.ts';
import type { Trust } from '../../verify/trust.ts';
import { passPath } from '../pass/read-pass.ts';
import { findReports, type NodeReport } from './collect-reports.ts';
import { isParcelName } from '../read/names.ts';
import { noticeFolders, noticeKinds, updatesFolder, type KeyFiles, type NoticeKind } from './key-files.ts';
import { lookAtNotice, type LookedNotice } from './look-at-notice.ts';
import { readWhole } from '../read/read-whole.ts';
import { lookAtPass, lookAtUpdate, type LookedPass, type LookedUpdate } from './look-at-parcel.ts';
import type { OpenedKey } from './open-key.ts';

export interface InspectedUpdate {
  readonly name: string;
  /** Or why it is none. */
  readonly update: LookedUpdate | FerrymanError;
}

export interface InspectedNotice {
  readonly kind: NoticeKind;
  readonly name: string;
  /** Or why it is none. */
  readonly notice: LookedNotice | FerrymanError;
}

export interface InspectedKey {
  /** `undefined`: there is none. */
  readonly pass: LookedPass | FerrymanError | undefined;
  /** Whether it was made for this volume; `undefined` when one of the two is not known. */
  readonly fits: boolean | undefined;
  readonly notices: readonly InspectedNotice[];
  readonly updates: readonly InspectedUpdate[];
  readonly reports: readonly NodeReport[];
  /** Each a line for a person. */
  readonly problems: readonly string[];
}

/** @param trust `undefined`: nothing is verified @param nowMs the office's clock, milliseconds since 1970 */
export async function inspectKey(
  { files, fileSystem }: OpenedKey,
  trust: Trust | undefined,
  nowMs: number,
): Promise<InspectedKey> {
  const pass = await inspectPass(files, trust);
  const terms = pass && !(pass instanceof FerrymanError) ? pass.terms : undefined;
  const fits = terms && fileSystem ? terms.volume === fileSystem.uuid : undefined;
  const updates = await inspectFolder(files, updatesFolder, (copy) => lookAtUpdate(copy, 'refuse', trust));
  const notices: InspectedNotice[] = [];
  const skipped = [...updates.skipped];
  for (const kind of noticeKinds) {
    const found = await inspectFolder(files, noticeFolders[kind], (copy) =>
      lookAtNotice(copy, 'refuse', kind, trust),
    );
    notices.push(...found.parcels.map(({ name, parcel }) => ({ kind, name, notice: parcel })));
    skipped.push(...found.skipped);
  }
  const { nodes, problems } = await findReports(files, new Map());
  return {
    pass,
    fits,
    notices,
    updates: updates.parcels.map(({ name, parcel }) => ({ name, update: parcel })),
    reports: nodes,
    problems: [
      ...(pass === undefined ? [`${passPath}: expected a pass, found none: nodes ignore this key`] : []),
      ...(pass instanceof FerrymanError ? [`${passPath}: ${pass.message.replace(`${passPath}: `, '')}`] : []),
      ...(fits === false
        ? [
            `the pass is for the volume ${terms?.volume ?? ''}, and this is ${fileSystem?.uuid || 'one without UUID'}: nodes ignore this key`,
          ]
        : []),
      ...(terms?.notAfter !== undefined && formatTimestamp(nowMs) > terms.notAfter
        ? [`the pass was good until ${terms.notAfter}`]
        : []),
      ...[...notices.map(({ notice }) => notice), ...updates.parcels.map(({ parcel }) => parcel)].flatMap(
        (parcel) => (parcel instanceof FerrymanError ? [parcel.message] : []),
      ),
      ...skipped,
      ...problems,
      ...nodes.flatMap((report) => report.problems),
    ],
  };
}

async function inspectPass(
  files: KeyFiles,
  trust: Trust | undefined,
): Promise<LookedPass | FerrymanError | undefined> {
  try {
    return await lookAtPass(await readWhole(files, passPath, maxPassBytes), trust);
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    return error.code === 'usb.missing' ? undefined : error;
  }
}

interface InspectedFolder<Parcel> {
  readonly parcels: readonly { readonly name: string; readonly parcel: Parcel | FerrymanError }[];
  readonly skipped: readonly string[];
}

async function inspectFolder<Parcel>(
  files: KeyFiles,
  folder: string,
  look: (copy: string) => Promise<Parcel>,
): Promise<InspectedFolder<Parcel>> {
  const listing = await files.list(folder);
  const parcels: { readonly name: string; readonly parcel: Parcel | FerrymanError }[] = [];
  const scratch = mkdtempSync(join(tmpdir(), 'ferryman-usb-'));
  try {
    for (const { name } of listing.files.filter((file) => isParcelName(file.name)))
      parcels.push({ name, parcel: await inspect(files, `${folder}/${name}`, scratch, look) });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const strangers = [
    ...listing.files
      .filter(({ name }) => !isParcelName(name))
      .map(({ name }) => `${name}: not named like an update, nodes do not look at it`),
    ...listing.folders.map((name) => `${name}: a folder, nodes do not look into it`),
    ...listing.skipped.map(({ name, reason }) => `${name}: ${reason}`),
  ];
  return { parcels, skipped: strangers.map((line) => `${folder}/${line}`) };
}

/** @param scratch a folder for a copy: a key may give other bytes the next time */
async function inspect<Parcel>(
  files: KeyFiles,
  path: string,
  scratch: string,
  look: (copy: string) => Promise<Parcel>,
): Promise<Parcel | FerrymanError> {
  const copy = join(scratch, 'update.zip');
  try {
    const fd = openSync(copy, 'w', 0o600);
    try {
      for await (const chunk of files.read(path, maxParcelBytes)) writeAll(fd, chunk);
    } finally {
      closeSync(fd);
    }
    return await look(copy);
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    return new FerrymanError(error.code, `${path}: ${error.message.replace(`${path}: `, '')}`, {
      cause: error,
    });
  }
}
