import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import { callSystemctl, isSystemdThere, unitName } from '../service/install.ts';
import { stageVersion } from '../service/stage-version.ts';
import { layoutOf } from './options.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const layout = layoutOf(input, io);
  if (!existsSync(layout.launcher))
    throw new FerrymanError(
      'service.missing',
      `${layout.launcher}: expected the launcher of the service, found none`,
    );
  const sequence = Number(io.env['FERRYMAN_SEQUENCE'] ?? 0);
  const path = io.env['PATH'] ?? '';
  const { version } = await stageVersion(layout.versions, {
    source: resolve(input.args[0] ?? ''),
    sequence: Number.isSafeInteger(sequence) && sequence > 0 ? sequence : null,
    path,
  });
  io.out(`ferryman ${version} is in place, to be tried out at the next start\n`);
  if (!flag(input, 'restart')) return 0; // commander's --no-restart
  if (!isSystemdThere(layout)) {
    io.out('systemd does not run this machine: restart the service by hand\n');
    return 0;
  }
  // Not waited for: this very script may be what the new version has to wait for.
  await callSystemctl(['systemctl', '--no-block', 'restart', unitName], path);
  io.out('the service restarts\n');
  return 0;
}
