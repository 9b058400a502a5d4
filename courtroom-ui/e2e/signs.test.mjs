// The signs of the shielded room, in Chromium against the real gateway and station: her silent mark changes nothing on the screen and reaches the bench, also when the gateway was away
// and the page was loaded anew; the emergency is held, fills the screen with whom to call without a gateway and without a station, and reaches the bench when it is back.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Seat, launch } from './browser.mjs';
import { startServer, startStation, waitFor } from './demo.mjs';

let server, gateway, station, browser, judge, kiosk;

before(async () => {
  server = await startServer();
  gateway = await server.run();
  browser = await launch();
  station = startStation(gateway.links.tls, gateway.links.tokens['demo/witness'], server.certificate, ['-alarm', 'none', '-room-code', 'AB-12', '-emergency-telephone', '012 555 01 02']);
  judge = await Seat.open(browser, 'judge', gateway.links.seats.find((s) => s.seat === 'judge').link);
  await judge.until('has a state', (s) => s.you.seat === 'judge');
  await judge.rest();
  kiosk = await Seat.open(browser, 'kiosk', JSON.parse(await station.line()).kiosk);
  await kiosk.until('has a state', (s) => s.you.role === 'protected_witness', 40_000);
}, { timeout: 240_000 });

after(async () => {
  await browser?.close();
  await station?.stop('SIGTERM');
  await gateway?.stop('SIGINT');
});

const hers = (s) => (s.flags ?? []).filter((f) => f.seat === 'witness');
const stage = (name) => kiosk.page.locator(`[data-stage="${name}"]`);
const look = () => kiosk.page.evaluate(() => [document.querySelector('[data-stage]').dataset.stage, document.querySelector('#app').innerText]);

/** The keys of a keyboard work as a finger does: down, and held. */
async function hold(act, ms) {
  await kiosk.act(act).focus();
  await kiosk.page.keyboard.down('Enter');
  await kiosk.page.waitForTimeout(ms);
  await kiosk.page.keyboard.up('Enter');
}

test('one press of the mark is a discreet flag, and the screen is as it was', async () => {
  const before = await look();
  await kiosk.press('signal');
  const s = await judge.until('has her flag', (v) => hers(v).length === 1);
  assert.equal(hers(s)[0].discreet, true);
  assert.deepEqual(await look(), before);
  await waitFor('the mark is as it was', async () => (await kiosk.act('signal').getAttribute('data-marked')) === 'false');
});

test('pressed while the gateway is away it is kept over a reload of the page, with its time', async () => {
  await gateway.stop('SIGKILL');
  await stage('lost').waitFor({ timeout: 60_000 });
  await kiosk.press('signal');
  const pressed = Date.now();
  await kiosk.page.reload();
  await stage('lost').waitFor({ timeout: 60_000 });
  await new Promise((done) => { setTimeout(done, 1000); }); // so that a time of arrival would be another
  gateway = await server.run();
  const s = await judge.until('has both flags', (v) => hers(v).length === 2, 60_000);
  const late = hers(s).map((f) => [Date.parse(f.pressed_at), Date.parse(f.received_at)]).sort((a, b) => a[0] - b[0])[1];
  assert.ok(late[0] <= pressed && late[1] - late[0] > 1000, `pressed ${late[0] - pressed} ms after it was, received ${late[1] - late[0]} ms later`);
});

test('a short press raises no emergency; a long one fills the screen without a gateway, and the bench has it when it is back', async () => {
  await hold('emergency', 200);
  await kiosk.press('emergency');
  assert.equal(await stage('emergency').count(), 0);
  await gateway.stop('SIGKILL');
  await stage('lost').waitFor({ timeout: 60_000 });
  await hold('emergency', 1300);
  await stage('emergency').waitFor();
  assert.equal(await kiosk.page.locator('[data-card="telephone"]').innerText(), '012 555 01 02');
  assert.equal(await kiosk.page.locator('[data-card="room"]').innerText(), 'AB-12');
  assert.equal(await kiosk.page.locator('[data-emergency-sent]').getAttribute('data-emergency-sent'), 'false');
  await kiosk.shot('kiosk-emergency');
  await hold('alarm.quiet', 1300);
  await waitFor('the alarm is quiet', async () => (await kiosk.act('alarm.quiet').count()) === 0);
  await kiosk.page.reload();
  await stage('emergency').waitFor({ timeout: 60_000 });
  gateway = await server.run();
  await judge.until('has the emergency', (v) => v.emergency && !v.emergency.ended && v.emergency.by === 'witness', 60_000);
  await kiosk.page.locator('[data-emergency-sent="true"]').waitFor({ timeout: 60_000 });
  await judge.page.bringToFront();
  await judge.act('emergency.end').click({ timeout: 90_000 }); // a page among a dozen others on two cores is slow to paint
  await judge.answer({ reason: 'Məsul şəxs otaqdadır.' });
  await stage('before').waitFor({ timeout: 60_000 });
});

test('without the station the page itself says whom to call', async () => {
  await station.stop('SIGKILL');
  await stage('station_down').waitFor({ timeout: 60_000 });
  await hold('emergency', 1300);
  await stage('emergency').waitFor();
  assert.equal(await kiosk.page.locator('[data-card="telephone"]').innerText(), '012 555 01 02');
  assert.deepEqual([...judge.faults, ...kiosk.faults], []);
});
