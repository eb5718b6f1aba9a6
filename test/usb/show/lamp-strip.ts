/** What the lamp does, drawn as a strip of time: black is dark, yellow is lit. The pictures of docs/technician.md are made of it. */
import type { LampStep } from '../../../src/usb/show/lamp.ts';

/** All strips have one scale, so that fast and slow can be told apart. */
const shownMs = 10_000;
const width = 600;
const height = 44;

/** @param steps from the beginning again until the strip is full. @param label what it means, for those who do not see it */
export function lampStrip(steps: readonly LampStep[], label: string): string {
  const lit: string[] = [];
  let at = 0;
  for (let step = 0; at < shownMs; step++) {
    const { lit: isLit = false, ms = shownMs } = steps[step % steps.length] ?? {};
    const end = Math.min(at + ms, shownMs);
    if (isLit) lit.push(`<rect x="${toX(at)}" y="4" width="${toX(end - at)}" height="${height - 8}"/>`);
    at += ms;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">`,
    `<rect width="${width}" height="${height}" rx="6" fill="#222"/>`,
    '<g fill="#ffd93b">',
    ...lit,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function toX(ms: number): number {
  return Math.round((ms * width) / shownMs);
}
