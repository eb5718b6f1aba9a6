/** Contacts: a line of `contacts.jsonl` for each meeting of two neighbours, which travels home. Spec: docs/format.md §16. */
import { FerrymanError } from '../errors.ts';
import {
  parseDocument,
  spellInLine,
  takeGuid,
  takePrintable,
  takeTimestamp,
  type DocumentKind,
} from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';
import { maxContactBytes, maxContactReasonBytes } from './limits.ts';
import { roles, type Role } from './recipients.ts';

export interface Contact {
  /** When it began, by the node's clock, which may be wrong. */
  readonly at: string;
  /** GUID of the neighbour. */
  readonly peer: string;
  /** Of the neighbour. */
  readonly role: Role;
  /** How long it took. */
  readonly seconds: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Parcels that were taken. */
  readonly parcelsIn: number;
  /** Why it stopped: printable, at most 200 bytes. */
  readonly reason: string;
}

const contactDocument: DocumentKind<Contact> = {
  name: 'contact',
  malformed: 'contact.malformed',
  read: readContact,
  spell: (contact) => [formatContact(contact)],
};

/** Reads a line, without its line feed. @throws FerrymanError `contact.malformed` */
export function parseContact(line: Buffer | string): Contact {
  const bytes = Buffer.from(line as string);
  if (bytes.length > maxContactBytes)
    throw new FerrymanError(
      'contact.malformed',
      `contact: expected at most ${maxContactBytes} bytes, found ${bytes.length}`,
    );
  return parseDocument(bytes, contactDocument);
}

function readContact(object: ClosedObject): Contact {
  const count = (key: string): number => object.integer(key, 0, Number.MAX_SAFE_INTEGER);
  const contact: Contact = {
    at: takeTimestamp(object, 'at'),
    peer: takeGuid(object, 'peer'),
    role: object.oneOf('role', roles),
    seconds: count('seconds'),
    bytesIn: count('bytesIn'),
    bytesOut: count('bytesOut'),
    parcelsIn: count('parcelsIn'),
    reason: takePrintable(object, 'reason', maxContactReasonBytes),
  };
  object.end();
  return contact;
}

/** The line, without a line feed. The reason must be printable and short. */
export function formatContact(contact: Contact): string {
  const { at, peer, role, seconds, bytesIn, bytesOut, parcelsIn, reason } = contact;
  return spellInLine({ at, peer, role, seconds, bytesIn, bytesOut, parcelsIn, reason });
}
