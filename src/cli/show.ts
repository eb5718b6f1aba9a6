import { flag, type Input } from '../command-line/command.ts';
import { lineWidth } from '../command-line/columns.ts';
import type { Io } from '../command-line/io.ts';
import { painter } from '../command-line/paint.ts';
import { FerrymanError } from '../errors.ts';
import { readStories } from '../report/update-story.ts';
import { storyJson } from '../report/update-story-json.ts';
import { json, layoutOf, sequenceOf } from './options.ts';
import { storyText } from './show-text.ts';
import { withLedger } from './with-ledger.ts';

export function run(input: Input, io: Io): number {
  const sequence = sequenceOf(input);
  const layout = layoutOf(input, io);
  const stories = withLedger(layout, (ledger) => readStories(ledger, layout, sequence, Date.now()));
  if (stories.length === 0)
    throw new FerrymanError(
      'plan.no-such-update',
      `expected update ${sequence} to be known here, found no such update`,
    );
  const look = { columns: lineWidth(io), paint: painter(io) };
  if (flag(input, 'json')) json(io, { schema: 'ferryman.show/1', sequence, updates: stories.map(storyJson) });
  else io.out(stories.map((story) => storyText(story, look)).join('\n'));
  return 0;
}
