/**
 * The text of one SMS: a person reads what happened where, a proxy reads the same and who says so. Pure; knows no keys.
 *
 *   9f1c1d5e Mill Road #42 failed exit 3: Kernel fix: no space left =a3f9-17.k3v9wq0c1m2d
 *   node     name      seq state  how     words                      incarnation-counter.check
 *
 * Whatever a script or a title says stands between the first colon and the last ` =`: it can pretend to nothing. Spec: docs/format.md §17.
 */
import { states, type UpdateState } from '../plan/facts.ts';
import { maxSeptets, septetsOf, toSeptets } from '../report/gsm7.ts';
import { isSmsName } from './sms-name.ts';

/** Base32 by Crockford, in lower case: no letter that is taken for a digit. */
export const digits32 = '0123456789abcdefghjkmnpqrstvwxyz';

/** Characters of base32: 20 bits of an incarnation, 60 of a check. */
export const incarnationLength = 4;
export const checkLength = 12;

/** A name for a new life of a counter. @param hex five random digits */
export function incarnationFrom(hex: string): string {
  const bits = Number.parseInt(hex, 16);
  return [15, 10, 5, 0].map((shift) => digits32[(bits >> shift) & 31]).join('');
}

export interface SmsFacts {
  /** The first eight hex digits of the node's GUID. */
  readonly node: string;
  /** What people call the node; '' for none. @see isSmsName */
  readonly name: string;
  /** Of the update; `null`: its manifest could not be read. */
  readonly sequence: number | null;
  readonly state: UpdateState;
  /** `exit 3` or `SIGKILL`; '' where there is nothing to tell. */
  readonly how: string;
  /** Title and short log. */
  readonly words: string;
  /** Tells two lives of one node's counter apart. @see incarnationLength */
  readonly incarnation: string;
  /** Rises with every outcome that is told, from 1. */
  readonly counter: number;
}

/** A text, taken apart. Nothing in it is to be believed before its check is right. */
export interface SmsText extends SmsFacts {
  /** What the check is over: all that stands before it. */
  readonly checked: string;
  readonly check: string;
}

const countPattern = '[1-9][0-9]{0,15}';
const pattern = new RegExp(
  [
    `^([0-9a-f]{8})(?: ([^#]+))? #(${countPattern}|\\?) (${states.join('|')})`,
    `(?: (exit (?:0|[1-9][0-9]{0,2})|SIG[A-Z0-9]{1,12}))?: (|[^ ]|[^ ].*[^ ]) ?=`,
    `([${digits32}]{${incarnationLength}})-(${countPattern})\\.([${digits32}]{${checkLength}})$`,
  ].join(''),
  'u',
);

/** Septets of a title at most: the script's own words are worth more. */
const maxTitle = 40;

/** What a person reads of an update: its title, and the short log unless that says the same. */
export function smsWords(title: string, shortLog: string): string {
  const short = toSeptets(title, maxTitle);
  return short === '' || shortLog.includes(short) ? shortLog : `${short}: ${shortLog}`;
}

/**
 * The text of an SMS, its words cut so that it fits.
 *
 * @param check given what it is over. @returns at most 160 septets of the GSM 7-bit alphabet
 */
export function formatSms(facts: SmsFacts, check: (checked: string) => string): string {
  const { node, name, sequence, state, how, incarnation, counter } = facts;
  const head = [node, name, `#${sequence ?? '?'}`, state, how].filter((word) => word !== '').join(' ');
  const mark = `=${incarnation}-${counter}.`;
  const room = maxSeptets - (septetsOf(`${head}:  ${mark}`) ?? maxSeptets) - checkLength;
  const words = toSeptets(facts.words, Math.max(0, room));
  const checked = `${head}: ${words}${words === '' ? '' : ' '}${mark}`;
  return checked + check(checked);
}

/** Takes a text apart; `undefined`: it is none of ours. Whatever {@link formatSms} writes has one reading, and that is the same again. */
export function parseSms(text: string): SmsText | undefined {
  const match = text.length <= maxSeptets && septetsOf(text) !== undefined ? pattern.exec(text) : null;
  if (!match) return undefined;
  const [, node = '', name = '', sequence = '', state = '', how = '', words = '', incarnation = ''] = match;
  const [, , , , , , , , counter = '', check = ''] = match;
  const facts: SmsFacts = {
    node,
    name,
    sequence: sequence === '?' ? null : Number(sequence),
    state: state as UpdateState,
    how,
    words,
    incarnation,
    counter: Number(counter),
  };
  const isOurs = (name === '' || isSmsName(name)) && formatSms(facts, () => check) === text;
  return isOurs ? { ...facts, checked: text.slice(0, -checkLength), check } : undefined;
}
