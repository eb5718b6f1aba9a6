/** Nodes that all meet alike, at exponential intervals, for as short a moment as can be: what the literature reckons with. */
import type { Random } from '../../fixtures/traces/random.ts';

/** A trace of instants in which two of `nodes` meet; each pair `rate` times a second. */
export function exponentialMeetings(nodes: number, rate: number, seconds: number, random: Random): string {
  const pairs = (nodes * (nodes - 1)) / 2;
  const lines: string[] = [];
  for (let now = 0; ;) {
    now += -Math.log(1 - random()) / (rate * pairs);
    if (now > seconds) return `${lines.join('\n')}\n`;
    const a = Math.floor(random() * nodes);
    const b = (a + 1 + Math.floor(random() * (nodes - 1))) % nodes;
    lines.push(`${now.toFixed(9)} CONN ${a} ${b} up`, `${now.toFixed(9)} CONN ${a} ${b} down`);
  }
}
