/** The node's configuration file, `config.toml`. Every key is in docs/configuration.md. */
import { readFileSync } from 'node:fs';
import { FerrymanError, isSystemError } from '../errors.ts';
import { problemText, readConfig, type Config, type ConfigReading } from './config/read-config.ts';
import type { Layout } from './layout.ts';

/** Problems that one message tells. */
const maxTold = 100;

/** @throws FerrymanError `config.missing`, `config.invalid` with every problem on a line of its own */
export function loadConfig(layout: Layout): Config {
  const { config, problems } = lookAtConfig(layout);
  if (config) return config;
  const [first, ...others] = problems.slice(0, maxTold).map(problemText);
  throw new FerrymanError(
    'config.invalid',
    others.length === 0
      ? `${layout.configFile}: ${first}`
      : [`${layout.configFile}: ${problems.length} problems`, first, ...others].join('\n  ') +
          (problems.length > maxTold ? `\n  and ${problems.length - maxTold} more` : ''),
  );
}

/** What a node works by. */
export interface ConfigAtWork {
  readonly config: Config;
  /** Why `config.toml` is not in order, and an earlier one is at work; `null` when it is. */
  readonly problem: FerrymanError | null;
}

/**
 * The configuration; while it is not in order, the last one by which a ferryman has started here. A node that nobody can travel to must
 * come up, since the next update may be what mends it. For what works and what scripts call: a person who types a command is told.
 *
 * @throws FerrymanError as {@link loadConfig}, when there is no earlier one that can be read
 */
export function configAtWork(layout: Layout): ConfigAtWork {
  try {
    return { config: loadConfig(layout), problem: null };
  } catch (error) {
    if (!(error instanceof FerrymanError) || error.code !== 'config.invalid') throw error;
    const kept = readKept(layout);
    const config = kept && readConfig(kept.toString(), layout.root).config;
    if (!config) throw error;
    return { config, problem: error };
  }
}

/** The copy that `keepConfig` has made; `undefined`: none yet. */
export function readKept({ keptConfigFile }: Layout): Buffer | undefined {
  try {
    return readFileSync(keptConfigFile);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    return undefined;
  }
}

/** The configuration, or all that is wrong with it. @throws FerrymanError `config.missing` */
export function lookAtConfig(layout: Layout): ConfigReading {
  try {
    return readConfig(readFileSync(layout.configFile, 'utf8'), layout.root);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT')) throw error;
    throw new FerrymanError('config.missing', `${layout.configFile}: expected a configuration, found none`, {
      cause: error,
    });
  }
}
