/**
 * A kiosk that offers by its sshd alone, and a ferry whose contacts a test makes one by one: {@link file://./contact/main.ts}. What the
 * ferry has is put back to where it began as often as wanted.
 */
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { rolldown } from 'rolldown';
import { chainOver } from '../../src/parcel/chain.ts';
import { hashParcel } from '../../src/parcel/framing.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { signedUpdate } from '../kit/office.ts';
import { archivesIn, paperNode, putArchive, signedAck, signedArchive, testIncarnation } from './archives.ts';
import { Fleet, officeKey, type Node } from './fleet.ts';
import { offers, tells } from './offered.ts';

const archiveAt = (guid: string, sequence: number): string =>
  `${guid}/${testIncarnation}/${String(sequence).padStart(10, '0')}.long.zip`;

/** contact/main.ts, bundled, since Node 20 runs no TypeScript. @returns the file */
export async function bundleContact(): Promise<string> {
  const folder = temporaryFolder();
  const bundle = await rolldown({
    input: join(import.meta.dirname, 'contact/main.ts'),
    platform: 'node',
    external: [/^node:/, 'better-sqlite3'],
  });
  await bundle.write({ file: join(folder, 'contact.mjs'), codeSplitting: false });
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'));
  return join(folder, 'contact.mjs');
}

export class Contacts {
  readonly fleet: Fleet;
  readonly kiosk: Node;
  readonly ferry: Node;
  /** Of the kiosk, on their link. */
  readonly address: string;
  readonly #program: string;
  readonly #saved = join(temporaryFolder(), 'state');
  /** What may stand in the ferry's offer, by path. */
  readonly #right = new Map<string, Buffer>();
  /** What must, in the end. */
  readonly #wanted: string[] = [];

  private constructor(fleet: Fleet, [kiosk, ferry]: readonly [Node, Node], address: string, program: string) {
    this.fleet = fleet;
    this.kiosk = kiosk;
    this.ferry = ferry;
    this.address = address;
    this.#program = program;
  }

  /** @param bytes of each archive that is right */
  static async make(bytes: readonly number[]): Promise<Contacts> {
    const fleet = await Fleet.make();
    const kiosk = await fleet.add('kiosk');
    const ferry = await fleet.add('ferry');
    const link = await fleet.link(kiosk, ferry);
    const contacts = new Contacts(fleet, [kiosk, ferry], link.ends[0].address, await bundleContact());
    await contacts.#fill(bytes);
    kiosk.startSshd();
    await execa('cp', ['-a', ferry.layout.state, contacts.#saved]);
    return contacts;
  }

  /** The ferry has an archive of its own and the kiosk's first, which the acknowledgement covers that the kiosk has. */
  async #fill(bytes: readonly number[]): Promise<void> {
    const { kiosk, ferry } = this;
    const [signer, own, proxy] = [await kiosk.signer(), await ferry.signer(), paperNode(9, 'proxy')];
    const first = putArchive(ferry.layout.relayLogs, signer, { sequence: 1 });
    putArchive(ferry.layout.relayLogs, own, { sequence: 1 });
    for (const path of archivesIn(ferry.layout.relayLogs))
      this.#right.set(`logs/${path}`, readFileSync(join(ferry.layout.relayLogs, path)));
    this.#wanted.push(`logs/${archiveAt(ferry.guid, 1)}`);

    for (const [index, size] of bytes.entries())
      this.#offer(
        `logs/${archiveAt(kiosk.guid, index + 2)}`,
        signedArchive(signer, { sequence: index + 2, bytes: size }),
      );
    const last = bytes.length + 2;
    offers(kiosk, `logs/${archiveAt(kiosk.guid, last)}`, signedArchive(signer, { sequence: last + 1 })); // not what its name says
    const item = {
      origin: kiosk.guid,
      incarnation: testIncarnation,
      held: [{ first: 1, last: 1 }],
      voids: [],
      digest: chainOver([first]),
    };
    const ack = signedAck(proxy, { origins: [item] });
    this.#offer(`acks/${proxy.guid}.0.zip`, ack);
    this.#offer('roster.zip', this.fleet.roster(1, 999));
    const update = signedUpdate({ sequence: 1, files: { big: Buffer.alloc(100_000, 'x') } }, officeKey);
    const { digest } = hashParcel(update);
    offers(kiosk, `updates/${digest}.zip`, update);
    this.#right.set('update', update);
    const stream = {
      origin: kiosk.guid,
      incarnation: testIncarnation,
      short: [],
      long: [{ first: 2, last }],
    };
    tells(kiosk, {
      roster: 1,
      acks: [{ proxy: proxy.guid, epoch: '00000000000000bb', number: 1, shard: 0 }],
      updates: [digest],
      logs: [{ ...stream, bytes: bytes.reduce((sum, size) => sum + size + 5000, 5000) }],
    });
  }

  #offer(path: string, contents: Buffer): void {
    offers(this.kiosk, path, contents);
    this.#right.set(path, contents);
    this.#wanted.push(path);
  }

  /** Node's arguments for so many contacts. @param at HOST:PORT where the kiosk is met */
  command(at = `${this.address}:7822`, times = 1): string[] {
    return [this.#program, this.ferry.host.root, `${this.kiosk.guid}@${at}`, String(times)];
  }

  /** The ferry as it was in the beginning. */
  async putBack(): Promise<void> {
    const { state } = this.ferry.layout;
    rmSync(state, { recursive: true });
    await execa('cp', ['-a', this.#saved, state]);
  }

  /** What is wrong with the ferry at any moment: something that is not what its name says, or an own archive that is gone. */
  wrongAnywhere(): string[] {
    const { relay, relayLogs, inbox } = this.ferry.layout;
    const wrong = existsSync(join(relayLogs, archiveAt(this.ferry.guid, 1)))
      ? []
      : ['its own archive is gone'];
    const given = ['logs', 'acks'].flatMap((folder) =>
      readdirOrNone(join(relay, folder), true).map((name) => `${folder}/${name}`),
    );
    for (const path of ['roster.zip', ...given].filter(
      (name) => name.endsWith('.zip') && existsSync(join(relay, name)),
    ))
      if (!this.#right.get(path)?.equals(readFileSync(join(relay, path)))) wrong.push(`${path} is not right`);
    for (const name of readdirOrNone(inbox, false).filter((one) => !one.startsWith('.')))
      if (!this.#right.get('update')?.equals(readFileSync(join(inbox, name))))
        wrong.push(`${name} in the inbox is torn`);
    return wrong;
  }

  /** What is wrong when a contact has come to its end. */
  wrongAtEnd(): string[] {
    const { relay, relayLogs, inbox, quarantine } = this.ferry.layout;
    const missing = this.#wanted.filter((path) => !existsSync(join(relay, path)));
    const logs = archivesIn(relayLogs).filter((path) => !this.#wanted.includes(`logs/${path}`));
    return [
      ...missing.map((path) => `${path} is missing`),
      ...logs.map((path) => `${path} is there`),
      ...(readdirOrNone(inbox, false).some((one) => !one.startsWith('.')) ? [] : ['no update has come']),
      ...(readdirOrNone(quarantine, false).length === 1 ? [] : ['expected one file in quarantine']),
      ...readdirOrNone(relay, true).filter((name) => name.endsWith('.part')),
      ...this.wrongAnywhere(),
    ];
  }

  /** Ends what a killed contact has left: with a daemon it is the service that does. */
  async sweep(): Promise<void> {
    await this.ferry.host.run(['sh', '-c', 'for pid in $(ps -o pid= -C ssh,rsync); do kill -9 $pid; done']);
  }
}

function readdirOrNone(folder: string, recursive: boolean): string[] {
  return existsSync(folder) ? readdirSync(folder, { recursive, encoding: 'utf8' }) : [];
}
