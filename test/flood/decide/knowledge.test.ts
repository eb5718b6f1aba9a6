import { describe, expect, it } from 'vitest';
import type { ContactLedger } from '../../../src/flood/decide/reach.ts';
import { Knowledge } from '../../../src/flood/decide/knowledge.ts';

const life = 100_000;
const [here, home, other] = [0, 1, 2];
const held = { short: [{ first: 9, last: 9 }], long: [{ first: 1, last: 5 }] };

function meeting(total: number): ContactLedger {
  return { meetings: Float64Array.of(0, total, 0), seconds: 86_400, total };
}

/** This node and another meet the one that acknowledges, each so often in a day. */
function knowing(own: number, others: number): Knowledge<string> {
  const knowledge = new Knowledge<string>(here, life);
  knowledge.setLedger(here, meeting(own));
  knowledge.setLedger(other, meeting(others));
  return knowledge;
}

function valueOf(knowledge: Knowledge<string>, sequence: number, now = 0, to = home): number {
  return knowledge.value({ stream: 's', sequence, bytes: 1000, to, lifeSeconds: life }, now);
}

describe('a copy here', () => {
  it('is worth less while another node has one, and nearly as much when that was long ago', () => {
    const knowledge = knowing(1, 4);
    const alone = valueOf(knowledge, 3);
    knowledge.noteHoldings(other, [['s', held]], 0);
    const [fresh, later, longAgo] = [0, 20_000, 80_001].map((now) => valueOf(knowledge, 3, now));
    expect(fresh).toBeLessThan(alone / 2);
    expect(later).toBeGreaterThan(fresh ?? 0);
    expect(longAgo).toBe(alone);
    expect(valueOf(knowledge, 9)).toBe(fresh);
    expect(valueOf(knowledge, 6)).toBe(alone);
  });

  it('is worth what it was when the other has it no more, or is forgotten', () => {
    const knowledge = knowing(1, 4);
    const alone = valueOf(knowledge, 3);
    knowledge.noteHoldings(other, [['s', held]], 0);
    knowledge.noteHoldings(other, [['t', held]], 1);
    expect(valueOf(knowledge, 3, 1)).toBe(alone);
    expect(knowledge.copies('s', here)).toEqual([]);
    expect(knowledge.copies('t', here)).toEqual([held]);
    expect(knowledge.copies('t', other)).toEqual([]);
    knowledge.forget(other);
    expect(knowledge.copies('t', here)).toEqual([]);
    expect(knowledge.ledgerOf(other)).toBeUndefined();
  });

  it('is worth more where the one that acknowledges is met more often, all where it is acknowledged, nothing where nobody was met', () => {
    expect(valueOf(knowing(4, 0), 1)).toBeGreaterThan(valueOf(knowing(1, 0), 1));
    expect(valueOf(knowing(1, 0), 1, 0, here)).toBe(Infinity);
    expect(valueOf(new Knowledge<string>(here, life), 1)).toBe(0);
  });
});
