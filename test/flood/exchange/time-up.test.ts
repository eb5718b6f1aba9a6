import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { meet, type ContactSetup } from '../../../src/flood/exchange/contact.ts';
import { UnderWay } from '../../../src/flood/exchange/under-way.ts';
import { removeFolders, temporaryFolder } from '../../kit/kiosk.ts';

afterAll(removeFolders);

test.each([
  ['whose time is up before anything has come is no meeting: the neighbour is to be met again', false],
  ['that ends because this node is stopped is the fault of nobody', true],
] as const)('a contact %s', async (_what, isStopped) => {
  const calls: Socket[] = [];
  const silent = createServer((socket) => void calls.push(socket));
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const folder = temporaryFolder();
  const sshConfig = join(folder, 'ssh_config');
  writeFileSync(sshConfig, '');
  // All that a contact asks for before its connection stands.
  const surroundings = {
    config: { flood: { contactSeconds: isStopped ? 60 : 0.3 } },
    layout: { staging: join(folder, 'staging') },
    host: { uptimeSeconds: () => performance.now() / 1000 },
  };
  const setup = {
    surroundings,
    user: undefined,
    sshConfig,
    underWay: new UnderWay(),
  } as unknown as ContactSetup;
  const { port } = silent.address() as AddressInfo;
  const stop = new AbortController();
  const meeting = meet(
    setup,
    { node: '00000002-0000-4000-8000-000000000000', host: '127.0.0.1', port },
    stop.signal,
  );
  if (isStopped) setTimeout(() => stop.abort(), 100);
  const { problem, hasBrought, reason } = await meeting;
  expect([problem?.code, hasBrought, reason]).toEqual(
    isStopped
      ? [undefined, false, 'this node was stopped']
      : ['contact.cut', false, 'its time was up [contact.cut]'],
  );
  for (const socket of calls) socket.destroy();
  silent.close();
});
