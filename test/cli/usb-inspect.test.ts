/** `usb inspect`: what is on a key, and what is wrong with it. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { officeKey, strangerKey } from '../../fixtures/kit/keys.ts';
import type { UsbPass } from '../../src/parcel/usb-pass.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { signedPass, signedUpdate } from '../kit/office.ts';
import { mtools, OfficeDesk, volume } from './usb-key.ts';

afterAll(removeFolders);

interface Document {
  readonly fits: boolean | null;
  readonly verified: boolean;
  readonly kind: string;
  readonly fileSystem: { readonly uuid: string } | null;
  readonly pass: { readonly technician: string; readonly signers: readonly string[] } | null;
  readonly passProblem: { readonly code: string } | null;
  readonly updates: readonly {
    readonly sequence: number | null;
    readonly problem: { readonly code: string } | null;
  }[];
  readonly problems: readonly string[];
}

async function readyKey(draft: Partial<UsbPass> = {}): Promise<OfficeDesk> {
  const desk = new OfficeDesk();
  const ran = await desk.usb('prepare', desk.key(), '--pass', desk.pass(draft), desk.update(42));
  expect(ran.exitCode).toBe(0);
  return desk;
}

describe('of a key that is in order', () => {
  test('pass and updates are shown, and who signed them', async () => {
    const desk = await readyKey({
      notAfter: '2099-01-01T00:00:00Z',
      uses: 3,
      may: ['apply', 'collect-logs'],
    });
    const { exitCode, stdout } = await desk.usb('inspect', desk.key(), '--pub', desk.pub);
    expect(exitCode).toBe(0);
    for (const words of [
      'pass of Ravi Kumar',
      `  volume      ${volume}`,
      '  until       2099-01-01T00:00:00Z',
      '  uses        3 on each node',
      '  may         bring updates, take logs home',
      `  signed by   ${officeKey.keyId}`,
      'update 42 "update 42"',
      '  for         all',
    ])
      expect(stdout).toContain(words);
    expect(stdout).not.toContain('NOT VERIFIED');
  });

  test('it is said first that without an office key nothing is proven', async () => {
    const desk = await readyKey();
    const { exitCode, stdout } = await desk.usb('inspect', desk.key());
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/^NOT VERIFIED: .*--pub or --keys/)]);
    expect(stdout).toContain('signatures  1, not checked');
  });

  test('an image file is read without mounting it, and told whether the pass is for it', async () => {
    const desk = new OfficeDesk();
    const image = desk.image();
    await desk.usb('prepare', image, '--pass', desk.pass(), desk.update(42), '--yes');
    expect(await desk.json<Document>('inspect', image, '--keys', desk.path('keys'))).toMatchObject({
      schema: 'ferryman.usb-inspect/1',
      kind: 'image',
      verified: true,
      fits: true,
      fileSystem: { type: 'vfat', uuid: volume, label: 'FERRYMAN' },
      pass: { technician: 'Ravi Kumar', signers: [officeKey.keyId] },
      passProblem: null,
      updates: [{ name: '000000000042.zip', sequence: 42, title: 'update 42', problem: null }],
      problems: [],
    });
  });
});

async function problemsOf(desk: OfficeDesk, target: string): Promise<Document> {
  expect((await desk.usb('inspect', target, '--pub', desk.pub)).exitCode).toBe(65);
  return desk.json<Document>('inspect', target, '--pub', desk.pub);
}

describe('of a key that is not, every problem is told, and the exit status is 65:', () => {
  test('an empty one', async () => {
    const desk = new OfficeDesk();
    const { pass, problems } = await problemsOf(desk, desk.key());
    expect([pass, problems]).toEqual([
      null,
      ['ferryman/pass.zip: expected a pass, found none: nodes ignore this key'],
    ]);
  });

  test('the pass of a stranger, and updates that are none', async () => {
    const desk = await readyKey();
    const updates = join(desk.key(), 'ferryman/updates');
    desk.write('key/ferryman/pass.zip', signedPass({}, strangerKey));
    writeFileSync(join(updates, 'a.zip'), 'junk');
    writeFileSync(join(updates, 'b.zip'), signedPass({}, officeKey));
    writeFileSync(join(updates, 'c.zip'), signedUpdate({}, strangerKey));
    writeFileSync(join(updates, 'read me.txt'), 'x');
    writeFileSync(join(updates, 'notes.txt'), 'x');
    symlinkSync('/etc/shadow', join(updates, 'd.zip'));
    writeFileSync(join(updates, 'e\u001b[2J.zip'), 'x');
    const found = await problemsOf(desk, desk.key());
    expect(found.passProblem?.code).toBe('usb.pass-forged');
    expect(found.updates.map(({ sequence, problem }) => problem?.code ?? sequence)).toEqual([
      42,
      'framing.truncated',
      'manifest.other-kind',
      'verify.unknown-key',
    ]);
    const words = found.problems.join('\n');
    expect(words).toContain('ferryman/updates/d.zip: neither a file nor a folder');
    expect(words).toContain('ferryman/updates/e\\u{1b}[2J.zip: not a name that ferryman takes');
    expect(words).toContain('ferryman/updates/notes.txt: not named like an update');
    expect(found.problems.every((problem) => !/[\p{C}]/u.test(problem))).toBe(true);
  });

  test('a pass for another volume, whose time is over', async () => {
    const desk = new OfficeDesk();
    const image = desk.image();
    mtools('mkfs.vfat', '-i', '00000001', image);
    const pass = desk.write(
      'p.zip',
      signedPass({ created: '2020-01-01T00:00:00Z', notAfter: '2020-02-01T00:00:00Z' }, officeKey),
    );
    mtools('mmd', '-i', image, '::/ferryman');
    mtools('mcopy', '-i', image, pass, '::/ferryman/pass.zip');
    const { fits, problems } = await problemsOf(desk, image);
    expect([fits, problems]).toEqual([
      false,
      [
        `the pass is for the volume ${volume}, and this is 0000-0001: nodes ignore this key`,
        'the pass was good until 2020-02-01T00:00:00Z',
      ],
    ]);
  });
});

describe('what is no key is refused', () => {
  test.each<[string, string, (desk: OfficeDesk) => string]>([
    ['nothing', 'source.missing', (desk) => desk.path('none')],
    ['an image without file system', 'usb.no-file-system', (desk) => desk.image(1)],
    [
      'an image with a file system that nodes do not read',
      'usb.file-system',
      (desk) => {
        const image = desk.image(4);
        execFileSync('mkfs.ext2', ['-q', image]);
        return image;
      },
    ],
    [
      'a FAT whose table is gone',
      'usb.read',
      (desk) => {
        const image = desk.image(80);
        mtools('mkfs.vfat', '-F', '32', image);
        const fd = openSync(image, 'r+');
        writeSync(fd, Buffer.alloc(3000 * 512), 0, 3000 * 512, 32 * 512); // both copies stand behind 32 sectors
        closeSync(fd);
        return image;
      },
    ],
    ['a character device', 'stick.refused', () => '/dev/null'],
  ])('%s', async (_, code, target) => {
    const desk = new OfficeDesk();
    const { exitCode, stdout, stderr } = await desk.usb('inspect', target(desk));
    expect([exitCode, stdout, stderr]).toEqual([
      expect.any(Number),
      '',
      expect.stringContaining(`[${code}]`),
    ]);
    expect(exitCode).not.toBe(0);
  });
});
