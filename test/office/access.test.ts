import { describe, expect, test } from 'vitest';
import {
  hashPassword,
  isPassword,
  nobodysHash,
  passwordFault,
} from '../../src/office/access/password-hash.ts';
import type { Accounts } from '../../src/office/access/accounts.ts';
import { Door } from '../../src/office/access/door.ts';
import { networkOf } from '../../src/office/access/network-of.ts';
import { LoginThrottle } from '../../src/office/access/login-throttle.ts';
import { formToken, isFormToken, newToken } from '../../src/office/access/sessions.ts';
import { accountsInStore } from '../../src/office/records/accounts-in-store.ts';
import { incidentsInStore } from '../../src/office/records/incidents-in-store.ts';
import { onBothStores } from '../fleet/both-stores.ts';

describe('passwords', () => {
  test('a hash tells its parameters, and is of that password alone', async () => {
    const hash = await hashPassword('four words are good');
    expect(hash).toMatch(/^\$scrypt\$ln=15,r=8,p=3\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await isPassword('four words are good', hash)).toBe(true);
    expect(await isPassword('four words are goo', hash)).toBe(false);
  });

  test('the hash that stands for nobody is the hash of nothing', async () => {
    for (const password of ['', 'a', 'four words are good'])
      expect(await isPassword(password, nobodysHash)).toBe(false);
  });

  test('letters that look the same are the same, however the keyboard writes them', async () => {
    const hash = await hashPassword('caf\u00e9 caf\u00e9 caf\u00e9');
    expect(await isPassword('cafe\u0301 cafe\u0301 cafe\u0301', hash)).toBe(true);
  });

  test.each([
    '',
    'plain text',
    '$scrypt$ln=30,r=8,p=1$AAAAAAAAAAA$' + 'A'.repeat(43),
    '$scrypt$ln=15,r=8,p=3$$',
  ])('the hash "%s" opens nothing', async (hash) => {
    expect(await isPassword('', hash)).toBe(false);
  });

  test.each([
    ['short', 'expected at least 12 characters, found 5'],
    ['\u{1f600}'.repeat(11), 'expected at least 12 characters, found 11'],
    ['a'.repeat(1025), 'expected at most 1024 bytes, found 1025'],
    ['four words are good', undefined],
  ])('%s: %s', (password, fault) => {
    expect(passwordFault(password)).toBe(fault);
  });
});

describe('the door', () => {
  const accounts = { user: async () => undefined } as unknown as Accounts;
  const nobody = '$scrypt$ln=1,r=1,p=1$c2FsdHNhbHQ$' + 'A'.repeat(43);

  test('counts all that nobody can be called as one name', async () => {
    const door = new Door(accounts, nobody);
    const refused: string[] = [];
    for (let index = 0; index < 8; index++) {
      const attempt = { name: `${index}`.repeat(60_000), password: 'x', address: `10.0.0.${index}` };
      const entry = await door.enter(attempt, 1000);
      refused.push('refused' in entry ? entry.refused : '');
    }
    expect(refused).toEqual([...Array<string>(5).fill('wrong'), 'wait', 'wait', 'wait']);
  });

  test.each([
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0:0:ffff:1:2:3', '2001:db8:0:0::/64'],
    ['2001:db8:0:1::1', '2001:db8:0:1::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b:1:2:3:4:10.0.0.1', '64:ff9b:1:2::/64'],
    ['::', '0:0:0:0::/64'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['unknown', 'unknown'],
    ['x'.repeat(60_000), 'other'],
  ])('counts %s as %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe('the throttle', () => {
  test('remembers so many, and many addresses push no name out', () => {
    const throttle = new LoginThrottle();
    for (let index = 0; index < 6; index++) throttle.tried('anna', '10.0.0.1', 1000);
    for (let index = 0; index < 12_000; index++) throttle.tried('ben', `10.1.0.${index}`, 1000);
    expect(throttle.size).toBe(10_002);
    expect(throttle.waitMs('anna', '10.9.9.9', 1000)).toBeGreaterThan(0);
  });

  test('pauses double, and a name never waits longer than a minute, so that nobody is locked out by a stranger', () => {
    const throttle = new LoginThrottle();
    const waits = Array.from({ length: 40 }, (_, index) => {
      throttle.tried('anna', `10.0.0.${index}`, 1000);
      return throttle.waitMs('anna', '10.9.9.9', 1000);
    });
    expect(waits.slice(0, 9)).toEqual([0, 0, 0, 0, 1000, 2000, 4000, 8000, 16_000]);
    expect(Math.max(...waits)).toBe(60_000);
  });

  test('what it remembers has a bound, and the newest stay', () => {
    const throttle = new LoginThrottle();
    for (let index = 0; index < 12_000; index++) throttle.tried(`name${index}`, '10.0.0.1', 1000);
    expect(throttle.waitMs('any', '10.0.0.1', 1000)).toBe(900_000);
  });

  test('who shares an address with somebody guesses no faster at their name, whoever else logs in there', () => {
    const throttle = new LoginThrottle();
    throttle.succeeded('anna', '10.0.0.1');
    let guesses = 0;
    for (let ms = 0; ms < 3_600_000; ms += 500) {
      throttle.succeeded('ben', '10.0.0.1');
      if (throttle.waitMs('anna', '10.0.0.1', ms) > 0) continue;
      throttle.tried('anna', '10.0.0.1', ms);
      guesses += 1;
    }
    expect(guesses).toBeLessThan(75);
    // Others elsewhere do not make her wait at home, and not for longer than a minute.
    throttle.tried('anna', '10.0.0.2', 3_600_000);
    expect(throttle.waitMs('anna', '10.0.0.1', 3_660_000)).toBe(0);
  });

  test('a clock that is set back by a year makes nobody wait for a year', () => {
    const throttle = new LoginThrottle();
    for (let index = 0; index < 30; index++) throttle.tried('anna', '10.0.0.1', 31_536_000_000);
    expect(throttle.waitMs('anna', '10.0.0.2', 1000)).toBe(60_000);
  });

  test('an hour later all is forgotten', () => {
    const throttle = new LoginThrottle();
    for (let index = 0; index < 30; index++) throttle.tried('anna', '10.0.0.1', 1000);
    throttle.tried('anna', '10.0.0.1', 3_602_000);
    expect(throttle.waitMs('anna', '10.0.0.1', 3_602_000)).toBe(0);
  });
});

test('a form token belongs to one session, and does not tell its token', () => {
  const [token, other] = [newToken(), newToken()];
  expect(isFormToken(formToken(token), token)).toBe(true);
  for (const wrong of [formToken(other), token, '', undefined, 7, 'é'.repeat(43)])
    expect(isFormToken(wrong, token)).toBe(false);
});

function incident(text: string, openedAt: number, closedAt: number | null): object {
  return {
    kind: 'silent',
    subject: text,
    text,
    opened_at: openedAt,
    closed_at: closedAt,
    told_at: null,
    closed_told_at: null,
  };
}

onBothStores((stores) => {
  const hour = 3_600_000;
  const anna = {
    name: 'anna',
    role: 'operator',
    passwordHash: 'x',
    createdAt: 1,
    lastLoginAt: null,
  } as const;

  test('users and sessions are kept, and end together', async () => {
    const accounts = accountsInStore(await stores.open(), 12 * hour);
    expect(await accounts.addUser(anna)).toBe(true);
    expect(await accounts.addUser({ ...anna, role: 'reader' })).toBe(false);
    expect(await accounts.users()).toEqual([anna]);
    const session = { tokenHash: 'aa', user: 'anna', createdAt: 5, lastSeenAt: 5 };
    expect(await accounts.openSession(session, 'x')).toBe(true);
    expect(await accounts.users()).toEqual([{ ...anna, lastLoginAt: 5 }]);
    await accounts.seen('aa', 9);
    expect(await accounts.session('aa')).toEqual({ ...session, lastSeenAt: 9 });
    expect(await accounts.setPassword('anna', 'y')).toBe(true);
    expect(await accounts.session('aa')).toBeUndefined();
    expect(await accounts.openSession(session, 'y')).toBe(true);
    await accounts.sweepSessions(5, 6);
    expect(await accounts.session('aa')).toBeUndefined();
    expect(await accounts.openSession(session, 'y')).toBe(true);
    expect(await accounts.removeUser('anna')).toBe(true);
    expect(await accounts.removeUser('anna')).toBe(false);
    expect(await accounts.session('aa')).toBeUndefined();
    expect(await accounts.setPassword('anna', 'z')).toBe(false);
  });

  test('a login whose password is changed while it is looked at opens nothing, nor one of a user who is removed', async () => {
    const accounts = accountsInStore(await stores.open(), 12 * hour);
    await accounts.addUser(anna);
    const session = { tokenHash: 'aa', user: 'anna', createdAt: 5, lastSeenAt: 5 };
    await accounts.setPassword('anna', 'y');
    expect(await accounts.openSession(session, 'x')).toBe(false);
    await accounts.removeUser('anna');
    expect(await accounts.openSession(session, 'y')).toBe(false);
    expect(await accounts.session('aa')).toBeUndefined();
    await accounts.addUser(anna);
    // At the same instant: whichever is first, the old password is not logged in.
    await Promise.all([accounts.openSession(session, 'x'), accounts.setPassword('anna', 'z')]);
    expect(await accounts.session('aa')).toBeUndefined();
  });

  test('a name with SQL in it is a name that nobody has', async () => {
    const accounts = accountsInStore(await stores.open(), 12 * hour);
    await accounts.addUser(anna);
    for (const name of ["' OR '1'='1", "anna'; DROP TABLE users; --"]) {
      expect(await accounts.user(name)).toBeUndefined();
      expect(await accounts.removeUser(name)).toBe(false);
      expect(await accounts.session(name)).toBeUndefined();
    }
    expect(await accounts.users()).toHaveLength(1);
  });

  test('open incidents stand first, then the newest', async () => {
    const store = await stores.open();
    for (const row of [incident('old', 1, 2), incident('open', 3, null), incident('new', 4, 5)])
      await store.db
        .insertInto('incidents')
        .values(row as never)
        .execute();
    expect((await incidentsInStore(store).list(10)).map(({ text }) => text)).toEqual(['open', 'new', 'old']);
  });
});
