/** Whatever happens to log files between archives: what comes home, stream by stream, is what was written, byte for byte. */
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { removeFolders } from '../kit/kiosk.ts';
import { bringHome, Home, LogNode } from './log-node.ts';

afterEach(removeFolders);

type Act =
  | { readonly act: 'append'; readonly file: string; readonly lines: number; readonly isTorn: boolean }
  | { readonly act: 'rename' | 'copytruncate' | 'compress'; readonly file: string }
  | { readonly act: 'pack' };

const file = fc.constantFrom('syslog', 'auth.log');
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('append' as const),
      file,
      lines: fc.integer({ min: 1, max: 120 }),
      isTorn: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom('rename' as const, 'copytruncate' as const, 'compress' as const),
      file,
    }),
  },
  { weight: 3, arbitrary: fc.constant({ act: 'pack' } as const) },
);

/** The logs of a machine, and what was ever written to each file from its beginning to its rotation. */
class Machine {
  readonly #node: LogNode;
  readonly #open = new Map<string, string>();
  readonly histories: string[] = [];
  #line = 0;

  constructor(node: LogNode) {
    this.#node = node;
  }

  do(what: Exclude<Act, { act: 'pack' }>): void {
    if (what.act === 'append') this.#append(what);
    else if (existsSync(this.#node.log(what.file))) this.#rotate(what);
  }

  #append({ file: name, lines, isTorn }: Extract<Act, { act: 'append' }>): void {
    let text = '';
    for (let count = 0; count < lines; count++) text += `${(this.#line += 1)} ${name} says something\n`;
    if (isTorn) text += `${(this.#line += 1)} torn `;
    this.#node.append(name, text);
    this.#open.set(name, (this.#open.get(name) ?? '') + text);
  }

  #rotate({ act: how, file: name }: { act: 'rename' | 'copytruncate' | 'compress'; file: string }): void {
    const path = this.#node.log(name);
    for (let age = 8; age >= 1; age--)
      for (const end of ['', '.gz'])
        if (existsSync(`${path}.${age}${end}`))
          renameSync(`${path}.${age}${end}`, `${path}.${age + 1}${end}`);
    if (how === 'rename') renameSync(path, `${path}.1`);
    if (how === 'copytruncate') {
      copyFileSync(path, `${path}.1`);
      truncateSync(path, 0);
    }
    if (how === 'compress') {
      writeFileSync(`${path}.1.gz`, gzipSync(readFileSync(path)));
      rmSync(path);
    }
    this.#close(name);
  }

  #close(name: string): void {
    const history = this.#open.get(name) ?? '';
    if (history !== '') this.histories.push(history);
    this.#open.delete(name);
  }

  finish(): void {
    for (const name of this.#open.keys()) this.#close(name);
  }
}

/** A rotation that no archive had seen before it was compressed comes as the compressed file. */
function plain(text: string): string {
  const bytes = Buffer.from(text, 'latin1');
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes).toString('latin1') : text;
}

test('any order of writing, rotating and packing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 14 }), async (acts) => {
      const node = LogNode.make('compression = "gzip"');
      const machine = new Machine(node);
      const home = new Home();
      try {
        for (const one of acts) {
          if (one.act === 'pack') await bringHome(node, home);
          else machine.do(one);
        }
        // Twice: a last line without its end waits for the second one.
        await bringHome(node, home);
        await bringHome(node, home);
        machine.finish();
        const texts = home.texts.map(plain).filter((text) => text !== ''); // compressed nothing
        expect(texts.toSorted()).toEqual(machine.histories.toSorted());
      } finally {
        node.close();
      }
    }),
    { numRuns: 25 },
  );
}, 300_000);
