/** Every way in which logs are rotated, with real files: nothing is lost, nothing comes twice. */
import {
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeFolders } from '../kit/kiosk.ts';
import { bringHome, Home, LogNode } from './log-node.ts';

let node: LogNode;
let home: Home;

beforeEach(() => {
  node = LogNode.make();
  home = new Home();
});
afterEach(() => {
  node.close();
  removeFolders();
});

/** Lines that no other call gives. */
let counter = 0;
function lines(count: number): string {
  return Array.from({ length: count }, () => `line ${(counter += 1)} of a log that is being tested\n`).join(
    '',
  );
}

test('what is appended comes, and nothing else; without anything new there is no archive', async () => {
  const [first, second] = [lines(100), lines(3)];
  node.write('syslog', first);
  await bringHome(node, home);
  node.append('syslog', second);
  await bringHome(node, home);
  expect(await bringHome(node, home)).toEqual([]);
  expect(home.texts).toEqual([first + second]);
});

test('rotation by rename: the rest of the old file comes under its new name, then the new one', async () => {
  const [old, rest, fresh] = [lines(50), lines(5), lines(7)];
  node.write('syslog', old);
  await bringHome(node, home);
  node.append('syslog', rest);
  renameSync(node.log('syslog'), node.log('syslog.1'));
  utimesSync(node.log('syslog.1'), 1000, 1000);
  node.write('syslog', fresh);
  const [packed] = await node.pack();
  if (!packed) throw new Error('expected an archive');
  const archive = await node.read(packed);
  expect([...archive.files.keys()]).toEqual([
    'logs.jsonl',
    'node.jsonl',
    'var/log/syslog.1',
    'var/log/syslog',
  ]);
  expect(archive.files.get('var/log/syslog.1')?.toString()).toBe(rest);
  home.take(archive);
  expect(home.texts.at(-1)).toBe(fresh);
});

test('copytruncate: what was sent is recognised in the copy, its rest comes, and the truncated file begins anew', async () => {
  const [old, rest, fresh] = [lines(80), lines(6), lines(2)];
  node.write('app.log', old);
  await bringHome(node, home);
  node.append('app.log', rest);
  copyFileSync(node.log('app.log'), node.log('app.log.1'));
  truncateSync(node.log('app.log'), 0);
  node.append('app.log', fresh);
  await bringHome(node, home);
  expect(home.texts).toEqual([old + rest, fresh]);
});

test('a file that was truncated and has grown beyond where it was is begun anew', async () => {
  const [old, fresh] = [lines(20), lines(60)];
  node.write('app.log', old);
  await bringHome(node, home);
  truncateSync(node.log('app.log'), 0);
  node.append('app.log', fresh);
  await bringHome(node, home);
  expect(home.texts).toEqual([old, fresh]);
});

test('a rotation that is compressed at once: only what no archive has is taken out of it', async () => {
  const [old, rest, fresh] = [lines(500), lines(40), lines(4)];
  node.write('syslog', old);
  await bringHome(node, home);
  rmSync(node.log('syslog'));
  node.write('syslog.1.gz', gzipSync(old + rest));
  node.write('syslog', fresh);
  await bringHome(node, home);
  expect(home.texts).toEqual([old + rest, fresh]);
  expect(await bringHome(node, home)).toEqual([]);
});

test('a compressed rotation of which everything was sent is not sent again, nor when it is renamed', async () => {
  const [old, fresh] = [lines(500), lines(4)];
  node.write('syslog', old);
  await bringHome(node, home);
  renameSync(node.log('syslog'), node.log('syslog.1'));
  execFileSync('gzip', [node.log('syslog.1')]);
  node.write('syslog', fresh);
  await bringHome(node, home);
  renameSync(node.log('syslog.1.gz'), node.log('syslog.2.gz'));
  node.append('syslog', fresh);
  await bringHome(node, home);
  expect(home.texts).toEqual([old, fresh + fresh]);
});

test('a compressed file that is not known is sent whole, as it is; a damaged one too', async () => {
  const whole = gzipSync(lines(10));
  const damaged = gzipSync(lines(1000)).subarray(0, 300);
  node.write('old.gz', whole);
  node.write('torn.gz', damaged);
  await bringHome(node, home);
  expect(new Set(home.texts)).toEqual(new Set([whole.toString('latin1'), damaged.toString('latin1')]));
});

test('the line that is being written waits for its end; when nobody goes on writing it comes as it is', async () => {
  const whole = lines(3);
  node.write('app.log', `${whole}half a li`);
  await bringHome(node, home);
  expect(home.texts).toEqual([whole]);
  await bringHome(node, home);
  expect(home.texts).toEqual([`${whole}half a li`]);
  node.append('app.log', 'ne\n');
  await bringHome(node, home);
  expect(home.texts).toEqual([`${whole}half a line\n`]);
});

test('an inode that is used again for another file is another file', async () => {
  const [old, other] = [lines(30), lines(90)];
  node.write('a.log', old);
  await bringHome(node, home);
  // The same inode, as the file system would give it to the next file.
  writeFileSync(node.log('a.log'), other);
  renameSync(node.log('a.log'), node.log('b.log'));
  await bringHome(node, home);
  expect(home.texts).toEqual([old, other]);
});

test('a device that has another number since the machine was started is no reason to send everything again', async () => {
  const [old, more] = [lines(30), lines(2)];
  node.write('a.log', old);
  await bringHome(node, home);
  for (const stream of node.ledger.logStreams.all())
    node.ledger.logStreams.set({ ...stream, device: '99999' }, 1);
  node.append('a.log', more);
  await bringHome(node, home);
  expect(home.texts).toEqual([old + more]);
});

test('bytes of any kind travel as they are: wtmp', async () => {
  const record = Buffer.alloc(384, 7);
  record.writeUInt32LE(12, 0);
  node.write('wtmp', Buffer.concat([record, record]));
  await bringHome(node, home);
  node.append('wtmp', record);
  await bringHome(node, home);
  expect(home.texts).toEqual([Buffer.concat([record, record, record]).toString('latin1')]);
});

test('links, pipes and what is excluded are passed over and counted; a sparse file of 200 MB makes a small archive', async () => {
  node.write('keep/a.log', 'a\n');
  node.write('secret/key.log', 'no\n');
  node.write('x.tmp', 'no\n');
  writeFileSync(
    node.layout.configFile,
    readFileSync(node.layout.configFile, 'utf8').replace(
      'journal = false',
      'journal = false\nexclude = ["secret/**", "*.tmp"]',
    ),
  );
  symlinkSync('/etc/passwd', node.log('link'));
  execFileSync('mkfifo', [node.log('pipe')]);
  node.write('sparse', 'begin\n');
  truncateSync(node.log('sparse'), 200_000_000);
  const [packed] = await node.pack();
  expect(packed?.skipped).toEqual({ link: 1, special: 1, excluded: 2 });
  expect(packed?.rawBytes).toBe(200_000_002);
  expect(packed?.bytes).toBeLessThan(100_000);
});
