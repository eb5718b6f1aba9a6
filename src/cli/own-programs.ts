/**
 * How this ferryman starts its runner, which folders scripts find `ferryman` in, and by which path a service starts it: as bundled files beside an
 * interpreter, or as the single executable, which is runner and interpreter itself.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isSea } from 'node:sea';
import type { Program } from '../command-line/io.ts';
import type { Context } from '../controller/context.ts';
import { makeFolder, renameDurably } from '../durable/write-file.ts';
import type { Layout } from '../node/layout.ts';
import { runnerName } from '../run/runner/order.ts';
import type { InstalledProgram } from '../service/launcher.ts';

/** For the single executable this makes a folder that holds nothing but a link to it. */
export function ownPrograms(
  program: Program,
  layout: Layout,
): Pick<Context, 'runner' | 'programs' | 'usbEvents' | 'ownCommand'> {
  const { interpreter, folder } = program;
  if (!isSea())
    return {
      runner: { interpreter, file: join(folder, 'runner.js') },
      programs: [join(folder, 'bin'), dirname(interpreter)],
      usbEvents: [interpreter, join(folder, 'usb-events.js')],
      ownCommand: [interpreter, join(folder, 'ferryman.js')],
    };
  linkExecutable(interpreter, layout.programs);
  // The file that is running, whatever stands under its name by now: controller and runner are of one version.
  return {
    runner: { interpreter: '/proc/self/exe', name: runnerName },
    programs: [layout.programs],
    // By its name: between this process and that one stand others, to which /proc/self/exe is themselves.
    ownCommand: [interpreter],
    usbEvents: undefined, // a module of machine code that is optional does not go into the executable
  };
}

/** What the launcher starts where no update has brought another version. */
export function installedProgram({ interpreter, folder }: Program): InstalledProgram {
  if (isSea()) return { command: interpreter, interpreterFolder: undefined };
  return { command: join(folder, 'bin/ferryman'), interpreterFolder: dirname(interpreter) };
}

/**
 * The folder that the executable stands in must not come first in the PATH of root's scripts: in /tmp anybody may put an
 * `ls` beside it. And its file name may be anything.
 */
function linkExecutable(executable: string, folder: string): void {
  const link = join(folder, 'ferryman');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === executable)
    return;
  makeFolder(folder, 0o700);
  const fresh = join(folder, `.${randomBytes(6).toString('hex')}.${process.pid}.part`);
  symlinkSync(executable, fresh);
  renameDurably(fresh, link);
}
