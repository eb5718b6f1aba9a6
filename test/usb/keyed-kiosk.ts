/** A kiosk with a slot, and keys to put into it: FAT images with a pass and updates, as the office prepares them. */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeKiosk, officeKey, until } from '../controller/at-work.ts';
import { temporaryFolder, type Kiosk, type Setup } from '../kit/kiosk.ts';
import { signedPass } from '../kit/office.ts';
import type { UsbPass } from '../../src/parcel/usb-pass.ts';
import { fatImage, mtool, type ImageOptions, type KeyTree } from './images.ts';

export const volume = '3EF5-2A49';

export interface KeyedSetup extends Partial<Omit<Setup, 'root' | 'config'>> {
  /** Lines of `[usb]` besides its slots and its hook. */
  readonly usb?: string;
  /** Other tables. */
  readonly config?: string;
  readonly slots?: readonly string[];
}

export async function makeKeyedKiosk({
  usb = '',
  config = '',
  slots = ['/dev/slot'],
  ...setup
}: KeyedSetup = {}): Promise<Kiosk> {
  const root = join(temporaryFolder(), 'root');
  const hook = ['/bin/sh', '-c', 'echo "$1 $2 $(cat)" >>"$0"', join(root, 'phases')];
  const lines = [
    '[run]\nstopSeconds = 1',
    `[usb]\nbackEnds = []\nslots = ${JSON.stringify(slots)}\nhook = ${JSON.stringify(hook)}`,
    usb,
    config,
  ];
  return makeKiosk({ ...setup, root, config: lines.join('\n') });
}

/** What the technician was shown, one line for each step: kind, code or nothing, words. */
export function phases({ root }: Kiosk): string[] {
  const file = join(root, 'phases');
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}

/** Waits until the technician is shown this. */
export async function shown(kiosk: Kiosk, pattern: RegExp, timeoutMs = 20_000): Promise<void> {
  await until(
    `${String(pattern)} to be shown, not ${JSON.stringify(phases(kiosk))}`,
    () => pattern.test(phases(kiosk).at(-1) ?? ''),
    timeoutMs,
  );
}

/** A file of the report on a key that is in nobody's slot, or in the slot; '' when it is not there. */
export function reportOn(kiosk: Kiosk, image: string, name = 'report.txt'): string {
  const guid = /guid = "(.*)"/.exec(readFileSync(kiosk.layout.configFile, 'utf8'))?.[1] ?? '';
  try {
    return mtool('mtype', image, `::/ferryman/reports/${guid}/${name}`);
  } catch {
    return '';
  }
}

/** One key of the office. */
export interface Key {
  /** The image while it is in nobody's slot. */
  readonly path: string;
}

/** @param updates file names to parcels @param pass `null`: the key has none */
export function makeKey(
  kiosk: Kiosk,
  updates: Readonly<Record<string, Buffer | string>>,
  pass: Partial<UsbPass> | Buffer | null = {},
  options: ImageOptions & { readonly name?: string; readonly more?: KeyTree } = {},
): Key {
  const { name = 'key.img', more = {}, ...image } = options;
  const tree: KeyTree = {
    ...(pass === null
      ? {}
      : { 'ferryman/pass.zip': Buffer.isBuffer(pass) ? pass : signedPass(pass, officeKey) }),
    ...Object.fromEntries(
      Object.entries(updates).map(([file, bytes]) => [`ferryman/updates/${file}`, bytes]),
    ),
    ...more,
  };
  const path = join(kiosk.root, 'keys', name);
  mkdirSync(dirname(path), { recursive: true });
  return { path: fatImage(path, tree, { uuid: volume, fatBits: 16, sizeMiB: 24, ...image }) };
}

export function slotOf(kiosk: Kiosk, slot = '/dev/slot'): string {
  return join(kiosk.root, slot);
}

export function plug(kiosk: Kiosk, { path }: Key, slot?: string): void {
  mkdirSync(dirname(slotOf(kiosk, slot)), { recursive: true });
  renameSync(path, slotOf(kiosk, slot));
}

/** The key back in the technician's hand. */
export function pull(kiosk: Kiosk, { path }: Key, slot?: string): void {
  renameSync(slotOf(kiosk, slot), path);
}
