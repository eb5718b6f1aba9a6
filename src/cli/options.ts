/** Options that every command has, and what they mean. */
import { resolve } from 'node:path';
import { text, type Input, type OptionSpec } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError, wholeNumber } from '../command-line/values.ts';
import { channelNames, type ChannelName } from '../channels/channel-name.ts';
import { layoutUnder, type Layout } from '../node/layout.ts';

export const rootOption: OptionSpec = {
  flags: '--root <dir>',
  about: 'folder under which the node stands (default: $FERRYMAN_ROOT, or /)',
};
export const jsonOption: OptionSpec = { flags: '--json', about: 'print facts as JSON (docs/json.md)' };
export const channelOption: OptionSpec = {
  flags: '--channel <name>',
  about: 'how the parcel came',
  choices: channelNames,
};

export function layoutOf(input: Input, io: Io): Layout {
  const root = text(input, 'root') ?? io.env['FERRYMAN_ROOT'] ?? '/';
  if (root === '') throw usageError('--root: expected a folder, found nothing');
  return layoutUnder(resolve(root));
}

/** The first argument as a sequence. @throws FerrymanError `usage.invalid` */
export function sequenceOf(input: Input): number {
  return wholeNumber('sequence', input.args[0] ?? '', 1);
}

export function channelOf(input: Input, fallback?: ChannelName): ChannelName {
  const typed = text(input, 'channel') ?? fallback;
  const channel = channelNames.find((name) => name === typed);
  if (!channel) throw usageError(`--channel: expected one of ${channelNames.join(', ')}`);
  return channel;
}

/** One JSON document, as every `--json` prints it. */
export function json(io: Io, document: object): void {
  io.out(`${JSON.stringify(document, null, 2)}\n`);
}
