/** From the insertion of a key to what the technician carries home: the daemon at work, keys as FAT images in a slot. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { cleanUp, Daemon, signed, until } from '../controller/at-work.ts';
import { openLedgerForReading } from '../../src/ledger/open.ts';
import type { VisitRow } from '../../src/ledger/rows.ts';
import { fixedKey, signedPass, signedUpdate } from '../kit/office.ts';
import type { Kiosk } from '../kit/kiosk.ts';
import { mtool } from './images.ts';
import {
  makeKey,
  makeKeyedKiosk,
  phases,
  plug,
  pull,
  reportOn,
  shown,
  slotOf,
  volume,
} from './keyed-kiosk.ts';

afterAll(cleanUp);

function says(kiosk: Kiosk, word: string, sequence = 1, more = {}): Buffer {
  return signed({ sequence, title: `say ${word}`, script: `echo ${word} >>${kiosk.witness}`, ...more });
}

function visits({ layout }: Kiosk): VisitRow[] {
  const ledger = openLedgerForReading(layout.ledgerFile);
  try {
    return ledger.usb.lastVisits(10);
  } finally {
    ledger.close();
  }
}

/** What is broken into lines, in one. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

async function pulledOut(daemon: Daemon): Promise<void> {
  await until('the pull to be noticed', () => daemon.stderr.includes('was pulled out'));
}

describe.concurrent('a key with a pass', () => {
  test('brings its update, says when it may be pulled before anything runs, and carries the outcome home', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^done/);
    expect(kiosk.witnessLines()).toEqual(['one']);
    const kinds = phases(kiosk).map((line) => line.split(' ')[0]);
    expect(kinds.indexOf('safe')).toBeGreaterThan(kinds.indexOf('reading'));
    expect(kinds.indexOf('done')).toBeGreaterThan(kinds.indexOf('safe'));
    expect(reportOn(kiosk, slotOf(kiosk))).toMatch(/ALL IS DONE: 1 UPDATE[^]*1 +succeeded +say one/);
    expect(visits(kiosk)).toMatchObject([{ state: 'safe', code: null, volume, technician: 'Ravi Kumar' }]);
    expect((await kiosk.update(1)).channel).toBe('usb');
    await daemon.stop();
  });

  test('starts nothing before all that it brings is copied', async () => {
    const kiosk = await makeKeyedKiosk();
    const { inbox, relayUpdates } = kiosk.layout;
    const script = `ls ${inbox} ${relayUpdates} | grep -c '^[^.].*\\.\\(parcel\\|zip\\)$' >>${kiosk.witness}`;
    const big = signed({ sequence: 2, files: { big: randomBytes(30_000_000) } });
    const key = makeKey(kiosk, { '1.zip': signed({ script }), '2.zip': big }, {}, { sizeMiB: 64 });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^done/, 40_000);
    expect(kiosk.witnessLines()).toEqual(['2']);
    await daemon.stop();
  });

  test('runs nothing that a later update on it supersedes', async () => {
    const kiosk = await makeKeyedKiosk();
    const newer = says(kiosk, 'new', 2, {
      supersedes: [{ first: 1, last: 1 }],
      files: { big: randomBytes(30_000_000) },
    });
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'old', 1), '2.zip': newer }, {}, { sizeMiB: 64 });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^done/, 40_000);
    expect(kiosk.witnessLines()).toEqual(['new']);
    expect((await kiosk.update(1)).state).toBe('superseded');
    await daemon.stop();
  });

  test('leaves receipts that stock minisign verifies by the key of the node', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'one') });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^done/);
    await daemon.stop();
    for (const name of ['receipts.json', 'receipts.json.minisig', 'status.json', 'status.json.minisig'])
      writeFileSync(join(kiosk.root, name), reportOn(kiosk, slotOf(kiosk), name));
    const receipts = join(kiosk.root, 'receipts.json');
    for (const file of [receipts, join(kiosk.root, 'status.json')])
      execFileSync('minisign', ['-Vm', file, '-p', kiosk.layout.identityPublicKey]);
    expect(JSON.parse(readFileSync(receipts, 'utf8'))).toMatchObject({
      kind: 'usb-receipts',
      visit: { volume, technician: 'Ravi Kumar' },
      updates: [{ sequence: 1, state: 'succeeded', exitStatus: 0 }],
    });
    expect(JSON.parse(reportOn(kiosk, slotOf(kiosk), 'status.json'))).toMatchObject({
      schema: 'ferryman.status/1',
    });
    expect(reportOn(kiosk, slotOf(kiosk), 'report.html')).toContain('All is done: 1 update');
  });

  test('is told how many visits of its pass are left', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, { uses: 5 });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    const report = (name?: string): string => reportOn(kiosk, slotOf(kiosk), name);
    await shown(kiosk, /^safe/);
    expect(report()).toMatch(/Pass +5 of 5 visits left, before this one\r/);
    await shown(kiosk, /^done/);
    expect(report()).toMatch(/Pass +4 of 5 visits left\r/);
    expect(report('report.html')).toContain('<th>Pass</th><td>4 of 5 visits left</td>');
    await daemon.stop();
    expect(visits(kiosk)).toMatchObject([{ passUses: 5, usesLeft: 4 }]);
    expect((await kiosk.run('status')).stdout).toMatch(/^usb .*: was read to its end; 4 of 5 visits left$/m);
  });

  test('that is pulled as soon as it may be gets the results at the next insertion', async () => {
    const kiosk = await makeKeyedKiosk();
    const gate = join(kiosk.root, 'gate');
    const script = `while ! test -e ${gate}; do sleep 0.1; done; exit 3`;
    const key = makeKey(kiosk, { '1.zip': signed({ sequence: 1, title: 'charger', script }) });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^running/);
    pull(kiosk, key);
    await pulledOut(daemon);
    expect(reportOn(kiosk, key.path)).not.toContain('charger');
    expect(reportOn(kiosk, key.path)).toMatch(/1 UPDATE NOT FINISHED YET: PLUG THE KEY IN AGAIN LATER/);
    writeFileSync(gate, '');
    await shown(kiosk, /^failed U44 Update 1 "charger": exit 3/);
    plug(kiosk, key);
    await until('the report', () => reportOn(kiosk, slotOf(kiosk)).includes('failed'));
    expect(reportOn(kiosk, slotOf(kiosk))).toMatch(
      /1 UPDATE DID NOT SUCCEED[^]*1 +failed +charger[^]*exit 3/,
    );
    await daemon.stop();
    expect(visits(kiosk)).toHaveLength(2);
  });

  test('brings what others require first, whatever its updates are called', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, {
      'a.zip': says(kiosk, 'three', 3, { requires: [{ first: 2, last: 2 }] }),
      '10.zip': says(kiosk, 'two', 2, { requires: [{ first: 1, last: 1 }] }),
      'z9.zip': says(kiosk, 'one', 1),
    });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^done/);
    expect(kiosk.witnessLines()).toEqual(['one', 'two', 'three']);
    await daemon.stop();
  });

  test('again and again runs nothing twice and costs no use', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, { uses: 1 });
    const daemon = await Daemon.start(kiosk);
    for (let round = 1; round <= 3; round += 1) {
      plug(kiosk, key);
      await until(
        `visit ${round}`,
        () => visits(kiosk).filter(({ state }) => state !== 'reading').length === round,
      );
      await until('rest', () => /^(done|failed)/.test(phases(kiosk).at(-1) ?? ''));
      pull(kiosk, key);
      await until('the pull to be noticed', () => daemon.stderr.split('was pulled out').length === round + 1);
    }
    expect(kiosk.witnessLines()).toEqual(['one']);
    await daemon.stop();
  });

  test('that may carry logs home does, and brings no updates', async () => {
    const kiosk = await makeKeyedKiosk();
    const first = makeKey(kiosk, { '1.zip': says(kiosk, 'one; echo long >"$FERRYMAN_LONG_LOG"; true') });
    const second = makeKey(kiosk, {}, { may: ['collect-logs'] }, { name: 'second.img' });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, first);
    await shown(kiosk, /^done/);
    pull(kiosk, first);
    await pulledOut(daemon);
    plug(kiosk, second);
    const logs = (): string => {
      try {
        return mtool('mdir', slotOf(kiosk), '-b', '-/', '::/ferryman/reports');
      } catch {
        return '';
      }
    };
    await until('the logs', () => logs().includes('.long.log') && logs().includes('.output.log'));
    await shown(kiosk, /^done/);
    await daemon.stop();
    expect(visits(kiosk)[0]).toMatchObject({ state: 'safe', code: null });
  });
});

describe.concurrent('two keys at once', () => {
  test('are both read, and both told', async () => {
    const kiosk = await makeKeyedKiosk({ slots: ['/dev/left', '/dev/right'] });
    const left = makeKey(kiosk, { '1.zip': says(kiosk, 'one', 1) }, {}, { name: 'left.img' });
    const other = 'AAAA-BBBB';
    const right = makeKey(
      kiosk,
      { '2.zip': says(kiosk, 'two', 2) },
      { volume: other },
      { name: 'right.img', uuid: other },
    );
    plug(kiosk, left, '/dev/left');
    plug(kiosk, right, '/dev/right');
    const daemon = await Daemon.start(kiosk);
    await until(
      'both reports',
      () =>
        reportOn(kiosk, slotOf(kiosk, '/dev/left')).includes('succeeded') &&
        reportOn(kiosk, slotOf(kiosk, '/dev/right')).includes('succeeded'),
      20_000,
    );
    expect(kiosk.witnessLines().toSorted()).toEqual(['one', 'two']);
    await daemon.stop();
  });
});

describe.concurrent('nothing is taken from a key', () => {
  const stranger = fixedKey(77);
  const cases: [string, Parameters<typeof makeKey>[2], string, RegExp][] = [
    ['without a pass', null, 'usb.pass-missing', /^failed U11/],
    ['with a pass of a stranger', signedPass({}, stranger), 'usb.pass-forged', /^failed U17/],
    ['with junk for a pass', Buffer.from('junk'), 'usb.pass-forged', /^failed U17/],
    ['with a pass that is too large', Buffer.alloc(1_000_000), 'usb.pass-forged', /^failed U17/],
    ['with the pass of another volume', { volume: '0000-0001' }, 'usb.pass-volume', /^failed U15/],
    ['with the pass of another stick', { serial: 'OTHER' }, 'usb.pass-serial', /^failed U16/],
    ['with a pass for others', { recipients: ['role:gateway'] }, 'usb.pass-node', /^failed U12/],
    ['with a pass for logs alone', { may: ['collect-logs'] }, 'usb.pass-not-for-this', /^failed U18/],
  ];
  test.each(cases)('%s; the ledger, the lamp and the key tell why', async (_name, pass, code, phase) => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, pass);
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, phase);
    await daemon.stop();
    expect(visits(kiosk)).toMatchObject([{ state: 'ignored', code }]);
    expect(reportOn(kiosk, slotOf(kiosk))).toContain(phase.source.slice(-3));
    expect(kiosk.witnessLines()).toEqual([]);
    expect(readdirSync(kiosk.layout.inbox)).toEqual([]);
    expect((await kiosk.history()).updates).toEqual([]);
  });

  test('whose pass has provably ended', async () => {
    const kiosk = await makeKeyedKiosk();
    const pass = { created: '2026-01-01T00:00:00Z', notAfter: '2026-06-01T00:00:00Z' };
    const key = makeKey(kiosk, { '2.zip': says(kiosk, 'two', 2) }, pass);
    await kiosk.apply(says(kiosk, 'one', 1)); // signed in November
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^failed U13/);
    await daemon.stop();
    expect(kiosk.witnessLines()).toEqual(['one']);
    const report = reportOn(kiosk, slotOf(kiosk));
    expect(report).toMatch(/THE PASS ON THIS KEY IS TOO OLD\. \(U13\)\s+Ask the office for a new pass\./);
    expect(oneLine(report)).toContain(
      'of Ravi Kumar: expected one that is still good, found the end 2026-06-01T00:00:00Z before',
    );
    expect(report, 'its earlier results are still told').toContain('This kiosk');
  });

  test('whose pass is used up', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'one', 1) }, { uses: 1 });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^done/);
    pull(kiosk, key);
    await pulledOut(daemon);
    mtool('mcopy', key.path, kiosk.file('2.zip', says(kiosk, 'two', 2)), '::/ferryman/updates/2.zip');
    plug(kiosk, key);
    await shown(kiosk, /^failed U14/);
    await daemon.stop();
    expect(kiosk.witnessLines()).toEqual(['one']);
    const report = reportOn(kiosk, slotOf(kiosk));
    expect(report).toMatch(/1 +succeeded/);
    expect(report).toMatch(/THE PASS ON THIS KEY IS USED UP\. \(U14\)\s+Ask the office for a new pass\./);
    expect(oneLine(report)).toContain('of Ravi Kumar: expected at most 1 use on this node, found 1 counted');
    expect(report).toMatch(/Pass +0 of 1 visit left\r/);
  });

  test('that nobody made for ferryman: it is not even written to', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, {}, null);
    mtool('mmd', key.path, '::/photos');
    const before = readFileSync(key.path);
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^failed U11/);
    await daemon.stop();
    expect(readFileSync(slotOf(kiosk)).equals(before)).toBe(true);
  });
});

describe.concurrent('what is on a key with a pass', () => {
  test('is judged in the inbox like everything else: strangers and junk are refused, the rest runs', async () => {
    const kiosk = await makeKeyedKiosk();
    const key = makeKey(kiosk, {
      '1.zip': says(kiosk, 'one', 1),
      '2.zip': signedUpdate({ sequence: 2, script: `echo evil >>${kiosk.witness}` }, fixedKey(77)),
      '3.zip': 'junk',
      'notes.txt': 'hello',
    });
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^failed U41/);
    await daemon.stop();
    expect(kiosk.witnessLines()).toEqual(['one']);
    const report = reportOn(kiosk, slotOf(kiosk));
    expect(report).toMatch(/1 +succeeded/);
    expect(report).toMatch(/Left alone on this key[^]*notes\.txt[^]*2\.zip[^]*3\.zip/);
    expect((await kiosk.history()).refusals.map(({ code }) => code).toSorted()).toEqual([
      'framing.truncated',
      'verify.unknown-key',
    ]);
  });

  test('is taken without a pass where none is asked for', async () => {
    const kiosk = await makeKeyedKiosk({ usb: 'requirePass = false' });
    const key = makeKey(kiosk, { '1.zip': says(kiosk, 'one') }, null);
    const daemon = await Daemon.start(kiosk);
    plug(kiosk, key);
    await shown(kiosk, /^done/);
    await daemon.stop();
    expect(kiosk.witnessLines()).toEqual(['one']);
    expect(reportOn(kiosk, slotOf(kiosk))).toContain('1 FILE ON THIS KEY TO BE COPIED');
  });

  test('is not looked at where USB is switched off', async () => {
    const kiosk = await makeKeyedKiosk({ usb: 'enabled = false' });
    plug(kiosk, makeKey(kiosk, { '1.zip': says(kiosk, 'one') }));
    expect((await kiosk.pass()).exitCode).toBe(0);
    expect(visits(kiosk)).toEqual([]);
    expect(kiosk.witnessLines()).toEqual([]);
  });

  test('is taken by a single pass, too, and the key is told what came of it', async () => {
    const kiosk = await makeKeyedKiosk();
    plug(kiosk, makeKey(kiosk, { '1.zip': says(kiosk, 'one') }));
    const { exitCode, stderr } = await kiosk.pass();
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('Ravi Kumar') as string,
    });
    expect(kiosk.witnessLines()).toEqual(['one']);
    expect(reportOn(kiosk, slotOf(kiosk))).toMatch(/1 +succeeded/);
  });
});
