/** Receipts that are accepted are in their one spelling, and say what plain JSON says. */
import { formatReceipts, parseReceipts, type UsbReceipts } from '../../../src/parcel/usb-receipts.ts';
import { holds, readOrRefuse, type Target } from '../target.ts';

const digest = '0123456789abcdef'.repeat(8);
const full: UsbReceipts = {
  node: '0a1b2c3d-0000-4000-8000-000000000001',
  created: '2026-11-21T08:00:00Z',
  visit: {
    number: 7,
    volume: '3EF5-2A49',
    serial: '4C530001',
    technician: 'Ravi',
    passDigest: digest,
    startedAt: '2026-11-21T07:59:00Z',
  },
  updates: [
    {
      digest,
      sequence: 42,
      title: 'a',
      state: 'failed',
      exitStatus: 4,
      reason: 'exit 4',
      finishedAt: '2026-11-21T08:00:00Z',
    },
    { digest, sequence: null, title: '', state: 'refused', reason: 'no manifest' },
  ],
  files: [{ name: 'x.zip', code: 'framing.truncated', reason: 'cut' }],
};

export const usbReceipts: Target = {
  name: 'usb-receipts',
  maxBytes: 8 * 1024,
  blocksPerByte: 20,
  words: ['null', '[]', '{}', '  "exitStatus": 1,\n', '__proto__', '𝄞'],
  seeds: () => [formatReceipts(full), formatReceipts({ ...full, updates: [], files: [] })],
  run(input) {
    const read = readOrRefuse(() => parseReceipts(input), ['receipts.malformed']);
    if (typeof read === 'string') return read;
    holds(formatReceipts(read).equals(input), 'receipts have one spelling');
    const plain = JSON.parse(input.toString()) as Record<string, unknown>;
    holds(plain['node'] === read.node && plain['created'] === read.created, 'they say what JSON says');
    return 'accepted';
  },
};
