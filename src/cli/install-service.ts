import { existsSync } from 'node:fs';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError } from '../command-line/values.ts';
import { FerrymanError } from '../errors.ts';
import {
  installSteps,
  isDone,
  isSystemdThere,
  packagedUnit,
  removalSteps,
  takeStep,
  type InstallStep,
} from '../service/install.ts';
import { isPathForSystemd } from '../service/unit.ts';
import { layoutOf } from './options.ts';
import { installedProgram } from './own-programs.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  if (!isPathForSystemd(layout.launcher))
    throw usageError(`--root: expected a path without quotes and backslashes, which systemd refuses`);
  const program = installedProgram(io.program);
  if (!existsSync(program.command))
    throw new FerrymanError(
      'source.missing',
      `${program.command}: expected the program that is to start, found none`,
    );
  const steps = flag(input, 'remove') ? removalSteps(layout) : installSteps(layout, program);
  const packaged = packagedUnit(layout);
  const remark = packaged === undefined ? '' : `# ${packaged} is a package's: no file is changed\n`;
  if (flag(input, 'dryRun')) {
    io.out(remark + steps.map(stepInFull).join('\n'));
    return 0;
  }
  io.out(remark);
  const left: InstallStep[] = [];
  for (const step of steps) {
    if (step.kind === 'call' && !isSystemdThere(layout)) left.push(step);
    else if (isDone(step)) io.out(`${stepInShort(step)}: done already\n`);
    else {
      await takeStep(step, io.env['PATH'] ?? '');
      io.out(`${stepInShort(step)}: done\n`);
    }
  }
  if (left.length > 0)
    io.out(
      `systemd does not run this machine now. Once it does, type:\n${left.map((step) => `  ${stepInShort(step)}\n`).join('')}`,
    );
  return 0;
}

function stepInShort(step: InstallStep): string {
  return step.kind === 'call' ? step.command.join(' ') : `${step.kind} ${step.path}`;
}

function stepInFull(step: InstallStep): string {
  if (step.kind === 'write') return `# write ${step.path}, mode ${step.mode.toString(8)}:\n${step.text}`;
  if (step.kind === 'remove') return `# remove ${step.path}\n`;
  return `# run\n${step.command.join(' ')}\n`;
}
