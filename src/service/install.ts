/**
 * Sets ferryman up as a service of systemd. Decides first, as typed steps, so that a dry run prints exactly what would be done;
 * then does them. Doing it again changes nothing that is right already.
 *
 * Where the Debian package has brought unit and launcher they are dpkg's: then the service is switched on and off, no more.
 */
import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { makeFolder, syncFolder, writeDurably } from '../durable/write-file.ts';
import { FerrymanError } from '../errors.ts';
import type { Layout } from '../node/layout.ts';
import { launcherText, type InstalledProgram } from './launcher.ts';
import { sshdUnitName, sshdUnitPlace, sshdUnitText } from './sshd-unit.ts';
import { unitText } from './unit.ts';
import { isBroughtByUpdate } from './versions.ts';

export const unitName = 'ferryman.service';

export type InstallStep =
  | { readonly kind: 'write'; readonly path: string; readonly text: string; readonly mode: number }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'call'; readonly command: readonly string[] };

const units = [unitName, sshdUnitName];
const enable: InstallStep = { kind: 'call', command: ['systemctl', 'enable', '--now', ...units] };
const disable: InstallStep = { kind: 'call', command: ['systemctl', 'disable', '--now', ...units] };

/** Whether systemd runs this machine, as sd_booted(3) finds it. */
export function isSystemdThere({ root }: Layout): boolean {
  return existsSync(join(root, 'run/systemd/system'));
}

/** The unit that a package has brought, where there is one. */
export function packagedUnit({ root }: Layout, name = unitName): string | undefined {
  const folders = ['lib/systemd/system', 'usr/lib/systemd/system'];
  return folders.map((folder) => join(root, folder, name)).find((path) => existsSync(path));
}

export function installSteps(layout: Layout, program: InstalledProgram): readonly InstallStep[] {
  if (packagedUnit(layout) !== undefined) return [enable];
  // Called by the script of an update, this program may be one that updates brought, and those go again.
  const isInstalled = !isBroughtByUpdate(layout.versions, dirname(program.command));
  const launcher = { path: layout.launcher, text: launcherText(layout, program), mode: 0o755 };
  return [
    ...(isInstalled ? [{ kind: 'write' as const, ...launcher }] : []),
    { kind: 'write', path: layout.unitFile, text: unitText(layout), mode: 0o644 },
    { kind: 'write', path: sshdUnitPlace(layout), text: sshdUnitText(layout), mode: 0o644 },
    { kind: 'call', command: ['systemctl', 'daemon-reload'] },
    enable,
  ];
}

/** A script that runs goes on. */
export function removalSteps(layout: Layout): readonly InstallStep[] {
  if (packagedUnit(layout) !== undefined) return [disable];
  return [
    disable,
    { kind: 'remove', path: layout.unitFile },
    { kind: 'remove', path: sshdUnitPlace(layout) },
    { kind: 'remove', path: layout.launcher },
    { kind: 'call', command: ['systemctl', 'daemon-reload'] },
  ];
}

/** True for a step that has nothing left to do. */
export function isDone(step: InstallStep): boolean {
  if (step.kind === 'write') return existsSync(step.path) && readFileSync(step.path, 'utf8') === step.text;
  return step.kind === 'remove' && !existsSync(step.path);
}

/** @throws FerrymanError `service.failed`: systemd would not */
export async function takeStep(step: InstallStep, path: string): Promise<void> {
  switch (step.kind) {
    case 'write':
      makeFolder(dirname(step.path), 0o755);
      writeDurably(step.path, step.text, { mode: step.mode, existing: 'replace' });
      chmodSync(step.path, step.mode); // whatever the umask
      return;
    case 'remove':
      rmSync(step.path, { force: true });
      syncFolder(dirname(step.path));
      return;
    case 'call':
      await callSystemctl(step.command, path);
  }
}

/** @throws FerrymanError `service.failed` */
export async function callSystemctl(command: readonly string[], path: string): Promise<void> {
  const [program = '', ...args] = command;
  const { failed, shortMessage, stderr } = await execa(program, args, {
    reject: false,
    stdin: 'ignore',
    timeout: 120_000,
    env: { PATH: path },
    extendEnv: false,
  });
  if (failed) throw new FerrymanError('service.failed', `${stderr || shortMessage}`);
}
