import { describe, expect, it } from 'vitest';
import { decide, deferredReason, type Decision } from '../../src/plan/decide.ts';
import {
  stateInWords,
  type Facts,
  type KnownUpdate,
  type Progress,
  type UpdateState,
  type UpdateTerms,
} from '../../src/plan/facts.ts';

const node: Facts['node'] = {
  guid: '0e4b1a1c-7c53-4b52-9d8a-3f9c7b0e2d11',
  role: 'kiosk',
  groups: ['north'],
  baseline: 0,
};
const calm: Facts = {
  node,
  timeFloor: '2026-11-21T00:00:00Z',
  rivals: [],
  required: [],
  coveredBySuccess: new Set(),
  supersededBy: undefined,
};
const terms: UpdateTerms = {
  sequence: 42,
  title: 'an update',
  recipients: ['all'],
  created: '2026-11-01T00:00:00Z',
  script: { path: 'run.sh', timeoutSeconds: 60, onInterrupt: 'report', maxAttempts: 1 },
  requires: [],
  supersedes: [],
};
const verified: Progress = { state: 'verified', reason: '', attempts: 0, retryInSeconds: 0 };

function known(sequence: number, state: UpdateState, digest = 'd'.repeat(128)): KnownUpdate {
  return { sequence, digest, state };
}

function decided(changes: {
  terms?: Partial<UpdateTerms>;
  facts?: Partial<Facts>;
  progress?: Partial<Progress>;
}): Decision {
  return decide(
    { ...terms, ...changes.terms },
    { ...verified, ...changes.progress },
    { ...calm, ...changes.facts },
  );
}

/** One cause for each rule, in the order of docs/format.md §8. Together they are an update with everything against it. */
const causes = [
  { state: 'refused', facts: { rivals: [known(42, 'succeeded', `beef${'0'.repeat(124)}`)] } },
  { state: 'not-for-me', terms: { recipients: ['role:ferry'] } },
  { state: 'superseded', facts: { supersededBy: 50 } },
  { state: 'expired', terms: { expires: '2026-11-20T00:00:00Z' } },
  { state: 'interrupted', progress: { state: 'interrupted' } },
  { state: 'waiting', terms: { requires: [{ first: 7, last: 7 }] } },
  { state: 'deferred', progress: { state: 'deferred', retryInSeconds: 30 } },
] as const;

describe('an update', () => {
  it('runs when nothing stands against it', () => {
    expect(decided({})).toEqual({ state: 'ready', reason: 'nothing stands against it' });
  });

  for (const [index, { state, ...cause }] of causes.entries()) {
    it(`is ${state} when only that stands against it`, () => {
      expect(decided(cause).state).toBe(state);
    });

    it(`is ${state} rather than anything that is asked later`, () => {
      // The progress of an update is one thing only, so what comes of it cannot be joined with another.
      for (const later of causes.slice(index + 1)) {
        if ('progress' in cause && 'progress' in later) continue;
        const both = {
          terms: { ...('terms' in cause ? cause.terms : {}), ...('terms' in later ? later.terms : {}) },
          facts: { ...('facts' in cause ? cause.facts : {}), ...('facts' in later ? later.facts : {}) },
          progress: 'progress' in cause ? cause.progress : 'progress' in later ? later.progress : {},
        };
        expect([later.state, decided(both).state]).toEqual([later.state, state]);
      }
    });
  }

  it('is decided without the clock of the node', () => {
    expect(decide.length).toBe(3);
    expect(decided({ terms: { created: '2199-01-01T00:00:00Z' } }).state).toBe('ready');
    expect(decided({ terms: { created: '1970-01-01T00:00:00Z' } }).state).toBe('ready');
  });
});

describe('equivocation', () => {
  it('refuses whatever the other one came to, and names it', () => {
    for (const state of ['received', 'verified', 'waiting', 'succeeded', 'failed', 'refused'] as const)
      expect(decided({ facts: { rivals: [known(42, state, `beef${'0'.repeat(124)}`)] } })).toEqual({
        state: 'refused',
        reason: 'sequence 42 names a second content too, beef000000000000: equivocation',
      });
  });
});

describe('an update for others', () => {
  it('is kept for relay, and says for whom it is', () => {
    expect(decided({ terms: { recipients: ['role:ferry', 'group:south'] } })).toEqual({
      state: 'not-for-me',
      reason: 'addressed to role:ferry, group:south; kept for relay',
    });
    expect(decided({ terms: { recipients: ['group:a', 'group:b', 'group:c', 'group:d'] } }).reason).toBe(
      'addressed to group:a, group:b and 2 more; kept for relay',
    );
  });

  it('is one that names neither all, nor the GUID, role or a group of this node', () => {
    for (const who of ['all', node.guid, 'role:kiosk', 'group:north'])
      expect([who, decided({ terms: { recipients: ['role:ferry', who] } }).state]).toEqual([who, 'ready']);
  });
});

describe('the baseline', () => {
  it('supersedes every sequence up to itself, and no later one', () => {
    for (const [sequence, state] of [
      [1, 'superseded'],
      [41, 'superseded'],
      [42, 'superseded'],
      [43, 'ready'],
    ] as const)
      expect([
        sequence,
        decided({ terms: { sequence }, facts: { node: { ...node, baseline: 42 } } }).state,
      ]).toEqual([sequence, state]);
  });

  it('counts as done for what is required', () => {
    const facts = { node: { ...node, baseline: 10 } };
    expect(decided({ terms: { requires: [{ first: 3, last: 10 }] }, facts }).state).toBe('ready');
    expect(decided({ terms: { requires: [{ first: 3, last: 11 }] }, facts })).toEqual({
      state: 'waiting',
      reason: 'requires 11, which has not arrived',
    });
  });
});

describe('expiry', () => {
  const expires = '2026-12-01T00:00:00Z';

  it('comes when the office is known to have signed later, not at the same second', () => {
    expect(decided({ terms: { expires }, facts: { timeFloor: '2026-11-30T23:59:59Z' } }).state).toBe('ready');
    expect(decided({ terms: { expires }, facts: { timeFloor: expires } }).state).toBe('ready');
    expect(decided({ terms: { expires }, facts: { timeFloor: '2026-12-01T00:00:01Z' } })).toEqual({
      state: 'expired',
      reason: 'expired at 2026-12-01T00:00:00Z; the office has signed at 2026-12-01T00:00:01Z',
    });
  });

  it('never comes without a time floor, nor for an update that does not expire', () => {
    expect(
      decided({ terms: { expires: '1970-01-01T00:00:01Z' }, facts: { timeFloor: undefined } }).state,
    ).toBe('ready');
    expect(decided({ facts: { timeFloor: '9999-12-31T23:59:59Z' } }).state).toBe('ready');
  });
});

function afterCut(onInterrupt: 'report' | 'rerun', attempts: number, maxAttempts: number): string {
  return decided({
    terms: { script: { ...terms.script, onInterrupt, maxAttempts } },
    progress: { state: 'interrupted', attempts },
  }).state;
}

describe('an interrupted update', () => {
  it('is not run again when it asks for a report, whatever attempts it has', () => {
    expect([afterCut('report', 1, 1), afterCut('report', 1, 5)]).toEqual(['interrupted', 'interrupted']);
  });

  it('is run again when it asks for that, until its attempts are used', () => {
    expect([1, 2, 3, 4].map((attempts) => afterCut('rerun', attempts, 3))).toEqual([
      'ready',
      'ready',
      'interrupted',
      'interrupted',
    ]);
  });
});

function standing(state: UpdateState): Decision {
  return decided({ terms: { requires: [{ first: 5, last: 5 }] }, facts: { required: [known(5, state)] } });
}

describe('a required update', () => {
  const requires = [{ first: 5, last: 7 }];
  const done = [known(5, 'succeeded'), known(6, 'succeeded'), known(7, 'succeeded')];

  it('lets the other run when it has succeeded, each of a range', () => {
    expect(decided({ terms: { requires }, facts: { required: done } }).state).toBe('ready');
    for (const missing of done)
      expect(
        decided({ terms: { requires }, facts: { required: done.filter((one) => one !== missing) } }),
      ).toEqual({
        state: 'waiting',
        reason: `requires ${missing.sequence}, which has not arrived`,
      });
  });

  it('keeps it waiting in every other state, and says in which', () => {
    const others: readonly UpdateState[] = [
      'received',
      'verified',
      'not-for-me',
      'waiting',
      'superseded',
      'expired',
      'refused',
      'starting',
      'running',
      'failed',
      'timed-out',
      'deferred',
      'interrupted',
    ];
    for (const state of others)
      expect([state, standing(state)]).toEqual([
        state,
        { state: 'waiting', reason: `requires 5, which ${stateInWords(state)}` },
      ]);
    expect(new Set(others.map((state) => standing(state).reason)).size).toBe(others.length);
    expect(standing('failed').reason).toBe('requires 5, which has failed');
  });

  it('lets it run when a newer update that succeeded supersedes it, failed or never arrived', () => {
    const facts = {
      required: [known(5, 'failed'), known(7, 'succeeded')],
      coveredBySuccess: new Set([5, 6]),
    };
    expect(decided({ terms: { requires }, facts }).state).toBe('ready');
  });

  it('lets it run when one of two contents of a sequence has succeeded', () => {
    const required = [known(5, 'refused', 'a'.repeat(128)), known(5, 'succeeded', 'b'.repeat(128))];
    expect(decided({ terms: { requires: [{ first: 5, last: 5 }] }, facts: { required } }).state).toBe(
      'ready',
    );
  });
});

function afterPause(retryInSeconds: number): Decision {
  return decided({ progress: { state: 'deferred', retryInSeconds } });
}

describe('a deferred update', () => {
  it('waits until its pause is over, then runs', () => {
    expect(afterPause(0.5)).toEqual({ state: 'deferred', reason: deferredReason });
    expect(afterPause(0).state).toBe('ready');
    expect(afterPause(-1).state).toBe('ready');
  });
});
