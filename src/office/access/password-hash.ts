/**
 * Passwords as scrypt hashes, written with their parameters so that stronger ones can come later:
 * `$scrypt$ln=15,r=8,p=3$<salt>$<hash>` (salt and hash in base64 without padding; ln is log2 of N). Spec: RFC 7914.
 *
 * One hash takes 32 MiB and some tenths of a second. They are made one after the other, and few wait in line: a crowd at the door costs
 * neither memory nor other people's pages.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { FerrymanError } from '../../errors.ts';

interface Cost {
  readonly ln: number;
  readonly r: number;
  readonly p: number;
}

/** As strong as N=2^17, p=1, and a quarter of its memory. Source: OWASP Password Storage Cheat Sheet. */
const cost: Cost = { ln: 15, r: 8, p: 3 };
const saltBytes = 16;
const hashBytes = 32;
/** A hash that asks for more was not written here. */
const maxLn = 18;
const maxWaiting = 16;

/** UTF-8 bytes of a password. */
export const maxPasswordBytes = 1024;
/** Characters. Source: NIST SP 800-63B asks for 8; a page that can be guessed at from afar asks for more. */
export const minPasswordCharacters = 12;

/** What is not the hash of any password, and takes as long to compare with as one that is. */
export const nobodysHash = written(cost, Buffer.alloc(saltBytes), Buffer.alloc(hashBytes));

/** Why a password cannot be taken; `undefined`: it can. */
export function passwordFault(password: string): string | undefined {
  const characters = Array.from(password).length;
  if (characters < minPasswordCharacters)
    return `expected at least ${minPasswordCharacters} characters, found ${characters}`;
  const bytes = Buffer.byteLength(password);
  return bytes > maxPasswordBytes ? `expected at most ${maxPasswordBytes} bytes, found ${bytes}` : undefined;
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  return written(cost, salt, await derived(password, salt, cost));
}

/** @throws FerrymanError `office.busy` when too many wait already */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const { salt, expected, ...itsCost } = read(hash) ?? read(nobodysHash) ?? unreadable();
  const isShort = Buffer.byteLength(password) <= maxPasswordBytes;
  return timingSafeEqual(await derived(isShort ? password : '', salt, itsCost), expected) && isShort;
}

function unreadable(): never {
  throw new FerrymanError('internal.bug', 'the hash that stands for nobody cannot be read');
}

function written({ ln, r, p }: Cost, salt: Buffer, hash: Buffer): string {
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(hash)}`;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

function read(hash: string): (Cost & { readonly salt: Buffer; readonly expected: Buffer }) | undefined {
  const fields =
    /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{8,86})\$([A-Za-z0-9+/]{43})$/.exec(hash);
  if (!fields) return undefined;
  const [ln, r, p] = fields.slice(1, 4).map(Number);
  const [salt, expected] = fields.slice(4).map((field) => Buffer.from(field, 'base64'));
  if (!ln || !r || !p || !salt || !expected || ln > maxLn) return undefined;
  return { ln, r, p, salt, expected };
}

let waiting = 0;
let last: Promise<unknown> = Promise.resolve();

/** One at a time. */
function derived(password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> {
  if (waiting >= maxWaiting)
    throw new FerrymanError('office.busy', `${waiting} logins wait for their turn already`);
  waiting += 1;
  const work = async (): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const memory = { N: 2 ** ln, r, p, maxmem: 2 ** 20 + 256 * 2 ** ln * r };
      scrypt(password.normalize('NFC'), salt, hashBytes, memory, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  const turn = last.then(work).finally(() => (waiting -= 1));
  last = turn.catch(() => undefined);
  return turn;
}
