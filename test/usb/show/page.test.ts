/** The status page in Debian's Chromium. */
import type { Browser, BrowserContextOptions, Page as Tab } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { phoneCodes } from '../../../src/usb/show/codes.ts';
import { Page } from '../../../src/usb/show/page.ts';
import { phaseKinds, phaseWords, type Phase } from '../../../src/usb/show/phase.ts';
import { startBrowser } from './browser.ts';
import { phases } from './phases.ts';
import { closePages, node, pages, show } from './shown-page.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await closePages();
});
afterAll(async () => {
  await browser.close();
});

interface Watched {
  readonly tab: Tab;
  /** Errors of scripts and of loading, and everything that the console says. */
  readonly problems: string[];
  /** Addresses that were asked for. */
  readonly asked: string[];
}

async function open(address: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 800, height: 480 }, ...options });
  const tab = await context.newPage();
  const problems: string[] = [];
  const asked: string[] = [];
  tab.on('pageerror', (error) => problems.push(error.message));
  tab.on('console', (message) => problems.push(message.text()));
  tab.on('request', (one) => asked.push(one.url()));
  await tab.goto(address);
  return { tab, problems, asked };
}

async function isIn(tab: Tab, { kind }: Pick<Phase, 'kind'>): Promise<void> {
  await tab.waitForSelector(`html[data-kind=${kind}]`);
}

const landscape = [
  ['of 800 by 480', { viewport: { width: 800, height: 480 } }],
  ['of 1024 by 600', { viewport: { width: 1024, height: 600 } }],
  ['of 1280 by 800', { viewport: { width: 1280, height: 800 } }],
] as const;
const portrait = [['of 320 by 480', { viewport: { width: 320, height: 480 } }]] as const;

/** As long as a title of a parcel and the last words of its script may well be. */
const longFailure: Phase = {
  kind: 'failed',
  code: 'U44',
  text: 'Update 42 "new maps and prices for the health workers of the northern boats": exit 3: "the disk of the charger does not answer, it was tried three times and then switched off".',
};

/** Nothing is to be scrolled to, and no words are cut off. */
async function fits(tab: Tab): Promise<void> {
  expect(await tab.evaluate('document.documentElement.scrollHeight <= innerHeight')).toBe(true);
  expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  const cut = `Array.from(document.querySelectorAll('h1, #act, #code, #text, #percent, footer')).filter((one) => {
    const { top, bottom, left, right } = one.getBoundingClientRect();
    return one.scrollHeight > one.clientHeight + 1 && one.id === 'text' || top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
  }).map((one) => one.id || one.tagName)`;
  expect(await tab.evaluate(cut)).toEqual([]);
}

/** What a person sees, by and by. */
const seen = (tab: Tab): Promise<string> => tab.locator('body').innerText();

describe.each([...landscape, ...portrait])('the status page on a screen %s', (_which, options) => {
  test('follows every phase without being loaded again, says it in words and by a sign of its own, and fits', async () => {
    const { page, address } = await show();
    const { tab, problems, asked } = await open(address, options);
    const signs = new Set<string>();
    for (const phase of Object.values(phases)) {
      page.set(phase);
      await isIn(tab, phase);
      const { title, act } = phaseWords[phase.kind];
      const words = await seen(tab);
      for (const word of [title, act, phase.text, phase.code ?? '', node]) expect(words).toContain(word);
      signs.add((await tab.locator('.signs svg:visible').getAttribute('class')) ?? '');
      expect(await tab.locator('.signs svg:visible').count()).toBe(1);
      await fits(tab);
    }
    expect(signs.size).toBe(phaseKinds.length);
    expect(problems).toEqual([]);
    expect(asked.filter((one) => one === address)).toEqual([address]);
    expect(asked.filter((one) => !one.startsWith(address))).toEqual([]);
  });

  test('shows the code and all words of a failure that has many', async () => {
    const { address } = await show(longFailure);
    const { tab } = await open(address, options);
    await isIn(tab, longFailure);
    expect(await seen(tab)).toContain(longFailure.text);
    await fits(tab);
  });

  test('keeps the code in sight, and nothing to scroll to, when the words are too many for it', async () => {
    const { address } = await show({ ...longFailure, text: longFailure.text.repeat(9) });
    const { tab } = await open(address, options);
    await isIn(tab, longFailure);
    expect(await tab.evaluate('document.documentElement.scrollHeight <= innerHeight')).toBe(true);
    expect(
      await tab.evaluate('document.getElementById("code").getBoundingClientRect().bottom < innerHeight'),
    ).toBe(true);
    expect(await tab.locator('footer').innerText()).toContain(node);
  });
});

describe.each(landscape)('the status page on a screen %s', (_which, options) => {
  test('has letters that are read from two metres, and colours that differ enough', async () => {
    const { page, address } = await show();
    const { tab } = await open(address, options);
    for (const phase of Object.values(phases)) {
      page.set(phase);
      await isIn(tab, phase);
      const height = `document.querySelector('h1').getClientRects()[0] && parseFloat(getComputedStyle(document.querySelector('h1')).fontSize)`;
      expect(await tab.evaluate(`(${height}) / innerHeight`)).toBeGreaterThan(0.12);
      expect(contrast(await colours(tab))).toBeGreaterThan(7);
    }
  });
});

describe('the status page', () => {
  test('shows how much is read, and what cannot be told as such', async () => {
    const { page, address } = await show({ ...phases.reading, percent: 12.9 });
    const { tab } = await open(address);
    const bar = tab.getByRole('progressbar', { name: 'Done so far' });
    expect(await bar.getAttribute('value')).toBe('12');
    expect(await seen(tab)).toContain('12 %');
    for (let percent = 13; percent <= 100; percent++) page.set({ ...phases.reading, percent });
    await tab.getByText('100 %').waitFor();
    page.set({ kind: 'running', text: 'Update 42 runs.' });
    await isIn(tab, phases.running);
    expect(await bar.getAttribute('value')).toBe(null);
    page.set(phases.safe);
    await isIn(tab, phases.safe);
    expect(await bar.isVisible()).toBe(false);
  });

  test.each(['U12', 'U44'] as const)('says what %s means and what to do', async (code) => {
    const { address } = await show({ kind: 'failed', text: 'It is so.', code });
    const { tab } = await open(address);
    const words = await seen(tab);
    for (const word of [code, phoneCodes[code].means, phoneCodes[code].act, 'It is so.'])
      expect(words).toContain(word);
  });

  test('says the same without scripts, and looks again by itself', async () => {
    const { page, address } = await show(phases.reading);
    const { tab, problems } = await open(address, { javaScriptEnabled: false });
    expect(await seen(tab)).toMatch(/Reading\s+Leave the key in\s+Update 2 of 3 is copied\.\s+40 %/);
    page.set(phases.failed);
    await isIn(tab, phases.failed);
    expect(await seen(tab)).toContain('U12');
    expect(problems).toEqual([]);
  });

  test('can be heard: language, one heading, and a region that tells changes, without the percentages', async () => {
    const { address } = await show(phases.reading);
    const { tab } = await open(address);
    expect(await tab.locator('html').getAttribute('lang')).toBe('en');
    expect(await tab.getByRole('heading').allInnerTexts()).toEqual(['Reading']);
    const region = tab.getByRole('status');
    expect(await region.getAttribute('aria-live')).toBe('polite');
    expect(await region.innerText()).toContain('Leave the key in');
    expect(await region.getByRole('progressbar').count()).toBe(0);
    expect(await region.innerText()).not.toContain('%');
    expect(await tab.getByRole('main').count()).toBe(1);
    expect(await tab.getByRole('img').count()).toBe(0); // the signs say nothing more than the words
    await tab.keyboard.press('Tab');
    expect(await tab.evaluate('document.activeElement === document.body')).toBe(true); // nothing to be caught in
  });

  test('says that nobody answers, instead of what was so a while ago, and comes back', async () => {
    const { page, port, address } = await show(phases.safe);
    const { tab } = await open(address);
    await isIn(tab, phases.safe);
    await page.close();
    await tab.waitForSelector('html[data-kind=lost]');
    expect(await seen(tab)).toContain('No contact');
    pages.push(new Page({ port, node }, phases.done, () => undefined));
    await isIn(tab, phases.done);
  });

  test('shows text from a key as text', async () => {
    const text = '<img src=x onerror=alert(1)></script><script>alert(2)</script> & "quoted" \'too\'';
    const { page, address } = await show({ kind: 'reading', text });
    const { tab, problems } = await open(address);
    expect(await tab.locator('#text').innerText()).toBe(text);
    page.set({ kind: 'safe', text: `${text} again` });
    await isIn(tab, phases.safe);
    expect(await tab.locator('#text').innerText()).toBe(`${text} again`);
    expect(await tab.locator('img').count()).toBe(0);
    expect(problems).toEqual([]);
  });
});

type Colour = readonly [red: number, green: number, blue: number];

/** Of letters and ground. */
async function colours(tab: Tab): Promise<readonly [Colour, Colour]> {
  const style = 'getComputedStyle(document.documentElement)';
  const [letters, ground] = await Promise.all(
    ['color', 'backgroundColor'].map(async (name) => String(await tab.evaluate(`${style}.${name}`))),
  );
  return [toColour(letters), toColour(ground)];
}

function toColour(rgb = ''): Colour {
  const [red = NaN, green = NaN, blue = NaN] = (rgb.match(/\d+/g) ?? []).map(Number);
  return [red, green, blue];
}

/** From 1 to 21. Source: WCAG 2.2, contrast ratio. */
function contrast([one, other]: readonly [Colour, Colour]): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Source: WCAG 2.2, relative luminance. */
function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
