import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { removeFolders } from '../kit/kiosk.ts';
import { putArchive } from './archives.ts';
import { Fleet, until } from './fleet.ts';
import { canMakeHosts } from './can-make-hosts.ts';

afterAll(removeFolders);

test.skipIf(!canMakeHosts)(
  'two neighbours hear each other and each fetches what the other has (root, network namespaces)',
  { timeout: 180_000 },
  async () => {
    const fleet = await Fleet.make();
    const [kiosk, ferry] = [await fleet.add('kiosk'), await fleet.add('ferry')];
    const logs = kiosk.layout.relayLogs;
    const signer = await kiosk.signer();
    for (const sequence of [1, 2, 3]) putArchive(logs, signer, { sequence });
    await fleet.link(kiosk, ferry);
    for (const node of fleet.nodes) node.start();
    const held = join(ferry.layout.relayLogs, kiosk.guid, '00000000000000aa');
    try {
      await until(() => existsSync(held) && readdirSync(held).length === 3, 'three archives at the ferry', {
        told: () => fleet.nodes.map((node) => node.said()).join('\n=====\n'),
      });
      expect((await kiosk.stopDaemon())?.exitCode).toBe(0);
    } finally {
      await fleet.stop();
    }
  },
);
