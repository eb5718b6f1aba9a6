/** Text from outside, made fit for a message: nothing in it can act on a terminal, hide, or begin a new line. */

/** The text with control, format and line-separating characters written as `\u{1b}`. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}
