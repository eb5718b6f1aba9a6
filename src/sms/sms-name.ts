/** What people call a node in its SMS. Apart, because every command reads the configuration. */

const sound = /^[A-Za-z0-9](?:[A-Za-z0-9 .-]{0,18}[A-Za-z0-9.-])?$/;

/** Whether a name can stand in a text: 1 to 20 letters, digits, single blanks, `.` and `-`; it begins with a letter or digit, and ends with no blank. */
export function isSmsName(name: string): boolean {
  return sound.test(name) && !name.includes('  ');
}
