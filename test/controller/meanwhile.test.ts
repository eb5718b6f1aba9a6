/** While a script runs: what arrives is taken in, planned and reported, and nothing else is started. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Kiosk } from '../kit/kiosk.ts';
import { fixedKey, signedUpdate } from '../kit/office.ts';
import { cleanUp, Daemon, drop, makeKiosk, shortLogs, signed, until } from './at-work.ts';

afterAll(cleanUp);

const watchOnly = '[run]\nstopSeconds = 1\n[channels]\nrescanSeconds = 3600';
const rescan = '[run]\nstopSeconds = 1\n[channels]\nrescanSeconds = 1';

/** A script that says that it runs, and ends when {@link letGo} is called. */
function waiting(kiosk: Kiosk): string {
  return `echo begun >>${kiosk.witness}; while [ ! -e ${kiosk.root}/go ]; do sleep 0.05; done; echo ended >>${kiosk.witness}`;
}

function letGo(kiosk: Kiosk): void {
  writeFileSync(join(kiosk.root, 'go'), '');
}

function mark(kiosk: Kiosk, text: string): string {
  return `echo ${text} >>${kiosk.witness}`;
}

async function begun(kiosk: Kiosk): Promise<void> {
  await until('the script', () => kiosk.witnessLines().includes('begun'));
}

/** The update is in the ledger, in that state. */
async function inState(kiosk: Kiosk, sequence: number, state: string): Promise<void> {
  await until(`update ${sequence} to be ${state}`, async () =>
    (await kiosk.history()).updates.some((update) => update.sequence === sequence && update.state === state),
  );
}

describe.concurrent('while a script runs', () => {
  test('parcels of every channel are taken in, status shows them, and they run after it, one at a time', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    drop(kiosk, 'backhaul', 'a', signed({ sequence: 1, script: waiting(kiosk) }));
    await begun(kiosk);
    drop(kiosk, 'usb', 'b.zip', signed({ sequence: 2, script: mark(kiosk, 'two') }));
    await inState(kiosk, 2, 'verified');
    drop(kiosk, 'flood', 'c.zip', signed({ sequence: 3, script: mark(kiosk, 'three') }));
    expect((await kiosk.receive(signed({ sequence: 4, script: mark(kiosk, 'four') }))).exitCode).toBe(0);
    await inState(kiosk, 3, 'verified');
    await inState(kiosk, 4, 'verified');
    const status = JSON.parse((await kiosk.run('status', '--json')).stdout) as {
      running: { sequence: number };
      queue: { sequence: number }[];
    };
    expect(status.running.sequence).toBe(1);
    expect(status.queue.map(({ sequence }) => sequence)).toEqual([2, 3, 4]);
    expect(kiosk.witnessLines()).toEqual(['begun']);
    letGo(kiosk);
    await until('all to run', () => kiosk.witnessLines().length === 5);
    expect(kiosk.witnessLines()).toEqual(['begun', 'ended', 'two', 'three', 'four']);
    await daemon.stop();
  });

  test('equivocation, supersession and strangers are seen, and told by short logs at once', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    const daemon = await Daemon.start(kiosk);
    drop(kiosk, 'backhaul', 'a', signed({ sequence: 1, script: waiting(kiosk) }));
    await begun(kiosk);
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 2, script: mark(kiosk, 'two') }));
    await inState(kiosk, 2, 'verified');
    drop(kiosk, 'backhaul', 'c', signed({ sequence: 3, supersedes: [{ first: 2, last: 2 }] }));
    await inState(kiosk, 2, 'superseded');
    drop(kiosk, 'backhaul', 'd', signed({ sequence: 1, title: 'another' }));
    await inState(kiosk, 1, 'refused');
    drop(kiosk, 'backhaul', 'e', signedUpdate({ sequence: 5 }, fixedKey(99)));
    // A file that was seen while it was being written is among the refusals too.
    await until('the stranger', async () =>
      (await kiosk.history()).refusals.some(({ code }) => code === 'verify.unknown-key'),
    );
    await until('the short log', () => shortLogs(kiosk).some((line) => line.startsWith('1 refused')));
    expect(JSON.parse((await kiosk.run('status', '--json')).stdout)).toMatchObject({ equivocations: [1] });
    letGo(kiosk);
    await inState(kiosk, 3, 'succeeded');
    expect(kiosk.witnessLines()).toEqual(['begun', 'ended']);
    const states = (await kiosk.history()).updates.map(({ sequence, state }) => `${sequence} ${state}`);
    expect(states.toSorted()).toEqual(['1 refused', '1 succeeded', '2 superseded', '3 succeeded']);
    await daemon.stop();
  });

  test('that a former ferryman started, the next one takes in what is there at once', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    drop(kiosk, 'backhaul', 'a', signed({ sequence: 1, script: waiting(kiosk) }));
    await (await startAnd(kiosk)).stop();
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 2, script: mark(kiosk, 'two') }));
    const next = await Daemon.start(kiosk);
    await inState(kiosk, 2, 'verified');
    letGo(kiosk);
    await inState(kiosk, 2, 'succeeded');
    expect(kiosk.witnessLines()).toEqual(['begun', 'ended', 'two']);
    expect((await next.stop()).exitCode).toBe(0);
  });

  test('what cannot be done is told and tried again: keys that are broken meanwhile do not harm the run', async () => {
    const kiosk = await makeKiosk({ config: rescan });
    drop(kiosk, 'backhaul', 'a', signed({ sequence: 1, script: waiting(kiosk) }));
    const daemon = await startAnd(kiosk);
    const broken = join(kiosk.layout.keys, 'broken.pub');
    writeFileSync(broken, 'no key');
    drop(kiosk, 'backhaul', 'b', signed({ sequence: 2, script: mark(kiosk, 'two') }));
    await until('the complaint', () => daemon.stderr.includes('[trust.unreadable]'));
    renameSync(broken, `${broken}.away`);
    await inState(kiosk, 2, 'verified');
    letGo(kiosk);
    await inState(kiosk, 2, 'succeeded');
    expect(await kiosk.update(1)).toMatchObject({ state: 'succeeded', attempts: 1 });
    await daemon.stop();
  });

  test('a daemon that is told to stop does so at once, and the script goes on', async () => {
    const kiosk = await makeKiosk({ config: watchOnly });
    drop(kiosk, 'backhaul', 'a', signed({ sequence: 1, script: waiting(kiosk) }));
    const daemon = await startAnd(kiosk);
    const begin = performance.now();
    expect((await daemon.stop()).exitCode).toBe(0);
    expect(performance.now() - begin).toBeLessThan(2000);
    letGo(kiosk);
    await until('it to end', () => kiosk.witnessLines().includes('ended'));
  });
});

/** A daemon whose first script has begun. */
async function startAnd(kiosk: Kiosk): Promise<Daemon> {
  const daemon = await Daemon.start(kiosk);
  await begun(kiosk);
  return daemon;
}
