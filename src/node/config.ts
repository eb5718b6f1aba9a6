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
