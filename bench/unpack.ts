/** Section `unpack`: verify a signed archive and unpack it, ferryman beside its peers. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { measureInTurns, type Peer } from './measure.ts';
import { payloads, type Payload } from './payload.ts';
import { ferryman, makeNode, node, takeIn } from './programs.ts';
import { comparison } from './table.ts';
import { makeData, type UnpackData } from './unpack-data.ts';

/** @param scratch an empty folder with room for some 10 GB */
export function benchUnpack(scratch: string, rounds: number): string {
  return payloads.map((payload) => benchPayload(scratch, payload, rounds)).join('\n');
}

function benchPayload(scratch: string, payload: Payload, rounds: number): string {
  const data = makeData(join(scratch, 'data'), payload);
  try {
    const measured = measureInTurns(peersFor(data, payload), rounds, scratch);
    return `### ${payload.name}\n\n${comparison(measured, 'minisign -V + unzip', scratch)}`;
  } finally {
    rmSync(data.folder, { recursive: true, force: true });
  }
}

function peersFor(data: UnpackData, payload: Payload): Peer[] {
  const { tree, parcel, small, minisignKey, bundle, keyring, root } = data;
  const trees = new Outputs(data.folder, payload);
  const check = (): void => expectSameTree(tree, trees.now);
  const verified = `minisign -Vq -p ${minisignKey} -m ${parcel}`;
  const emptyInbox = (): void => {
    trees.next();
    rmSync(join(root, 'var/lib/ferryman/inbox'), { recursive: true });
    mkdirSync(join(root, 'var/lib/ferryman/inbox'), { mode: 0o700 });
  };
  const shell = (name: string, line: (folder: string) => string): Peer => ({
    name,
    prepare: () => trees.next(),
    command: () => ['sh', '-ec', line(trees.now)],
    check,
  });
  const take = (name: string, ...more: string[]): Peer => ({
    name,
    prepare: emptyInbox,
    command: () => [node, takeIn, parcel, root, trees.now, ...more],
    check,
  });
  return [
    shell('floor: b2sum + cp -r', (folder) => `b2sum ${parcel}; cp -r ${tree} ${folder}`),
    shell('minisign -V + unzip', (folder) => `${verified}; unzip -q ${parcel} -d ${folder}`),
    shell(
      'minisign -V + bsdtar',
      (folder) => `${verified}; mkdir ${folder}; bsdtar -xf ${parcel} -C ${folder}`,
    ),
    shell('rauc extract', (folder) => `rauc --keyring=${keyring} extract ${bundle} ${folder}`),
    take('ferryman: private copy, verify, unpack'),
    take('the same, proven a second time before unpacking', 'again'),
    { ...take('the first, by a program that is at work already', 'after', small), isOwnClock: true },
    applied(data),
  ];
}

/** The whole command, on a node that has not seen the update. */
function applied({ folder, parcel }: UnpackData): Peer {
  const fresh = join(folder, 'fresh');
  return {
    name: 'ferryman apply, all of it',
    prepare: () => {
      rmSync(fresh, { recursive: true, force: true });
      makeNode(fresh, join(folder, 'office.pub'));
    },
    command: () => [node, ferryman, 'apply', parcel, '--root', fresh],
  };
}

/** Where peers unpack to: a folder that is not there yet, for every run. */
class Outputs {
  readonly #folder: string;
  readonly #isKept: boolean;
  #count = 0;

  constructor(folder: string, { files }: Payload) {
    this.#folder = folder;
    // ext4 does not use a removed inode again for some seconds and passes each of them over at every new file: with
    // 20,000 just removed, whoever comes next would be measured ten times slower. So they stay until the end.
    this.#isKept = files > 1000;
  }

  get now(): string {
    return join(this.#folder, `out-${this.#count}`);
  }

  next(): void {
    if (!this.#isKept) rmSync(this.now, { recursive: true, force: true });
    this.#count += 1;
  }
}

/** What peers put beside the tree: their manifests. */
const manifests = new Set(['manifest.json', 'manifest.raucm']);

function expectSameTree(expected: string, found: string): void {
  const files = list(expected);
  const names = list(found).filter((name) => !manifests.has(name));
  if (files.join() !== names.join()) throw new Error(`${found}: expected the files of ${expected}`);
  for (const name of files)
    if (!readFileSync(join(expected, name)).equals(readFileSync(join(found, name))))
      throw new Error(`${found}/${name}: expected other contents`);
}

function list(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.path, entry.name).slice(folder.length + 1))
    .toSorted();
}
