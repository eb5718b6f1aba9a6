/** Under which name the contents of a log file are to be read, whatever rotation has called it when its archive was made. */

/** How rotation numbers files: `.1`, `-20261121`, `-20261121-1763683200`. Compressed ones are others, and stay so. */
const rotated = /(?<=[^/])(?:\.\d{1,4}|-\d{8}(?:-\d{1,10})?)$/;

/** What a terminal, or a line of `grep`, could take for something else. */
const troublesome = /[\p{C}\p{Zl}\p{Zp}\\]/gu;

/**
 * `var/log/syslog.1` is read as `var/log/syslog`: what stood in the file before it was moved is there already, and what comes after it
 * goes behind it.
 *
 * @param path below the archive, harmless otherwise
 */
export function nameForReading(path: string): string {
  return path.replaceAll(troublesome, '_').replace(rotated, '');
}
