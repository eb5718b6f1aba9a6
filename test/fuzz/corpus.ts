/** Inputs on disk: those worth keeping, in `corpus/<target>/`, and those that found something, in `crashes/`. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The kept inputs of a target by their file names, in the order of the names. */
export function keptInputs(root: string, target: string): Map<string, Buffer> {
  const folder = join(root, 'test/fuzz/corpus', target);
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).toSorted();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Makes the folder hold exactly these inputs. */
export function keepInputs(root: string, target: string, inputs: readonly Buffer[]): void {
  const folder = join(root, 'test/fuzz/corpus', target);
  const wanted = new Map(inputs.map((input) => [nameOf(input), input]));
  const present = keptInputs(root, target);
  for (const name of present.keys()) if (!wanted.has(name)) rmSync(join(folder, name));
  for (const [name, input] of wanted) if (!present.has(name)) writeFileSync(join(folder, name), input);
}

/** @returns the path of the file, under the root */
export function saveCrash(root: string, target: string, input: Buffer): string {
  const folder = 'test/fuzz/crashes';
  mkdirSync(join(root, folder), { recursive: true });
  const path = join(folder, `${target}-${nameOf(input)}`);
  writeFileSync(join(root, path), input);
  return path;
}

function nameOf(input: Buffer): string {
  return createHash('sha256').update(input).digest('hex').slice(0, 16);
}
