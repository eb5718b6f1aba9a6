import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { archivePath } from '../../src/flood/pool/archive-name.ts';
import { removeFolders } from '../kit/kiosk.ts';
import { putArchive, testIncarnation } from './archives.ts';
import { canMakeHosts } from './can-make-hosts.ts';
import { Contacts } from './contacts.ts';
import { Fleet, guidOf, until } from './fleet.ts';
import { testSeed } from '../crash/spread.ts';

const cutter = join(import.meta.dirname, 'cutter/main.mjs');
/** How many links are cut: `npm run soak:cuts` wants thousands. */
const wantedCuts = Number(process.env['FERRYMAN_CUTS'] ?? 16);

afterAll(removeFolders);
let fleet: Fleet | undefined;
afterEach(async () => fleet?.stop());

test.skipIf(!canMakeHosts)(
  'daemons whose link breaks at random bytes bring everything in the end, a large archive in pieces, and nothing wrong is taken (root, network namespaces)',
  { timeout: 900_000 },
  async () => {
    fleet = await Fleet.make();
    const kiosk = await fleet.add('kiosk', 'enabled = false\n');
    // The ferry meets the kiosk through the cutter alone: nobody pings.
    const config = `peers = ["${guidOf(1)}@127.0.0.1:9000"]\ninterfaces = ["none"]\n`;
    const ferry = await fleet.add('ferry', config);
    const link = await fleet.link(kiosk, ferry);
    const signer = await kiosk.signer();
    const bytes = 400_000;
    const sequences = [1, 2, 3, 6];
    for (const sequence of sequences)
      putArchive(kiosk.layout.relayLogs, signer, { sequence, bytes: sequence === 6 ? 3_000_000 : bytes });
    // From within the handshake to beyond two archives; never enough for the large one.
    const cutting = [String(testSeed), '4', '1500000'];
    ferry.host.start(['node', cutter, '9000', link.ends[0].address, '7822', ...cutting]);
    for (const node of fleet.nodes) node.start();

    const paths = sequences.map((sequence) =>
      archivePath({ origin: kiosk.guid, incarnation: testIncarnation, sequence, class: 'long' }),
    );
    await until(
      () => paths.every((path) => existsSync(join(ferry.layout.relayLogs, path))),
      'all at the ferry',
      {
        seconds: 400,
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
    expect(neighbour?.contacts).toBeGreaterThan(4);
    expect(existsSync(ferry.layout.quarantine) ? readdirSync(ferry.layout.quarantine) : []).toStrictEqual([]);
    expect((await ferry.stopDaemon())?.exitCode).toBe(0);
    // Dead ones that nobody has asked about do not count: nobody does in this host.
    const { stdout: left } = await ferry.host.run(['ps', '-eo', 'stat=,comm=']);
    expect(left).not.toMatch(/^[^Z]\S* +(ssh|rsync)$/m);
  },
);

test.skipIf(!canMakeHosts)(
  `${wantedCuts} links cut at random bytes: at every moment only what is right is offered, and in the end everything is there (root, network namespaces)`,
  { timeout: 24 * 3_600_000 },
  async () => {
    const contacts = await Contacts.make([300_000, 3000, 2_500_000, 400_000]);
    fleet = contacts.fleet;
    const { host } = contacts.ferry;
    const cutting = [String(testSeed), String(wantedCuts), '1000000'];
    const cable = host.start(['node', cutter, '9000', contacts.address, '7822', ...cutting]);
    await until(() => cable.said().includes('ready'), 'the cutter');
    const cuts = (): string[] => cable.said().match(/^cut .*$/gm) ?? [];
    while (cuts().length < wantedCuts) {
      await contacts.putBack();
      const { exitCode, stderr } = await host.run(
        [process.execPath, ...contacts.command('127.0.0.1:9000', 10_000)],
        { timeoutMs: 20 * 60_000 },
      );
      const wrong = exitCode === 0 ? contacts.wrongAtEnd() : [`exit status ${exitCode}: ${stderr}`];
      expect(wrong, `FERRYMAN_TEST_SEED=${testSeed}, ${cuts().join(', ')}`).toStrictEqual([]);
    }
    expect(cuts().length).toBe(wantedCuts);
  },
);
