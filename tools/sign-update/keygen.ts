import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { flag, text, type Input } from '../../src/command-line/command.ts';
import type { Io } from '../../src/command-line/io.ts';
import { usageError } from '../../src/command-line/values.ts';
import { writeDurably } from '../../src/durable/write-file.ts';
import { fingerprintOf, spokenFingerprint } from '../../src/parcel/fingerprint.ts';
import { formatPublicKey } from '../../src/parcel/public-key.ts';
import { formatSecretKey, makeKey, publicKeyOf } from '../../src/parcel/secret-key.ts';
import { chooseNewPassphrase } from '../../src/command-line/passphrase.ts';

export async function run(input: Input, io: Io): Promise<number> {
  const name = checkName(input.args[0] ?? '');
  const passphrase = await choosePassphrase(input, io);
  if (passphrase !== undefined) io.err('encrypting the key takes some seconds and 1 GiB of memory\n');
  const key = makeKey(randomBytes);
  const secretFile = `${name}.key`;
  const publicFile = `${name}.pub`;
  const publicKey = publicKeyOf(key);
  const { keyId } = key;
  writeDurably(secretFile, formatSecretKey(key, passphrase, randomBytes), {
    mode: 0o600,
    existing: 'refuse',
  });
  try {
    writeDurably(publicFile, formatPublicKey(publicKey), { mode: 0o644, existing: 'refuse' });
  } catch (error) {
    rmSync(secretFile); // made a moment ago, and nothing was signed with it
    throw error;
  }
  if (flag(input, 'json'))
    io.out(
      `${JSON.stringify({ schema: 'sign-update.keygen/1', keyId, fingerprint: fingerprintOf(publicKey), secretFile, publicFile }, null, 2)}\n`,
    );
  else
    io.out(
      `key ${keyId}\n  fingerprint ${spokenFingerprint(publicKey)}\n  ${secretFile}  secret: stays in the office, with a copy in a safe\n  ${publicFile}  public: goes to every node\n`,
    );
  return 0;
}

function checkName(name: string): string {
  if (name === '' || /\.(key|pub)$/.test(name))
    throw usageError(`NAME: expected a name without .key or .pub, found "${name}"`);
  return name;
}

async function choosePassphrase(input: Input, io: Io): Promise<string | undefined> {
  const file = text(input, 'passphraseFile');
  // commander names a --no-… option by what it switches off
  if (input.options['passphrase'] !== false) return chooseNewPassphrase(file, io);
  if (file !== undefined)
    throw usageError('--no-passphrase, --passphrase-file: expected one of them, found both');
  return undefined;
}
