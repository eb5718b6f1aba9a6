/** Numbers as people read them. Pure. */

/** `12 345`, with spaces that do not break. */
export function whole(number: number): string {
  return String(Math.round(number)).replaceAll(/\B(?=(?:\d{3})+$)/g, '\u00a0');
}

/** Short of the whole only where it is: 99.97 % is not 100 %. */
export function percentage(part: number, all: number): string {
  if (all === 0) return '–';
  const exact = (100 * part) / all;
  const rounded = Math.round(exact);
  return `${(rounded === 100 && part < all) || (rounded === 0 && part > 0) ? exact.toFixed(1) : rounded} %`;
}

/** `1–118, 121`; the beginning of many. */
export function ranges(all: readonly { readonly first: number; readonly last: number }[]): string {
  const most = 12;
  const told = all
    .slice(0, most)
    .map(({ first, last }) => (first === last ? `${first}` : `${first}–${last}`));
  return all.length > most ? `${told.join(', ')} and ${all.length - most} more` : told.join(', ');
}
