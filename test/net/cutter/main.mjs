/**
 * A cable that breaks: passes TCP on to HOST PORT and cuts each connection after so many bytes from there, COUNT times; then it is whole.
 * How many bytes is drawn by SEED, between 200 and MOST, short as often as long: log-uniform. Says each cut.
 */
import { connect, createServer } from 'node:net';

const [listenPort, host, port, seed, count, most] = process.argv.slice(2);
const least = 200;
let state = Number(seed) | 0;
let cuts = 0;

/** From 0 to 1: mulberry32, as in test/crash/random.ts. */
function fraction() {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

createServer((near) => {
  const far = connect(Number(port), host);
  let left = cuts < Number(count) ? Math.round(least * (Number(most) / least) ** fraction()) : Infinity;
  const limit = left;
  const cut = () => {
    near.resetAndDestroy();
    far.resetAndDestroy();
  };
  far.on('data', (piece) => {
    if (left <= 0) return;
    const pass = piece.subarray(0, left);
    left -= piece.length;
    near.write(pass);
    if (left > 0) return;
    cuts += 1;
    process.stdout.write(`cut ${cuts} after ${limit} bytes\n`);
    cut();
  });
  near.on('data', (piece) => far.write(piece));
  near.on('error', cut);
  far.on('error', cut);
  near.on('close', cut);
  far.on('close', cut);
}).listen(Number(listenPort), '127.0.0.1', () => process.stdout.write('ready\n'));
