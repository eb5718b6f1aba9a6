/** Plays a scenario by the policy of that name. */
import { Engine, type MakePolicy } from './engine.ts';
import type { MessageResult, Results } from './measures.ts';
import { Epidemic } from './policies/epidemic.ts';
import { Ferryman } from './policies/ferryman.ts';
import { MaxProp } from './policies/maxprop.ts';
import type { Limits, Scenario } from './scenario.ts';

const policies = {
  ferryman: (world, scenario) => new Ferryman(world, scenario),
  maxprop: (world) => new MaxProp(world),
  epidemic: (world) => new Epidemic(world),
} satisfies Record<string, MakePolicy>;

export type PolicyName = keyof typeof policies;

export function isPolicyName(name: string): name is PolicyName {
  return Object.hasOwn(policies, name);
}

export const policyNames: readonly string[] = Object.keys(policies);

export interface Played {
  readonly results: Results;
  readonly messages: readonly MessageResult[];
  /** Contacts that came up twice, or went down without being up. */
  readonly strayContactEvents: number;
}

/** @param told is called now and then with the fraction that is done */
export function simulate(
  scenario: Scenario,
  { limits, policy }: { limits: Limits; policy: PolicyName },
  told: (done: number) => void = () => undefined,
): Played {
  const engine = new Engine(scenario, limits, policies[policy]);
  for (const done of engine.play()) told(done);
  const { measures } = engine;
  return {
    results: measures.results(),
    messages: measures.messages(),
    strayContactEvents: measures.strayContactEvents,
  };
}
