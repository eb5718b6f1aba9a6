/** Section `unpack`: verify a signed archive and unpack it, ferryman beside its peers. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { measureInTurns, type Peer } from './measure.ts';
import { payloads } from './payload.ts';
import { ferryman, makeNode, node, takeIn } from './programs.ts';
import { comparison } from './table.ts';
import { makeData, type UnpackData } from './unpack-data.ts';

/**
 * `ferryman apply` removes what it has unpacked, and what follows is slow for minutes (see {@link Outputs}): so all of its rows come last.
 *
 * @param scratch an empty folder with room for some 10 GB
 */
export function benchUnpack(scratch: string, rounds: number): string {
  const cases = payloads.map((payload, index) => {
    const data = makeData(join(scratch, `data-${index}`), payload);
    return { payload, data, compared: measureInTurns(peersFor(data), rounds, scratch) };
  });
  return cases
    .map(({ payload, data, compared }) => {
      const measured = [...compared, ...measureInTurns([applied(data)], rounds, scratch)];
      return `### ${payload.name}\n\n${comparison(measured, 'minisign -V + unzip', scratch)}`;
    })
    .join('\n');
}

function peersFor(data: UnpackData): Peer[] {
  const { tree, parcel, small, minisignKey, bundle, keyring, root } = data;
  const trees = new Outputs(data.folder);
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

/**
 * Where peers unpack to: a folder that is not there yet, for every run.
 *
 * ext4 does not use a removed inode again for some seconds and passes each of them over at every new file: after a few hundred were
 * removed, whoever comes next would be measured slower, after 20,000 ten times. So what is not needed any more is emptied, and stays
 * until the end.
 */
class Outputs {
  readonly #folder: string;
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  get now(): string {
    return join(this.#folder, `out-${this.#count}`);
  }

  next(): void {
    if (existsSync(this.now)) for (const name of list(this.now)) truncateSync(join(this.now, name));
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
