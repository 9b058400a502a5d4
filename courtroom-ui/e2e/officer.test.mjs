// The room officer, in Chromium against the real gateway and station: testimony goes live only after her word, "not free" is seen by the bench and by nobody in the
// room, a break asks her anew, and only a ruling with a reason passes over her.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Seat, launch } from './browser.mjs';
import { startServer, startStation } from './demo.mjs';

let gateway, station, browser, judge, kiosk;

before(async () => {
  const server = await startServer();
  gateway = await server.run();
  browser = await launch();
  station = startStation(gateway.links.tls, gateway.links.tokens['demo/witness'], server.certificate);
  judge = await Seat.open(browser, 'judge', gateway.links.seats.find((s) => s.seat === 'judge').link);
  await judge.until('has a state', (s) => s.you.seat === 'judge');
  await judge.rest();
  kiosk = await Seat.open(browser, 'kiosk', JSON.parse(await station.line()).kiosk);
  await judge.press('order.sign');
  await judge.until('the order is in force', (s) => s.order?.signed_at);
  await judge.press('hearing.open');
  await judge.until('the station publishes', (s) => s.testimony.station === 'up', 60_000);
  await judge.press('identity.verified');
  await judge.answer({ how: 'Möhürlənmiş məlumatla tutuşduruldu.' });
  await kiosk.act('rehearse').click();
  await kiosk.act('consent.yes').click({ timeout: 180_000 });
  await judge.until('the witness agreed', (s) => s.testimony.phase === 'ready', 40_000);
}, { timeout: 400_000 });

after(async () => {
  await browser?.close();
  await station?.stop('SIGTERM');
  await gateway?.stop('SIGINT');
});

const stage = (name) => kiosk.page.locator(`[data-stage="${name}"]`);

test('a press does not open the form: its button is held', async () => {
  await kiosk.act('officer').click();
  assert.equal(await stage('officer').count(), 0);
  await kiosk.openOfficer();
  await kiosk.press('officer.close');
  await stage('waiting').waitFor();
});

test('"not free" reaches the bench and changes nothing that the room sees; testimony is not called without a ruling', async () => {
  const code = await judge.officerCode();
  const before = await kiosk.page.locator('#main').innerText();
  await kiosk.certify(code, { free: 'no', beside: ['legal_representative'] });
  await judge.until('the bench is told', (s) => s.alarms?.some((a) => a.code === 'room_not_free') && s.testimony.room?.why_void === 'not_free');
  await stage('waiting').waitFor({ timeout: 60_000 });
  assert.equal(await kiosk.page.locator('#main').innerText(), before);
  await judge.press('testimony.call');
  await judge.page.locator('dialog[open] [name="reason"]').waitFor();
  await judge.press('dialog.cancel');
  assert.equal((await judge.state()).testimony.phase, 'ready');
});

test('with the officer\'s word testimony goes live; after a break only with a new one, or by a ruling with a reason', async () => {
  await kiosk.certify(await judge.officerCode());
  await judge.until('the room is certified', (s) => s.testimony.room?.certified);
  await judge.press('testimony.call');
  await judge.until('testimony is live', (s) => s.testimony.phase === 'live');
  await judge.press('testimony.pause');
  await judge.until('the break ended the certificate', (s) => s.testimony.phase === 'paused' && s.testimony.room.why_void === 'break');
  await judge.press('testimony.call');
  await judge.answer({ reason: 'Məsul şəxs xəstələnib.' });
  await judge.until('live by a ruling', (s) => s.testimony.phase === 'live' && s.testimony.room.passed_over);
  assert.deepEqual([...judge.faults, ...kiosk.faults], []);
});
