import { describe, expect, it } from 'vitest';
import {
  backOff,
  judgePing,
  usualPace,
  type OwnFacts,
  type PeerHistory,
} from '../../../src/flood/decide/meet.ts';

const own: OwnFacts = { node: 'b', holdings: 'mine', isRevoked: (serial) => serial === 13 };
const ping = { node: 'a', serial: 1, holdings: 'theirs' };
const stranger: PeerHistory = { isPulling: false, failures: 0 };
const now = 1000;

function judged(
  {
    ping: told = ping,
    own: us = own,
    peer = stranger,
  }: { ping?: typeof ping; own?: OwnFacts; peer?: PeerHistory },
  chance = 0.5,
) {
  return judgePing(told, { own: us, peer, pace: usualPace }, now, chance);
}

describe('a ping', () => {
  it('of a stranger with other holdings is worth an attempt at once', () => {
    expect(judged({})).toEqual({ attempt: true, afterSeconds: 0 });
  });

  it('makes the node with the lower GUID wait a random moment', () => {
    const lower = { ...own, node: '0' };
    expect(judged({ own: lower }, 0.25)).toEqual({
      attempt: true,
      afterSeconds: 0.25 * usualPace.maxWaitSeconds,
    });
    expect(judged({ own: lower }, 0)).toEqual({ attempt: true, afterSeconds: 0 });
  });

  it.each([
    ['of equal holdings', { ping: { ...ping, holdings: 'mine' } }, 'both hold the same'],
    ['of a revoked serial', { ping: { ...ping, serial: 13 } }, 'its enrolment is revoked'],
    ['with the own GUID', { ping: { ...ping, node: 'b' } }, 'it carries the GUID of this node'],
    ['during an exchange', { peer: { ...stranger, isPulling: true } }, 'an exchange with it is under way'],
    [
      'right after an exchange',
      { peer: { ...stranger, lastExchangeAt: now - usualPace.coolDownSeconds + 1 } },
      'the last exchange was a moment ago',
    ],
    [
      'with nothing new since the last exchange, which left differences',
      { peer: { ...stranger, lastExchangeAt: 0, lastHoldings: { peer: 'theirs', own: 'mine' } } },
      'nothing is new since the last exchange',
    ],
    [
      'soon after failures',
      { peer: { ...stranger, failures: 3, lastFailureAt: now - 39 } },
      '3 attempts in a row have failed',
    ],
  ])('%s is not', (_, facts, why) => {
    expect(judged(facts)).toEqual({ attempt: false, why });
  });

  it.each([
    ['when the cool-down is over', { ...stranger, lastExchangeAt: now - usualPace.coolDownSeconds }],
    ['when the back-off is over', { ...stranger, failures: 3, lastFailureAt: now - 40 }],
    [
      'when the peer holds something new',
      { ...stranger, lastExchangeAt: 0, lastHoldings: { peer: 'before', own: 'mine' } },
    ],
    [
      'when this node holds something new',
      { ...stranger, lastExchangeAt: 0, lastHoldings: { peer: 'theirs', own: 'before' } },
    ],
  ])('is again %s', (_, peer) => {
    expect(judged({ peer }).attempt).toBe(true);
  });

  it('backs off twice as long with each failure, up to a limit', () => {
    expect([1, 2, 3, 20, 5000].map((failures) => backOff(failures, usualPace))).toEqual([
      10, 20, 40, 3600, 3600,
    ]);
  });
});
