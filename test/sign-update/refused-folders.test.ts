/** What the format refuses, the office is told before anything is written, with the name of the file. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { officeKey } from '../../fixtures/kit/keys.ts';
import { Desk, plainly } from '../kit/desk.ts';
import { removeFolders } from '../kit/kiosk.ts';

afterAll(removeFolders);

interface Refused {
  readonly what: string;
  readonly spoil: (desk: Desk) => void;
  /** Stands in the message. */
  readonly named: string;
  readonly code: string;
}

const unsupported = 'pack.unsupported-file';
const refused: readonly Refused[] = [
  {
    what: 'a symbolic link',
    spoil: (desk) => symlinkSync('/etc/passwd', desk.path('update/link')),
    named: 'link: expected a regular file, found a symbolic link',
    code: unsupported,
  },
  {
    what: 'a symbolic link to a folder',
    spoil: (desk) => symlinkSync('/etc', desk.path('update/link')),
    named: 'link: expected a regular file, found a symbolic link',
    code: unsupported,
  },
  {
    what: 'a named pipe',
    spoil: (desk) => void execFileSync('mkfifo', [desk.path('update/pipe')]),
    named: 'pipe: expected a regular file, found a device, pipe or socket',
    code: unsupported,
  },
  {
    what: 'a name with a line feed',
    spoil: (desk) => desk.write('update/two\nlines', ''),
    named: '"two\\nlines"',
    code: 'zip.bad-name',
  },
  {
    what: 'a name with a terminal escape',
    spoil: (desk) => desk.write('update/\x1b[2J', ''),
    named: '"\\u001b[2J"',
    code: 'zip.bad-name',
  },
  {
    what: 'a name outside ASCII',
    spoil: (desk) => desk.write('update/sub/café', ''),
    named: '"sub/café"',
    code: 'zip.bad-name',
  },
  {
    what: 'a name with a backslash',
    spoil: (desk) => desk.write('update/a\\b', ''),
    named: '"a\\\\b"',
    code: 'zip.bad-name',
  },
  {
    what: 'a name with a drive letter',
    spoil: (desk) => desk.write('update/C:x', ''),
    named: '"C:x"',
    code: 'zip.bad-name',
  },
  {
    what: 'a name that ends with a dot',
    spoil: (desk) => desk.write('update/dot.', ''),
    named: '"dot."',
    code: 'zip.bad-name',
  },
  {
    what: 'a file seventeen levels deep',
    spoil: (desk) => desk.write(`update/${'d/'.repeat(16)}deep`, ''),
    named: 'd/d/d/d/deep',
    code: 'zip.bad-name',
  },
  {
    what: 'a path of 256 bytes',
    spoil: (desk) => desk.write(`update/${'p'.repeat(127)}/${'q'.repeat(128)}`, ''),
    named: 'pppp',
    code: 'zip.bad-name',
  },
  {
    what: 'two names that differ in case alone',
    spoil: (desk) => desk.write('update/RUN.sh', ''),
    named: '"run.sh"',
    code: 'zip.duplicate-name',
  },
  {
    what: 'a file that takes the name of the manifest',
    spoil: (desk) => desk.write('update/manifest.json', '{}'),
    named: 'manifest.json',
    code: 'zip.bad-name',
  },
  {
    what: 'a script that may not be executed',
    spoil: (desk) => chmodSync(desk.path('update/run.sh'), 0o644),
    named: '--script run.sh: expected an executable file',
    code: 'pack.script',
  },
  {
    what: 'a script that is not there',
    spoil: (desk) => rmSync(desk.path('update/run.sh')),
    named: '--script run.sh: expected a file in the folder, found none',
    code: 'pack.script',
  },
  {
    what: 'an empty folder',
    spoil: (desk) => {
      rmSync(desk.path('update'), { recursive: true });
      mkdirSync(desk.path('update/empty/inside'), { recursive: true });
    },
    named: 'update: expected files, found none',
    code: unsupported,
  },
  {
    what: 'more than 1 GiB',
    spoil: (desk) => void execFileSync('truncate', ['-s', '1G', desk.path('update/huge')]),
    named: 'expected contents of at most 1073741824 bytes in all, found more',
    code: 'zip.too-large',
  },
];

describe('sign-update sign', () => {
  for (const { what, spoil, named, code } of refused) {
    it(`refuses ${what}, names it, and writes nothing`, async () => {
      const desk = Desk.ready(officeKey);
      spoil(desk);
      const before = desk.names();
      const { exitCode, stdout, stderr } = await desk.run('sign', 'update', ...plainly, '-o', 'out.zip');
      expect({ exitCode, stdout }).toEqual({ exitCode: 65, stdout: '' });
      expect(stderr).toContain(named);
      expect(stderr).toContain(`[${code}]\n  hint: `);
      expect(desk.names()).toEqual(before);
    });
  }

  it('refuses a socket, names it, and writes nothing', async () => {
    const desk = Desk.ready(officeKey);
    const server = createServer().listen(desk.path('update/socket'));
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const { exitCode, stderr } = await desk.run('sign', 'update', ...plainly, '-o', 'out.zip');
      expect([exitCode, stderr]).toEqual([
        65,
        expect.stringContaining('socket: expected a regular file, found a device, pipe or socket'),
      ]);
      expect(desk.names()).not.toContain('out.zip');
    } finally {
      server.close();
    }
  });

  it.skipIf(process.getuid?.() !== 0)(
    'refuses a device node, names it, and writes nothing (needs root)',
    async () => {
      const desk = Desk.ready(officeKey);
      execFileSync('mknod', [desk.path('update/zero'), 'c', '1', '5']);
      const before = desk.names();
      const { exitCode, stderr } = await desk.run('sign', 'update', ...plainly, '-o', 'out.zip');
      expect([exitCode, stderr]).toEqual([
        65,
        expect.stringContaining('zero: expected a regular file, found a device, pipe or socket'),
      ]);
      expect(desk.names()).toEqual(before);
    },
  );

  it('refuses a folder that is missing or a file', async () => {
    const desk = Desk.ready(officeKey);
    for (const folder of ['missing', 'office.pub']) {
      const { exitCode, stderr } = await desk.run('sign', folder, ...plainly, '-o', 'out.zip');
      expect([exitCode, stderr]).toEqual([66, expect.stringContaining(folder)]);
    }
  });

  it('refuses to write over a file, into the folder that it packs, or into one that is not there', async () => {
    const desk = Desk.ready(officeKey);
    desk.write('out.zip', 'precious');
    const before = desk.names();
    const over = await desk.run('sign', 'update', ...plainly, '-o', 'out.zip');
    expect([over.exitCode, over.stderr]).toEqual([
      73,
      expect.stringContaining('out.zip: expected no such file'),
    ]);
    for (const inside of ['update/out.zip', 'update/..out.zip', 'update/sub/../out.zip']) {
      const { exitCode, stderr } = await desk.run('sign', 'update', ...plainly, '-o', inside);
      expect([exitCode, stderr]).toEqual([
        64,
        expect.stringContaining('expected a place outside the folder'),
      ]);
    }
    expect(desk.read('out.zip').toString()).toBe('precious');
    expect(desk.names()).toEqual(before);
    const nowhere = await desk.run('sign', 'update', ...plainly, '-o', 'missing/out.zip');
    expect([nowhere.exitCode, nowhere.stderr]).toEqual([66, expect.stringContaining('missing')]);
  });
});

describe('an option that cannot be right', () => {
  const wrong: readonly (readonly [option: string, ...values: string[]])[] = [
    ['--sequence', '0', '-1', '1.5', 'one', '', '9007199254740992', '1e3', '0x10'],
    ['--to', '', 'kiosk', 'role:king', 'group:', 'group:North', 'ALL', '*'],
    ['--requires', '0', '5-3', '1', 'x'],
    ['--supersedes', '1', '1-5', '-'],
    [
      '--created',
      'today',
      '2026-11-01',
      '2026-02-30T00:00:00Z',
      '2026-11-01T25:00:00Z',
      '2026-11-01T00:00:00',
      '1969-01-01T00:00:00Z',
      '9999-12-31T23:59:59-01:00',
    ],
    ['--expires', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z', 'never'],
    ['--timeout', '0s', '30', '1w', '15d', '-1m', '1.5h'],
    ['--on-interrupt', 'ignore', ''],
    ['--max-attempts', '0', '101', 'many'],
    ['--title', 'two\nlines', '\x1b[2J', 'x'.repeat(201)],
  ];

  for (const [option, ...values] of wrong) {
    it(`is refused as ${option}, and nothing is written`, async () => {
      const desk = Desk.ready(officeKey);
      const before = desk.names();
      const outcomes = await Promise.all(
        values.map(async (value) => {
          const args = ['sign', 'update', ...plainly, '-o', 'out.zip'];
          const at = args.indexOf(option);
          if (at !== -1) args.splice(at, 2);
          const { exitCode, stdout, stderr } = await desk.run(...args, option, value);
          // oxlint-disable-next-line no-control-regex -- a raw escape is what must not be there
          return [value, exitCode, stdout, /\x1b/.test(stderr), stderr.includes('[usage.invalid]')];
        }),
      );
      expect(outcomes).toEqual(values.map((value) => [value, 64, '', false, true]));
      expect(desk.names()).toEqual(before);
    });
  }

  it('is refused as SOURCE_DATE_EPOCH too', async () => {
    const desk = Desk.ready(officeKey);
    for (const epoch of ['now', '-1', '1.5', '253402300800', '9007199254740991']) {
      const args = ['sign', 'update', ...plainly.slice(0, -2), '-o', 'out.zip'];
      const { exitCode, stderr } = await desk.runWith({ SOURCE_DATE_EPOCH: epoch }, ...args);
      expect([epoch, exitCode, stderr]).toEqual([epoch, 64, expect.stringContaining('SOURCE_DATE_EPOCH')]);
    }
    expect(desk.names()).not.toContain('out.zip');
  });
});

describe('a key that cannot sign', () => {
  it('is named, whatever is wrong with it, and nothing is written', async () => {
    const desk = Desk.ready(officeKey);
    desk.write('nonsense.key', 'nonsense\n');
    const before = desk.names();
    const cases = [
      ['missing.key', 66, 'missing.key'],
      ['nonsense.key', 65, 'nonsense.key: expected a minisign secret key'],
      ['office.pub', 65, 'office.pub: expected a minisign secret key'],
    ] as const;
    for (const [key, status, words] of cases) {
      const args = plainly.map((word) => (word === 'office.key' ? key : word));
      const { exitCode, stderr } = await desk.run('sign', 'update', ...args, '-o', 'out.zip');
      expect([exitCode, stderr]).toEqual([status, expect.stringContaining(words)]);
    }
    expect(desk.names()).toEqual(before);
  });
});
