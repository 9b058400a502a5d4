// The gateway is killed (kill -9) in the middle of live testimony and started again: every seat comes back by itself within five seconds, nothing
// acknowledged is lost, and testimony is ready, not live. The shielded room sends and receives by the TURN server alone (-relay-only), before and after.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Seat, launch } from './browser.mjs';
import { startServer, startStation, waitFor } from './demo.mjs';

const names = ['judge', 'clerk', 'defence', 'gallery'];
const seats = {};
let server, gateway, station, browser, kiosk;

before(async () => {
  server = await startServer({ turn: true });
  gateway = await server.run();
  browser = await launch();
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  await station?.stop('SIGTERM');
  const ended = await gateway?.stop('SIGINT');
  if (ended) assert.deepEqual(ended, { code: 0, signal: null });
});

/** In the page: the kinds of candidate that its connections send from. */
const ways = async () => {
  const kinds = [];
  for (const pc of window.__connections) {
    const stats = await pc.getStats();
    for (const s of stats.values()) if (s.type === 'candidate-pair' && s.nominated) kinds.push(stats.get(s.localCandidateId)?.candidateType);
  }
  return kinds;
};

test('a killed and restarted gateway brings every seat back, with nothing lost, and testimony in ready', async () => {
  const link = (seat) => gateway.links.seats.find((s) => s.seat === seat).link;
  for (const name of names) {
    seats[name] = await Seat.open(browser, name, link(name));
    await seats[name].until('has a state', (s) => s.you.seat === name);
    await seats[name].rest();
  }
  const { judge, clerk } = seats;
  station = startStation(gateway.links.tls, gateway.links.tokens['demo/witness'], server.certificate, ['-relay-only']);
  const room = await browser.newContext({ locale: 'az-AZ' });
  await room.addInitScript(() => {
    const real = window.RTCPeerConnection;
    window.__connections = [];
    window.RTCPeerConnection = class extends real { constructor(config) { super(config); window.__connections.push(this); } };
  });
  kiosk = await Seat.open(browser, 'kiosk', JSON.parse(await station.line()).kiosk, { context: room });
  await judge.press('order.sign');
  await judge.until('the order is in force', (s) => s.order?.signed_at);
  await judge.press('hearing.open');
  await judge.until('the station publishes', (s) => s.testimony.station === 'up', 40_000);
  await judge.press('identity.verified');
  await judge.answer({ how: 'Şəxsiyyət vəsiqəsi ilə.' });
  await kiosk.act('rehearse').click();
  await kiosk.page.locator('[data-act="consent.yes"]:visible').waitFor({ timeout: 60_000 });
  await kiosk.act('consent.yes').click();
  await judge.until('the witness is ready', (s) => s.testimony.phase === 'ready', 30_000);
  const code = await judge.officerCode();
  await kiosk.certify(code);
  await judge.press('testimony.call');
  await judge.until('testimony is live', (s) => s.testimony.phase === 'live');
  await seats.defence.grows('witness', 'video');
  const sent = await waitFor('the kiosk receives the court', async () => {
    const found = await kiosk.page.evaluate(ways);
    return found.length > 0 ? found : null;
  });
  assert.deepEqual([...new Set(sent)], ['relay'], 'the kiosk reaches the gateway by another way than its TURN server');
  await clerk.page.locator('[data-kind="note"]').click();
  await clerk.page.keyboard.type('Kəsilmədən əvvəl yazılıb.');
  await clerk.page.keyboard.press('Enter');
  await waitFor('the note is acknowledged', async () => (await clerk.entries()).some((e) => e.text === 'Kəsilmədən əvvəl yazılıb.'));

  await gateway.stop('SIGKILL');
  await waitFor('the pages say that the link is lost', async () => (await judge.page.evaluate(() => window.__parda.page.link)) !== 'open', 10_000);
  await judge.shot('judge-gateway-lost');
  gateway = await server.run();
  const listening = Date.now();
  for (const name of names) await waitFor(`${name} is back`, async () => (await seats[name].page.evaluate(() => window.__parda.page.link)) === 'open', 10_000);
  const took = Date.now() - listening;
  console.log(`all seats were back after ${took} ms`);
  assert.ok(took < 5000, `the seats were back after ${took} ms`);
  await judge.until('testimony is ready, not live', (s) => s.testimony.phase === 'ready', 10_000);
  await waitFor('the note is still there', async () => (await judge.entries()).some((e) => e.text === 'Kəsilmədən əvvəl yazılıb.'));
  await judge.until('the station is back', (s) => s.testimony.station === 'up', 40_000);
  await kiosk.certify(code);
  await judge.press('testimony.call');
  await judge.until('the judge resumed', (s) => s.testimony.phase === 'live');
  await seats.defence.grows('witness', 'video', 30_000);
  for (const s of Object.values(seats)) assert.deepEqual(s.faults, []);
});
