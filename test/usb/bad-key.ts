/** Bad keys against the whole port, and the proof that they did no harm. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { signed } from '../controller/at-work.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { makeKey } from './keyed-kiosk.ts';
import { visiting, type SeenVisit, type Visiting } from './visiting.ts';

/** An update that writes a word when it runs. */
export function says(kiosk: Kiosk, word: string, sequence = 1, more = {}): Buffer {
  return signed({ sequence, title: `say ${word}`, script: `echo ${word} >>${kiosk.witness}`, ...more });
}

export function pathOf(kiosk: Kiosk, name: string): string {
  const path = join(kiosk.root, 'keys', name);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** A good key, after a bad one. */
export async function nextWorks(kiosk: Kiosk, port: Visiting, ...bad: string[]): Promise<void> {
  expect(port.leftOf(...bad)).toEqual([]);
  expect(kiosk.witnessLines()).toEqual([]);
  expect((await kiosk.run('status')).exitCode).not.toBe(70);
  const good = makeKey(kiosk, { '9.zip': says(kiosk, 'good', 9) }, {}, { name: 'good.img' });
  await port.visitAndApply(good.path);
  expect(kiosk.witnessLines()).toEqual(['good']);
}

/** Visits a key that brings nothing that runs. */
export async function visitBad(
  kiosk: Kiosk,
  image: string,
  look: (visit: SeenVisit, port: Visiting) => void | Promise<void>,
): Promise<void> {
  await visiting(kiosk, async (port) => {
    const visit = await port.visitAndApply(image);
    await look(visit, port);
    expect(port.lastPhase).toMatchObject({
      kind: 'failed',
      code: expect.stringMatching(/^U[1-4]\d$/) as string,
    });
    expect(port.leftOf(image)).toEqual([]);
    expect(kiosk.witnessLines()).toEqual([]);
  });
}
