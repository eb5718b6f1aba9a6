/** A node that works by an earlier configuration says so: in its log at every start, and once by short log. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { FerrymanError } from '../errors.ts';
import { queueShortLog } from '../report/delivery.ts';
import { toShortLog } from '../report/gsm7.ts';
import type { Context } from './context.ts';

/**
 * Before a pass.
 *
 * @param problem why `config.toml` is not what is at work; `null`: it is
 */
export function reportConfig({ layout, ledger, host, sinks }: Context, problem: FerrymanError | null): void {
  if (problem === null) {
    if (ledger.fact('config-refused') !== undefined) ledger.clearFact('config-refused');
    return;
  }
  // Like a parcel that was refused, it is known by what is in it.
  const digest = createHash('blake2b512').update(readFileSync(layout.configFile)).digest('hex');
  if (ledger.fact('config-refused') === digest) return;
  const [what = ''] = problem.message.replaceAll(/\n\s*/g, '; ').split(`${layout.configFile}: `).toReversed();
  const text = toShortLog(`config.toml refused, the one before is at work: ${what}`);
  ledger.transaction(() => {
    ledger.setFact('config-refused', digest);
    queueShortLog(ledger, sinks, { digest, sequence: null, state: 'refused', text, createdAt: host.now() });
  });
}
