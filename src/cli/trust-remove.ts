import { flag, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { FerrymanError } from '../errors.ts';
import { knock } from '../inbox/knock.ts';
import { removeKey } from '../node/change-trust.ts';
import { loadConfig } from '../node/config.ts';
import { json, layoutOf } from './options.ts';
import { readStanding, standingText } from './trust-standing.ts';

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const { threshold } = loadConfig(layout).trust;
  const { name, key } = removeKey(layout, threshold, input.args[0] ?? '');
  knock(layout.inbox);
  const keyId = key instanceof FerrymanError ? null : key.keyId;
  const standing = readStanding(layout, threshold);
  if (flag(input, 'json')) json(io, { schema: 'ferryman.trust-remove/1', name, keyId, ...standing });
  else
    io.out(
      `no longer trusted: "${name}"${keyId === null ? '' : `, key id ${keyId}`}\n${standingText(standing)}`,
    );
  return 0;
}
