/** Ranges, recipients and times: what is accepted has one spelling. */
import { isRecipient } from '../../../src/parcel/recipients.ts';
import { formatRange, normaliseRanges, parseRange } from '../../../src/parcel/sequences.ts';
import { formatTimestamp, isTimestamp } from '../../../src/parcel/timestamp.ts';
import { holds, type Target } from '../target.ts';

export const words: Target = {
  name: 'words',
  maxBytes: 1024,
  blocksPerByte: 20,
  words: ['role:', 'group:', 'all', '-', 'T', 'Z', '00', '9007199254740991'],
  seeds: () =>
    [
      '7',
      '3-9',
      '1-9007199254740991',
      'all',
      'role:kiosk',
      'group:north',
      '2026-11-21T08:00:00Z',
      '2024-02-29T23:59:59Z',
      '9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11',
      '1\n2-3\n5',
    ].map((text) => Buffer.from(text)),
  run(input) {
    const text = input.toString();
    const ranges = text.split('\n').map(parseRange);
    const sound = ranges.filter((range) => range !== undefined);
    for (const [index, range] of ranges.entries())
      if (range) holds(formatRange(range) === text.split('\n')[index], 'a range has one spelling');
    const normal = normaliseRanges(sound);
    holds(
      normal.every((range, index) => range.first > (normal[index - 1]?.last ?? -1) + 1),
      'normal ranges are sorted and do not touch',
    );
    const [asTime, asRecipient] = [isTimestamp(text), isRecipient(text)];
    if (asTime) holds(formatTimestamp(Date.parse(text)) === text, 'a time has one spelling');
    if (asRecipient) holds(/^[a-z0-9:._-]{3,70}$/.test(text), 'a recipient is plain');
    return `${sound.length > 0} ${asTime} ${asRecipient}`;
  },
};
