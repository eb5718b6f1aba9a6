/** The fuzzer's command line: which targets, for how long, and what is told of them. See docs/testing.md. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Plan, Result } from './campaign.ts';
import { keepInputs, keptInputs, saveCrash } from './corpus.ts';
import { supervise } from './supervisor.ts';
import type { Target } from './target.ts';
import { targets } from './targets.ts';

/** What the bundling tells. */
interface Bundle {
  readonly root: string;
  /** Where the bundles stand. */
  readonly scratch: string;
  /** Where targets may write files. */
  readonly files: string;
  readonly counters: number;
  /** Texts that stand in the sources. */
  readonly texts: readonly string[];
}

interface Wishes {
  readonly chosen: readonly Target[];
  readonly seed: number;
  /** Changed inputs for each target; then nothing is stored. `undefined`: as many as there is time for. */
  readonly iterations: number | undefined;
  readonly seconds: number;
  readonly replay: string | undefined;
}

/** Runs the chosen targets one after another. @returns the exit status */
export async function fuzz(args: readonly string[], bundle: Bundle): Promise<number> {
  const wishes = read(args);
  if (typeof wishes === 'string') {
    console.error(`fuzz: ${wishes}`);
    return 64;
  }
  let found = 0;
  for (const target of wishes.chosen) found += await fuzzTarget(target, wishes, bundle);
  return found === 0 ? 0 : 1;
}

/** @returns what is wrong with the arguments, in words, when something is */
function read(args: readonly string[]): Wishes | string {
  const options = {
    seconds: { type: 'string', default: '60' },
    iterations: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    replay: { type: 'string' },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    const unknown = positionals.find((name) => !targets.some((target) => target.name === name));
    if (unknown !== undefined)
      return `expected a target (${targets.map(({ name }) => name).join(', ')}), found ${unknown}`;
    if (values.replay !== undefined && positionals.length !== 1)
      return 'expected one target with --replay: npm run fuzz -- TARGET --replay FILE';
    const numbers = [values.seconds, values.seed, values.iterations ?? '1'];
    if (!numbers.every((text) => /^\d{1,9}$/.test(text)))
      return 'expected whole numbers for --seconds, --iterations and --seed';
    return {
      chosen: positionals.length === 0 ? targets : targets.filter(({ name }) => positionals.includes(name)),
      seed: Number(values.seed),
      iterations: values.iterations === undefined ? undefined : Number(values.iterations),
      seconds: Number(values.seconds),
      replay: values.replay,
    };
  } catch (error) {
    return (error as Error).message;
  }
}

/** @returns how many findings */
async function fuzzTarget(target: Target, wishes: Wishes, bundle: Bundle): Promise<number> {
  const startedAt = performance.now();
  const kept = keptInputs(bundle.root, target.name);
  const result = await supervise(target.name, planFor(wishes, bundle, [...kept.values()]), bundle.scratch);
  const store =
    wishes.iterations === undefined && wishes.replay === undefined && result.findings.length === 0;
  if (store) keepInputs(bundle.root, target.name, result.worthKeeping);
  const seconds = (performance.now() - startedAt) / 1000;
  tell(target, wishes, result, { seconds, kept: kept.size, store });
  for (const { input, message } of result.findings) {
    const file = wishes.replay ?? saveCrash(bundle.root, target.name, input);
    console.log(
      `  found: ${message}\n  input: ${file}\n  again: npm run fuzz -- ${target.name} --replay ${file}`,
    );
  }
  return result.findings.length;
}

function planFor(wishes: Wishes, { counters, texts, files }: Bundle, kept: readonly Buffer[]): Plan {
  const common = {
    seed: wishes.seed,
    counters,
    texts: texts.map((text) => Buffer.from(text)),
    scratch: files,
  };
  if (wishes.replay !== undefined)
    return { ...common, iterations: 0, maxMs: 0, kept: [readFileSync(wishes.replay)] };
  const limits =
    wishes.iterations === undefined
      ? { iterations: Infinity, maxMs: wishes.seconds * 1000 }
      : { iterations: wishes.iterations, maxMs: Infinity };
  return { ...common, ...limits, kept };
}

function tell(
  { name }: Target,
  { seed, replay }: Wishes,
  { tried, blocks, findings, worthKeeping }: Result,
  { seconds, kept, store }: { seconds: number; kept: number; store: boolean },
): void {
  if (replay !== undefined) {
    console.log(`${name}: ${replay} ${findings.length === 0 ? 'keeps every promise' : 'breaks a promise'}`);
    return;
  }
  const corpus = store ? `corpus ${kept} → ${worthKeeping.length}` : `corpus ${kept}`;
  console.log(
    `${name}: seed ${seed}, ${tried} inputs in ${seconds.toFixed(1)} s, ${blocks} blocks, ${corpus}`,
  );
}
