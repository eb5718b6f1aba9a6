import { describe, expect, it } from 'vitest';
import { readScenario, type TimeToLive } from '../../tools/simulate/read-scenario.ts';
import { simulate, type Played, type PolicyName } from '../../tools/simulate/simulate.ts';

interface Terms {
  readonly contacts: readonly string[];
  readonly messages: readonly string[];
  readonly bufferBytes?: number;
  readonly bytesPerSecond?: number;
  readonly ttl?: TimeToLive;
  readonly policy?: PolicyName;
}

function play(terms: Terms): Played {
  const { contacts, messages, bufferBytes = Infinity, bytesPerSecond = Infinity } = terms;
  const scenario = readScenario(
    { name: 'c', text: contacts.map((line) => line.replace(' ', ' CONN ')).join('\n') },
    { name: 'm', text: messages.map((line) => `${line} 10 N`).join('\n') },
    terms.ttl ?? Infinity,
  );
  return simulate(scenario, { limits: { bufferBytes, bytesPerSecond }, policy: terms.policy ?? 'ferryman' });
}

function delays(terms: Terms): (number | undefined)[] {
  return play(terms).messages.map(({ delay }) => delay);
}

describe.each(['ferryman', 'maxprop', 'epidemic'] as const)('a contact with a speed, by %s', (policy) => {
  const slow = { bytesPerSecond: 100, policy };

  it('passes a message in the time that its bytes take', () => {
    expect(delays({ ...slow, contacts: ['10 1 2 up', '99 1 2 down'], messages: ['0 A 500 1 2'] })).toEqual([
      15,
    ]);
  });

  it('cuts what has not passed when it ends, and keeps nothing of it', () => {
    const contacts = ['10 1 2 up', '14.9 1 2 down', '20 1 2 up', '25 1 2 down'];
    const played = play({ ...slow, contacts, messages: ['0 A 500 1 2'] });
    expect(played.messages).toEqual([{ id: 'A', delay: 25 }]);
    expect(played.results.cutTransfers).toBe(1);
  });

  it('passes one message after the other', () => {
    const messages = ['0 A 500 1 2', '0 B 500 1 2', '0 C 500 2 1'];
    const contacts = ['10 1 2 up', '99 1 2 down'];
    expect(delays({ ...slow, contacts, messages }).toSorted((a = 0, b = 0) => a - b)).toEqual([15, 20, 25]);
  });

  it('keeps a node busy for all others', () => {
    const contacts = ['10 1 2 up', '11 1 3 up', '99 1 2 down', '99 1 3 down'];
    const messages = ['0 A 500 1 2', '0 B 500 1 3'];
    const [first, second] = delays({ ...slow, contacts, messages });
    expect(first).toBe(15);
    expect(second).toBeGreaterThanOrEqual(20);
  });

  it('goes on after the last line of the trace where it has no end', () => {
    expect(delays({ ...slow, contacts: ['10 1 2 up'], messages: ['0 A 5000 1 2'] })).toEqual([60]);
  });
});

describe.each(['ferryman', 'maxprop', 'epidemic'] as const)('time to live, by %s', (policy) => {
  const terms = {
    contacts: ['60 1 2 up', '61 1 2 down', '660 2 3 up'],
    messages: ['0 A 1 1 2', '0 B 1 1 3'],
    policy,
  };

  it('ends a message in the buffers', () => {
    expect(delays({ ...terms, ttl: 10 })).toEqual([60, undefined]);
    expect(delays({ ...terms, ttl: 11 })).toEqual([60, 660]);
    expect(delays({ ...terms, ttl: Infinity })).toEqual([60, 660]);
  });

  it('is that of each line when it is asked for', () => {
    expect(delays({ ...terms, ttl: 'file' })).toEqual([60, undefined]);
  });

  it('ends a message on its way', () => {
    const contacts = ['0 1 2 up'];
    expect(delays({ contacts, messages: ['0 A 601 1 2'], bytesPerSecond: 1, ttl: 10, policy })).toEqual([
      undefined,
    ]);
    expect(delays({ contacts, messages: ['0 A 600 1 2'], bytesPerSecond: 1, ttl: 10, policy })).toEqual([
      600,
    ]);
  });
});

describe.each(['ferryman', 'maxprop', 'epidemic'] as const)('a buffer, by %s', (policy) => {
  it('never holds more than it may', () => {
    const contacts = ['10 1 2 up', '20 1 2 down', '30 2 3 up'];
    const messages = ['0 A 600 1 3', '1 B 600 1 3'];
    const { results } = play({ contacts, messages, bufferBytes: 1000, policy });
    expect(results.delivered).toBe(1);
    expect(results.peakCopies).toBe(2);
  });

  it('takes no message that is larger than itself, but from hand to hand', () => {
    const contacts = ['10 1 2 up', '20 1 2 down', '30 2 3 up'];
    expect(
      delays({ contacts, messages: ['0 A 1001 1 3', '0 B 1000 1 2'], bufferBytes: 1000, policy }),
    ).toEqual([undefined, 10]);
  });
});

describe('by ferryman', () => {
  it('an acknowledgement that comes back frees the room of relays and of the origin', () => {
    const contacts = [
      '10 1 2 up',
      '11 1 2 down',
      '20 2 3 up', // delivered, acknowledged to the relay
      '21 2 3 down',
      '30 1 2 up', // and by it to the origin
      '31 1 2 down',
      '40 1 2 up',
      '50 2 3 up',
    ];
    const messages = ['0 A 1000 1 3', '35 B 1000 1 3'];
    const played = play({ contacts, messages, bufferBytes: 1000 });
    expect(played.messages.map(({ delay }) => delay)).toEqual([20, 15]);
    expect(played.results.evicted).toBe(0);
  });

  it('what was acknowledged is not carried again by a straggler', () => {
    const contacts = [
      '10 1 2 up',
      '11 1 2 down',
      '12 1 4 up', // the straggler takes a copy and leaves
      '13 1 4 down',
      '20 2 3 up',
      '21 2 3 down',
      '30 2 5 up', // this one hears of the acknowledgement without ever having held a copy
      '31 2 5 down',
      '40 4 5 up',
    ];
    expect(play({ contacts, messages: ['0 A 1000 1 3'] }).results.transfers).toBe(3);
  });

  it('a node keeps its own undelivered message, whatever others bring', () => {
    const contacts = ['10 1 2 up', '20 1 2 down', '30 1 3 up'];
    const messages = ['0 A 900 1 3', '0 B 900 2 4'];
    expect(delays({ contacts, messages, bufferBytes: 1000 })).toEqual([30, undefined]);
  });
});
