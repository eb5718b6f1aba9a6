import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { endingMs, PartsAtWork } from '../../src/controller/parts-at-work.ts';
import { stopSeconds } from '../../src/service/unit.ts';

const never = new Promise<void>(() => undefined);

test('what does not end after the signal is named, with everything else that has not ended, and left', async () => {
  const parts = new PartsAtWork();
  const stop = new AbortController();
  await parts.until('packing of logs', Promise.resolve());
  const all = Promise.all([parts.until('updates', never), parts.until('short logs', never)]);
  const ended = parts.end(
    all.then(() => undefined),
    stop.signal,
    20,
  );
  stop.abort();
  await expect(ended).rejects.toMatchObject({
    code: 'daemon.still-at-work',
    message:
      'expected everything to end within 0.02 s of being told to, found still at work: updates, short logs',
  });
});

test('before the signal it is waited for, for as long as it takes; and what it throws is thrown', async () => {
  const parts = new PartsAtWork();
  const stop = new AbortController();
  const slow = new Promise<void>((resolve) => void setTimeout(resolve, 50));
  await parts.end(slow, stop.signal, 1);
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
  const failing = Promise.reject(new Error('as it is'));
  await expect(parts.end(parts.until('updates', failing), stop.signal, 1)).rejects.toThrow('as it is');
});

test('told to stop already, it ends as its parts do', async () => {
  const parts = new PartsAtWork();
  await expect(parts.end(Promise.resolve(), AbortSignal.abort(), 1)).resolves.toBeUndefined();
  await expect(parts.end(parts.until('updates', never), AbortSignal.abort(), 1)).rejects.toMatchObject({
    code: 'daemon.still-at-work',
  });
});

test('systemd waits for longer than the daemon for its parts', () => {
  expect(endingMs).toBeLessThanOrEqual((stopSeconds * 1000) / 2);
});
