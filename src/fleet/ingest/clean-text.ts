/** Text from a node, made fit for a database and a page. PostgreSQL refuses U+0000, and neither database takes half a character. */
import { printable } from '../../parcel/printable.ts';

/** In one line: control and format characters, and halves of others, are written out. @param maxCharacters what is more is cut, and ends in `…` */
export function cleanText(text: string, maxCharacters: number): string {
  const whole = printable(cut(text, maxCharacters));
  return whole.length <= maxCharacters && text.length <= maxCharacters
    ? whole
    : `${cut(whole, maxCharacters - 1)}…`;
}

/** Never between the halves of a character. */
function cut(text: string, maxCharacters: number): string {
  return text.length <= maxCharacters ? text : text.slice(0, maxCharacters).replace(/[\uD800-\uDBFF]$/, '');
}
