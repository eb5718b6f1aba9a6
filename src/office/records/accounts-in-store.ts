/** Users and sessions in the fleet store. */
import type { FleetStore } from '../../fleet/store/open-store.ts';
import type { UserTable } from '../../fleet/store/tables/office.ts';
import type { Accounts, Session, User } from '../access/accounts.ts';
import { officeRoles } from '../settings.ts';

/** @param absoluteMs how long a session may last, for whoever looks into the store */
export function accountsInStore(store: FleetStore, absoluteMs: number): Accounts {
  return {
    async user(name) {
      const row = await store.ask((db) =>
        db.selectFrom('users').selectAll().where('name', '=', name).executeTakeFirst(),
      );
      return row ? userOf(row) : undefined;
    },
    async users() {
      const rows = await store.ask((db) => db.selectFrom('users').selectAll().orderBy('name').execute());
      return rows.map(userOf);
    },
    addUser: (user) => addUser(store, user),
    // The row of the user first: a login that is about to be entered is waited for, and its session goes with the others.
    removeUser: (name) =>
      store.transaction(async (transaction) => {
        const { numDeletedRows } = await transaction
          .deleteFrom('users')
          .where('name', '=', name)
          .executeTakeFirst();
        await transaction.deleteFrom('sessions').where('user', '=', name).execute();
        return numDeletedRows > 0n;
      }),
    setPassword: (name, passwordHash) =>
      store.transaction(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('users')
          .set({ password_hash: passwordHash, changed_at: Date.now() })
          .where('name', '=', name)
          .executeTakeFirst();
        await transaction.deleteFrom('sessions').where('user', '=', name).execute();
        return numUpdatedRows > 0n;
      }),
    ...sessionsInStore(store, absoluteMs),
  };
}

type SessionPart = 'openSession' | 'session' | 'seen' | 'closeSession' | 'sweepSessions';

function sessionsInStore(store: FleetStore, absoluteMs: number): Pick<Accounts, SessionPart> {
  return {
    openSession: ({ tokenHash, user, createdAt, lastSeenAt }, passwordHash) => {
      const row = {
        token_hash: tokenHash,
        user,
        created_at: createdAt,
        seen_at: lastSeenAt,
        expires_at: createdAt + absoluteMs,
      };
      return store.transaction(async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('users')
          .set({ last_login_at: createdAt })
          .where('name', '=', user)
          .where('password_hash', '=', passwordHash)
          .executeTakeFirst();
        if (numUpdatedRows === 0n) return false;
        await transaction.insertInto('sessions').values(row).execute();
        return true;
      });
    },
    async session(tokenHash): Promise<Session | undefined> {
      const row = await store.ask((db) =>
        db.selectFrom('sessions').selectAll().where('token_hash', '=', tokenHash).executeTakeFirst(),
      );
      return row && { tokenHash, user: row.user, createdAt: row.created_at, lastSeenAt: row.seen_at };
    },
    async seen(tokenHash, at) {
      await store.ask((db) =>
        db.updateTable('sessions').set({ seen_at: at }).where('token_hash', '=', tokenHash).execute(),
      );
    },
    async closeSession(tokenHash) {
      await store.ask((db) => db.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute());
    },
    async sweepSessions(createdBefore, seenBefore) {
      await store.ask((db) =>
        db
          .deleteFrom('sessions')
          .where((is) => is.or([is('created_at', '<', createdBefore), is('seen_at', '<', seenBefore)]))
          .execute(),
      );
    },
  };
}

async function addUser(store: FleetStore, { name, role, passwordHash, createdAt }: User): Promise<boolean> {
  const row = {
    name,
    role,
    password_hash: passwordHash,
    created_at: createdAt,
    changed_at: createdAt,
    last_login_at: null,
  };
  const { numInsertedOrUpdatedRows } = await store.ask((db) =>
    db
      .insertInto('users')
      .values(row)
      .onConflict((conflict) => conflict.column('name').doNothing())
      .executeTakeFirst(),
  );
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}

/** Whoever wrote a role that is none has made a reader. */
function userOf({
  name,
  role,
  password_hash,
  created_at,
  last_login_at,
}: Pick<UserTable, 'name' | 'role' | 'password_hash' | 'created_at' | 'last_login_at'>): User {
  return {
    name,
    role: officeRoles.find((known) => known === role) ?? 'reader',
    passwordHash: password_hash,
    createdAt: created_at,
    lastLoginAt: last_login_at,
  };
}
