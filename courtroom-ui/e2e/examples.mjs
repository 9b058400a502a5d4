// The example screens of src/examples in one Chromium page, served by Vite from the sources: every state that matters, without a gateway.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createServer } from 'vite';
import { launch } from './browser.mjs';

export const small = { width: 1366, height: 768 };
export const large = { width: 1920, height: 1080 };

/** One browser and one page; `show` draws an example in a language without loading anything again. */
export async function openExamples() {
  const cacheDir = mkdtempSync(join(tmpdir(), 'parda-vite-'));
  const server = await createServer({ root: resolve(import.meta.dirname, '..'), cacheDir, server: { port: 0, host: '127.0.0.1', hmr: false, watch: null }, logLevel: 'error' });
  await server.listen();
  const browser = await launch();
  const page = await browser.newPage({ viewport: small });
  const faults = [];
  page.on('pageerror', (e) => faults.push(`page error: ${e.message}`));
  page.on('console', (m) => { if (m.type() === 'error') faults.push(`console: ${m.text()}`); });
  await page.goto(`${server.resolvedUrls.local[0]}examples.html`);
  await page.waitForFunction(() => window.__examples);
  const names = await page.evaluate(() => window.__examples);
  const show = async (name, lang, size = small) => {
    if (page.viewportSize().width !== size.width) await page.setViewportSize(size);
    await page.evaluate(async ([n, l]) => {
      await window.__show(n, l);
      await document.fonts.ready;
      // Twice, so that effects have run and what they changed is laid out.
      for (let i = 0; i < 2; i++) await new Promise((r) => requestAnimationFrame(() => r()));
    }, [name, lang]);
  };
  const close = async () => {
    await browser.close();
    await server.close();
    rmSync(cacheDir, { recursive: true, force: true });
  };
  return { page, names, faults, show, close };
}
