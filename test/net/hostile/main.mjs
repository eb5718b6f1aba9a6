/**
 * The endpoint of a neighbour that means harm: what its sshd runs in place of `ferryman endpoint`. FOLDER has `plan.json`,
 * `{ "summary": HOW, "pull": HOW }`, `summary.json`, and `offer/` from which a real rsync sends where HOW wants one.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'));
const command = process.env.SSH_ORIGINAL_COMMAND ?? '';
const verb = command.startsWith('pull') ? 'pull' : 'summary';

/** Writes for ever, as fast as it is read. */
function pour(stream, piece) {
  stream.on('error', () => process.exit(1));
  const more = () => {
    while (stream.write(piece));
    stream.once('drain', more);
  };
  more();
}

const print = (text) => process.stdout.write(text, () => process.exit(0));

/** A real sender whose bytes go through `change`, which is given a piece and says what to pass on. */
function send(change, extra = []) {
  const args = command.split(' ').slice(1);
  const rsync = spawn('rsync', [...extra, ...args], {
    cwd: join(folder, 'offer'),
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  process.stdout.on('error', () => process.exit(1));
  rsync.stdout.on('data', (piece) => {
    const changed = change(piece, rsync);
    if (changed.length > 0) process.stdout.write(changed);
  });
  rsync.on('exit', (code) => (code === null ? undefined : setTimeout(() => process.exit(code), 50)));
}

/** Sends a file that says how long it is, and never ends: behind the marker comes literal data without end, in rsync's frames. */
function endlessFile() {
  const marker = readFileSync(join(folder, 'marker'));
  const token = Buffer.alloc(4 + 32_768, 0x61);
  token.writeUInt32LE(32_768, 0);
  let seen = Buffer.alloc(0);
  let isPouring = false;
  send((piece, rsync) => {
    if (isPouring) return '';
    const passed = seen.length;
    seen = Buffer.concat([seen, piece]);
    const at = seen.indexOf(marker);
    if (at < 0) return piece;
    isPouring = true;
    rsync.stdout.pause();
    // How much of the last frame is left: found by walking the frames, of which the first begins behind greeting and seed.
    const end = at + marker.length;
    const left = frameEnd(seen, end) - end;
    process.stdout.write(
      Buffer.concat([seen.subarray(passed, end), Buffer.concat([token, token]).subarray(0, left)]),
    );
    const offset = left % token.length;
    const header = Buffer.alloc(4);
    header.writeUInt32LE(((7 << 24) | token.length) >>> 0, 0);
    pour(process.stdout, Buffer.concat([header, token.subarray(offset), token.subarray(0, offset)]));
    return '';
  });
}

/** A list that never ends: the entry of the file that was asked for, over and over. Its frame ends with that entry and two zeros. */
function endlessList() {
  const name = Buffer.from(readFileSync(join(folder, 'marker')));
  let seen = Buffer.alloc(0);
  let isPouring = false;
  send((piece, rsync) => {
    if (isPouring) return '';
    const passed = seen.length;
    seen = Buffer.concat([seen, piece]);
    const at = seen.indexOf(name);
    if (at < 0) return piece;
    isPouring = true;
    rsync.stdout.pause();
    const end = frameEnd(seen, at);
    // Before the part of the name that is new: flags of two bytes, how much of the name before it shares, how much is new.
    const entry = seen.subarray(at - 4, end - 2);
    const list = seen.subarray(passed, end - 2);
    const start = frameStart(seen, at) - passed;
    list.writeUInt32LE(((7 << 24) | (list.length - start)) >>> 0, start - 4);
    process.stdout.write(list);
    const many = Buffer.concat(Array(Math.floor(60_000 / entry.length)).fill(entry));
    const header = Buffer.alloc(4);
    header.writeUInt32LE(((7 << 24) | many.length) >>> 0, 0);
    pour(process.stdout, Buffer.concat([header, many]));
    return '';
  });
}

/** Where the contents of the frame begin that a byte stands in. */
function frameStart(bytes, position) {
  const end = frameEnd(bytes, position);
  for (let at = 4; at <= position; at++) {
    const header = bytes.readUInt32LE(at - 4);
    if (header >>> 24 === 7 && at + (header & 0xffffff) === end) return at;
  }
  return position;
}

/** The end of the frame that a byte stands before: frames are `length | tag << 24`, tag 7 for data. */
function frameEnd(bytes, position) {
  for (let start = 0; start < 64; start++) {
    let at = start;
    while (at + 4 <= bytes.length && at < position) {
      const header = bytes.readUInt32LE(at);
      if (header >>> 24 !== 7 || (header & 0xffffff) === 0) break;
      at += 4 + (header & 0xffffff);
    }
    if (at >= position) return at;
  }
  return position;
}

const ways = {
  'summary.json': () => print(readFileSync(join(folder, 'summary.json'))),
  '5 MB': () => print('a'.repeat(5_000_000)),
  endless: () => pour(process.stdout, Buffer.alloc(65_536, 0x20)),
  deep: () => print('['.repeat(4_000_000)),
  stall: () => setInterval(() => undefined, 1000),
  'stderr flood': () => pour(process.stderr, Buffer.from('\u001b[2Jlook at me\n'.repeat(3000))),
  'at random': () => {
    const bytes = readFileSync(join(folder, 'summary.json'));
    print(bytes.subarray(0, Math.floor(Math.random() * bytes.length)));
  },
  honest: () => send((piece) => piece),
  recursive: () => send((piece) => piece, ['-r']),
  specials: () => send((piece) => piece, ['-lD']),
  garbage: () => pour(process.stdout, Buffer.from('SSH-2.0-nonsense\r\n\0\u0001\u00ff'.repeat(1000))),
  cut: () => {
    let left = 60_000;
    send((piece, rsync) => {
      const passed = piece.subarray(0, Math.max(0, left));
      left -= piece.length;
      if (left <= 0) setTimeout(() => (rsync.kill('SIGKILL'), process.exit(1)), 200);
      return passed;
    });
  },
  'stall inside': () => {
    let left = 60_000;
    send((piece) => {
      const passed = piece.subarray(0, Math.max(0, left));
      left -= piece.length;
      return passed;
    });
    setInterval(() => undefined, 1000);
  },
  /** Another name for what was asked for, of the same length: it comes to stand wherever the neighbour likes. */
  renamed: () => {
    const [from, to] = JSON.parse(readFileSync(join(folder, 'renamed.json'), 'utf8'));
    send((piece) => Buffer.from(piece.toString('latin1').replaceAll(from, to), 'latin1'));
  },
  'endless file': endlessFile,
  'endless list': endlessList,
};

ways[plan[verb]]();
