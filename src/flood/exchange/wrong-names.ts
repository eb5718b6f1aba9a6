/** Names of parcels that proved wrong, in few words: what is said of a contact has room for some. Pure. */

/** Digits of a digest that are told: `ferryman why` takes them. */
const shownDigits = 16;

/**
 * @param names as the notes have them @param total how many there were, of which these are the first
 * @param room characters that it may take; the first name is told in any case
 * @returns `<origin>/<incarnation>/1, 2, 9 and 3 more`: of archives of one stream after the first the sequence alone
 */
export function wrongInFewWords(names: readonly string[], total: number, room: number): string {
  let text = '';
  let told = 0;
  let stream = '';
  for (const name of names) {
    const [, folder = '', sequence = ''] = /^(.*\/)(\d+)$/.exec(name) ?? [];
    const shown = folder !== '' && folder === stream ? sequence : shortName(name);
    const longer = text === '' ? shown : `${text}, ${shown}`;
    const left = total - told - 1;
    if (text !== '' && longer.length + more(left).length > room) break;
    text = longer;
    told += 1;
    stream = folder;
  }
  return text + more(total - told);
}

/** A name as `ferryman why` takes it, without the digits of a digest that nobody types. */
export function shortName(name: string): string {
  return name.replace(/^updates\/([0-9a-f]{128})\.zip$/, (_, digest: string) => digest.slice(0, shownDigits));
}

function more(count: number): string {
  return count > 0 ? ` and ${count} more` : '';
}
