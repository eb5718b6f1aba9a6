/** Who plays in the simulated year: kiosks on their bus lines, gateways, one proxy; and the updates of the year. Always the same. */
import { createHash } from 'node:crypto';
import type { Role } from '../../src/parcel/recipients.ts';

export const dayMs = 86_400_000;

export interface Player {
  readonly guid: string;
  readonly role: Role;
  readonly name: string;
  readonly place: string;
  readonly group: string;
  /** Whom it meets: its bus, or the gateway that the bus comes from. */
  readonly peer: { readonly guid: string; readonly role: Role };
  /** Days between two meetings. */
  readonly everyDays: number;
  /** Days since it was heard last. */
  readonly heardDaysAgo: number;
}

export interface Edition {
  readonly sequence: number;
  readonly digest: string;
  readonly title: string;
  readonly signedAt: number;
}

const places = ['market', 'clinic', 'school', 'ferry', 'station', 'mill', 'library', 'post office'];
const villages = [
  'Arba',
  'Belo',
  'Chuka',
  'Dila',
  'Elwak',
  'Gilgil',
  'Habas',
  'Isiolo',
  'Kitale',
  'Lodwar',
  'Mado',
  'Narok',
  'Oloit',
  'Rongai',
  'Sololo',
  'Turbi',
  'Voi',
  'Wajir',
];
const groups = ['north', 'coast', 'lake', 'highland'];
const rhythms = [1, 1, 2, 2, 3, 7];
const subjects = [
  'Timetable',
  'Health leaflets',
  'Seed prices',
  'Weather maps',
  'Fix for the printer',
  'School lessons',
];

/** One bus line has so many kiosks, one gateway so many lines. */
const kiosksOfLine = 12;
const linesOfGateway = 5;

export function makeCast(count: number): readonly Player[] {
  return Array.from({ length: count }, (_, index) => player(index, count));
}

export function makeEditions(now: number): readonly Edition[] {
  return Array.from({ length: 24 }, (_, index) => {
    const sequence = index + 1;
    const title = `${subjects[index % subjects.length] ?? ''}, ${new Date(now - (24 - index) * 15 * dayMs).toISOString().slice(0, 7)}`;
    return {
      sequence,
      digest: digestOf(`edition ${sequence}`),
      title,
      signedAt: now - (24 - index) * 15 * dayMs + 10 * dayMs,
    };
  });
}

function player(index: number, count: number): Player {
  const role = roleOf(index);
  const line = Math.floor(index / kiosksOfLine);
  const bus = line * kiosksOfLine;
  const gateway = Math.floor(line / linesOfGateway) * linesOfGateway * kiosksOfLine + 1;
  const peer = role === 'kiosk' ? bus : role === 'ferry' ? Math.min(gateway, count - 1) : 0;
  const everyDays = rhythms[line % rhythms.length] ?? 1;
  const village = villages[line % villages.length] ?? '';
  return {
    guid: guidOf(index),
    role,
    name: nameOf(role, index, line, village),
    place: role === 'ferry' ? `bus line ${line + 1}` : `${village}, ${places[index % places.length] ?? ''}`,
    group: groups[line % groups.length] ?? '',
    peer: { guid: guidOf(peer), role: roleOf(peer) },
    everyDays,
    heardDaysAgo: heardDaysAgo(index, everyDays),
  };
}

function roleOf(index: number): Role {
  if (index % kiosksOfLine === 0) return 'ferry';
  return index % (kiosksOfLine * linesOfGateway) === 1 ? 'gateway' : 'kiosk';
}

/** One of forty has no name yet. */
function nameOf(role: Role, index: number, line: number, village: string): string {
  if (index % 40 === 39) return '';
  return role === 'ferry' ? `bus-${line + 1}` : `${village.toLowerCase()}-${index}`;
}

function heardDaysAgo(index: number, everyDays: number): number {
  if (index % 61 === 7) return 16 * everyDays + 20;
  if (index % 29 === 11) return 4 * everyDays + 2;
  return chance(`heard ${index}`) * everyDays;
}

export function guidOf(index: number): string {
  const hex = createHash('sha256').update(`demo node ${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function digestOf(text: string): string {
  return createHash('sha512').update(text).digest('hex');
}

/** From 0 to 1; the same for the same text. */
export function chance(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() / 2 ** 32;
}
