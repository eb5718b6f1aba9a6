/**
 * A vitest reporter that writes the tally of the run, as JSON, to the file named by FERRYMAN_TALLY_FILE.
 *
 * Loaded by vitest, in its process; tools/run-tests/main.mjs reads the file when vitest has ended.
 */
import { writeFileSync } from 'node:fs';
import { tally, unsteady } from './tally.mjs';

export default class TallyReporter {
  onTestRunEnd(testModules, unhandledErrors, reason) {
    const counts = tally(testModules, unhandledErrors, reason);
    const report = { ...counts, unsteady: unsteady(testModules) };
    writeFileSync(process.env.FERRYMAN_TALLY_FILE, JSON.stringify(report));
  }
}
