/**
 * The pages in Debian's Chromium. Pictures are written to a temporary folder, or the one that FERRYMAN_PICTURES names, for a person to look at.
 */
import { readFileSync } from 'node:fs';
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve, type Serving } from '../../src/office/serve.ts';
import { startBrowser } from '../usb/show/browser.ts';
import { digestOf, guidOf } from './made-fleet.ts';
import { madeOffice, password } from './made-office.ts';

const pictures = process.env['FERRYMAN_PICTURES'] ?? mkdtempSync(join(tmpdir(), 'ferryman-office-'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(async () => browser.close());

interface Opened {
  readonly page: Page;
  readonly serving: Serving;
  readonly problems: string[];
  readonly open: (path: string) => Promise<void>;
}

async function withPage(
  { nodes, context = {} }: { nodes: number; context?: BrowserContextOptions },
  work: (opened: Opened) => Promise<void>,
): Promise<void> {
  const { app } = await madeOffice({ nodes });
  const serving = await serve(app, { host: '127.0.0.1', port: 0 });
  const inContext = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...context });
  try {
    const page = await inContext.newPage();
    page.setDefaultTimeout(15_000);
    const problems: string[] = [];
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    const open = async (path: string): Promise<void> =>
      void (await page.goto(`http://127.0.0.1:${serving.port}${path}`));
    await open('/');
    await page.getByLabel('Name').fill('anna');
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
    await work({ page, serving, problems, open });
  } finally {
    await inContext.close();
    await serving.close();
  }
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

/** What axe finds that keeps somebody out. */
async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const found = await page.evaluate('axe.run(document, { resultTypes: ["violations"] })');
  const { violations } = found as { violations: { id: string; impact: string; nodes: { html: string }[] }[] };
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ''}`);
}

const paths = {
  fleet: '/',
  filtered: '/?state=late&state=silent&update=12',
  needs: '/needs',
  updates: '/updates',
  update: '/updates/12',
  rivals: `/updates/${digestOf(7)}`,
  node: `/nodes/${guidOf(1)}`,
  logs: `/nodes/${guidOf(1)}/logs?grep=disk`,
  roads: '/roads',
  alerts: '/alerts',
  users: '/users',
  lost: '/nowhere',
};

test('style and script of the program are what pages load', async () => {
  await withPage({ nodes: 1 }, async ({ page }) => {
    const colour = await page.evaluate('getComputedStyle(document.querySelector("section")).backgroundColor');
    expect(colour).toBe('rgb(255, 255, 255)');
  });
});

describe.each([
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
] as const)('in a browser that likes it %s', (scheme, context) => {
  test('no page keeps anybody out, and none does what its own policy forbids', async () => {
    await withPage({ nodes: 12, context }, async ({ page, open, problems }) => {
      const found: Record<string, string[]> = {};
      for (const [name, path] of Object.entries(paths)) {
        await open(path);
        const of = await barriers(page);
        if (of.length > 0) found[name] = of;
        await picture(page, `12-${scheme}-${name}`);
      }
      expect(found).toEqual({});
      expect(problems.filter((problem) => !problem.includes('404'))).toEqual([]);
    });
  });
});

test('a telephone shows every page without scrolling sideways', async () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, deviceScaleFactor: 2 };
  await withPage({ nodes: 100, context: phone }, async ({ page, open }) => {
    const tooWide: string[] = [];
    for (const [name, path] of Object.entries(paths)) {
      await open(path);
      if (await page.evaluate('document.documentElement.scrollWidth > innerWidth')) tooWide.push(name);
      await picture(page, `phone-${name}`);
    }
    expect(tooWide).toEqual([]);
  });
});

test('five thousand nodes are a page of less than 300 kB, with everything that it loads', async () => {
  await withPage({ nodes: 5000 }, async ({ page, open }) => {
    let bytes = 0;
    page.on('response', async (response) => {
      bytes += (await response.body()).length;
    });
    await open('/?size=200');
    await page.waitForLoadState('networkidle');
    await picture(page, '5000-fleet');
    expect(bytes).toBeLessThan(300_000);
    await open('/updates/12');
    await picture(page, '5000-update');
  });
});

test('an empty fleet says what to do', async () => {
  await withPage({ nodes: 0 }, async ({ page, open }) => {
    await expect.poll(() => page.getByText('No node is known yet').count()).toBe(1);
    await picture(page, 'empty-fleet');
    await open('/updates');
    await picture(page, 'empty-updates');
    await open('/roads');
    await picture(page, 'empty-roads');
  });
});
