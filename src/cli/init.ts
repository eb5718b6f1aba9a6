import { flag, text, texts, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError, wholeNumber } from '../command-line/values.ts';
import { initNode } from '../node/init.ts';
import { isGroupName, isGuid, isRole, roles } from '../parcel/recipients.ts';
import { json, layoutOf } from './options.ts';

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const role = text(input, 'role') ?? '';
  if (!isRole(role)) throw usageError(`--role: expected one of ${roles.join(', ')}`);
  const guid = text(input, 'guid')?.toLowerCase();
  if (guid !== undefined && !isGuid(guid))
    throw usageError(`--guid: expected a GUID like 9f1c1d5e-6a0b-4c47-9d0e-0f5b8f7a2c11, found "${guid}"`);
  const groups = [...new Set(texts(input, 'group'))];
  for (const group of groups) {
    if (!isGroupName(group))
      throw usageError(
        `--group: expected a name of lower-case letters, digits, ".", "_", "-", found "${group}"`,
      );
  }
  const made = initNode(layout, {
    role,
    guid,
    groups,
    baseline: wholeNumber('--baseline', text(input, 'baseline') ?? '0', 0),
    threshold: wholeNumber('--threshold', text(input, 'threshold') ?? '1', 1),
    officeKeyFiles: texts(input, 'officeKey'),
  });
  if (flag(input, 'json'))
    json(io, { schema: 'ferryman.init/1', guid: made, role, groups, root: layout.root });
  else io.out(`${role} ${made} is set up in ${layout.etc}\n`);
  return 0;
}
