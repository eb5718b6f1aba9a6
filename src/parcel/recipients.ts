/**
 * Whom an update is for: `all`, `role:kiosk`, `group:north`, or a node's GUID. Spec: docs/format.md §6.
 */

/** What a node can be in the network. */
export const roles = ['kiosk', 'ferry', 'gateway', 'proxy', 'office'] as const;
export type Role = (typeof roles)[number];

/** What decides whether a node is addressed. */
export interface Addressee {
  readonly guid: string;
  readonly role: Role;
  readonly groups: readonly string[];
}

const guidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const groupPattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** A GUID in its one spelling (RFC 9562, lower case). */
export function isGuid(text: string): boolean {
  return guidPattern.test(text);
}

/** A group's name: lower-case letters, digits, `.`, `_`, `-`; at most 64. */
export function isGroupName(text: string): boolean {
  return groupPattern.test(text);
}

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

/** What a recipient must look like, for messages. */
export const recipientForms = `all, role:${roles.join('|')}, group:NAME or a GUID in lower case`;

export function isRecipient(text: string): boolean {
  if (text === 'all') return true;
  if (text.startsWith('role:')) return isRole(text.slice(5));
  if (text.startsWith('group:')) return isGroupName(text.slice(6));
  return isGuid(text);
}

export function isAddressed(recipients: readonly string[], node: Addressee): boolean {
  return recipients.some(
    (who) =>
      who === 'all' ||
      who === node.guid ||
      who === `role:${node.role}` ||
      (who.startsWith('group:') && node.groups.includes(who.slice(6))),
  );
}
