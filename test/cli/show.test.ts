/** `show`: the whole story of one update. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { readStories } from '../../src/report/update-story.ts';
import { storyText } from '../../src/cli/show-text.ts';
import { cleanUp } from '../controller/at-work.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { linesWiderThan } from '../kit/screen.ts';
import { type EventfulNode, everythingHappened, officeKey } from './eventful-node.ts';
import { typed } from './typed.ts';

afterAll(cleanUp);

let root: string;
let node: EventfulNode;
beforeEach(() => {
  root = temporaryFolder();
  node = everythingHappened(root);
});
afterEach(() => node.ledger.close());

/** On a terminal of 80 columns, at a known time, in a folder of a known name. */
function story(sequence: number, columns = 80, clock = '2020-03-10T12:00:00Z'): string {
  return readStories(node.ledger, node.layout, sequence, Date.parse(clock))
    .map((one) => ({
      ...one,
      runs: one.runs.map((run) => ({
        ...run,
        logs: run.logs.map(({ path, bytes }) => ({ path: path.slice(root.length), bytes })),
      })),
      retryAfterSeconds: one.retryAfterSeconds === null ? null : 250,
    }))
    .map((one) => storyText(one, { columns, paint: (_style, text) => text }))
    .join('\n');
}

test.each([4, 8, 12])('of update %i fits 80 columns', async (sequence) => {
  const text = story(sequence);
  expect(linesWiderThan(80, text)).toEqual([]);
  await expect(text).toMatchFileSnapshot(join(import.meta.dirname, `screens/show-${sequence}.txt`));
});

test('tells every digest under one number, and each of the others', () => {
  const text = story(12);
  expect(text.match(/^update 12 /gm)).toHaveLength(2);
  expect(text.match(/! the office signed other contents under this number: [0-9a-f]{16}$/gm)).toHaveLength(2);
});

test('says which of its signers are trusted now, and by which file', () => {
  expect(story(3, Infinity)).toContain(
    `signed by   ${officeKey.keyId}, trusted here as ${officeKey.keyId}.pub`,
  );
  rmSync(join(node.layout.keys, `${officeKey.keyId}.pub`));
  expect(story(3, Infinity)).toContain(`signed by   ${officeKey.keyId}, which is not trusted here now`);
});

test('tells why a short log waits, for each sink', () => {
  const digest = node.add(20, 'twenty');
  node.run(digest, 'succeeded', 'exit 0 after 1.0 s', { exitStatus: 0 });
  const [first] = node.ledger.outbox.of(digest);
  node.ledger.outbox.add('sms', {
    digest,
    sequence: 20,
    state: 'succeeded',
    text: first?.text ?? '',
    createdAt: first?.createdAt ?? '',
  });
  for (const message of node.ledger.outbox.waiting('sms', 10))
    node.ledger.outbox.setProblem(message, 'no modem');
  const text = story(20);
  expect(text.match(/succeeded: exit 0 after 1.0 s \(twenty\)$/gm)).toHaveLength(1);
  expect(text).toMatch(/^ +file: delivered \S+, 3 hours ago, after 1 try$/m);
  expect(text).toMatch(/^ +sms: waits, after 1 try: no modem$/m);
});

test('tells of a run that goes on', () => {
  const digest = node.add(21, 'twenty-one');
  node.start(digest);
  expect(story(21)).toMatch(/run 1, attempt 1: it is starting\n +started \S+, 3 hours ago\n/);
});

test('gives no ages by a clock that is wrong', () => {
  const text = story(4, 80, '1970-01-01T00:00:10Z');
  expect(text).not.toContain(' ago');
  expect(text).toContain('by a clock that was wrong, or is');
});

test('stands whole in a pipe, where the words are those of a terminal', async () => {
  const { stdout } = await typed(['show', '4', '--root', root]);
  expect(stdout).toContain('short logs\n');
  const terminal = await typed(['show', '4', '--root', root], { terminal: true, env: { NO_COLOR: '1' } });
  expect(terminal.stdout.replaceAll(/\s+/g, ' ')).toBe(stdout.replaceAll(/\s+/g, ' '));
  expect(stdout).toContain(node.layout.log);
});
