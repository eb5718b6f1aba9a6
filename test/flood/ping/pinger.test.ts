import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Pinger } from '../../../src/flood/ping/pinger.ts';

const node = '00000001-0000-4000-8000-000000000000';

/** One that the kernel gave a moment ago. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => void socket.close(() => resolve()));
  return port;
}

/** A peer on lo stands for every network: so there is something to send wherever this runs. */
function makePinger(port: number, told: string[] = []): Pinger {
  const datagram = Buffer.from('here');
  return new Pinger({
    port,
    interfaces: ['none-of-this-name'],
    peers: [{ node, host: '127.0.0.1', port: 7822 }],
    ping: () => ({ neighbours: datagram, peers: datagram }),
    heard: () => undefined,
    tell: (text) => void told.push(text),
  });
}

/** Sockets of this process that are open. */
const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;

test('closed in the moment of its first ping, before it has its port, it leaves no socket behind', async () => {
  const pinger = makePinger(await freePort());
  await expect.poll(openSockets).toBe(0);
  pinger.send();
  expect(openSockets()).toBe(1);
  pinger.close();
  await expect.poll(openSockets).toBe(0);
});

test('a port that is taken is told once, and tried again', async () => {
  const port = await freePort();
  const other = createSocket('udp4');
  other.bind(port);
  await once(other, 'listening');
  const told: string[] = [];
  const pinger = makePinger(port, told);
  pinger.send();
  await expect.poll(() => told).toHaveLength(1);
  pinger.send();
  await new Promise<void>((resolve) => void other.close(() => resolve()));
  await expect
    .poll(() => {
      pinger.send();
      return spawnSync('ss', ['-Hlun', `sport = :${port}`]).stdout.toString();
    })
    .not.toBe('');
  pinger.close();
  expect(told).toHaveLength(1);
});
