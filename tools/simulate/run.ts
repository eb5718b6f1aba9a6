/** The whole of `npm run simulate`: reads, plays, tells. */
import { readFileSync } from 'node:fs';
import { FerrymanError, isSystemError } from '../../src/errors.ts';
import { help, readOptions } from './options.ts';
import { ProgressBar, type Terminal } from './progress-bar.ts';
import { readScenario, type SourceText } from './read-scenario.ts';
import { json, screen } from './screen.ts';
import { simulate } from './simulate.ts';

export interface Streams {
  out(text: string): void;
  /** Standard error. */
  readonly terminal: Terminal;
}

/** @returns the exit status */
export function run(argv: readonly string[], streams: Streams): number {
  try {
    const options = readOptions(argv);
    if (options === 'help') {
      streams.out(help);
      return 0;
    }
    const scenario = readScenario(readSource(options.contacts), readSource(options.messages), options.ttl);
    const bar = new ProgressBar(streams.terminal);
    const played = simulate(scenario, options, (done) => bar.show(done));
    bar.end();
    if (played.strayContactEvents > 0)
      streams.terminal.write(
        `simulate: ${options.contacts}: ${played.strayContactEvents} times a contact came up that was up, or went down that was not: left out\n`,
      );
    streams.out(options.json ? json(scenario, options, played) : screen(scenario, options, played));
    return 0;
  } catch (error) {
    if (!(error instanceof FerrymanError)) throw error;
    streams.terminal.write(`simulate: ${error.message} [${error.code}]\n  hint: ${error.hint}\n`);
    return error.exit;
  }
}

/** @throws FerrymanError `source.missing`, `source.unreadable` */
function readSource(name: string): SourceText {
  try {
    return { name, text: readFileSync(name, 'utf8') };
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR'))
      throw new FerrymanError('source.missing', `${name}: expected a file, found nothing`, { cause: error });
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new FerrymanError('source.unreadable', `${name}: ${error.message}`, { cause: error });
  }
}
