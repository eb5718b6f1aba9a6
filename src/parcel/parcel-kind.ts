/** The kinds of parcels: what the manifest of each says of itself. Spec: docs/format.md §1. */
import { FerrymanError } from '../errors.ts';
import { formatName } from './canonical-document.ts';
import type { ClosedObject } from './closed-object.ts';

/** The name of the manifest inside a parcel; always the first entry. */
export const manifestPath = 'manifest.json';

/** Each kind, as people call it. */
const kinds = {
  update: 'an update',
  'usb-pass': 'a pass for a USB key',
  enrolment: 'the enrolment of a node',
  roster: 'a roster',
  log: 'an archive of logs',
  ack: 'an acknowledgement',
} as const;
export type ParcelKind = keyof typeof kinds;

/**
 * Takes `format` and `kind`, the first two keys of every manifest.
 *
 * @throws FieldError; FerrymanError `manifest.other-kind` for another kind that this version knows
 */
export function takeKind(object: ClosedObject, expected: ParcelKind): void {
  object.oneOf('format', [formatName]);
  const found = object.take('kind');
  if (found === expected) return;
  if (isParcelKind(found))
    throw new FerrymanError(
      'manifest.other-kind',
      `${manifestPath}: expected ${kinds[expected]}, found ${kinds[found]}`,
    );
  throw object.refuse('kind', `"${expected}"`, found);
}

/** The kind that a manifest claims; `undefined` where none can be made out. */
export function kindIn(manifest: Buffer): ParcelKind | undefined {
  try {
    const document: unknown = JSON.parse(manifest.toString('utf8'));
    const kind = typeof document === 'object' && document !== null && 'kind' in document && document.kind;
    return isParcelKind(kind) ? kind : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isParcelKind(kind: unknown): kind is ParcelKind {
  return typeof kind === 'string' && Object.hasOwn(kinds, kind);
}
