/** Makes an input into another: a few small changes to bytes, to numbers, to words, or a mix of two inputs. */
import type { Random } from '../crash/random.ts';

/** What a change may draw from. */
export interface Material {
  readonly random: Random;
  /** Pieces of the target's language. */
  readonly words: readonly Buffer[];
  /** Texts that stand in the sources: many, and few of them of use to one target. */
  readonly texts: readonly Buffer[];
  readonly maxBytes: number;
  /** Any input that is already kept. */
  readonly other: () => Buffer;
}

type Change = (input: Buffer, material: Material) => Buffer;

export function mutate(input: Buffer, material: Material): Buffer {
  let result = input;
  for (let count = material.random.between(1, 5); count > 0; count--)
    result = pick(material.random, changes)(result, material).subarray(0, material.maxBytes);
  return Buffer.from(result);
}

export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.between(0, items.length - 1)] as Item;
}

const telling8 = [0, 1, 9, 10, 13, 32, 34, 46, 47, 92, 127, 128, 255];
const telling16 = [0, 1, 8, 21, 22, 255, 256, 1024, 0x7fff, 0x8000, 0xfffe, 0xffff];
const telling32 = [0, 1, 0xffff, 0x10000, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xffffffff];
const tellingNumbers = ['0', '1', '-1', '00', '1.5', '1e3', '60000', '9007199254740991', '9007199254740992'];

const changes: readonly Change[] = [
  function flipBit(input, { random }) {
    return edited(input, random, 1, (at) => at.writeUInt8(at.readUInt8() ^ (1 << random.between(0, 7))));
  },
  function setByte(input, { random }) {
    const value = random.chance(0.5) ? pick(random, telling8) : random.between(0, 255);
    return edited(input, random, 1, (at) => at.writeUInt8(value));
  },
  function set16(input, { random }) {
    return edited(input, random, 2, (at) => at.writeUInt16LE(pick(random, telling16)));
  },
  function set32(input, { random }) {
    return edited(input, random, 4, (at) => at.writeUInt32LE(pick(random, telling32)));
  },
  function nudge(input, { random }) {
    const by = random.between(-8, 8);
    return edited(input, random, 1, (at) => at.writeUInt8((at.readUInt8() + by) & 0xff));
  },
  function drop(input, { random }) {
    const [from, to] = range(input, random);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  function repeat(input, { random, maxBytes }) {
    const [from, to] = range(input, random);
    const times = Math.min(
      random.chance(0.1) ? 2000 : random.between(1, 4),
      Math.ceil(maxBytes / (to - from + 1)),
    );
    const copies = Buffer.alloc((to - from) * times, input.subarray(from, to));
    return Buffer.concat([input.subarray(0, to), copies, input.subarray(to)]);
  },
  function move(input, { random }) {
    const [from, to] = range(input, random);
    const rest = Buffer.concat([input.subarray(0, from), input.subarray(to)]);
    return insert(rest, random.between(0, rest.length), input.subarray(from, to));
  },
  function putBytes(input, { random }) {
    const bytes = Buffer.from(Array.from({ length: random.between(1, 8) }, () => random.between(0, 255)));
    return insert(input, random.between(0, input.length), bytes);
  },
  putWord,
  putWord,
  function overwriteWithWord(input, material) {
    const word = pickWord(material);
    const at = place(input, material.random);
    return Buffer.concat([input.subarray(0, at), word, input.subarray(at + word.length)]);
  },
  function changeNumber(input, { random }) {
    const text = input.toString('latin1');
    const numbers = [...text.matchAll(/\d+/g)];
    if (numbers.length === 0) return input;
    const { 0: digits, index } = pick(random, numbers);
    const put = random.chance(0.5)
      ? pick(random, tellingNumbers)
      : String(Number(digits) + random.between(-2, 2));
    return Buffer.from(text.slice(0, index) + put + text.slice(index + digits.length), 'latin1');
  },
  function mix(input, { random, other }) {
    const [from, to] = range(other(), random);
    return insert(input, random.between(0, input.length), other().subarray(from, to));
  },
  function cross(input, { random, other }) {
    const second = other();
    return Buffer.concat([
      input.subarray(0, random.between(0, input.length)),
      second.subarray(random.between(0, second.length)),
    ]);
  },
];

function putWord(input: Buffer, material: Material): Buffer {
  return insert(input, place(input, material.random), pickWord(material));
}

function pickWord({ random, words, texts }: Material): Buffer {
  return words.length > 0 && random.chance(0.6) ? pick(random, words) : pick(random, texts);
}

/** An offset: anywhere, or where something begins or ends. */
function place(input: Buffer, random: Random): number {
  const anywhere = random.between(0, input.length);
  if (random.chance(0.7)) return anywhere;
  return pick(random, [0, input.length, input.indexOf('\n', anywhere) + 1]);
}

function edited(input: Buffer, random: Random, bytes: number, edit: (at: Buffer) => void): Buffer {
  if (input.length < bytes) return input;
  const copy = Buffer.from(input);
  const at = random.between(0, input.length - bytes);
  edit(copy.subarray(at, at + bytes));
  return copy;
}

/** Two offsets; mostly close to each other. */
function range(input: Buffer, random: Random): [from: number, to: number] {
  const from = random.between(0, input.length);
  const most = random.chance(0.7) ? Math.min(16, input.length - from) : input.length - from;
  return [from, from + random.between(0, most)];
}

function insert(input: Buffer, at: number, bytes: Buffer): Buffer {
  return Buffer.concat([input.subarray(0, at), bytes, input.subarray(at)]);
}
