import { basename } from 'node:path';
import { flag, text, type Input } from '../command-line/command.ts';
import type { Io } from '../command-line/io.ts';
import { usageError } from '../command-line/values.ts';
import { knock } from '../inbox/knock.ts';
import { addKey, isKeyName } from '../node/change-trust.ts';
import { loadConfig } from '../node/config.ts';
import { readKeyFile } from '../node/read-key-file.ts';
import { fingerprintOf, spokenFingerprint } from '../parcel/fingerprint.ts';
import { json, layoutOf } from './options.ts';
import { readStanding, standingText } from './trust-standing.ts';

export function run(input: Input, io: Io): number {
  const layout = layoutOf(input, io);
  const { threshold } = loadConfig(layout).trust;
  const [file = ''] = input.args;
  const name = text(input, 'name') ?? basename(file, '.pub');
  if (!isKeyName(name))
    throw usageError(
      `--name: expected up to 64 letters, digits, ".", "_", "@", "-", the first a letter or digit; found "${name}"`,
    );
  const key = readKeyFile(file);
  addKey(layout, name, key);
  knock(layout.inbox);
  const standing = readStanding(layout, threshold);
  if (flag(input, 'json'))
    json(io, {
      schema: 'ferryman.trust-add/1',
      name,
      keyId: key.keyId,
      fingerprint: fingerprintOf(key),
      ...standing,
    });
  else
    io.out(
      `trusted from now on: "${name}"\n  key id       ${key.keyId}\n  fingerprint  ${spokenFingerprint(key)}\n${standingText(standing)}`,
    );
  return 0;
}
