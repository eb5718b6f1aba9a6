import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { archivePath } from '../../src/flood/pool/archive-name.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { putArchive, testIncarnation } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { Fleet, guidOf, until } from './fleet.ts';

afterAll(removeFolders);
let fleet: Fleet | undefined;
afterEach(async () => fleet?.stop());

test.skipIf(!canMakeHosts)(
  'over a link that breaks at random bytes everything comes in the end, a large archive in pieces, and nothing wrong is taken (root, network namespaces)',
  { timeout: 600_000 },
  async () => {
    fleet = await Fleet.make();
    const kiosk = await fleet.add('kiosk', 'enabled = false\n');
    // The ferry meets the kiosk through the cutter alone: nobody pings.
    const config = `peers = ["${guidOf(1)}@127.0.0.1:9000"]\ninterfaces = ["none"]\n`;
    const ferry = await fleet.add('ferry', config);
    const link = await fleet.link(kiosk, ferry);
    const signer = await kiosk.signer();
    const bytes = 400_000;
    const sequences = [1, 2, 3, 4, 5, 6];
    for (const sequence of sequences)
      putArchive(kiosk.layout.relayLogs, signer, { sequence, bytes: sequence === 6 ? 3_000_000 : bytes });
    // From within the handshake to beyond two archives; never enough for the large one.
    const limits = [500, 60_000, 1_000_000, 3000, 450_000, 700_000, 9000, 1_500_000];
    const cutter = join(import.meta.dirname, 'cutter/main.mjs');
    ferry.host.start(['node', cutter, '9000', link.ends[0].address, '7822', ...limits.map(String)]);
    for (const node of fleet.nodes) node.start();

    const paths = sequences.map((sequence) =>
      archivePath({ origin: kiosk.guid, incarnation: testIncarnation, sequence, class: 'long' }),
    );
    await until(
      () => paths.every((path) => existsSync(join(ferry.layout.relayLogs, path))),
      'all at the ferry',
      {
        seconds: 240,
        told: () => ferry.said(),
      },
    );
    for (const path of paths)
      expect(readFileSync(join(ferry.layout.relayLogs, path))).toStrictEqual(
        readFileSync(join(kiosk.layout.relayLogs, path)),
      );
    const { stdout } = await ferry.host.ferryman(['neighbours', '--json']);
    const [neighbour] = (JSON.parse(stdout) as { neighbours: { contacts: number; bytesIn: number }[] })
      .neighbours;
    expect(neighbour?.contacts).toBeGreaterThan(5);
    expect(existsSync(ferry.layout.quarantine) ? readdirSync(ferry.layout.quarantine) : []).toStrictEqual([]);
    expect((await ferry.stopDaemon())?.exitCode).toBe(0);
    // Dead ones that nobody has asked about do not count: nobody does in this host.
    const { stdout: left } = await ferry.host.run(['ps', '-eo', 'stat=,comm=']);
    expect(left).not.toMatch(/^[^Z]\S* +(ssh|rsync)$/m);
  },
);
