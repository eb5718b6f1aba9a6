import { describe, expect, test } from 'vitest';
import { phoneCodes } from '../../../src/usb/show/codes.ts';
import { lampPatterns, lampSteps, type LampStep } from '../../../src/usb/show/lamp.ts';
import { mayPull, phaseKinds, phaseWords } from '../../../src/usb/show/phase.ts';
import { phases } from './phases.ts';

const stepsOf = (kind: keyof typeof phases): readonly LampStep[] => lampSteps(lampPatterns, phases[kind]);

function isFast(steps: readonly LampStep[]): boolean {
  return steps.length > 0 && steps.every(({ ms }) => ms <= 200);
}

function isEvenAndSlow(steps: readonly LampStep[]): boolean {
  return steps.length > 0 && steps.every(({ ms }) => ms === steps[0]?.ms && ms >= 500);
}

/** As a person would count: flashes between pauses that are at least twice as long as the dark after a flash. */
function counted(steps: readonly LampStep[]): string {
  const [long, , ...rest] = steps;
  expect(long?.lit).toBe(true);
  const darks = rest.map((step, at) => (step.lit ? 'x' : rest[at - 1]?.lit ? '' : ' ')).join('');
  return darks
    .trim()
    .split(' ')
    .map((flashes) => flashes.length)
    .join('');
}

describe('the lamp', () => {
  test('blinks fast as long as the key must stay in, and at no other time', () => {
    for (const kind of phaseKinds)
      expect([kind, isFast(stepsOf(kind))]).toEqual([kind, !mayPull(phases[kind])]);
  });

  test('blinks evenly and slowly when it is safe to remove, and at no other time', () => {
    expect(phaseKinds.filter((kind) => isEvenAndSlow(stepsOf(kind)))).toEqual(['safe']);
  });

  test('never only shines and is never only dark, which a lamp also does when nobody drives it', () => {
    const driven = phaseKinds.filter((kind) => kind !== 'nothing').map(stepsOf);
    const changing = driven.filter((steps) => steps.some(({ lit }) => lit) && steps.some(({ lit }) => !lit));
    expect(changing.length).toBe(driven.length);
  });

  test.each(Object.keys(phoneCodes))('counts out %s', (code) => {
    const steps = lampSteps(lampPatterns, { kind: 'failed', text: '', code });
    expect(`U${counted(steps)}`).toBe(code);
  });

  test('counts out the code for anything else when it is given none, or none that it can count', () => {
    for (const code of ['', 'U1', 'U00', 'U999999999', '9'.repeat(1000)])
      expect(counted(lampSteps(lampPatterns, { kind: 'failed', text: '', code }))).toBe('39');
  });

  test('goes back to what it was when no key is in', () => {
    expect(stepsOf('nothing')).toEqual([]);
  });
});

test('the words of every phase are few, and say the same of the key as the lamp', () => {
  for (const { title, act } of Object.values(phaseWords)) {
    expect(title.length).toBeLessThanOrEqual(18);
    expect(act.length).toBeLessThanOrEqual(18);
  }
  const stays = phaseKinds.filter((kind) => phaseWords[kind].act === 'Leave the key in');
  expect(stays).toEqual(phaseKinds.filter((kind) => !phaseWords[kind].mayPull));
});
