/**
 * Text that fits one SMS: 160 septets of the GSM 7-bit default alphabet, the extension table counting double.
 * Source: 3GPP TS 23.038, §6.2.1.
 */
const basic = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
const extension = new Set('\f^{}\\[~]|€');

/** Of one SMS. */
export const maxSeptets = 160;

/** The first 160 septets of a text on one line; characters outside the alphabet become `?`. */
export function toShortLog(text: string): string {
  return toSeptets(text, maxSeptets);
}

/** The same for another length. @param max septets */
export function toSeptets(text: string, max: number): string {
  let septets = 0;
  let result = '';
  for (const character of text.normalize('NFC').replace(/\s+/g, ' ').trim()) {
    const cost = extension.has(character) ? 2 : 1;
    if (septets + cost > max) break;
    septets += cost;
    result += basic.has(character) || extension.has(character) ? character : '?';
  }
  return result.trimEnd(); // it may have been cut after a blank
}

/** Septets that a text takes; `undefined`: some of it is outside the alphabet. */
export function septetsOf(text: string): number | undefined {
  let septets = 0;
  for (const character of text) {
    if (!basic.has(character) && !extension.has(character)) return undefined;
    septets += extension.has(character) ? 2 : 1;
  }
  return septets;
}
