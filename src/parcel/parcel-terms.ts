/** What a parcel of whatever kind says of itself: as labels and texts for people, and as facts for programs. */
import { coveredBy, type Acknowledgement } from './acknowledgement.ts';
import type { AnyParcel } from './any-parcel.ts';
import type { LogManifest } from './log-archive.ts';
import type { UpdateManifest } from './manifest.ts';
import { passTerms } from './pass-words.ts';
import type { Roster } from './roster.ts';
import { countSequences, formatRange, type SequenceRange } from './sequences.ts';

type Term = readonly [label: string, text: string];

/** Whom it is for; `undefined` for what is for everybody who meets it. */
export function recipientsOf({ kind, manifest }: AnyParcel): readonly string[] | undefined {
  if (kind === 'update' || kind === 'usb-pass') return manifest.recipients;
  return kind === 'enrolment' ? [manifest.node] : undefined;
}

/** Everything but name, recipients, time and files. */
export function termsOf({ kind, manifest }: AnyParcel): Term[] {
  switch (kind) {
    case 'update':
      return updateTerms(manifest);
    case 'usb-pass':
      return passTerms(manifest);
    case 'enrolment':
      return [];
    case 'roster':
      return rosterTerms(manifest);
    case 'log':
      return logTerms(manifest);
    default:
      return ackTerms(manifest);
  }
}

function updateTerms({ script, requires, supersedes }: UpdateManifest): Term[] {
  const { path, timeoutSeconds, onInterrupt, maxAttempts } = script;
  const starts = onInterrupt === 'rerun' ? `, ${maxAttempts} starts in all` : '';
  return [
    ['script', `${path}, at most ${timeoutSeconds} s, when interrupted: ${onInterrupt}${starts}`],
    ...ranges('requires', requires),
    ...ranges('supersedes', supersedes),
  ];
}

function rosterTerms({ revoked, closed }: Roster): Term[] {
  return [
    ['revoked', inWords(revoked) || 'nobody'],
    ...closed.map(({ origin, incarnation }): Term => ['closed', `${origin}/${incarnation}`]),
  ];
}

function logTerms({ class: logClass, full, previous, voids }: LogManifest): Term[] {
  const extent = full ? 'full' : `since the one before it${previous ? `, ${previous.slice(0, 16)}` : ''}`;
  return [['class', `${logClass}, ${extent}`], ...ranges('lost', voids)];
}

function ackTerms({ epoch, origins }: Acknowledgement): Term[] {
  const lines = origins.map((origin): Term => {
    const lost = countSequences(origin.voids);
    return [
      'covers',
      `${origin.origin}/${origin.incarnation}: ${inWords(coveredBy(origin)) || 'nothing'}${lost === 0 ? '' : ` (${lost} of them lost)`}`,
    ];
  });
  return [['epoch', epoch], ...lines];
}

function ranges(label: string, set: readonly SequenceRange[]): Term[] {
  return set.length === 0 ? [] : [[label, inWords(set)]];
}

function inWords(set: readonly SequenceRange[]): string {
  return set.map(formatRange).join(', ');
}

/** What tells one parcel of its kind from another, for programs. */
export function identityOf({ kind, manifest }: AnyParcel): object {
  switch (kind) {
    case 'update':
      return { kind, sequence: manifest.sequence, title: manifest.title };
    case 'usb-pass': {
      const { volume, serial = null, technician, notAfter = null, uses = null, may } = manifest;
      return { kind, volume, serial, technician, notAfter, uses, may };
    }
    case 'enrolment': {
      const { node, role, serial } = manifest;
      return { kind, node, role, serial };
    }
    case 'roster':
      return {
        kind,
        number: manifest.number,
        revoked: manifest.revoked.map(formatRange),
        closed: manifest.closed,
      };
    case 'log': {
      const { origin, incarnation, sequence, class: logClass, full } = manifest;
      return { kind, origin, incarnation, sequence, class: logClass, full };
    }
    default: {
      const { proxy, epoch, number, shard } = manifest;
      return { kind, proxy, epoch, number, shard };
    }
  }
}
