/** Sizes in words. */
const units = ['kB', 'MB', 'GB', 'TB', 'PB'];

/** `3 bytes`, `1.2 kB`, `34 GB`: units of a thousand, two figures. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const power = Math.min(Math.floor(Math.log10(bytes) / 3), units.length);
  const value = bytes / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.floor(value)} ${units[power - 1] ?? ''}`;
}
