/**
 * What a neighbour has asked for: the command that came over ssh, held against the two that there are. Pure.
 *
 * Nothing is interpreted, nothing is removed and the rest used: a text is exactly one of the known ones, letter for letter, or it is
 * refused. So no shell, quote or path in it can mean anything.
 *
 *   summary
 *   pull --server --sender -<letters>e.<letters> [option …] --files-from=- --from0 [option …] . .
 *
 * The second is what `rsync -rtR --files-from=- --from0 --rsync-path=pull PEER:. DIR` of rsync 3.5.0 sends. Which files it wants comes
 * later, inside rsync's own protocol, where `..` and absolute names stay inside the folder that is served.
 */

export type Asked =
  | { readonly verb: 'summary' }
  /** With the arguments for an rsync that sends. */
  | { readonly verb: 'pull'; readonly rsync: readonly string[] }
  | { readonly verb: 'refused'; readonly why: string };

/** Characters: what is longer is no command of ours. */
const maxLength = 400;

/** Options of a sender that fetch nothing else than without them. Letters: times, recursive, relative, whole file, verbose. */
const pull =
  /^pull --server --sender -[trRWv]{1,8}e\.[A-Za-z]{1,20}(?: --(?:timeout=\d{1,5}|bwlimit=\d{1,9}|append|no-implied-dirs|files-from=-|from0)){2,8} \. \.$/;

/** @param command SSH_ORIGINAL_COMMAND; `undefined`: a shell was asked for */
export function askedFor(command: string | undefined): Asked {
  if (command === undefined) return refused('no command, so a shell');
  if (command === 'summary') return { verb: 'summary' };
  if (command.length > maxLength) return refused(`a command of ${command.length} characters`);
  if (!/^pull(?: |$)/.test(command)) return refused('another verb');
  if (!pull.test(command)) return refused('"pull" with arguments that are not allowed');
  const rsync = command.split(' ').slice(1);
  if (!rsync.includes('--files-from=-') || !rsync.includes('--from0'))
    return refused('"pull" without a list of files');
  return { verb: 'pull', rsync };
}

function refused(why: string): Asked {
  return { verb: 'refused', why };
}
