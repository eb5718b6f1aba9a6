/** `usb prepare`: a key laid out in a folder, an image file, a loop device; and all that is refused before anything is written. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { officeKey, strangerKey } from '../../fixtures/kit/keys.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { signedUpdate } from '../kit/office.ts';
import { mtools, OfficeDesk, volume } from './usb-key.ts';

const isRoot = process.getuid?.() === 0;
const hasLoop = isRoot && spawnSync('losetup', ['-f']).status === 0;
/** What lsblk tells of devices it reads there; a chroot may be without. */
const hasSys = existsSync('/sys/dev/block');

afterAll(removeFolders);

function namesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted();
}

describe('into a folder', () => {
  test('pass and updates are written under their names on a key, and nothing else', async () => {
    const desk = new OfficeDesk();
    const ran = await desk.usb('prepare', desk.key(), '--pass', desk.pass(), desk.update(42), desk.update(7));
    expect(ran.exitCode).toBe(0);
    expect(ran.stdout).toContain('ferryman/updates/000000000042.zip  update 42 "update 42"');
    expect(ran.stderr).toContain(`nodes take these files only on the volume ${volume}`);
    expect(namesIn(desk.key())).toEqual([
      'ferryman',
      'ferryman/pass.zip',
      'ferryman/updates',
      'ferryman/updates/000000000007.zip',
      'ferryman/updates/000000000042.zip',
    ]);
    expect(readFileSync(join(desk.key(), 'ferryman/updates/000000000042.zip'))).toEqual(
      readFileSync(desk.path('42.zip')),
    );
    expect(readFileSync(join(desk.key(), 'ferryman/pass.zip'))).toEqual(readFileSync(desk.path('pass.zip')));
  });

  test('the same again changes nothing; a new pass and more signatures take the place of the old', async () => {
    const desk = new OfficeDesk();
    await desk.usb('prepare', desk.key(), '--pass', desk.pass(), desk.update(42));
    const cosigned = desk.write(
      'more.zip',
      signedUpdate({ sequence: 42, title: 'update 42' }, officeKey, strangerKey),
    );
    const ran = await desk.usb('prepare', desk.key(), '--pass', desk.pass({ uses: 2 }), cosigned);
    expect(ran.exitCode).toBe(0);
    expect(readFileSync(join(desk.key(), 'ferryman/updates/000000000042.zip'))).toEqual(
      readFileSync(cosigned),
    );
    expect(readFileSync(join(desk.key(), 'ferryman/pass.zip'))).toEqual(readFileSync(desk.path('pass.zip')));
  });

  test('says the same as JSON', async () => {
    const desk = new OfficeDesk();
    const document = await desk.json<Record<string, unknown>>(
      'prepare',
      desk.key(),
      '--pass',
      desk.pass({ uses: 2 }),
      desk.update(42),
    );
    expect(Object.keys(document)).toEqual([
      'schema',
      'target',
      'done',
      'verified',
      'label',
      'erased',
      'pass',
      'notices',
      'updates',
      'warnings',
    ]);
    expect(document).toMatchObject({
      schema: 'ferryman.usb-prepare/1',
      done: true,
      verified: false,
      erased: [],
      pass: { volume, technician: 'Ravi Kumar', uses: 2, notAfter: null },
      updates: [{ name: '000000000042.zip', sequence: 42 }],
    });
  });

  test('warns of what may be a mistake', async () => {
    const desk = new OfficeDesk();
    const pass = desk.pass({ recipients: ['group:north'] });
    const south = desk.update(42, {
      recipients: ['group:south'],
      created: '2020-01-01T00:00:00Z',
      expires: '2020-02-01T00:00:00Z',
    });
    const { exitCode, stderr } = await desk.usb('prepare', desk.key(), '--pass', pass, south);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(
      'update 42 "update 42" is for group:south, the pass for group:north: perhaps no node is both',
    );
    expect(stderr).toContain('update 42 "update 42" has expired at 2020-02-01T00:00:00Z');
  });

  const day = { created: '2020-01-01T00:00:00Z' };
  test.each<[string, string, (desk: OfficeDesk) => readonly string[]]>([
    ['a pass in place of an update', 'manifest.other-kind', (desk) => ['--pass', desk.pass(), desk.pass()]],
    [
      'an update in place of the pass',
      'manifest.other-kind',
      (desk) => ['--pass', desk.update(1), desk.update(2)],
    ],
    [
      'a cut update',
      'framing.truncated',
      (desk) => ['--pass', desk.pass(), desk.write('x.zip', readFileSync(desk.update(1)).subarray(0, -1))],
    ],
    [
      'a damaged update',
      'zip.damaged',
      (desk) => ['--pass', desk.pass(), desk.write('x.zip', damaged(readFileSync(desk.update(1))))],
    ],
    [
      'no parcel at all',
      'framing.truncated',
      (desk) => ['--pass', desk.pass(), desk.write('x.zip', 'hello')],
    ],
    [
      'an unsigned update',
      'framing.unsigned',
      (desk) => ['--pass', desk.pass(), desk.write('x.zip', signedUpdate({}))],
    ],
    ['a missing update', 'source.missing', (desk) => ['--pass', desk.pass(), desk.path('none.zip')]],
    [
      'two contents under one sequence',
      'output.exists',
      (desk) => [
        '--pass',
        desk.pass(),
        desk.update(1),
        desk.write('x.zip', signedUpdate({ sequence: 1, title: 'another' }, officeKey)),
      ],
    ],
    [
      'a pass only for logs',
      'usb.pass-not-for-this',
      (desk) => ['--pass', desk.pass({ may: ['collect-logs'] }), desk.update(1)],
    ],
    [
      'a pass that is over',
      'usb.pass-expired',
      (desk) => ['--pass', desk.pass({ ...day, notAfter: '2020-02-01T00:00:00Z' }), desk.update(1)],
    ],
    [
      'a pass of a stranger',
      'usb.pass-forged',
      (desk) => ['--pub', strangerPub(desk), '--pass', desk.pass(), desk.update(1)],
    ],
    [
      'an update of a stranger',
      'verify.unknown-key',
      (desk) => [
        '--keys',
        desk.path('keys'),
        '--pass',
        desk.pass(),
        desk.write('x.zip', signedUpdate({}, strangerKey)),
      ],
    ],
    [
      'a threshold that cannot be',
      'trust.threshold',
      (desk) => ['--pub', desk.pub, '--threshold', '2', '--pass', desk.pass()],
    ],
  ])('refuses %s, and writes nothing', async (_, code, argv) => {
    const desk = new OfficeDesk();
    const ran = await desk.usb('prepare', desk.key(), ...argv(desk));
    expect([ran.stdout, ran.stderr]).toEqual(['', expect.stringContaining(`[${code}]`)]);
    expect(namesIn(desk.key())).toEqual([]);
  });

  test('leaves what another content under the number has, and what is no parcel', async () => {
    const desk = new OfficeDesk();
    for (const there of [signedUpdate({ sequence: 42, title: 'another' }, officeKey), Buffer.from('junk')]) {
      desk.write('key/ferryman/updates/000000000042.zip', there);
      const ran = await desk.usb('prepare', desk.key(), '--pass', desk.pass(), desk.update(42));
      expect([ran.exitCode, ran.stderr]).toEqual([73, expect.stringContaining('[output.exists]')]);
      expect(readFileSync(desk.path('key/ferryman/updates/000000000042.zip'))).toEqual(there);
      expect(existsSync(desk.path('key/ferryman/pass.zip'))).toBe(false);
    }
  });

  test('follows no link that a key brings home', async () => {
    const desk = new OfficeDesk();
    mkdirSync(desk.path('elsewhere'));
    symlinkSync(desk.path('elsewhere'), join(desk.key(), 'ferryman'));
    const ran = await desk.usb('prepare', desk.key(), '--pass', desk.pass(), desk.update(42));
    expect([ran.exitCode, ran.stderr]).toEqual([65, expect.stringContaining('[stick.refused]')]);
    expect(readdirSync(desk.path('elsewhere'))).toEqual([]);
  });

  test('refuses a mounted key that is not the one of the pass', async () => {
    const desk = new OfficeDesk();
    desk.fake('findmnt', mounted('0000-0001'));
    const argv = ['prepare', desk.key(), '--pass', desk.pass(), desk.update(42)];
    const refused = await desk.usb(...argv);
    expect(refused.stderr).toContain(
      `expected the volume ${volume}, for which the pass was made; found 0000-0001`,
    );
    expect(refused.stderr).toContain('[usb.pass-volume]');
    expect(namesIn(desk.key())).toEqual([]);
    desk.fake('findmnt', mounted(volume));
    expect(await desk.usb(...argv)).toMatchObject({ exitCode: 0, stderr: '' });
  });
});

describe('into a folder where a real key is mounted', () => {
  const uuid = '2f2b1f0e-1111-4000-8000-00000000000a';

  test.skipIf(!hasLoop)(
    'its UUID is read from it and held against the pass (needs root and loop devices)',
    async () => {
      const desk = new OfficeDesk();
      const image = desk.image(16);
      execFileSync('mkfs.ext4', ['-q', '-U', uuid, image]);
      execFileSync('mount', ['-o', 'loop', image, desk.key()]);
      try {
        const wrong = await desk.usb('prepare', desk.key(), '--pass', desk.pass(), desk.update(42));
        expect(wrong.stderr).toContain(
          `expected the volume ${volume}, for which the pass was made; found ${uuid}`,
        );
        const argv = ['prepare', desk.key(), '--pass', desk.pass({ volume: uuid }), desk.update(42)];
        expect(await desk.usb(...argv)).toMatchObject({ exitCode: 0, stderr: '' });
        expect(await desk.json('inspect', desk.key(), '--pub', desk.pub)).toMatchObject({
          fits: true,
          fileSystem: { type: 'ext4', uuid },
        });
      } finally {
        execFileSync('umount', [desk.key()]);
      }
    },
  );
});

describe('on an image file', () => {
  test('nothing is changed without --yes, and what would go is named', async () => {
    const desk = new OfficeDesk();
    const image = desk.image();
    mtools('mkfs.vfat', '-n', 'HOLIDAY', image);
    const before = readFileSync(image);
    const { exitCode, stdout } = await desk.usb('prepare', image, '--pass', desk.pass(), desk.update(42));
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`this would erase ${image}, 41 MB`);
    expect(stdout).toContain('vfat "HOLIDAY"');
    expect(stdout).toContain('NOTHING WAS CHANGED: give --yes');
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  test.each([40, 80])(
    'of %i MB a FAT with the UUID of the pass is made, filled, and reads back',
    async (megabytes) => {
      const desk = new OfficeDesk();
      const image = desk.image(megabytes);
      const update = desk.update(42, { files: { 'data.bin': Buffer.alloc(3_000_000, 'abc') } });
      const ran = await desk.usb('prepare', image, '--pass', desk.pass(), update, '--yes', '--pub', desk.pub);
      expect(ran).toMatchObject({ exitCode: 0, stderr: '' });
      expect(mtools('mcopy', '-i', image, '::/ferryman/updates/000000000042.zip', '-')).toEqual(
        readFileSync(update),
      );
      expect(mtools('mcopy', '-i', image, '::/ferryman/pass.zip', '-')).toEqual(
        readFileSync(desk.path('pass.zip')),
      );
      const facts = execFileSync('blkid', ['-p', '-o', 'export', image]).toString();
      expect(facts).toContain(`UUID=${volume}`);
      expect(facts).toContain(`VERSION=${megabytes < 64 ? 'FAT16' : 'FAT32'}`);
      execFileSync('fsck.vfat', ['-n', image]);
      expect((await desk.usb('inspect', image, '--pub', desk.pub)).exitCode).toBe(0);
    },
  );

  test('what does not fit, or is for no FAT, is refused before it is erased', async () => {
    const desk = new OfficeDesk();
    const image = desk.image(5);
    const before = readFileSync(image);
    const noise = createHash('shake256', { outputLength: 2_000_000 }).update('noise').digest();
    const large = desk.update(1, { files: { 'a.bin': noise } });
    const ran = await desk.usb('prepare', image, '--pass', desk.pass(), large, '--yes');
    expect(ran.stderr).toContain('expected room for');
    const ext4 = desk.pass({ volume: '2f2b1f0e-1111-4000-8000-00000000000a' });
    const other = await desk.usb('prepare', image, '--pass', ext4, '--yes');
    expect(other.stderr).toContain('[usb.pass-volume]');
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  test('that is an update, because the key was forgotten, is not erased', async () => {
    const desk = new OfficeDesk();
    const [first, second] = [desk.update(42), desk.update(43)];
    const before = readFileSync(first);
    const ran = await desk.usb('prepare', first, '--pass', desk.pass(), second, '--yes');
    expect(ran).toMatchObject({ exitCode: 65, stdout: '' });
    expect(ran.stderr).toContain('found a zip file [stick.refused]');
    expect(readFileSync(first).equals(before)).toBe(true);
  });

  test('without mtools is told before anything is erased', async () => {
    const desk = new OfficeDesk();
    const image = desk.image();
    const before = readFileSync(image);
    desk.fake('mcopy', 'exit 127');
    const ran = await desk.usb('prepare', image, '--pass', desk.pass(), desk.update(42), '--yes');
    expect(ran.stderr).toContain('[usb.tool]');
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  test('that loses what was written is told of: mcopy exits 0 whatever the disk does', async () => {
    const desk = new OfficeDesk();
    desk.fake('mcopy', 'case "$*" in *" -") exec /usr/bin/mcopy "$@";; esac; exit 0');
    const ran = await desk.usb('prepare', desk.image(), '--pass', desk.pass(), desk.update(42), '--yes');
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stdout).toBe('');
  });
});

describe('on a device', () => {
  test.skipIf(!hasLoop || !hasSys)(
    'that is a loop device, a key is made (needs root, loop devices and /sys)',
    async () => {
      const desk = new OfficeDesk();
      const loop = execFileSync('losetup', ['-f', '--show', desk.image(70)])
        .toString()
        .trim();
      try {
        const argv = ['prepare', loop, '--pass', desk.pass(), desk.update(42)];
        expect((await desk.usb(...argv)).stdout).toContain(`this would erase ${loop}, 73 MB`);
        expect(await desk.usb(...argv, '--yes')).toMatchObject({ exitCode: 0, stderr: '' });
        const found = await desk.json<{ fits: boolean; problems: string[] }>(
          'inspect',
          loop,
          '--pub',
          desk.pub,
        );
        expect(found).toMatchObject({ fits: true, problems: [] });
      } finally {
        execFileSync('losetup', ['-d', loop]);
      }
    },
  );

  test.skipIf(!hasLoop)(
    'that is mounted or built in, nothing is written (needs root and loop devices)',
    async () => {
      const desk = new OfficeDesk();
      const image = desk.image(16);
      const loop = execFileSync('losetup', ['-f', '--show', image]).toString().trim();
      try {
        const before = readFileSync(image);
        const argv = ['prepare', loop, '--pass', desk.pass(), desk.update(42), '--yes'];
        for (const [more, code] of [
          ['"mountpoints":["/media/x"]', 'stick.in-use'],
          ['"mountpoints":[null],"rm":false,"hotplug":false,"tran":"sata"', 'stick.refused'],
          [
            '"mountpoints":[null],"children":[{"path":"/dev/sdz1","type":"part","mountpoints":["/"],"size":1,"rm":true,"fstype":"ext4"}]',
            'stick.in-use',
          ],
        ] as const) {
          desk.fake('lsblk', sdz(more));
          expect((await desk.usb(...argv)).stderr).toContain(`[${code}]`);
        }
        expect(readFileSync(image).equals(before)).toBe(true);
      } finally {
        execFileSync('losetup', ['-d', loop]);
      }
    },
  );
});

/** What findmnt says of a mounted key. */
function mounted(uuid: string): string {
  return `echo '{"filesystems":[{"source":"/dev/sdz1","fstype":"vfat","uuid":"${uuid}","label":"K"}]}'`;
}

/** What lsblk says of a USB key, some of it as a test wants it. */
function sdz(more: string): string {
  const key =
    '"path":"/dev/sdz","type":"disk","size":8000000000,"model":"Ultra_Fit","vendor":"SanDisk","serial":"4C53"';
  const usual =
    '"tran":"usb","rm":true,"hotplug":true,"ro":false,"fstype":null,"label":null,"uuid":null,"pkname":null';
  return `echo '{"blockdevices":[{${key},${usual},${more}}]}'`;
}

/** With another byte in the contents, and everything else as it was. */
function damaged(parcel: Buffer): Buffer {
  const at = parcel.indexOf('exit 0');
  const bytes = Buffer.from(parcel);
  bytes[at] = 0x45;
  return bytes;
}

function strangerPub(desk: OfficeDesk): string {
  const key = Buffer.concat([
    Buffer.from('Ed'),
    Buffer.from(strangerKey.keyId, 'hex').reverse(),
    strangerKey.bytes.subarray(32),
  ]);
  return desk.write('stranger.pub', `untrusted comment: x\n${key.toString('base64')}\n`);
}
