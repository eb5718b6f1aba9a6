/** What went wrong with the fleet store, in ferryman's codes. The database itself may be away, full, or refuse what it is told. */
import Database from 'better-sqlite3';
import { FerrymanError } from '../../errors.ts';

/** What is written does not fit: another try finds the same. Data exceptions and constraints, in both. */
const refusals = /^(22...|23...|SQLITE_(TOOBIG|MISMATCH|RANGE|CONSTRAINT.*))$/;
/** It is there, and not as ferryman has made it: no such table, no such right. */
const spoiled = /^(42...|3F...|SQLITE_(ERROR|NOTADB|CORRUPT.*|FORMAT|SCHEMA))$/;
/** It is there, and has no room: 53100; SQLite says it in words. */
const fullCodes: ReadonlySet<string> = new Set(['53100', 'SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'ENOSPC']);

/** It is there, and not for this user. */
const forbidden = /^(SQLITE_READONLY.*|SQLITE_PERM|SQLITE_AUTH|EACCES|EPERM|EROFS)$/;

/**
 * `fleet.unreachable`, `fleet.disk-full`, `fleet.unreadable`, `system.permission`; what is a defect of ours stays as it is.
 *
 * @param where the store in words, without its password
 */
export function asFleetError(where: string, error: unknown): unknown {
  if (error instanceof FerrymanError || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const told = (kind: 'fleet.unreachable' | 'fleet.disk-full' | 'fleet.unreadable'): FerrymanError =>
    new FerrymanError(kind, `${where}: expected a fleet store that answers: ${messageOf(error)}`, {
      cause: error,
    });
  if (forbidden.test(code))
    return new FerrymanError(
      'system.permission',
      `${where}: expected a fleet store that this user may write: ${messageOf(error)}`,
      { cause: error },
    );
  if (fullCodes.has(code)) return told('fleet.disk-full');
  if (spoiled.test(code)) return told('fleet.unreadable');
  if (refusals.test(code)) return error;
  if (error instanceof Database.SqliteError) return told('fleet.unreachable');
  return isOfConnection(error, code) ? told('fleet.unreachable') : error;
}

/** The same for what opening the store throws: nothing was told to the database yet, so that whatever is unknown is a store that is away. */
export function asOpeningError(where: string, error: unknown): FerrymanError {
  const known = asFleetError(where, error);
  if (known instanceof FerrymanError) return known;
  const text = error instanceof Error ? messageOf(error) : String(error);
  return new FerrymanError('fleet.unreachable', `${where}: expected a fleet store that opens: ${text}`, {
    cause: error,
  });
}

/** Two transactions stood in each other's way: serialization failure, deadlock. */
export function isToBeginAgain(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '40001' || error.code === '40P01');
}

/** Of sockets, names and certificates: ECONNRESET, EAI_AGAIN, ERR_TLS_CERT_ALTNAME_INVALID, CERT_HAS_EXPIRED. */
const ofNetwork =
  /^(E(?!RR_)[A-Z0-9_]+|ERR_(TLS|SSL|SOCKET|STREAM)_.+|.*(CERT|CRL|SIGNATURE|HOSTNAME_MISMATCH).*)$/;

/** Five characters: an answer of PostgreSQL. pg's own words have no code. */
function isOfConnection(error: Error, code: string): boolean {
  if (code !== '') return /^[0-9A-Z]{5}$/.test(code) || ofNetwork.test(code);
  return /connection|timeout|SASL|server/i.test(error.message);
}

function messageOf(error: Error): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  return error.message;
}
