/**
 * The office's ssh CA: a folder with its key, and the register of serials.
 *
 *   DIR/ca                 secret key of the CA, 0600
 *   DIR/ca.pub
 *   DIR/serials/<n>        who was enrolled under serial n; a serial that is taken is never given again
 *
 * The name of a serial is taken by link(2), before anything is signed: one of two who sign at once gets it, and a serial whose
 * enrolment was never finished is lost, not used again.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolder, syncFolder, writeDurably } from '../durable/write-file.ts';
import { FerrymanError, isSystemError } from '../errors.ts';
import { printable } from '../parcel/printable.ts';
import type { Role } from '../parcel/recipients.ts';
import { syncFiles } from './sync-files.ts';
import { forcedCommand, principalsOf } from './ssh-texts.ts';
import { keyLine, publicKeyIn } from './ssh-certificate.ts';
import { runSsh } from './ssh-keygen.ts';

/** Whom a serial was given to. */
export interface Registered {
  readonly serial: number;
  readonly node: string;
  readonly role: string;
  /** As in the enrolment. */
  readonly identity: string;
  readonly created: string;
}

/**
 * Makes the key and the empty register: whole, or nothing.
 *
 * @param encrypt ssh-keygen asks for a passphrase
 * @throws FerrymanError `output.exists`, `ssh.*`
 */
export async function makeOfficeCa(folder: string, encrypt: boolean): Promise<void> {
  const target = resolve(folder);
  const taken = (): FerrymanError =>
    new FerrymanError('output.exists', `${folder}: expected no such folder, or an empty one; found files`);
  if (existsSync(target) && readdirSync(target).length > 0) throw taken();
  makeFolder(dirname(target), 0o755);
  const draft = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString('hex')}`);
  try {
    makeFolder(join(draft, 'serials'), 0o700);
    const comment = `ferryman CA ${randomBytes(4).toString('hex')}`;
    const key = ['-q', '-t', 'ed25519', '-C', comment, '-f', join(draft, 'ca')];
    await runSsh('ssh-keygen', encrypt ? key : [...key, '-N', ''], { terminal: encrypt });
    syncFiles(draft, ['ca', 'ca.pub']);
    renameSync(draft, target);
    syncFolder(dirname(target));
  } catch (error) {
    throw isSystemError(error, 'ENOTEMPTY', 'EEXIST') ? taken() : error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The line of a `known_hosts` or of `ca.pub`. @throws FerrymanError `ssh.malformed`, `source.missing` */
export function caKeyLine(folder: string): string {
  const file = join(folder, 'ca.pub');
  return keyLine(publicKeyIn(readFileSync(file, 'utf8'), file));
}

/** Everybody who was ever enrolled, by serial. What cannot be read there still counts as taken. */
export function registered(folder: string): Registered[] {
  const files = serialFiles(folder).filter((name) => /^[1-9]\d{0,15}$/.test(name));
  return files
    .map((name) => {
      const text = readFileSync(join(folder, 'serials', name), 'utf8');
      return { ...readEntry(text), serial: Number(name) };
    })
    .toSorted((a, b) => a.serial - b.serial);
}

function serialFiles(folder: string): string[] {
  try {
    return readdirSync(join(folder, 'serials'));
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new FerrymanError(
      'source.missing',
      `${folder}: expected the folder of an ssh CA, with its register "serials", found none`,
      { cause: error },
    );
  }
}

/** Spoiled, by hand or by a disk: the number was given all the same. */
function readEntry(text: string): Omit<Registered, 'serial'> {
  try {
    const entry = JSON.parse(text) as Partial<Registered>;
    const [node = '', role = '', identity = '', created = ''] = [
      entry.node,
      entry.role,
      entry.identity,
      entry.created,
    ].map((value) => (typeof value === 'string' ? printable(value) : undefined));
    return { node, role, identity, created };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError)
      return { node: '', role: '', identity: '', created: '' };
    throw error;
  }
}

/**
 * Takes a serial for good, durably.
 *
 * @param wanted above all that were given; left out: the next
 * @throws FerrymanError `enrol.serial-used`
 */
export function takeSerial(
  folder: string,
  who: Omit<Registered, 'serial'>,
  wanted: number | undefined,
): number {
  for (;;) {
    const newest = registered(folder).at(-1)?.serial ?? 0;
    const serial = wanted ?? newest + 1;
    if (serial <= newest)
      throw new FerrymanError(
        'enrol.serial-used',
        `serial ${serial}: expected one above ${newest}, the newest in ${folder}`,
      );
    try {
      writeDurably(join(folder, 'serials', String(serial)), `${JSON.stringify(who)}\n`, {
        mode: 0o600,
        existing: 'refuse',
      });
      return serial;
    } catch (error) {
      // Another who signs has taken it meanwhile.
      if (!(error instanceof FerrymanError) || error.code !== 'output.exists') throw error;
    }
  }
}

/** For whom a pair of certificates is. */
export interface CertificateTerms {
  readonly node: string;
  readonly role: Role;
  readonly serial: number;
  /** Keys of the node, base64. */
  readonly userKey: string;
  readonly hostKey: string;
}

/**
 * Certifies the ssh keys of a node. Both are valid for ever, since a clock may stand in 1970; they end by being revoked.
 *
 * @returns the lines of `user-cert.pub` and `host-cert.pub`
 * @throws FerrymanError `ssh.*`
 */
export async function certify(
  folder: string,
  { node, role, serial, userKey, hostKey }: CertificateTerms,
): Promise<{ readonly user: string; readonly host: string }> {
  const scratch = mkdtempSync(join(resolve(folder), '.sign-'));
  const sign = async (name: string, key: string, more: readonly string[]): Promise<string> => {
    writeDurably(join(scratch, `${name}.pub`), `${keyLine(key)}\n`, { mode: 0o600, existing: 'refuse' });
    const about = ['-I', `${node} ${serial} ${role}`, '-z', String(serial), '-V', 'always:forever'];
    await runSsh(
      'ssh-keygen',
      ['-q', '-s', join(resolve(folder), 'ca'), ...about, ...more, join(scratch, `${name}.pub`)],
      { terminal: true },
    );
    return readFileSync(join(scratch, `${name}-cert.pub`), 'utf8');
  };
  try {
    const force = ['-O', 'clear', '-O', `force-command=${forcedCommand(node, role)}`];
    // Nothing by itself: the sshd of a proxy allows it at one port, every other not at all.
    const listen = role === 'gateway' ? ['-O', 'permit-port-forwarding'] : [];
    return {
      user: await sign('user', userKey, ['-n', principalsOf(node, role).join(','), ...force, ...listen]),
      host: await sign('host', hostKey, ['-h', '-n', node]),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
