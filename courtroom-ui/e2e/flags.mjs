// Does the judge's desk stay usable under a flood? The real gateway and Chromium: five seats raise FLAGS flags (500) as fast as they are acknowledged; then
// somebody types at the judge's console while flags go on coming once a second, and rules on one by a number. Printed, never asserted, as in typing.mjs.
//
//   kept      flag sent -> acknowledged as durable, in the page that sent it
//   a key     the key's event -> the next painted frame (Event Timing, which counts in steps of 8 ms)
//   a ruling  the number key -> the ruling stands in the page's state
import { readFileSync } from 'node:fs';
import { startServer, waitFor } from './demo.mjs';
import { Seat, launch } from './browser.mjs';
import { openExamples } from './examples.mjs';

const flags = Number(process.env.FLAGS ?? 500), keys = 200;
const load = () => readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))];
const line = (what, v, wanted) => console.log(`  ${what.padEnd(62)} median ${quantile(v, 0.5).toFixed(0)}, p95 ${quantile(v, 0.95).toFixed(0)}, worst ${Math.max(...v).toFixed(0)} ms; n ${v.length}; wanted ${wanted}`);
const raisers = ['clerk', 'prosecutor', 'defence', 'lawyer', 'support'];

async function typed(page) {
  await page.evaluate(watchKeys);
  for (let i = 0; i < keys; i += 1) {
    await page.keyboard.press('abcdefghij '[i % 11] === ' ' ? 'Space' : 'abcdefghij'[i % 10]);
    await new Promise((r) => setTimeout(r, 50));
  }
  const slow = await page.evaluate(() => window.__slow);
  return [...slow, ...Array(Math.max(0, keys - slow.length)).fill(16)]; // what Event Timing does not report took less than 16 ms
}

const before = load();
const server = await startServer();
const gateway = await server.run();
const browser = await launch();
try {
  const link = (seat) => gateway.links.seats.find((s) => s.seat === seat).link;
  const judge = await Seat.open(browser, 'judge', link('judge'));
  await judge.until('has a state', (s) => s.you.seat === 'judge');
  await judge.press('order.sign');
  await judge.until('the order is in force', (s) => s.order?.signed_at);
  await judge.press('hearing.open');
  await judge.until('the hearing is open', (s) => s.hearing.phase === 'open');
  const origin = new URL(judge.page.url()).origin;
  const seats = [];
  for (const name of raisers) {
    const seat = await Seat.open(browser, name, link(name));
    await seat.until('has a state', (s) => s.you.seat === name);
    await seat.page.goto(`${origin}/healthz`);
    seats.push(seat);
  }
  const kept = (await Promise.all(seats.map((s) => s.page.evaluate(raise, { seat: s.name, count: Math.ceil(flags / seats.length), pause: 0 })))).flat();
  const state = await judge.until('every flag is told', (s) => (s.flags?.length ?? 0) + (s.flags_more ?? 0) >= flags, 120_000);
  await waitFor('the console has drawn them', async () => await judge.page.locator('[data-group]').count() > 0, 60_000);
  const drawn = await judge.page.locator('.panel-flags [data-flag], .panel-flags [data-group]').count();
  await judge.page.keyboard.press('F4');
  await judge.page.keyboard.press('n');
  await judge.page.keyboard.press('Enter');
  const goesOn = seats[0].page.evaluate(raise, { seat: seats[0].name, count: 10, pause: 1000 });
  const frames = await typed(judge.page);
  await goesOn;
  console.log(`== ${flags} flags of ${raisers.length} seats, in Chromium ${browser.version()}; load ${before} -> ${load()}; in the state ${state.flags.length}, left out ${state.flags_more ?? 0}, drawn ${drawn}`);
  line('kept: sent until durable, five under way', kept, '');
  line('a key on the judge\'s console, flags coming once a second', frames, 'p95 <= 50 ms');
  const ruled = [];
  for (let i = 0; i < 10; i += 1) {
    const open = judge.page.locator('.panel-flags [data-open]');
    const id = await open.getAttribute('data-flag');
    await open.focus();
    await new Promise((r) => setTimeout(r, 700));
    ruled.push(await judge.page.evaluate(ruleBy, { id, key: 'Digit1' }));
  }
  line('a ruling by a number key, until it stands in the state', ruled, '');
} finally {
  await browser.close();
  await gateway.stop();
}

// The page alone, with all five hundred in one state: more than the gateway ever sends.
const examples = await openExamples();
await examples.show('judge-flags', 'az');
await examples.page.locator('[data-compose="text"]').focus();
line('a key on the example with 500 in one state', await typed(examples.page), 'p95 <= 50 ms');
await examples.close();

async function raise({ seat, count, pause }) {
  const socket = new WebSocket(`ws://${location.host}/ws/demo?seat=${seat}`);
  await new Promise((ok, bad) => { socket.onopen = ok; socket.onerror = bad; });
  socket.send(JSON.stringify({ type: 'hello', lang: 'az', since: 1_000_000 }));
  const took = [];
  let n = 0, done, id = '', at = 0;
  const finished = new Promise((ok) => { done = ok; });
  const again = () => socket.send(JSON.stringify({ type: 'command', id, name: 'flag.raise', args: { kind: 'words', source: 'zalda', note: `müşahidə ${n}` }, at: new Date().toISOString() }));
  const next = () => { if (n === count) { done(); return; } n += 1; id = crypto.randomUUID(); at = performance.now(); again(); };
  socket.onmessage = ({ data }) => {
    const m = JSON.parse(data);
    if (m.id !== id) return;
    if (m.type === 'error') { if (m.code !== 'too_many') throw new Error(data); setTimeout(again, 300); return; }
    if (m.type === 'ack') { took.push(performance.now() - at); setTimeout(next, pause); }
  };
  next();
  await finished;
  socket.close();
  return took;
}

async function ruleBy({ id, key }) {
  const li = document.querySelector(`[data-flag="${id}"]`);
  const at = performance.now();
  li.dispatchEvent(new KeyboardEvent('keydown', { code: key, key: '1', bubbles: true }));
  // Of so many the gateway tells the most urgent: one that was ruled on may be told no more.
  while ((window.__parda.state.flags ?? []).some((f) => f.id === id && !(f.rulings?.length > 0))) {
    if (performance.now() - at > 10_000) throw new Error(`no ruling on ${id}`);
    await new Promise((r) => requestAnimationFrame(r));
  }
  return performance.now() - at;
}

function watchKeys() {
  window.__slow = [];
  new PerformanceObserver((list) => { for (const e of list.getEntries()) if (e.name === 'keydown') window.__slow.push(e.duration); }).observe({ type: 'event', durationThreshold: 16 });
}
