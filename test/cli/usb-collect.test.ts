/** `usb collect`: reports come home from a key, only what a node has signed is believed, and nothing is overwritten. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatPublicKey } from '../../src/parcel/public-key.ts';
import { publicKeyOf, signDigest } from '../../src/parcel/secret-key.ts';
import { formatBlock } from '../../src/parcel/signature-block.ts';
import { formatReceipts, type UsbReceipts } from '../../src/parcel/usb-receipts.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { fixedKey } from '../kit/office.ts';
import { canMountImages, leftOf } from '../usb/read/kit.ts';
import { mtools, OfficeDesk, volume } from './usb-key.ts';

afterAll(removeFolders);

const node = '0a1b2c3d-0000-4000-8000-000000000001';
const nodeKey = fixedKey(7);
const otherKey = fixedKey(8);

function receiptsOf(changes: Partial<UsbReceipts> = {}): Buffer {
  return formatReceipts({
    node,
    created: '2026-11-21T08:00:00Z',
    visit: { number: 7, volume, technician: 'Ravi', startedAt: '2026-11-21T07:59:00Z' },
    updates: [
      {
        digest: 'a'.repeat(128),
        sequence: 42,
        title: 'fix',
        state: 'failed',
        exitStatus: 4,
        reason: 'no disk',
      },
    ],
    files: [{ name: 'x.zip', code: 'framing.truncated', reason: 'its end is missing' }],
    ...changes,
  });
}

/** As a node signs them. */
function signature(bytes: Buffer, key = nodeKey): string {
  return formatBlock(signDigest(createHash('blake2b512').update(bytes).digest('hex'), key, 'receipts'));
}

class Field {
  readonly desk = new OfficeDesk();
  readonly out = this.desk.path('out');

  constructor() {
    this.desk.write(`nodes/${node}.pub`, formatPublicKey(publicKeyOf(nodeKey)));
  }

  put(path: string, contents: Buffer | string): void {
    const file = join(this.desk.key(), 'ferryman/reports', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents);
  }

  putReport(bytes = receiptsOf(), signed: string | undefined = signature(bytes), folder = node): void {
    this.put(`${folder}/receipts.json`, bytes);
    if (signed !== undefined) this.put(`${folder}/receipts.json.minisig`, signed);
    this.put(`${folder}/report.txt`, 'all is well');
  }

  collect(...options: readonly string[]): ReturnType<OfficeDesk['usb']> {
    return this.desk.usb('collect', this.desk.key(), '-o', this.out, ...options);
  }

  withKeys(): ReturnType<OfficeDesk['usb']> {
    return this.collect('--node-keys', this.desk.path('nodes'));
  }

  arrived(): string[] {
    return readdirSync(this.out, { recursive: true, encoding: 'utf8' }).toSorted();
  }
}

const report = (folder: string): string[] => [
  folder,
  `${folder}/receipts.json`,
  `${folder}/receipts.json.minisig`,
  `${folder}/report.txt`,
];

describe('a report', () => {
  test('that is signed by its node is copied, and told in words', async () => {
    const field = new Field();
    field.putReport();
    const { exitCode, stdout } = await field.withKeys();
    expect([exitCode, stdout]).toEqual([
      0,
      [
        `${node}: 3 new files in ${field.out}/${node}`,
        '  visit 7 by Ravi, told at 2026-11-21T08:00:00Z, signed by this node',
        '    update 42 "fix": failed 4 (no disk)',
        '    x.zip was not taken: its end is missing [framing.truncated]',
        '',
      ].join('\n'),
    ]);
    expect(field.arrived()).toEqual(report(node));
    expect(readFileSync(join(field.out, node, 'receipts.json'))).toEqual(receiptsOf());
  });

  test('of a node whose key is not known is copied, and said to prove nothing', async () => {
    const field = new Field();
    field.putReport();
    const { exitCode, stdout } = await field.collect();
    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringContaining("not checked: the node's key is not known here"),
    ]);
    expect(field.arrived()).toEqual(report(node));
  });

  test.each<[string, (field: Field) => void]>([
    ['signed by another key', (field) => field.putReport(receiptsOf(), signature(receiptsOf(), otherKey))],
    [
      'changed after it was signed',
      (field) => field.putReport(receiptsOf({ files: [] }), signature(receiptsOf())),
    ],
    [
      'not signed at all',
      (field) => {
        field.putReport();
        rmSync(join(field.desk.key(), 'ferryman/reports', node, 'receipts.json.minisig'));
      },
    ],
    ['signed in another way', (field) => field.putReport(receiptsOf(), 'hello')],
    ['of another node', (field) => field.putReport(receiptsOf({ node: node.replace('1', '2') }))],
    ['no receipts', (field) => field.putReport(Buffer.from('{}'))],
  ])('that is %s goes into a folder of its own, and the exit status is 65', async (_, put) => {
    const field = new Field();
    put(field);
    const { exitCode, stdout } = await field.withKeys();
    expect([exitCode, stdout]).toEqual([
      65,
      expect.stringContaining(`! ferryman/reports/${node}/receipts.json: `),
    ]);
    expect(readdirSync(field.out)).toEqual(['refused']);
    expect(stdout).not.toContain('signed by this node');
  });

  test('that comes again adds nothing; another one is put beside it', async () => {
    const field = new Field();
    field.putReport();
    await field.withKeys();
    expect((await field.withKeys()).stdout).toContain(`${node}: 0 new files in`);
    const later = receiptsOf({ created: '2026-11-22T08:00:00Z' });
    field.putReport(later);
    expect((await field.withKeys()).stdout).toContain(`${node}: 3 new files in ${field.out}/${node}.2`);
    expect((await field.withKeys()).stdout).toContain(`${node}: 0 new files in ${field.out}/${node}.2`);
    expect(field.arrived()).toEqual([...report(node), ...report(`${node}.2`)].toSorted());
    expect(readFileSync(join(field.out, node, 'receipts.json'))).toEqual(receiptsOf());
  });

  test('of several visits has a folder for each', async () => {
    const field = new Field();
    for (const visit of ['7', '8'])
      field.putReport(receiptsOf(), signature(receiptsOf()), `${node}/${visit}`);
    const document = JSON.parse(
      (await field.collect('--json', '--node-keys', field.desk.path('nodes'))).stdout,
    ) as object;
    expect(document).toMatchObject({
      schema: 'ferryman.usb-collect/1',
      nodes: [
        { node, newFiles: 6, visits: [{ proof: 'signed' }, { proof: 'signed', visit: { number: 7 } }] },
      ],
      problems: [],
    });
  });
});

test('no link is followed, no strange name copied, nothing too deep or too large', async () => {
  const field = new Field();
  field.putReport();
  const root = join(field.desk.key(), 'ferryman/reports');
  symlinkSync('/etc/shadow', join(root, node, 'shadow.txt'));
  symlinkSync('/etc', join(root, '0a1b2c3d-0000-4000-8000-000000000002'));
  field.put(`${node}/a/b/c/d/e.txt`, 'deep');
  field.put(`${node}/.hidden`, 'x');
  field.put(`${node}/\u001b[2J`, 'x');
  field.put('stranger/x.txt', 'x');
  field.put('loose.txt', 'x');
  field.put(`${node}/large.log`, '');
  execTruncate(join(root, node, 'large.log'), 100 * 1024 ** 3);
  const { exitCode, stdout } = await field.withKeys();
  expect(exitCode).toBe(0);
  expect(field.arrived()).toEqual(report(node));
  for (const words of [
    'shadow.txt: neither a file nor a folder',
    '000000000002: neither a file nor a folder',
    'a/b/c/d: too deep',
    '.hidden: not a name',
    '\\u{1b}[2J: not a name',
    'stranger: not the GUID of a node',
    'loose.txt: not in the folder of a node',
    'large.log: expected at most 67108864 bytes',
  ])
    expect(stdout).toContain(words);
});

async function collectImage(
  fill: (image: string, key: string) => void,
): Promise<{ image: string; arrived: string[] }> {
  const field = new Field();
  field.putReport();
  const image = field.desk.image();
  fill(image, field.desk.key());
  const keys = ['--node-keys', field.desk.path('nodes')];
  const ran = await field.desk.usb('collect', image, '-o', field.out, ...keys);
  expect([ran.exitCode, ran.stdout]).toEqual([0, expect.stringContaining('signed by this node')]);
  return { image, arrived: field.arrived() };
}

describe('an image file gives the same:', () => {
  test('FAT', async () => {
    expect((await collectImage(toFat)).arrived).toEqual(report(node));
  });

  test('FAT, with short names in capitals, as other systems write them', async () => {
    const { arrived } = await collectImage((image, key) => {
      toFat(image, key);
      const path = `ferryman/reports/${node}`;
      mtools('mdel', '-i', image, `::/${path}/report.txt`);
      mtools('mcopy', '-i', image, join(key, path, 'report.txt'), `::/${path}/REPORT.TXT`);
    });
    expect(arrived).toEqual(report(node));
  });

  test.skipIf(!canMountImages)(
    'ext4, of whose mount nothing is left (needs root and loop devices)',
    async () => {
      const { image, arrived } = await collectImage((path, key) =>
        mtools('mkfs.ext4', '-q', '-d', key, path),
      );
      expect(arrived).toEqual(report(node));
      expect(leftOf(image)).toEqual([]);
    },
  );
});

test('a key without reports is told so', async () => {
  const field = new Field();
  field.desk.key();
  expect(await field.collect()).toMatchObject({ exitCode: 0, stdout: 'no reports on this key\n' });
});

function toFat(image: string, key: string): void {
  mtools('mkfs.vfat', image);
  mtools('mcopy', '-s', '-i', image, join(key, 'ferryman'), '::/');
}

function execTruncate(path: string, bytes: number): void {
  mtools('truncate', '-s', String(bytes), path);
}
