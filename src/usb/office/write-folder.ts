/** Lays out a key in a folder: each file whole and durable, the pass last, so that a key that is half-made opens nothing. */
import { dirname, join } from 'node:path';
import { withFile } from '../../durable/file-source.ts';
import { copyDurably } from '../../durable/copy-file.ts';
import { makeFolder, writeDurably } from '../../durable/write-file.ts';
import { FerrymanError } from '../../errors.ts';
import { openHashed } from '../../store/verified-file.ts';
import { passPath } from '../pass/read-pass.ts';
import type { FileSystem } from '../stick.ts';
import { lookAt } from './folder-files.ts';
import { updatesFolder } from './key-files.ts';
import { plannedFiles, type KeyPlan, type PlannedFile, type PlannedUpdate } from './plan-key.ts';

/** The key that is mounted must be the one that the pass names. @throws FerrymanError `usb.pass-volume` */
export function checkVolume(folder: string, mounted: FileSystem | undefined, { pass }: KeyPlan): void {
  if (!mounted || mounted.uuid === pass.terms.volume) return;
  throw new FerrymanError(
    'usb.pass-volume',
    `${folder}: expected the volume ${pass.terms.volume}, for which the pass was made; found ${mounted.uuid || 'one without UUID'}`,
  );
}

/** @throws FerrymanError `output.exists`, `stick.refused`, `stick.differs`; system errors */
export async function writeFolder(folder: string, plan: KeyPlan): Promise<void> {
  const files = plannedFiles(plan);
  const folders = new Set([updatesFolder, ...files.map(({ path }) => dirname(path))]);
  for (const part of ['ferryman', ...folders]) refuseStranger(join(folder, part));
  for (const update of plan.updates) await refuseOther(folder, update);
  for (const part of folders) makeFolder(join(folder, part), 0o755);
  for (const file of files) await writeFile(folder, file);
  writeDurably(join(folder, passPath), plan.passBytes, { mode: 0o644, existing: 'replace' });
}

/** A key that was in the field may bring a link that leads elsewhere. */
function refuseStranger(path: string): void {
  const stat = lookAt(path);
  if (stat && !stat.isDirectory())
    throw new FerrymanError('stick.refused', `${path}: expected a folder or nothing, found something else`);
}

/** A copy of the same content may have fewer signatures; another content under the number is not replaced. */
async function refuseOther(folder: string, { name, digest, manifest }: PlannedUpdate): Promise<void> {
  const path = join(folder, updatesFolder, name);
  if (!lookAt(path)) return;
  const found = await digestOf(path);
  if (found !== digest)
    throw new FerrymanError(
      'output.exists',
      `${path}: expected update ${manifest.sequence} with the digest ${digest.slice(0, 16)} or nothing, found ${found?.slice(0, 16) ?? 'no parcel'}`,
    );
}

async function digestOf(path: string): Promise<string | undefined> {
  try {
    const file = await openHashed(path, 'refuse');
    file.close();
    return file.digest;
  } catch (error) {
    if (error instanceof FerrymanError) return undefined;
    throw error;
  }
}

async function writeFile(folder: string, { source, path: name, fileHash }: PlannedFile): Promise<void> {
  const path = join(folder, name);
  await withFile(source, 'follow', (from) => copyDurably(from, path, 0o644));
  const copy = await openHashed(path, 'refuse');
  copy.close();
  if (copy.fileHash !== fileHash)
    throw new FerrymanError('stick.differs', `${path}: expected a copy of ${source}, found other bytes`);
}
