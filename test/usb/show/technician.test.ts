/** docs/technician.md, the page for the one who carries the key: it says what the programs do, and fits on a sheet of A4. `--update` writes its strips and its HTML. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { phoneCodes } from '../../../src/usb/show/codes.ts';
import { lampPatterns, lampSteps } from '../../../src/usb/show/lamp.ts';
import { outcomeShownForMs, phaseWords } from '../../../src/usb/show/phase.ts';
import { startBrowser } from './browser.ts';
import { lampStrip } from './lamp-strip.ts';
import { phases } from './phases.ts';
import { printedPage } from './printed-page.ts';

const docs = join(import.meta.dirname, '../../../docs');
const text = readFileSync(join(docs, 'technician.md'), 'utf8');

describe('the page for technicians', () => {
  test('holds the table of codes, all of them, word for word', () => {
    const rows = text.split('\n').filter((line) => /^\| U\d/.test(line));
    expect(rows).toEqual(
      Object.entries(phoneCodes).map(([code, { means, act }]) => `| ${code} | ${means} | ${act} |`),
    );
  });

  test.each(['reading', 'safe', 'running', 'done', 'failed'] as const)(
    'has a picture of what the lamp does when the phase is %s',
    async (kind) => {
      expect(text).toContain(`(pictures/lamp-${kind}.svg)`);
      const strip = lampStrip(lampSteps(lampPatterns, phases[kind]), phaseWords[kind].title);
      await expect(strip).toMatchFileSnapshot(join(docs, `pictures/lamp-${kind}.svg`));
    },
  );

  test('says for how long the code is shown when the key is out', () => {
    const minutes = outcomeShownForMs / 60_000;
    expect(text).toContain(`After you pull the key out, the code is shown for ${minutes} more minutes.`);
  });

  test('names no picture that is not there', () => {
    const pictures = [...text.matchAll(/\]\((pictures\/[^)]+)\)/g)].map(([, path = '']) => path);
    expect(pictures.length).toBe(9);
    expect(pictures.filter((path) => !existsSync(join(docs, path)))).toEqual([]);
  });

  test('speaks in short sentences, without the words of those who made it', () => {
    const sentences = text.split(/[.?!|:]\s|\n/).map((sentence) => sentence.replaceAll(/\(.*?\)/g, ''));
    expect(sentences.filter((sentence) => sentence.split(/\s+/).length > 16)).toEqual([]);
    expect(text).not.toMatch(
      /\b(USB|daemon|node|parcel|ledger|verif\w+|file ?system|mount\w*|LED|port|reboot)\b/i,
    );
  });

  test('is there to be printed from any browser, pictures and all', async () => {
    await expect(printedPage(text, docs)).toMatchFileSnapshot(join(docs, 'technician.html'));
  });

  test('fits on one sheet of A4, with letters that can be read', async () => {
    const browser = await startBrowser();
    const tab = await browser.newPage();
    await tab.goto('about:blank');
    await tab.setContent(printedPage(text, docs));
    const missing = 'Array.from(document.images).filter((one) => one.naturalWidth === 0).length';
    expect(await tab.evaluate(missing)).toBe(0);
    const pdf = await tab.pdf({ format: 'A4' });
    await browser.close();
    expect(pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length).toBe(1);
  });
});
