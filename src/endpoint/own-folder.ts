import { join } from 'node:path';
import type { Layout } from '../node/layout.ts';

/** Where the endpoint keeps its slots, its cache and its list of refusals: the one folder of the state that the flood user may write. */
export function endpointFolder({ state }: Pick<Layout, 'state'>): string {
  return join(state, 'endpoint');
}
