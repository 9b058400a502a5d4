// Runs axe over every example screen in three languages, and saves a picture of each in two sizes.
//   npm run examples [-- --only judge] [-- --out FOLDER]
// Needs Chromium: /usr/bin/chromium, or the path in CHROMIUM.
import { mkdir } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';

const argument = (name) => { const i = process.argv.indexOf(name); return i < 0 ? undefined : process.argv[i + 1]; };
const only = argument('--only') ?? '';
const out = argument('--out') ?? 'e2e/out/examples';
const langs = argument('--lang')?.split(',') ?? ['az', 'en', 'ru'];
const sizes = [{ width: 1366, height: 768 }, { width: 1920, height: 1080 }];

await mkdir(out, { recursive: true });
const server = await createServer({ server: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
await server.listen();
const origin = server.resolvedUrls.local[0];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: sizes[0] });
const page = await context.newPage();
let faults = 0;
page.on('pageerror', (e) => { faults++; console.error('page error:', e.message); });
page.on('console', (m) => { if (m.type() === 'error') { faults++; console.error('console:', m.text()); } });

await page.goto(`${origin}examples.html`);
await page.waitForFunction(() => window.__examples);
const names = (await page.evaluate(() => window.__examples)).filter((n) => n.includes(only));
for (const name of names) {
  for (const lang of langs) {
    await page.setViewportSize(sizes[0]);
    await page.goto(`${origin}examples.html?screen=${name}&lang=${lang}`);
    await page.waitForFunction(() => document.querySelector('#app')?.firstElementChild && document.fonts.status === 'loaded');
    await page.waitForTimeout(150);
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
    for (const v of violations) {
      faults++;
      console.error(`${name} ${lang}: ${v.id}: ${v.help}`);
      for (const node of v.nodes.slice(0, 3)) console.error(`    ${node.target.join(' ')}  ${node.failureSummary?.split('\n')[1]?.trim() ?? ''}`);
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    if (wide) { faults++; console.error(`${name} ${lang}: the page is wider than the window`); }
    for (const size of sizes) {
      if (size !== sizes[0]) await page.setViewportSize(size);
      await page.screenshot({ path: `${out}/${name}.${lang}.${size.width}.png` });
    }
  }
}
await browser.close();
await server.close();
console.log(`${names.length} screens, ${langs.length} languages: ${faults === 0 ? 'no fault' : `${faults} faults`}`);
process.exit(faults === 0 ? 0 : 1);
