/** Good keys at kiosks, and kiosks with settings, that are not as they should be; and keys that cannot take their report. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { cleanUp, Daemon, until } from '../controller/at-work.ts';
import { nextWorks, pathOf, says } from './bad-key.ts';
import { canMount, SmallDisk, unmountAll } from '../disk/tmpfs.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { LoopDevice, mtool } from './images.ts';
import { makeKey, makeKeyedKiosk, plug, reportOn, slotOf } from './keyed-kiosk.ts';
import { canMountImages, descriptors } from './read/kit.ts';
import { openBelow, visiting } from './visiting.ts';

afterEach(unmountAll);
afterAll(cleanUp);

function guidOf({ layout }: Kiosk): string {
  return /guid = "(.*)"/.exec(readFileSync(layout.configFile, 'utf8'))?.[1] ?? '';
}

test('who waits for keys is not kept waiting by those that come meanwhile: a loose contact stops nothing', async () => {
  const kiosk = await makeKeyedKiosk();
  const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
  await visiting(kiosk, async (at) => {
    const { port, node } = at;
    expect(await port.atWork()).toBe(false);
    at.plug(path);
    const waiting = port.atWork();
    for (let again = 0; again < 3; again += 1) at.plug(path);
    expect(await waiting).toBe(true);
    expect(node.ledger.usb.lastVisits(10).filter(({ state }) => state !== 'reading')).toHaveLength(1);
    await port.settled();
  });
});

describe('a key that cannot take its report', () => {
  const spoiled: [string, (path: string, kiosk: Kiosk) => void][] = [
    [
      'since a file stands where its folder is to be',
      (path, kiosk) => {
        mtool('mmd', path, '::/ferryman/reports');
        mtool('mcopy', path, kiosk.file('x', 'x'), `::/ferryman/reports/${guidOf(kiosk)}`);
      },
    ],
    [
      'since a file stands where reports are to be',
      (path, kiosk) => mtool('mcopy', path, kiosk.file('x', 'x'), '::/ferryman/reports'),
    ],
    [
      'since a folder stands where the report is to be',
      (path, kiosk) => {
        for (const folder of [
          '',
          `/${guidOf(kiosk)}`,
          `/${guidOf(kiosk)}/report.txt`,
          `/${guidOf(kiosk)}/report.txt.part`,
        ])
          mtool('mmd', path, `::/ferryman/reports${folder}`);
      },
    ],
    [
      'since it is full',
      (path, kiosk) => {
        for (let size = 16 * 1024 * 1024, name = 0; size >= 512; name += 1) {
          const isRoom =
            spawnSync('mcopy', ['-i', path, kiosk.file('fill', Buffer.alloc(size)), `::/${name}`]).status ===
            0;
          if (!isRoom) size /= 2;
        }
      },
    ],
  ];
  test.each(spoiled)('%s brings its update all the same', async (_name, spoil) => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    spoil(path, kiosk);
    await visiting(kiosk, async (port) => {
      const visit = await port.visitAndApply(path);
      expect(visit).toMatchObject({ state: 'safe', code: null });
      expect(kiosk.witnessLines()).toEqual(['one']);
      expect(port.lastPhase).toMatchObject({ kind: 'done' });
      expect(port.node.told().join('\n')).toContain('the report was not written');
      expect(port.leftOf(path)).toEqual([]);
    });
  });

  test.runIf(canMountImages)(
    'since it is write-protected brings its update all the same (needs root)',
    async () => {
      const kiosk = await makeKeyedKiosk();
      const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
      const loop = new LoopDevice(path, { readOnly: true });
      try {
        await visiting(kiosk, async (port) => {
          expect(await port.visitAndApply(loop.device)).toMatchObject({ state: 'safe' });
          expect(kiosk.witnessLines()).toEqual(['one']);
          expect(port.lastPhase).toMatchObject({ kind: 'done' });
        });
      } finally {
        loop.detach();
      }
    },
  );
});

describe('a kiosk that', () => {
  test.runIf(canMount)(
    'is full takes nothing, tells the ledger, the lamp and the key, and goes on (needs root)',
    async () => {
      const kiosk = await makeKeyedKiosk();
      const disk = SmallDisk.over(dirname(kiosk.layout.inbox), '8m');
      const big = says(kiosk, 'big', 1, { files: { big: randomBytes(1_500_000) } });
      const { path } = makeKey(kiosk, { '1.zip': big }, { uses: 1 });
      await visiting(kiosk, async (port) => {
        disk.fill(100);
        const visit = await port.visit(path);
        expect(visit).toMatchObject({ state: 'failed', code: 'inbox.disk-full' });
        expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U31' });
        expect(reportOn(kiosk, path)).toMatch(/THE KIOSK IS FULL/);
        expect(port.leftOf(path)).toEqual([]);
        disk.fill();
        port.port.removed(port.plug(path));
        const stick = port.plug(path);
        await port.port.settled();
        expect(port.lastPhase, 'not even the ledger can be written').toMatchObject({
          kind: 'failed',
          code: 'U31',
        });
        port.port.removed(stick);
        disk.free();
        expect(await port.visitAndApply(path), 'no use was lost').toMatchObject({ state: 'safe' });
        expect(kiosk.witnessLines()).toEqual(['big']);
        expect(reportOn(kiosk, path)).toMatch(/ALL IS DONE/);
      });
    },
  );

  test('has as many parcels waiting as it may takes nothing, tells the ledger, the lamp and the key, and goes on', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, { uses: 1 });
    const waiting = Array.from({ length: 1000 }, (_, index) => join(kiosk.layout.inbox, `${index}.waiting`));
    await visiting(kiosk, async (port) => {
      for (const file of waiting) writeFileSync(file, '');
      expect(await port.visit(path)).toMatchObject({
        state: 'failed',
        code: 'inbox.too-many',
        reason: 'expected fewer than 1000 waiting parcels, found that many',
        usesLeft: 1,
      });
      expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U32' });
      expect(reportOn(kiosk, path)).toMatch(
        /THE KIOSK HAS TOO MUCH TO DO\. \(U32\)\s+Wait one hour\. Plug the key in again\.[^]*found that many/,
      );
      expect(readdirSync(kiosk.layout.inbox)).toHaveLength(waiting.length);
      expect(kiosk.witnessLines()).toEqual([]);
      for (const file of waiting) rmSync(file);
      expect(await port.visitAndApply(path), 'no use was lost').toMatchObject({ state: 'safe' });
      expect(kiosk.witnessLines()).toEqual(['one']);
    });
  });

  test('has lost its inbox closes the visit with the reason, and works once it is back', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    await visiting(kiosk, async (port) => {
      rmSync(kiosk.layout.inbox, { recursive: true });
      const stick = port.plug(path);
      await port.port.settled();
      port.port.removed(stick);
      expect(port.lastVisit()).toMatchObject({ state: 'failed', code: 'system.failed' });
      expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U35' });
      await port.node.pass();
      await port.visitAndApply(path);
      expect(kiosk.witnessLines()).toEqual(['one']);
    });
  });

  test('cannot write its ledger tells so, and does not say "leave the key in" for ever', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    await visiting(kiosk, async (port) => {
      const { usb } = port.node.ledger;
      const begin = usb.begin.bind(usb);
      usb.begin = () => {
        throw new Error('a defect of the test');
      };
      port.plug(path);
      await port.port.settled();
      expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U35' });
      expect(port.node.told().join('\n')).toContain('a defect of the test');
      usb.begin = begin;
      await nextWorks(kiosk, port, path);
    });
  });

  test('believes that it is 1970 takes keys all the same', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, { notAfter: '2027-01-01T00:00:00Z' });
    const host = { now: () => '1970-01-01T00:00:00Z' };
    await visiting(kiosk, (port) => port.visitAndApply(path), { host });
    expect(kiosk.witnessLines()).toEqual(['one']);
    expect(reportOn(kiosk, path)).toMatch(/1970/);
  });

  test.runIf(canMountImages)(
    'sees the same key twenty times keeps its descriptors, processes and uses (needs root)',
    async () => {
      const kiosk = await makeKeyedKiosk();
      const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, { uses: 1 });
      const loop = new LoopDevice(path, { readOnly: true }); // without reports, which take most of the time
      try {
        await visiting(kiosk, async (port) => {
          const reports = (): string => mtool('mdir', path, '-b', '-/', '::/ferryman/reports');
          await port.visitAndApply(path);
          const [before, files] = [descriptors(), reports()];
          for (let turn = 0; turn < 5; turn += 1) await port.visit(path);
          for (let turn = 0; turn < 15; turn += 1) await port.visit(loop.device);
          expect(descriptors()).toEqual(before);
          expect(port.leftOf(path).filter((left) => left !== loop.device)).toEqual([]);
          expect(statSync(kiosk.layout.ledgerFile).size).toBeLessThan(1_000_000);
          expect(reports()).toBe(files);
          expect(port.node.ledger.usb.usesOf(port.lastVisit().passDigest ?? '')).toBe(1);
          expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
        });
      } finally {
        loop.detach();
      }
      expect(kiosk.witnessLines()).toEqual(['one']);
    },
  );
});

describe('a daemon', () => {
  test('whose lamp, hook and page are nonsense takes keys all the same', async () => {
    const kiosk = await makeKeyedKiosk();
    const text = readFileSync(kiosk.layout.configFile, 'utf8')
      .replace(/^hook = .*$/m, 'hook = ["/no/such/program", "$(reboot)"]\nstatusPort = 1')
      .replace(/^\[run\]$/m, '[lamp]\nname = "no-such-lamp"\n[run]');
    writeFileSync(kiosk.layout.configFile, text);
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    plug(kiosk, { path });
    const daemon = await Daemon.start(kiosk);
    await until('the update', () => kiosk.witnessLines().length > 0, 20_000);
    await until('the report', () => reportOn(kiosk, slotOf(kiosk)).includes('ALL IS DONE'), 20_000);
    expect((await daemon.stop()).exitCode).toBe(0);
  });

  test('answers while bad keys come, one after the other, and takes the good one among them', async () => {
    const slots = ['/dev/a', '/dev/b', '/dev/c', '/dev/d'];
    const kiosk = await makeKeyedKiosk({ slots });
    const junk = pathOf(kiosk, 'junk.img');
    writeFileSync(junk, randomBytes(100_000));
    plug(kiosk, { path: junk }, '/dev/a');
    plug(kiosk, makeKey(kiosk, { '1.zip': 'x' }, null), '/dev/b');
    const cut = makeKey(kiosk, { '2.zip': says(kiosk, 'cut') }).path;
    truncateSync(cut, 40_000);
    plug(kiosk, { path: cut }, '/dev/c');
    plug(kiosk, makeKey(kiosk, { '3.zip': says(kiosk, 'good', 3) }), '/dev/d');
    const daemon = await Daemon.start(kiosk);
    await until('the good one', () => kiosk.witnessLines().includes('good'), 30_000);
    expect((await kiosk.run('status')).exitCode).not.toBe(70);
    const { stdout } = await kiosk.run('usb', 'visits', '--json');
    const { visits } = JSON.parse(stdout) as { visits: { code: string | null; reason: string }[] };
    expect(visits).toHaveLength(4);
    expect(visits.filter(({ code }) => code !== null)).toHaveLength(3);
    for (const { code, reason } of visits) expect(reason === '').toBe(code === null);
    for (const slot of slots) expect(openBelow(daemon.pid, slotOf(kiosk, slot))).toEqual([]);
    expect((await daemon.stop()).exitCode).toBe(0);
  });
});
