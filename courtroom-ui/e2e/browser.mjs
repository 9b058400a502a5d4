// Real Chromium, one context for each seat, and what a test may ask of a page: its state as the gateway sent it, the packets of each slot,
// the pixels and the samples that came out of them. Acts go through the page's own buttons and keys.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { waitFor } from './demo.mjs';

export const shots = join(import.meta.dirname, 'out');
mkdirSync(shots, { recursive: true });

export function launch() {
  return chromium.launch({
    executablePath: join(import.meta.dirname, 'chromium.sh'), headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required', '--allow-loopback-in-peer-connection',
      '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--mute-audio'],
  });
}

/** One seat's page. */
export class Seat {
  constructor(name, context, page) { this.name = name; this.context = context; this.page = page; this.faults = []; }

  static async open(browser, name, link, { viewport = { width: 1366, height: 768 }, lang = 'az', context } = {}) {
    const c = context ?? await browser.newContext({ viewport, locale: 'az-AZ', permissions: [] });
    await c.addInitScript((l) => { if (location.protocol.startsWith('http') && !localStorage.getItem('parda.lang')) localStorage.setItem('parda.lang', l); }, lang); // an empty page has no storage
    const page = await c.newPage();
    page.setDefaultTimeout(90_000); // that it happens at all, not how fast: the machine may be starved
    const seat = new Seat(name, c, page);
    page.on('pageerror', (e) => seat.faults.push(String(e)));
    page.on('console', (m) => { if (m.type() === 'error' && /Content Security|Uncaught/.test(m.text())) seat.faults.push(m.text()); });
    await page.goto(link, { waitUntil: 'commit' }); // that the page works is seen by its state, not by its load event
    return seat;
  }

  /** Lets the page decode but not paint its pictures: a dozen pages that paint 25 times a second are too much for two cores. */
  async rest() {
    await this.page.evaluate(() => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('video { visibility: hidden }');
      document.adoptedStyleSheets = [sheet];
    });
  }

  async wake() { await this.page.evaluate(() => { document.adoptedStyleSheets = []; }); }

  state() { return this.page.evaluate(() => window.__parda?.state ?? null); }

  entries() { return this.page.evaluate(() => window.__parda?.page.entries ?? []); }

  /** Waits until the newest state satisfies `ok`, a function that runs here. */
  async until(what, ok, withinMs = 20_000) {
    let last = null;
    try {
      return await waitFor(`${this.name}: ${what}`, async () => { last = await this.state(); return last && ok(last) ? last : null; }, withinMs);
    } catch (e) { throw new Error(`${e.message}; last state: ${JSON.stringify(last)?.slice(0, 1500)}`); }
  }

  /** The counters of a slot; null while the page is making its connection anew. */
  async found(slot, media) {
    return (await this.page.evaluate(() => window.__parda.counts())).find((c) => c.slot === slot && c.media === media) ?? null;
  }

  async counts(slot, media) {
    const found = await this.found(slot, media);
    if (!found) throw new Error(`${this.name} has no slot ${slot} ${media}`);
    return found;
  }

  act(name) { return this.page.locator(`[data-act="${name}"]:visible`).first(); }

  async press(name) { await this.act(name).click(); }

  /** On the kiosk: the officer of the room holds the button, answers and sends; the form closes by itself. */
  async certify(code, { same = 'yes', free = 'yes', beside = ['nobody'] } = {}) {
    const { page } = this;
    await this.openOfficer();
    await page.locator(`[data-ask="same"] [data-choice="${same}"]`).click();
    for (const who of beside) await page.locator(`[data-ask="with"] [data-choice="${who}"]`).click();
    await page.locator(`[data-ask="free"] [data-choice="${free}"]`).click();
    await page.locator('#officer-code').fill(code);
    await this.press('officer.send');
    await waitFor(`${this.name}: the court has the officer's word`, async () => (await page.locator('[data-officer="saved"]').count()) === 1 || (await page.locator('[data-stage="officer"]').count()) === 0, 20_000);
  }

  async openOfficer() {
    await this.act('officer').waitFor({ timeout: 20_000 });
    await this.act('officer').dispatchEvent('pointerdown');
    await this.page.locator('[data-stage="officer"]').waitFor({ timeout: 20_000 });
  }

  /** On the console: a code for the officer, read off the dialog. */
  async officerCode() {
    await this.press('officer.issue');
    const code = await this.page.locator('dialog[open] .dialog-shown').innerText();
    await this.answer();
    return code;
  }

  /** Fills the dialog that is open and goes on. */
  async answer(values = {}) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.page.locator(`dialog[open] [name="${name}"]`);
      if (await field.evaluate((e) => e.tagName) === 'SELECT') await field.selectOption(value); else await field.fill(value);
    }
    await this.page.locator('dialog[open] [data-act="dialog.go"]').click();
  }

  /** The picture of a slot as it is drawn now: mean luma, its spread, and a coarse copy to compare with a later one. */
  picture(slot) {
    return this.page.evaluate((name) => {
      const tile = document.querySelector(`[data-slot="${name}"]`);
      const video = tile?.querySelector('video');
      if (!video || video.videoWidth === 0) return null;
      const c = document.createElement('canvas');
      c.width = 64; c.height = 48;
      const g = c.getContext('2d', { willReadFrequently: true });
      g.drawImage(video, 0, 0, 64, 48);
      const d = g.getImageData(0, 0, 64, 48).data;
      const luma = [];
      for (let i = 0; i < d.length; i += 4) luma.push(0.3 * d[i] + 0.59 * d[i + 1] + 0.11 * d[i + 2]);
      const mean = luma.reduce((a, b) => a + b, 0) / luma.length;
      const spread = Math.sqrt(luma.reduce((a, b) => a + (b - mean) ** 2, 0) / luma.length);
      return { mean, spread, luma, shown: tile.dataset.shown, width: video.videoWidth, height: video.videoHeight };
    }, slot);
  }

  /** A moving picture comes out of the slot: two looks differ, and neither is one flat colour. */
  async seesMoving(slot, withinMs = 20_000) {
    let before = null;
    await this.wake();
    const seen = await waitFor(`${this.name} sees ${slot} move`, async () => {
      const now = await this.picture(slot);
      const moved = before && now && now.shown === 'picture' && now.spread > 4 &&
        now.luma.some((v, i) => Math.abs(v - before.luma[i]) > 4);
      before = now;
      return moved ? now : null;
    }, withinMs);
    await this.rest();
    return seen;
  }

  /** Sound comes out of the slot: the level that the receiver measures on decoded samples. */
  async hears(slot, withinMs = 20_000) {
    return waitFor(`${this.name} hears ${slot}`, async () => {
      const c = await this.found(slot, 'audio');
      return c && c.packets > 0 && c.level > 0.005 ? c : null;
    }, withinMs);
  }

  async grows(slot, media, withinMs = 15_000) {
    let from = null;
    return waitFor(`${this.name} gets packets of ${slot} ${media}`, async () => {
      const now = (await this.found(slot, media))?.packets;
      if (now === undefined) return false;
      if (from === null || now < from) from = now; // a connection that was made anew counts from nothing
      return now > from + 10;
    }, withinMs);
  }

  /** No packet at all comes in a slot during `ms`. */
  async silentFor(slot, media, ms = 1000) {
    const from = (await this.counts(slot, media)).packets;
    await new Promise((r) => setTimeout(r, ms));
    return (await this.counts(slot, media)).packets - from;
  }

  async shot(name) {
    await this.wake();
    await new Promise((r) => setTimeout(r, 400)); // a few frames, so that the picture stands in the screenshot
    await this.page.screenshot({ path: join(shots, `${name}.png`) });
    await this.rest();
  }

  /** Leaves the seat's page for an empty one, which decodes nothing; the browser keeps the seat. */
  async away() { await this.page.goto('about:blank'); }

  /** Opens the seat's page again, by the cookie that took the seat. */
  async back(url) {
    await this.page.goto(url, { waitUntil: 'commit' });
    await this.until('is back', (s) => s.you.seat === this.name);
    await this.rest();
  }

  close() { return this.context.close(); }
}
