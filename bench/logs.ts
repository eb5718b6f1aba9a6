/** Section `logs`: 200 MB of syslog, as a node packs it, beside tar and a compressor. */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseCompression } from '../src/logs/compressor.ts';
import { layoutUnder } from '../src/node/layout.ts';
import { signEnrolment } from '../src/parcel/enrolment.ts';
import { readUnjudgedKey } from '../src/parcel/public-key.ts';
import { parseSecretKey } from '../src/parcel/secret-key.ts';
import { measureInTurns, type Peer } from './measure.ts';
import { ferryman, makeNode, makeOffice, node } from './programs.ts';
import { comparison, table } from './table.ts';

const megabytes = 200;

export async function benchLogs(scratch: string, rounds: number): Promise<string> {
  const office = makeOffice(scratch);
  const root = join(scratch, 'root');
  mkdirSync(root);
  makeNode(root, office.publicKey);
  await enrol(root, office.key);
  mkdirSync(join(root, 'var/log'), { recursive: true });
  const syslog = join(root, 'var/log/syslog');
  writeSyslog(syslog, megabytes * 1000 * 1000);

  const { ledgerFile, state } = layoutUnder(root);
  copyFileSync(ledgerFile, join(scratch, 'ledger'));
  const outputs = (name: string): string => join(scratch, name);
  const pipe = (compressor: string, output: string): readonly string[] => [
    'sh',
    '-c',
    `tar -C ${root} -cf - var/log | ${compressor} > ${outputs(output)}`,
  ];
  const peers: Peer[] = [
    {
      name: 'ferryman logs pack',
      prepare: () => {
        for (const end of ['-wal', '-shm']) rmSync(ledgerFile + end, { force: true });
        copyFileSync(join(scratch, 'ledger'), ledgerFile);
        rmSync(join(state, 'relay/logs'), { recursive: true, force: true });
      },
      command: () => [node, ferryman, 'logs', 'pack', '--root', root],
    },
    { name: 'tar, zstd -19 --long', command: () => pipe('zstd -19 --long -q', 'tar.zst') },
    { name: 'tar, gzip -9', command: () => pipe('gzip -9', 'tar.gz') },
  ];
  const measured = measureInTurns(peers, Math.min(rounds, 3), scratch);
  const sizes = [
    ['ferryman logs pack, all archives', mb(bytesUnder(join(state, 'relay/logs')))],
    ['tar, zstd -19 --long', mb(statSync(outputs('tar.zst')).size)],
    ['tar, gzip -9', mb(statSync(outputs('tar.gz')).size)],
    ['uncompressed', mb(statSync(syslog).size)],
  ];
  return [
    table(['', 'MB'], sizes),
    comparison(measured, 'ferryman logs pack', scratch),
    `Compressed by ${chooseCompression('auto')}. Peak memory is that of the largest process.\n`,
  ].join('\n');
}

async function enrol(root: string, secretKeyFile: string): Promise<void> {
  const layout = layoutUnder(root);
  const key = await parseSecretKey(readFileSync(secretKeyFile, 'utf8'), () => '');
  const guid = /guid = "([^"]+)"/.exec(readFileSync(layout.configFile, 'utf8'))?.[1] ?? '';
  const identity = readUnjudgedKey(readFileSync(layout.identityPublicKey, 'utf8'));
  const created = '2026-11-21T08:00:00Z';
  const line = signEnrolment({ node: guid, role: 'kiosk', serial: 1, identity, created }, key);
  writeFileSync(join(layout.etc, 'enrolment.txt'), `${line}\n`);
}

function bytesUnder(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}

/** What daemons of a kiosk say, with numbers, addresses and names that differ: the same in every run. */
function writeSyslog(file: string, bytes: number): void {
  let state = 12_345;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const address = (): string => `${below(255)}.${below(255)}.${below(255)}.${below(255)}`;
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => below(16).toString(16)).join('');
  const messages = [
    () => `CRON[${below(32_768)}]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)`,
    () =>
      `kernel: [${below(1e6)}.${below(1e6)}] usb 1-${below(4)}: new high-speed USB device number ${below(127)} using xhci_hcd`,
    () =>
      `sshd[${below(32_768)}]: Failed password for invalid user u${below(5000)} from ${address()} port ${below(65_535)} ssh2`,
    () => `dhclient[612]: DHCPREQUEST for 192.168.${below(4)}.${below(255)} on wlan0 to 192.168.0.1 port 67`,
    () => `systemd[1]: Started Session ${below(100_000)} of User kiosk.`,
    () => `wpa_supplicant[433]: wlan0: WPA: Group rekeying completed with ${hex(12)} [GTK=CCMP]`,
    () =>
      `squid[901]: ${1.7e9 + below(1e7)}.${below(1000)} ${below(9000)} 10.0.0.${below(60)} TCP_MISS/200 ${below(90_000)} GET http://www.example${below(300)}.org/${hex(8)}/img${below(100)}.png - HIER_DIRECT/${address()} image/png`,
  ];
  let text = '';
  let written = 0;
  let second = 0;
  writeFileSync(file, '');
  while (written < bytes) {
    second += below(3);
    const time = new Date(1.79e12 + second * 1000).toISOString().slice(0, 19);
    text += `${time}+00:00 kiosk-17 ${messages[Math.min(below(10), messages.length - 1)]?.()}\n`;
    if (text.length < 4_000_000) continue;
    written += text.length;
    writeFileSync(file, text, { flag: 'a' });
    text = '';
  }
}
