/**
 * Which nodes, in which order, which page: read from a query string by one function, for the page, its JSON and the commands alike. Pure.
 *
 *     state=late&state=silent&group=north&sort=heard&page=2
 *
 * Keys may come in any order; those that have lists may come often. An empty value is as if the key were not there, since forms send every field.
 */
import { FerrymanError } from '../errors.ts';
import { isGroupName, isRole, roles, type Role } from '../parcel/recipients.ts';
import {
  isNodeState,
  isResultState,
  nodeStates,
  resultStates,
  type NodeState,
  type ResultState,
} from './states.ts';

/** What nodes are sorted by: the worst first, the worst result of the update asked about (without one: the worst), name, heard last, newest sequence, updates behind, disk free, failures. */
export const nodeSorts = [
  'worst',
  'result',
  'name',
  'heard',
  'sequence',
  'behind',
  'disk',
  'failures',
] as const;
export type NodeSort = (typeof nodeSorts)[number];

/** What some nodes have and others not. */
export const nodeMarks = ['gaps', 'lost', 'disk', 'clock'] as const;
export type NodeMark = (typeof nodeMarks)[number];

export interface Page {
  /** From 1. */
  readonly page: number;
  /** Lines of a page: 1 to 5,000. */
  readonly size: number;
}

/** A node is meant when it meets every kind of condition that is given; of one kind, any. */
export interface NodeQuery extends Page {
  readonly states: readonly NodeState[];
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  /** Roads by which it was heard last. */
  readonly roads: readonly string[];
  /** Absent archives, declared losses, a disk nearly full, a wrong clock. */
  readonly marks: readonly NodeMark[];
  /** In its name, place or GUID; capitals are small. `''`: any. */
  readonly text: string;
  /** Only nodes that this update is for: a sequence, or the beginning of a digest. */
  readonly update: string | undefined;
  /** What that update is on them; nothing without `update`. */
  readonly results: readonly ResultState[];
  readonly sort: NodeSort;
  /** The other way round than the sort goes by itself. */
  readonly reverse: boolean;
}

/** All nodes, the worst first. */
export const everyNode: NodeQuery = {
  states: [],
  roles: [],
  groups: [],
  roads: [],
  marks: [],
  text: '',
  update: undefined,
  results: [],
  sort: 'worst',
  reverse: false,
  page: 1,
  size: 50,
};

const maxTextLength = 100;
const maxPage = 1_000_000;
const maxSize = 5000;
const maxLength = 4096;
const maxValues = 64;

/** Keys with one value, and with many. */
const keys = {
  state: 'many',
  role: 'many',
  group: 'many',
  road: 'many',
  mark: 'many',
  result: 'many',
  text: 'one',
  update: 'one',
  sort: 'one',
  order: 'one',
  page: 'one',
  size: 'one',
} as const;
type Key = keyof typeof keys;

/**
 * @param text what is behind the `?`, or '' @param others keys that are somebody else's and are left alone
 * @throws FerrymanError `usage.invalid`: a key or value that is none
 */
export function parseNodeQuery(text: string, others: ReadonlySet<string> = new Set()): NodeQuery {
  const given = readPairs(text, others);
  const one = (key: Key): string | undefined => given.get(key)?.[0];
  const many = <T extends string>(key: Key, is: (value: string) => value is T, what: string): T[] => [
    ...new Set((given.get(key) ?? []).map((value) => narrow(key, value, is, what))),
  ];
  const query = {
    states: many('state', isNodeState, nodeStates.join(', ')),
    roles: many('role', isRole, roles.join(', ')),
    groups: many('group', isGroup, 'a name of a group'),
    roads: many('road', isRoad, 'a name of a road, like flood, sms or usb'),
    marks: many('mark', isMark, nodeMarks.join(', ')),
    text: searchText(one('text') ?? ''),
    update: updateName(one('update')),
    results: many('result', isResultState, resultStates.join(', ')),
    sort: narrow('sort', one('sort') ?? everyNode.sort, isSort, nodeSorts.join(', ')),
    reverse: narrow('order', one('order') ?? 'usual', isOrder, 'usual, reverse') === 'reverse',
    ...parsePage(one('page'), one('size')),
  };
  if (query.results.length > 0 && query.update === undefined)
    throw wrong('result', 'an update beside it, as in update=42&result=failed', query.results.join());
  return query;
}

/** Page and lines of a page, as a query string has them. @throws FerrymanError `usage.invalid` */
export function parsePage(page: string | undefined, size: string | undefined): Page {
  return {
    page: wholeNumber('page', page, maxPage) ?? 1,
    size: wholeNumber('size', size, maxSize) ?? everyNode.size,
  };
}

/** The shortest query string that reads as this query; `''` for every node. */
export function formatNodeQuery(query: NodeQuery): string {
  const params = new URLSearchParams();
  const lists: readonly (readonly [Key, readonly string[]])[] = [
    ['state', query.states],
    ['role', query.roles],
    ['group', query.groups],
    ['road', query.roads],
    ['mark', query.marks],
  ];
  for (const [key, values] of lists) for (const value of values) params.append(key, value);
  if (query.text !== '') params.append('text', query.text);
  if (query.update !== undefined) params.append('update', query.update);
  for (const value of query.results) params.append('result', value);
  if (query.sort !== everyNode.sort) params.append('sort', query.sort);
  if (query.reverse) params.append('order', 'reverse');
  if (query.page !== 1) params.append('page', String(query.page));
  if (query.size !== everyNode.size) params.append('size', String(query.size));
  return params.toString();
}

function readPairs(text: string, others: ReadonlySet<string>): Map<Key, string[]> {
  if (text.length > maxLength)
    throw new FerrymanError(
      'usage.invalid',
      `query: expected at most ${maxLength} characters, found ${text.length}`,
    );
  const given = new Map<Key, string[]>();
  for (const [key, value] of new URLSearchParams(text)) {
    if (others.has(key) || value === '') continue;
    if (!isKey(key)) throw wrong('query', `one of ${Object.keys(keys).join(', ')}`, key);
    const values = given.get(key) ?? [];
    if (values.length >= (keys[key] === 'one' ? 1 : maxValues))
      throw wrong(key, keys[key] === 'one' ? 'one value' : `at most ${maxValues} values`, 'more');
    given.set(key, [...values, value]);
  }
  return given;
}

function narrow<T extends string>(
  key: string,
  value: string,
  is: (value: string) => value is T,
  what: string,
): T {
  if (!is(value)) throw wrong(key, what, value);
  return value;
}

/** Without what nobody can see: a search for a control character is a slip or an attack. */
function searchText(value: string): string {
  if (value.length > maxTextLength || /\p{C}/u.test(value))
    throw wrong('text', `at most ${maxTextLength} printable characters`, value.slice(0, maxTextLength));
  return value;
}

function updateName(value: string | undefined): string | undefined {
  if (value === undefined || /^[1-9]\d{0,15}$/.test(value) || /^[0-9a-f]{8,128}$/.test(value)) return value;
  throw wrong('update', 'a sequence, or 8 digits or more of a digest', value);
}

function wholeNumber(key: string, value: string | undefined, max: number): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
  if (number < 1 || number > max) throw wrong(key, `a whole number from 1 to ${max}`, value);
  return number;
}

function isKey(text: string): text is Key {
  return Object.hasOwn(keys, text);
}

function isSort(text: string): text is NodeSort {
  return (nodeSorts as readonly string[]).includes(text);
}

function isMark(text: string): text is NodeMark {
  return (nodeMarks as readonly string[]).includes(text);
}

function isOrder(text: string): text is 'usual' | 'reverse' {
  return text === 'usual' || text === 'reverse';
}

function isGroup(text: string): text is string {
  return isGroupName(text);
}

function isRoad(text: string): text is string {
  return /^[a-z][a-z0-9-]{0,31}$/.test(text);
}

function wrong(key: string, expected: string, found: string): FerrymanError {
  return new FerrymanError('usage.invalid', `${key}: expected ${expected}, found "${found}"`);
}
