/** Section `simulate`: contact traces of a city through the simulator, and what each policy delivers there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { helsinkiLike, makeCity } from '../fixtures/traces/city.ts';
import { readScenario } from '../tools/simulate/read-scenario.ts';
import { policyNames, simulate, type PolicyName } from '../tools/simulate/simulate.ts';
import { measureInTurns, type Peer } from './measure.ts';
import { node, simulator } from './programs.ts';
import { comparison, table } from './table.ts';

const limits = { bufferBytes: 5_000_000, bytesPerSecond: 250_000 };
const limited = ['--buffer-mb', '5', '--kbps', '250', '--ttl-min', '300'];
const seeds = [1, 2, 3];

export function benchSimulate(scratch: string, rounds: number): string {
  const { contacts, messages } = makeCity(helsinkiLike);
  const files = { contacts: join(scratch, 'contacts.txt'), messages: join(scratch, 'messages.txt') };
  writeFileSync(files.contacts, contacts);
  writeFileSync(files.messages, messages);
  const command = [node, simulator, '--contacts', files.contacts, '--messages', files.messages];
  const peers: Peer[] = [
    { name: 'no limits', command: () => command },
    { name: '5 MB, 250 kB/s', command: () => [...command, ...limited] },
  ];
  return `${whatIsDelivered()}\n${comparison(measureInTurns(peers, Math.min(rounds, 3), scratch), 'no limits', scratch)}`;
}

/** The table of policies, a city for each seed. */
function whatIsDelivered(): string {
  const rows = seeds.flatMap((seed) => {
    const city = makeCity({ ...helsinkiLike, seed });
    const scenario = readScenario(
      { name: 'contacts', text: city.contacts },
      { name: 'messages', text: city.messages },
      300,
    );
    const met = scenario.contacts.filter(({ isUp }) => isUp).length;
    const ideal = { bufferBytes: Infinity, bytesPerSecond: Infinity };
    return [
      ...policyNames.toReversed().map((policy) => row(policy, limits, policy as PolicyName)),
      row('no limits', ideal, 'ferryman'),
    ];

    function row(name: string, bounds: typeof limits, policy: PolicyName): string[] {
      const { results } = simulate(scenario, { limits: bounds, policy });
      const { created, delivered, ratio, overhead, meanDelaySeconds, medianDelaySeconds } = results;
      return [
        `${name}, seed ${seed}`,
        String(met),
        `${delivered} of ${created}`,
        (100 * (ratio ?? NaN)).toFixed(1),
        (overhead ?? NaN).toFixed(1),
        (meanDelaySeconds ?? NaN).toFixed(0),
        (medianDelaySeconds ?? NaN).toFixed(0),
      ];
    }
  });
  return table(['', 'contacts', 'delivered', '%', 'overhead', 'mean delay, s', 'median, s'], rows);
}
