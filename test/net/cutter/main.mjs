/** A cable that breaks: passes TCP on to HOST PORT and cuts each connection after so many bytes, taken from a list, then from its beginning. */
import { connect, createServer } from 'node:net';

const [listenPort, host, port, ...limits] = process.argv.slice(2);
let next = 0;
createServer((near) => {
  const far = connect(Number(port), host);
  let left = Number(limits[next++ % limits.length]);
  const cut = () => {
    near.resetAndDestroy();
    far.resetAndDestroy();
  };
  far.on('data', (piece) => {
    const pass = piece.subarray(0, Math.max(0, left));
    left -= piece.length;
    near.write(pass);
    if (left <= 0) cut();
  });
  near.on('data', (piece) => far.write(piece));
  near.on('error', cut);
  far.on('error', cut);
  near.on('close', cut);
  far.on('close', cut);
}).listen(Number(listenPort), '127.0.0.1', () => process.stdout.write('ready\n'));
