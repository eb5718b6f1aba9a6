/** Contacts on their way home: each as its line of `contacts.jsonl`. Spec: docs/format.md §16. */
import type { Ledger } from '../ledger/ledger.ts';
import { formatContact } from '../parcel/contact.ts';
import { isRole } from '../parcel/recipients.ts';
import type { ContactSource } from '../logs/lines.ts';

export function contactsOf({ neighbours }: Pick<Ledger, 'neighbours'>): ContactSource {
  return (after, limit) =>
    neighbours.contactsAfter(after, limit).map(({ id, role, seconds, ...contact }) => ({
      id,
      // Of whoever was not reached, not even the role is known.
      line: isRole(role) ? formatContact({ ...contact, role, seconds: Math.round(seconds) }) : '',
    }));
}
