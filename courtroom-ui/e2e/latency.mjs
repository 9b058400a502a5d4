// How late the court is: the real gateway, station, courtroom camera and Chromium on this machine, over loopback. Printed, never asserted: what a busy
// machine measures is no fault of the code. `make bench` runs it; `-json` also prints the numbers as one line.
//
// The source "demo:timecode" (media/capture) draws the wall clock as cells and sounds a burst at known times; the judge's own page is the
// far end, and one clock serves both. Nothing is subtracted.
//
//   picture, clear      courtroom camera drawing the clock -> the pixels can be read in the page (requestVideoFrameCallback, then canvas)
//   voice, masked       burst at the station's microphone -> the same burst, masked, in the decoded sound as the page plays it. Sound comes in pieces of
//                       10 ms and is looked at in steps of 1 ms; a sound card's own delay is not in it, for there is none here
//   picture, masked     burst at the microphone -> the first frame of the figure whose mouth stands open
//   lip sync            that frame minus that sound: positive is a mouth that comes late
import { readFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { root, start, startServer, startStation, waitFor } from './demo.mjs';
import { Seat, launch } from './browser.mjs';
import { counters, installTaps, startTaps, takeTaps } from './taps.mjs';

const seconds = Number(process.env.BENCH_SECONDS ?? 60);
const settle = 8_000; // until the jitter buffers know the link
const burstEvery = 2_000, burstStart = (n) => n * burstEvery + (n * 13) % 40; // as in media/capture/timecode.go

const running = [];
let browser;
try { await measure(); } finally {
  await browser?.close().catch(() => undefined);
  for (const p of running.reverse()) await p.stop('SIGINT');
}

async function measure() {
  const server = await startServer();
  const gateway = await server.run();
  running.push(gateway);
  const { seats, tokens } = gateway.links;
  const url = `http://127.0.0.1:${server.local}`;
  const court = start(`${root}/bin/courtroom`, ['-gateway', url, '-hearing', 'demo', '-token', tokens['demo/court/bench'], '-view', 'bench', '-camera', 'demo:timecode', '-microphone', 'demo:timecode'], { name: 'courtroom' });
  running.push(court);
  const station = startStation(url, tokens['demo/witness'], server.certificate, ['-microphone', 'demo:timecode']);
  running.push(station);
  const { kiosk } = JSON.parse(await station.line());

  browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, bypassCSP: true }); // the taps read sound in a worker
  await context.addInitScript(installTaps);
  const judge = await Seat.open(browser, 'judge', seats.find((s) => s.seat === 'judge').link, { context });
  await testify(judge, kiosk);
  await judge.wake();
  await judge.seesMoving('bench');
  await judge.wake();
  await new Promise((r) => setTimeout(r, settle));

  const load = [readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')];
  await judge.page.evaluate(startTaps);
  const cpu = [['station', station], ['gateway', gateway], ['courtroom camera', court]].map(([name, p]) => ({ name, pid: p.child.pid, from: ticks(p.child.pid) }));
  const lines = [['bench', 'video'], ['witness', 'video'], ['witness', 'audio']];
  const look = () => Promise.all(lines.map((l) => judge.page.evaluate(counters, l)));
  const before = await look();
  const began = process.hrtime.bigint();
  await new Promise((r) => setTimeout(r, seconds * 1000));
  const took = Number(process.hrtime.bigint() - began) / 1e9;
  for (const c of cpu) c.share = (ticks(c.pid) - c.from) / took;
  const after = await look();
  const buffers = lines.map(([slot, media], i) => ({ name: `${slot} ${media}`, decoded: after[i].decoded - before[i].decoded, concealed: after[i].concealed - before[i].concealed,
    wait: (1000 * (after[i].delay - before[i].delay)) / (after[i].emitted - before[i].emitted) }));
  load.push(readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' '));
  report(await judge.page.evaluate(takeTaps), cpu, buffers, load, browser.version());
}

/** The shortest way to live testimony. */
async function testify(judge, kioskLink) {
  await judge.until('has a state', (s) => s.you.seat === 'judge');
  await judge.press('order.sign');
  await judge.until('the order is in force', (s) => s.order?.signed_at);
  const kiosk = await Seat.open(browser, 'kiosk', kioskLink);
  await judge.press('hearing.open');
  await judge.until('the station publishes', (s) => s.testimony.station === 'up', 60_000);
  await judge.press('identity.verified');
  await judge.answer({ how: 'Ölçmə.' });
  await judge.until('identity is entered', (s) => s.testimony.identity_verified);
  await kiosk.act('rehearse').click();
  await kiosk.act('consent.yes').waitFor({ timeout: 60_000 });
  await kiosk.act('consent.yes').click();
  await judge.until('the witness agreed', (s) => s.testimony.phase === 'ready' && s.testimony.consent?.given, 40_000);
  await kiosk.certify(await judge.officerCode());
  await judge.press('testimony.call');
  await judge.until('testimony is live', (s) => s.testimony.phase === 'live');
  await kiosk.close(); // one viewer: the judge
}

/** CPU seconds of a process so far, user and system. */
function ticks(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
}

function report({ clock, sound, mouth }, cpu, buffers, load, chromium) {
  const read = clock.filter((c) => c.sent !== null);
  const picture = read.map((c) => c.at - c.sent);
  const bursts = between(sound, mouth);
  const rows = [
    ['picture, clear, 640x480 at 25 fps', picture, 'median <= 120 ms'],
    ['voice, masked, mouth to ear', bursts.flatMap((b) => b.voice ?? []), 'median <= 200 ms'],
    ['picture, masked, mouth to open mouth', bursts.flatMap((b) => b.mouth ?? []), ''],
    ['lip sync, mouth minus voice', bursts.flatMap((b) => (b.mouth !== undefined && b.voice !== undefined ? b.mouth - b.voice : [])), 'median within +-60 ms'],
  ];
  console.log(`== Latency over loopback, in Chromium ${chromium}; one viewer; ${seconds} s; load ${load.join(' -> ')}`);
  console.log('                                          median      p5     p95     n   wanted on an idle machine');
  for (const [name, values, wanted] of rows) console.log(`  ${name.padEnd(38)} ${cell(values, 0.5)} ${cell(values, 0.05)} ${cell(values, 0.95)} ${String(values.length).padStart(5)}   ${wanted}`);
  console.log(`  of it in the browser's jitter buffer, mean: ${buffers.map((b) => `${b.name} ${b.wait.toFixed(0)} ms`).join(', ')}; sound made up by the browser: ${(buffers[2].concealed / 48).toFixed(0)} ms`);
  console.log(`  pictures of the clock: ${seconds * 25} drawn, ${buffers[0].decoded} decoded, ${read.length} read in the page, ${clock.length - read.length} misread and left out; bursts: ${bursts.length}`);
  console.log('\n== CPU while live, one viewer, in shares of one core');
  for (const c of cpu) console.log(`  ${c.name.padEnd(38)} ${(100 * c.share).toFixed(1).padStart(6)} %`);
  if (process.argv.includes('-json')) console.log(JSON.stringify({ load, chromium, rows: rows.map(([name, v]) => ({ name, median: at(v, 0.5), p95: at(v, 0.95), n: v.length })), cpu: cpu.map((c) => [c.name, c.share]) }));
}

/** For each burst that was due while we listened: how late its sound and its mouth were, in ms. */
function between(sound, mouth) {
  const from = Math.max(sound[0]?.[0] ?? Infinity, mouth[0]?.[0] ?? Infinity), to = Math.min(sound.at(-1)?.[0] ?? 0, mouth.at(-1)?.[0] ?? 0);
  const found = [];
  for (let n = Math.ceil(from / burstEvery); burstStart(n) + 1_000 < to; n += 1) {
    const t = burstStart(n);
    // Onset is the way from what was before the burst to its height: a tenth for sound, a fifth for the mouth, which moves with the head.
    found.push({ voice: onset(sound, t, 0.1), mouth: onset(mouth, t, 0.2) });
  }
  return found;
}

function onset(series, t, share) {
  const before = series.filter(([at]) => at > t - 300 && at <= t).map(([, v]) => v);
  const after = series.filter(([at]) => at > t && at < t + 700);
  if (before.length === 0 || after.length === 0) return undefined;
  const base = before.reduce((a, b) => a + b, 0) / before.length;
  const noise = Math.max(...before) - base;
  const height = Math.max(...after.map(([, v]) => v)) - base;
  if (height < 4 * noise || height === 0) return undefined; // no burst came
  const first = after.find(([, v]) => v - base > share * height);
  return first && first[0] - t;
}

function at(values, q) {
  const v = [...values].sort((a, b) => a - b);
  return v.length === 0 ? undefined : v[Math.min(v.length - 1, Math.floor(q * v.length))];
}

function cell(values, q) { return (at(values, q)?.toFixed(0) ?? '-').padStart(7); }
