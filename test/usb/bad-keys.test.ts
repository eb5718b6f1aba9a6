/**
 * Keys that were made to do harm, or came to it, against the whole port: each gets a clear reason in the ledger and, where the key can
 * be written to, in its report; nothing of it runs, nothing is left behind, and the next good key works.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cleanUp, officeKey, signed } from '../controller/at-work.ts';
import { parseReceipts } from '../../src/parcel/usb-receipts.ts';
import { nextWorks, pathOf, says, visitBad } from './bad-key.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { signedPass } from '../kit/office.ts';
import { ext4Image, mtool } from './images.ts';
import { makeKey, makeKeyedKiosk, reportOn, volume } from './keyed-kiosk.ts';
import { canMountImages } from './read/kit.ts';
import { Trap } from './trap.ts';
import { visiting } from './visiting.ts';

afterAll(cleanUp);

const ext4Volume = '0a1b2c3d-0000-4000-8000-123456789abc';

function mkfs(path: string, program: string): void {
  writeFileSync(path, '');
  truncateSync(path, 8 * 1024 * 1024);
  execFileSync(program, [...(program === 'mkswap' ? [] : ['-q', '-F']), path], { stdio: 'pipe' });
}

function spoil(from: string, to: string, keep: number): void {
  const bytes = readFileSync(from);
  writeFileSync(to, Buffer.concat([bytes.subarray(0, keep), randomBytes(bytes.length - keep)]));
}

function sprinkle(from: string, to: string): void {
  const bytes = readFileSync(from);
  for (let at = 512; at < 400_000; at += 2048) randomBytes(512).copy(bytes, at);
  writeFileSync(to, bytes);
}

describe('a key whose file system', () => {
  const made: [string, (path: string, kiosk: Kiosk) => void, RegExp][] = [
    ['none', (path) => writeFileSync(path, randomBytes(1_000_000)), /^usb\.no-file-system$/],
    ['zeros', (path) => writeFileSync(path, Buffer.alloc(1_000_000)), /^usb\.no-file-system$/],
    ['ext2', (path) => mkfs(path, 'mkfs.ext2'), /^usb\.file-system$/],
    ['swap', (path) => mkfs(path, 'mkswap'), /^usb\.(no-)?file-system$/],
    [
      'FAT without sound sectors but the first',
      (path, kiosk) => spoil(makeKey(kiosk, { '1.zip': says(kiosk, 'x') }).path, path, 512),
      /^usb\./,
    ],
    [
      'FAT with one sector of random bytes in four',
      (path, kiosk) => sprinkle(makeKey(kiosk, { '1.zip': says(kiosk, 'x') }).path, path),
      /^usb\./,
    ],
  ];
  test('is none, not on the list, or ruined is told apart, and the next key works', async () => {
    const kiosk = await makeKeyedKiosk();
    await visiting(kiosk, async (port) => {
      const path = pathOf(kiosk, 'bad.img');
      for (const [name, make, code] of made) {
        make(path, kiosk);
        const visit = await port.visitAndApply(path);
        expect(visit.state, `of ${name}`).not.toBe('safe');
        expect(visit.code, `of ${name}`).toMatch(code);
        expect(visit.reason, `of ${name}`).not.toBe('');
        expect(port.lastPhase, `of ${name}`).toMatchObject({ kind: 'failed' });
        expect(port.leftOf(path), `of ${name}`).toEqual([]);
      }
      await nextWorks(kiosk, port, path);
    });
  });

  test.runIf(canMountImages)(
    'is ext4 with nothing sound but its superblock is told apart (needs root)',
    async () => {
      const kiosk = await makeKeyedKiosk();
      const sound = ext4Image(
        pathOf(kiosk, 'sound.img'),
        { 'ferryman/updates/1.zip': 'x' },
        { uuid: ext4Volume },
      );
      const path = pathOf(kiosk, 'bad.img');
      spoil(sound, path, 4096);
      await visitBad(kiosk, path, (visit) => expect(visit.code).toMatch(/^usb\.(damaged|read|mount)$/));
    },
  );
});

describe.runIf(canMountImages)('what is on an ext4 key (needs root and loop devices)', () => {
  const pass = signedPass({ volume: ext4Volume }, officeKey);

  function keyWith(kiosk: Kiosk, prepare: (updates: string) => void, withPass = true): string {
    const tree = { 'ferryman/updates/readme.txt': 'x', ...(withPass ? { 'ferryman/pass.zip': pass } : {}) };
    return ext4Image(pathOf(kiosk, 'ext4.img'), tree, {
      uuid: ext4Volume,
      prepare: (folder) => prepare(join(folder, 'ferryman/updates')),
    });
  }

  test('links, FIFOs, devices, setuid files and hostile names are left alone, each with its reason', async () => {
    const kiosk = await makeKeyedKiosk();
    const image = keyWith(kiosk, (updates) => {
      symlinkSync('/etc/shadow', join(updates, 'shadow.zip'));
      execFileSync('mkfifo', [join(updates, 'fifo.zip')]);
      execFileSync('mknod', [join(updates, 'disk.zip'), 'b', '8', '0']);
      execFileSync('mknod', [join(updates, 'zero.zip'), 'c', '1', '5']);
      writeFileSync(join(updates, 'suid.zip'), says(kiosk, 'suid'));
      chmodSync(join(updates, 'suid.zip'), 0o6755);
      mkdirSync(join(updates, 'folder.zip'));
      for (const name of [
        '-rf.zip',
        '\u001b[2J.zip',
        'a\nb.zip',
        '$(reboot).zip',
        '‮piz.zip',
        ' .zip',
        '..zip',
      ])
        writeFileSync(join(updates, name), says(kiosk, 'name'));
    });
    await visiting(kiosk, async (port) => {
      const visit = await port.visitAndApply(image);
      expect(visit).toMatchObject({ state: 'safe', code: null });
      expect(visit.files).toHaveLength(14);
      expect(new Set(visit.files.map(({ code }) => code))).toEqual(new Set(['usb.left-alone']));
      const reasons = new Map(visit.files.map(({ name, reason }) => [name, reason]));
      expect(reasons.get('updates/shadow.zip')).toBe('a link');
      expect(reasons.get('updates/fifo.zip')).toBe('a FIFO');
      expect(reasons.get('updates/suid.zip')).toMatch('setuid');
      expect([...reasons.keys()].join('')).not.toMatch(/\p{C}/u);
      await nextWorks(kiosk, port, image);
    });
  });

  test('a pass that is a link to /etc/shadow is not followed', async () => {
    const kiosk = await makeKeyedKiosk();
    const image = keyWith(
      kiosk,
      (updates) => {
        symlinkSync('/etc/shadow', join(updates, '../pass.zip'));
        writeFileSync(join(updates, '1.zip'), says(kiosk, 'one'));
      },
      false,
    );
    await visitBad(kiosk, image, (visit) => expect(visit.code).toMatch(/^usb\.(read|pass-)/));
  });

  test('a file of 100 GB that is nearly all hole is refused by its size, and told', async () => {
    const kiosk = await makeKeyedKiosk();
    const image = keyWith(kiosk, (updates) => {
      writeFileSync(join(updates, '1.zip'), 'x');
      truncateSync(join(updates, '1.zip'), 100 * 1024 ** 3);
    });
    await visitBad(kiosk, image, (visit, port) => {
      expect(visit.files.find(({ name }) => name === '1.zip')).toMatchObject({ code: 'usb.too-large' });
      expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U28' });
    });
  });

  test('of 3,000 files a thousand are looked at, and the rest is told of in one line', async () => {
    const kiosk = await makeKeyedKiosk();
    const image = ext4Image(
      pathOf(kiosk, 'many.img'),
      { 'ferryman/pass.zip': pass },
      {
        uuid: ext4Volume,
        mkfs: ['-N', '4000'],
        prepare: (folder) => {
          mkdirSync(join(folder, 'ferryman/updates'), { recursive: true });
          for (let index = 0; index < 3000; index += 1)
            writeFileSync(join(folder, 'ferryman/updates', `junk ${index}`), '');
        },
      },
    );
    await visiting(kiosk, async (port) => {
      const visit = await port.visitAndApply(image);
      expect(visit.files).toHaveLength(1001);
      expect(visit.files.at(-1)?.reason).toMatch('more than 1000 entries');
      await nextWorks(kiosk, port, image);
    });
  });
});

describe('what is on a FAT key', () => {
  test('in rosters and acks and is an update is not taken, and told; updates are taken all the same', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    for (const folder of ['rosters', 'acks']) {
      mtool('mmd', path, `::/ferryman/${folder}`);
      mtool('mcopy', path, kiosk.file('x.zip', says(kiosk, folder, 2)), `::/ferryman/${folder}/2.zip`);
    }
    await visiting(kiosk, async (port) => {
      const visit = await port.visitAndApply(path);
      expect(visit.files.map(({ name, code }) => [name, code])).toEqual([
        ['rosters/2.zip', 'manifest.other-kind'],
        ['acks/2.zip', 'manifest.other-kind'],
        ['1.zip', null],
      ]);
      expect(kiosk.witnessLines()).toEqual(['one']);
    });
  });

  test('files that are no parcels are refused one by one, and the key is told of each', async () => {
    const kiosk = await makeKeyedKiosk();
    const junk = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`${index}.zip`, `junk ${index}`]),
    );
    const { path } = makeKey(kiosk, junk);
    await visitBad(kiosk, path, (visit) => {
      expect(visit.files).toHaveLength(12);
      const report = reportOn(kiosk, path);
      expect(report).toMatch(/12 FILES ON THIS KEY COULD NOT BE USED/);
      expect(report).toContain('11.zip');
      expect(parseReceipts(Buffer.from(reportOn(kiosk, path, 'receipts.json'))).visit.volume).toBe(volume);
    });
  });

  test('more files than receipts can tell of, and a serial number that is none, leave receipts that the office reads', async () => {
    const kiosk = await makeKeyedKiosk();
    const many = Object.fromEntries(Array.from({ length: 1100 }, (_, index) => [`junk ${index}`, '']));
    const { path } = makeKey(kiosk, many);
    await visiting(kiosk, async (port) => {
      expect((await port.visitAndApply(path, 'S\u001b1')).files).toHaveLength(1001);
      await port.visit(path, 'S\u001b1');
      const receipts = parseReceipts(Buffer.from(reportOn(kiosk, path, 'receipts.json')));
      expect(receipts.files).toHaveLength(1000);
      expect(reportOn(kiosk, path)).toMatch(/THERE WAS NOTHING TO DO[^]*more than 1000 entries/);
    });
  });

  test('a file whose folder lies about its size is told as not read; the others run', async () => {
    const kiosk = await makeKeyedKiosk();
    const { path } = makeKey(kiosk, { 'LIAR.zip': 'short', '2.zip': says(kiosk, 'two', 2) });
    const image = readFileSync(path);
    const entry = image.indexOf('LIAR    ZIP', 0, 'latin1');
    expect(entry).toBeGreaterThan(0);
    image.writeUInt32LE(5_000_000, entry + 28);
    writeFileSync(path, image);
    await visiting(kiosk, async (port) => {
      const visit = await port.visitAndApply(path);
      expect(visit.files.map(({ name, code }) => [name.toLowerCase(), code])).toEqual([
        ['2.zip', null],
        ['liar.zip', 'usb.read'],
      ]);
      expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U27' });
      expect(kiosk.witnessLines()).toEqual(['two']);
      expect(reportOn(kiosk, path)).toMatch(/1 FILE ON THIS KEY COULD NOT BE USED[^]*liar\.zip/i);
    });
  });

  test('other bytes at every reading: what is in the inbox is judged, and refused', async () => {
    const kiosk = await makeKeyedKiosk();
    const bytes = says(kiosk, 'one');
    const { path } = makeKey(kiosk, { '1.zip': bytes });
    const flip = `"$real" "$@" | tr '\\000-\\377' '\\001-\\377\\000'; exit 0`;
    const trap = new Trap(kiosk, flip, 'echo "$0 $*" | grep -q "mcopy .*updates/1.zip"');
    await visiting(
      kiosk,
      async (port) => {
        await port.visitAndApply(path);
        expect(port.lastPhase).toMatchObject({ kind: 'failed', code: 'U41' });
        expect(kiosk.witnessLines()).toEqual([]);
      },
      { path: trap.path },
    );
    await visiting(kiosk, (port) => port.visitAndApply(path));
    expect(kiosk.witnessLines(), 'the true bytes are another file').toEqual(['one']);
  });

  test('titles, labels and names of technicians cannot act in a report', async () => {
    const kiosk = await makeKeyedKiosk();
    const evil = `<script>alert("1")</script>&'=cmd|x!A1`;
    const { path } = makeKey(
      kiosk,
      {
        '1.zip': signed({ title: evil, script: `printf '<b>\\033[2J\\r\\n' >"$FERRYMAN_SHORT_LOG"; exit 3` }),
      },
      { technician: '"><img src=x onerror=alert(1)>' },
    );
    const image = readFileSync(path);
    const label = Buffer.from('<b>\u001b[2J&"\'', 'latin1');
    for (let at = image.indexOf('KEY        '); at >= 0; at = image.indexOf('KEY        ', at + 1))
      label.copy(image, at);
    writeFileSync(path, image);
    await visiting(kiosk, (port) => port.visitAndApply(path));
    const html = reportOn(kiosk, path, 'report.html');
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toMatch(/<script|<img|<b>/i);
    const text = reportOn(kiosk, path);
    expect(text).toContain(evil.slice(0, 20));
    expect(text.replaceAll(/\r?\n/g, '')).not.toMatch(/\p{C}/u);
    expect(parseReceipts(Buffer.from(reportOn(kiosk, path, 'receipts.json'))).updates).toHaveLength(1);
    expect(JSON.parse(reportOn(kiosk, path, 'status.json'))).toHaveProperty('schema');
  });
});
