/** The user who talks to neighbours: whatever is wrong in ssh or rsync happens without root's rights. */
import { findAccount, type Account } from '../../enrol/flood-user.ts';
import { FerrymanError } from '../../errors.ts';

/** Numbers of a user; `undefined`: as whoever runs this, who is not root. */
export type Unprivileged = Account | undefined;

/** @throws FerrymanError `flood.user` when root has no such user to give its rights up to */
export async function findUser(name: string, isRoot: boolean): Promise<Unprivileged> {
  if (!isRoot) return undefined;
  const account = await findAccount(name);
  if (account && account.uid > 0 && account.gid > 0) return account;
  throw new FerrymanError(
    'flood.user',
    `user ${name}: expected an unprivileged user, found ${account ? 'root' : 'none'}`,
  );
}
