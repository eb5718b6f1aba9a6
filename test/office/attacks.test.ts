/** What somebody tries who is not let in, or not so far. */
import { describe, expect, test } from 'vitest';
import { guidOf, now } from './made-fleet.ts';
import { madeOffice, password, Visitor } from './made-office.ts';

const closed = [
  '/',
  '/needs',
  '/updates',
  '/updates/12',
  '/roads',
  '/alerts',
  '/users',
  `/nodes/${guidOf(1)}`,
];
const closedToPrograms = [
  '/api/v1/overview',
  '/api/v1/nodes',
  '/api/v1/nodes.csv',
  `/api/v1/nodes/${guidOf(1)}/logs?grep=x`,
];

async function wordsOf(response: Response): Promise<string> {
  return (await response.text()).replaceAll(/anna|nobody|value="[^"]*"/g, '');
}

describe('without a login', () => {
  test.each(closed)('%s shows the login and nothing else', async (path) => {
    const visitor = new Visitor(await madeOffice());
    const response = await visitor.ask(path);
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toMatch(/^\/login/);
    expect(await response.text()).not.toContain('kiosk');
  });

  test.each(closedToPrograms)('%s is told in JSON that a login is needed', async (path) => {
    const response = await new Visitor(await madeOffice()).ask(path);
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ schema: 'ferryman.error/1', error: { status: 401 } });
  });

  test.each([
    'ferryman-office=',
    'ferryman-office=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    `ferryman-office=${'A'.repeat(5000)}`,
    "ferryman-office=' OR 1=1 --",
    '__Host-ferryman-office=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  ])('the cookie %s opens nothing', async (cookie) => {
    const response = await new Visitor(await madeOffice()).ask('/', { headers: { cookie } });
    expect(response.status).toBe(303);
  });

  test('a link from elsewhere leads to the page by a page of ours, so that the cookie comes along', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    const response = await new Visitor(await madeOffice()).ask('/updates/12?x="><script>', { headers });
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).toContain('http-equiv="refresh"');
    expect(text).not.toContain('<script>');
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});

test.each(['http://127.0.0.1:7824//evil.example/x', 'http://127.0.0.1:7824/\\evil.example/x'])(
  'a link from elsewhere to %s leads to no other host',
  async (url) => {
    const { app } = await madeOffice();
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', host: '127.0.0.1:7824' };
    const text = await (await app.request(url, { headers })).text();
    expect(text).toContain('content="0;url=/"');
    expect(text).not.toContain('evil');
  },
);

describe('sessions', () => {
  test('a login gives a new token, whatever the browser came with', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.ask('/login');
    const planted = visitor.cookie;
    await visitor.logIn();
    expect(visitor.cookie).not.toBe(planted);
    expect((await new Visitor(made).ask('/', { headers: { cookie: planted } })).status).toBe(303);
    expect((await visitor.ask('/')).status).toBe(200);
  });

  test('the store keeps the hash of a token alone', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    const token = visitor.cookie.split('=')[1] ?? '';
    expect(JSON.stringify([...made.accounts.sessions])).not.toContain(token);
    expect(token).toMatch(/^[\w-]{43}$/);
  });

  test('the cookie is out of reach of scripts and of other sites', async () => {
    const plain = await new Visitor(await madeOffice()).ask('/login');
    expect(plain.headers.get('set-cookie')).toMatch(
      /^ferryman-office=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const tls = await new Visitor(
      await madeOffice({ settings: { address: 'https://office.example.org' } }),
    ).ask('/login');
    expect(tls.headers.get('set-cookie')).toMatch(
      /^__Host-ferryman-office=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(tls.headers.get('strict-transport-security')).toBe('max-age=31536000');
  });

  test('a session ends after an hour without a request, and after twelve hours in any case', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    for (let spent = 0; spent <= 720; spent += 55) {
      expect((await visitor.ask('/')).status).toBe(200);
      made.wait(55 * 60_000);
    }
    expect((await visitor.ask('/')).status).toBe(303);
    await visitor.logIn();
    made.wait(61 * 60_000);
    expect((await visitor.ask('/')).status).toBe(303);
  });

  test('logging out ends it in the store, so a kept cookie opens nothing', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    const kept = visitor.cookie;
    await visitor.send('/logout', { form: await visitor.formToken('/') });
    expect(made.accounts.sessions.size).toBe(0);
    expect((await visitor.ask('/', { headers: { cookie: kept } })).status).toBe(303);
  });

  test('removing a user ends their sessions', async () => {
    const made = await madeOffice();
    const [anna, ben] = [new Visitor(made), new Visitor(made)];
    await anna.logIn();
    await ben.logIn('ben');
    const form = await anna.formToken('/users');
    expect((await anna.send('/users/ben/remove', { form })).status).toBe(303);
    expect((await ben.ask('/')).status).toBe(303);
  });
});

describe('guessing at passwords', () => {
  test('an unknown name is told the same as a wrong password', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    const known = await visitor.logIn('anna', 'wrong password 1');
    const unknown = await visitor.logIn('nobody', 'wrong password 1');
    expect([known.status, unknown.status]).toEqual([401, 401]);
    expect(await wordsOf(known)).toBe(await wordsOf(unknown));
  });

  test('after some tries a name waits, even with the right password, but not where its owner has logged in before', async () => {
    const made = await madeOffice();
    const home = new Visitor(made, '10.0.0.1');
    await home.logIn();
    const stranger = new Visitor(made, '10.0.0.66');
    const statuses: number[] = [];
    for (let tries = 0; tries < 7; tries++)
      statuses.push((await stranger.logIn('anna', 'wrong password')).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    expect((await new Visitor(made, '10.0.0.67').logIn()).status).toBe(429);
    expect((await new Visitor(made, '10.0.0.1').logIn()).status).toBe(303);
    made.wait(120_000);
    expect((await stranger.logIn('anna')).status).toBe(303);
  });

  test('an address that tries many names waits, and longer each time', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    for (let tries = 0; tries < 20; tries++) await visitor.logIn(`name${tries}`, 'wrong password');
    const first = await visitor.logIn('another', 'wrong password');
    expect(first.status).toBe(429);
    made.wait(1100);
    await visitor.logIn('another', 'wrong password');
    const next = await visitor.logIn('another', 'wrong password');
    expect(Number(next.headers.get('retry-after'))).toBeGreaterThan(Number(first.headers.get('retry-after')));
  });

  test('who asks is the last one that our own proxy wrote, and only when there is one', async () => {
    const behind = await madeOffice({ settings: { forwarded: true } });
    let names = 0;
    const form = async (made: typeof behind, from: string): Promise<number> => {
      const visitor = new Visitor(made);
      const token = await visitor.formToken('/login');
      const fields = { form: token, name: `name${names++}`, password: 'wrong password' };
      return (await visitor.send('/login', fields, { 'x-forwarded-for': from })).status;
    };
    for (let tries = 0; tries < 20; tries++) await form(behind, `10.${tries}.0.1, 10.0.0.9`);
    expect(await form(behind, '10.77.0.1, 10.0.0.9')).toBe(429);
    expect(await form(behind, '10.0.0.9, 10.0.0.10')).toBe(401);
    const straight = await madeOffice();
    for (let tries = 0; tries < 20; tries++) await form(straight, `10.0.0.${tries}`);
    expect(await form(straight, '10.9.9.9')).toBe(429);
  });
});

describe('forms that are not ours', () => {
  const change = `/nodes/${guidOf(1)}/words`;
  const fields = { name: 'taken over', place: '', note: '' };

  test.each([
    ['without a token', {}, {}],
    ['with another token', { form: 'A'.repeat(43) }, {}],
    ['from another site', 'own', { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' }],
    ['from a neighbour of the same site', 'own', { 'sec-fetch-site': 'same-site' }],
    [
      'from another origin, by a browser that says no more',
      'own',
      { 'sec-fetch-site': '', origin: 'http://evil.example' },
    ],
    ['as text', 'own', { 'content-type': 'text/plain' }],
    ['as JSON', 'own', { 'content-type': 'application/json' }],
  ] as const)('%s change nothing', async (_, token, headers) => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    const form = token === 'own' ? { form: await visitor.formToken('/users') } : token;
    const response = await visitor.send(change, { ...fields, ...form }, headers);
    expect(response.status).toBe(403);
    expect(made.fleet.lines[1]?.name).toBe('');
    expect(made.events.at(-1)).toMatchObject({ level: 'warning' });
  });

  test('the same form of our own page changes it', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    const form = await visitor.formToken(`/nodes/${guidOf(1)}`);
    expect((await visitor.send(change, { ...fields, form })).status).toBe(303);
    expect(made.fleet.lines[1]?.name).toBe('taken over');
  });

  test('a login cannot be forced on somebody from elsewhere', async () => {
    const visitor = new Visitor(await madeOffice());
    const form = await visitor.formToken('/login');
    const response = await visitor.send(
      '/login',
      { form, name: 'anna', password },
      { 'sec-fetch-site': 'cross-site' },
    );
    expect(response.status).toBe(403);
  });

  test.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    '/login',
    '/\r\nset-cookie: a=b',
    'javascript:alert(1)',
  ])('after a login nobody is led to %s', async (to) => {
    const visitor = new Visitor(await madeOffice());
    const form = await visitor.formToken(`/login?to=${encodeURIComponent(to)}`);
    const response = await visitor.send('/login', { form, name: 'anna', password, to });
    expect(response.headers.get('location')).toBe('/');
  });
});

describe('a reader', () => {
  test('who searches logs without end keeps nobody else from it', async () => {
    const searches = new Set([{ user: 'ben' }, { user: 'ben' }]);
    const made = await madeOffice({ office: { searches } });
    const [ben, anna] = [new Visitor(made), new Visitor(made)];
    await ben.logIn('ben');
    await anna.logIn();
    const path = `/api/v1/nodes/${guidOf(1)}/logs?grep=x`;
    expect((await ben.ask(path)).status).toBe(503);
    expect((await anna.ask(path)).status).toBe(200);
    expect(searches.size).toBe(2);
  });

  test('sees what an operator sees, and changes nothing', async () => {
    const made = await madeOffice();
    const ben = new Visitor(made);
    await ben.logIn('ben');
    const page = await ben.text(`/nodes/${guidOf(1)}`);
    expect(page).not.toContain('What the office says of it');
    const form = await ben.formToken('/');
    for (const path of [
      `/nodes/${guidOf(1)}/words`,
      `/nodes/${guidOf(1)}/pause`,
      '/alerts/test',
      '/users',
      '/users/anna/remove',
    ])
      expect((await ben.send(path, { form, name: 'x', until: '2026-12-01' })).status).toBe(403);
    expect((await ben.ask('/users')).status).toBe(403);
    expect(made.fleet.lines[1]?.name).toBe('');
    expect(made.accounts.all.has('anna')).toBe(true);
  });
});

describe('what is asked', () => {
  test.each([
    ["/?text=' OR 1=1 --", 200],
    ["/?state='; DROP TABLE nodes; --", 400],
    ['/?sort=guid;--', 400],
    ['/?page=-1', 400],
    ['/?size=1e9', 400],
    ['/?__proto__=1', 400],
    ['/roads?node=../../etc/passwd', 400],
    ['/nodes/..%2F..%2Fetc%2Fpasswd', 404],
    ['/nodes/%00', 404],
    ['/nodes/%E0%A4%A', 404],
    [`/nodes/${'a'.repeat(3000)}`, 404],
    ['/updates/__proto__', 404],
    ['/assets/..%2f..%2fetc%2fpasswd', 404],
    ['/assets/office.css', 404],
    ['/.git/config', 404],
    [`/?text=${'a'.repeat(5000)}`, 414],
  ] as const)('%s is answered by %i, with a number and nothing of the inside', async (path, status) => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    const response = await visitor.ask(path);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{12}$/);
    expect(text).not.toMatch(/\bat .*\.ts:\d|node_modules|\/src\//);
  });

  test('a fault of ours is told by a number, and in full in the log alone', async () => {
    const made = await madeOffice({
      office: {
        incidents: {
          list: async () => {
            throw new Error('SELECT secret FROM users');
          },
        },
      },
    });
    const visitor = new Visitor(made);
    await visitor.logIn();
    const response = await visitor.ask('/alerts');
    const text = await response.text();
    expect(response.status).toBe(500);
    expect(text).not.toContain('secret');
    expect(text).toContain(response.headers.get('x-request-id'));
    expect(made.events.at(-1)?.text).toContain('SELECT secret');
    expect(made.events.at(-1)?.requestId).toBe(response.headers.get('x-request-id'));
  });

  test.each(['OPTIONS', 'PUT', 'DELETE', 'PATCH', 'PROPFIND'])('%s is refused', async (method) => {
    const visitor = new Visitor(await madeOffice());
    await visitor.logIn();
    const response = await visitor.ask('/', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD, POST');
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('HEAD has the headers of GET and no body', async () => {
    const visitor = new Visitor(await madeOffice());
    await visitor.logIn();
    const response = await visitor.ask('/', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  test.each(['evil.example', '127.0.0.1.evil.example', '', 'localhost:80@evil.example', '[::1'])(
    'the host %s is not ours',
    async (host) => {
      const response = await new Visitor(await madeOffice()).ask('/login', { headers: { host } });
      expect(response.status).toBe(421);
    },
  );

  test('a body of more than 64 kB is refused', async () => {
    const visitor = new Visitor(await madeOffice());
    const form = await visitor.formToken('/login');
    const response = await visitor.send('/login', { form, name: 'anna', password: 'a'.repeat(70_000) });
    expect(response.status).toBe(413);
  });

  test('every answer binds the browser', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    for (const path of ['/', '/nowhere', '/api/v1/nodes', '/nodes/unknown', '/healthz', '/?state=odd']) {
      const { headers } = await visitor.ask(path);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('what an operator sends', () => {
  test.each([
    ['a day that is past', '2026-11-20'],
    ['a day in years', '2036-01-01'],
    ['no day', 'soon'],
    ['a day that is none', '2026-13-45'],
  ])('%s pauses nothing', async (_, until) => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    const form = await visitor.formToken('/');
    expect((await visitor.send(`/nodes/${guidOf(1)}/pause`, { form, until })).status).toBe(400);
    expect(made.fleet.lines[1]?.pausedUntil).toBeNull();
  });

  test('a pause ends with the day that was named', async () => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    const form = await visitor.formToken('/');
    expect((await visitor.send(`/nodes/${guidOf(1)}/pause`, { form, until: '2026-12-01' })).status).toBe(303);
    expect(made.fleet.lines[1]?.pausedUntil).toBe(Date.UTC(2026, 11, 1, 23, 59, 59));
    expect(made.fleet.lines[1]?.pausedUntil).toBeGreaterThan(now);
  });

  test.each([
    ['a short password', { name: 'cleo', role: 'reader', password: 'short' }],
    ['a role that is none', { name: 'cleo', role: 'root', password }],
    ['a name with markup', { name: '<b>cleo', role: 'reader', password }],
    ['a name that is taken', { name: 'ben', role: 'operator', password }],
  ])('%s makes no user', async (_, user) => {
    const made = await madeOffice();
    const visitor = new Visitor(made);
    await visitor.logIn();
    const form = await visitor.formToken('/users');
    expect((await visitor.send('/users', { form, ...user })).status).toBe(400);
    expect([...made.accounts.all.values()].map(({ name, role }) => `${name} ${role}`)).toEqual([
      'anna operator',
      'ben reader',
    ]);
  });
});
