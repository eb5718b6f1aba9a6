/** A node whose logs are packed in this process, and a reader at home who puts the archives together again. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open.ts';
import type { ContactSource } from '../../src/logs/lines.ts';
import { ownArchivePath } from '../../src/logs/own-archives.ts';
import { packLong, packShort, withPackingLock, type PackedArchive } from '../../src/logs/pack-logs.ts';
import { loadSigner } from '../../src/logs/signer.ts';
import { unpackArchive } from '../../src/logs/unpack-archive.ts';
import { loadConfig } from '../../src/node/config.ts';
import { initNode } from '../../src/node/init.ts';
import { layoutUnder, type Layout } from '../../src/node/layout.ts';
import type { LogManifest } from '../../src/parcel/log-archive.ts';
import { publicKeyOf } from '../../src/parcel/secret-key.ts';
import { enrolNode } from '../kit/enrol-node.ts';
import { temporaryFolder } from '../kit/kiosk.ts';
import { fixedKey, writePublicKey } from '../kit/office.ts';

const office = fixedKey(7);
export const officeTrust = { trust: { keys: [publicKeyOf(office)], threshold: 1 }, revoked: [] };

/** An archive as the reader at home sees it. */
export interface ReadArchive {
  readonly manifest: LogManifest;
  /** Contents of every unpacked file by its path. */
  readonly files: ReadonlyMap<string, Buffer>;
}

interface TarLine {
  readonly path: string;
  readonly stream: number;
  readonly offset: number;
  readonly bytes: number;
}

export class LogNode {
  readonly layout: Layout;
  readonly ledger: Ledger;
  contacts: ContactSource = () => [];
  path: string | undefined;

  private constructor(layout: Layout) {
    this.layout = layout;
    this.ledger = openLedger(layout.ledgerFile);
  }

  /** A node that stands there. */
  static at(root: string): LogNode {
    return new LogNode(layoutUnder(root));
  }

  /** @param logs keys of the table `[logs]` */
  static make(logs = '', role: 'kiosk' | 'gateway' = 'kiosk'): LogNode {
    const layout = layoutUnder(join(temporaryFolder(), 'root'));
    const keyFile = writePublicKey(join(layout.root, 'office'), office);
    initNode(layout, {
      guid: undefined,
      role,
      groups: [],
      baseline: 0,
      officeKeyFiles: [keyFile],
      threshold: 1,
    });
    const config = readFileSync(layout.configFile, 'utf8');
    writeFileSync(layout.configFile, `${config}\n[logs]\njournal = false\n${logs}\n`);
    enrolNode(layout, office);
    return new LogNode(layout);
  }

  /** A path below /var/log. */
  log(path: string): string {
    const file = join(this.layout.root, 'var/log', path);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  }

  write(path: string, text: string | Buffer): void {
    writeFileSync(this.log(path), text);
  }

  append(path: string, text: string | Buffer): void {
    writeFileSync(this.log(path), text, { flag: 'a' });
  }

  async pack(kind: 'short' | 'long' = 'long'): Promise<PackedArchive[]> {
    const { layout, ledger, contacts } = this;
    const config = loadConfig(layout);
    const packing = {
      layout,
      config,
      ledger,
      signer: await loadSigner(layout, config.node),
      contacts,
      now: () => '2026-11-21T08:00:00Z',
      randomHex: (bytes: number) => randomBytes(bytes).toString('hex'),
      signal: new AbortController().signal,
      ...(this.path === undefined ? {} : { path: this.path }),
    };
    return withPackingLock(layout, async () => {
      if (kind === 'short') return [packShort(packing) ?? []].flat();
      const packed: PackedArchive[] = [];
      for await (const one of packLong(packing)) packed.push(one);
      return packed;
    });
  }

  archivePath(one: Pick<PackedArchive, 'sequence' | 'class'>): string {
    const { node } = loadConfig(this.layout);
    const incarnation = this.ledger.fact('log-incarnation') ?? '';
    return ownArchivePath({ layout: this.layout, node, incarnation }, one);
  }

  /** As it is unpacked by who has the office's keys. */
  async read(one: Pick<PackedArchive, 'sequence' | 'class'>): Promise<ReadArchive> {
    const folder = join(temporaryFolder(), 'out');
    const { manifest, files } = await unpackArchive(this.archivePath(one), folder, officeTrust);
    const contents = new Map(files.map((path) => [path, readFileSync(join(folder, path))]));
    rmSync(folder, { recursive: true });
    return { manifest, files: contents };
  }

  /** Every archive in the pool, in the order of sequences. */
  pool(): Pick<PackedArchive, 'sequence' | 'class'>[] {
    const folder = dirname(this.archivePath({ sequence: 1, class: 'long' }));
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .toSorted()
      .flatMap((name) => {
        const [, digits, kind] = /^(\d{10})\.(short|long)\.zip$/.exec(name) ?? [];
        return kind === undefined ? [] : [{ sequence: Number(digits), class: kind as 'short' | 'long' }];
      });
  }

  close(): void {
    this.ledger.close();
  }
}

export function linesOf(archive: ReadArchive, name: string): string[] {
  return (archive.files.get(name)?.toString() ?? '').split('\n').filter((line) => line !== '');
}

/** What has come home: the streams, put together from the archives in their order. */
export class Home {
  readonly #streams = new Map<number, Buffer>();

  /** @throws Error when bytes are missing, or come twice */
  take(archive: ReadArchive): void {
    for (const line of linesOf(archive, 'logs.jsonl')) {
      const { path, stream, offset, bytes } = JSON.parse(line) as TarLine;
      const contents = archive.files.get(path);
      const known = this.#streams.get(stream) ?? Buffer.alloc(0);
      if (contents?.length !== bytes)
        throw new Error(`${path}: ${bytes} bytes are listed, ${contents?.length} are there`);
      if (known.length !== offset)
        throw new Error(`${path}: stream ${stream} goes on at ${offset}, ${known.length} bytes are here`);
      this.#streams.set(stream, Buffer.concat([known, contents]));
    }
  }

  /** The contents of all streams, in the order in which they were seen first. */
  get texts(): string[] {
    return [...this.#streams.entries()]
      .toSorted(([a], [b]) => a - b)
      .map(([, bytes]) => bytes.toString('latin1'));
  }
}

/** Packs, and takes everything home. */
export async function bringHome(node: LogNode, home: Home): Promise<PackedArchive[]> {
  const packed = await node.pack();
  for (const one of packed) home.take(await node.read(one));
  return packed;
}
