/** Lets somebody in, by the page or by a command. */
import { printable } from '../../parcel/printable.ts';
import { FerrymanError } from '../../errors.ts';
import { officeRoles } from '../settings.ts';
import { isUserName, type Accounts, type User } from './accounts.ts';
import { hashPassword, passwordFault } from './password-hash.ts';

export interface NewUser {
  readonly name: string;
  readonly role: string;
  readonly password: string;
  readonly now: number;
}

/** @throws FerrymanError `office.user`, `office.password` */
export async function newUser(accounts: Accounts, { name, role, password, now }: NewUser): Promise<User> {
  if (!isUserName(name))
    throw new FerrymanError(
      'office.user',
      `name: expected at most 32 lower-case letters, digits, ".", "_" and "-", beginning with a letter; found "${printable(name.slice(0, 40))}"`,
    );
  const known = officeRoles.find((one) => one === role);
  if (!known)
    throw new FerrymanError(
      'office.user',
      `role: expected ${officeRoles.join(' or ')}, found "${printable(role.slice(0, 40))}"`,
    );
  const fault = passwordFault(password);
  if (fault !== undefined) throw new FerrymanError('office.password', `password: ${fault}`);
  const user = {
    name,
    role: known,
    passwordHash: await hashPassword(password),
    createdAt: now,
    lastLoginAt: null,
  };
  if (!(await accounts.addUser(user)))
    throw new FerrymanError('office.user', `expected a new name, found the user ${name}`);
  return user;
}
