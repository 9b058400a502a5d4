// A hearing by keyboard alone, on the real gateway and the real station: no mouse, no pointer, no click from a script.
import assert from 'node:assert/strict';
import { after, before, test as nodeTest } from 'node:test';
import { Seat, launch } from './browser.mjs';
import { startServer, startStation, waitFor } from './demo.mjs';

let server, gateway, station, browser;
const seats = {};

// The steps stand on each other: after the first that fails, the others fail at once and say so.
let broken = null;
const test = (name, step) => nodeTest(name, async () => {
  if (broken) throw new Error(`not tried, because an earlier step failed: ${broken}`);
  try { await step(); } catch (e) { broken = name; await Promise.all(Object.values(seats).map((s) => s.shot(`keyboard-failed-${s.name}`).catch(() => undefined))); throw e; }
});

before(async () => {
  server = await startServer();
  gateway = await server.run();
  browser = await launch();
}, { timeout: 60_000 });

after(async () => {
  await browser?.close();
  await station?.stop('SIGINT');
  await gateway?.stop('SIGINT');
});

/** A seat that remembers whether a pointer ever touched it. */
async function sit(name, link) {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'az-AZ' });
  await context.addInitScript(() => {
    window.__pointers = 0;
    for (const e of ['pointerdown', 'mousedown', 'mousemove', 'touchstart']) window.addEventListener(e, () => { window.__pointers++; }, true);
  });
  seats[name] = await Seat.open(browser, name, link, { context });
  return seats[name];
}

const press = (seat, key) => seat.page.keyboard.press(key);
const focusedIs = (seat, selector) => seat.page.evaluate((s) => document.activeElement?.matches(s) ?? false, selector);

/** Goes on by Tab until the focus stands on what is wanted; what is not drawn yet is waited for. */
async function tabTo(seat, selector, most = 120) {
  await waitFor(`${seat.name} has ${selector}`, async () => (await seat.page.locator(`${selector}:visible`).count()) > 0, 60_000);
  for (let i = 0; i < most; i++) {
    if (await focusedIs(seat, selector)) {
      const ring = await seat.page.evaluate(() => { const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; });
      assert.ok(ring, `${seat.name}: the focus on ${selector} cannot be seen`);
      return;
    }
    await press(seat, 'Tab');
  }
  throw new Error(`${seat.name}: ${selector} is not reached by ${most} times Tab`);
}

async function choose(seat, selector) {
  await tabTo(seat, selector);
  await press(seat, 'Enter');
}

const act = (name) => `[data-act="${name}"]`;

test('the judge takes the seat, reads the order and signs it', async () => {
  const linkOf = (seat) => gateway.links.seats.find((s) => s.seat === seat).link;
  for (const name of ['judge', 'clerk', 'defence']) {
    await sit(name, linkOf(name));
    await seats[name].until('has a state', (s) => s.you.seat === name);
    await seats[name].rest();
  }
  await choose(seats.judge, act('order.sign'));
  await seats.judge.until('the order is in force', (s) => s.order?.signed_at);
});

test('opens the hearing and enters in a dialog how the identity was verified', async () => {
  const { judge } = seats;
  station = startStation(`https://localhost:${server.tls}`, gateway.links.tokens['demo/witness'], server.certificate);
  const { kiosk } = JSON.parse(await station.line());
  await choose(judge, act('hearing.open'));
  await judge.until('the hearing is open', (s) => s.hearing.phase === 'open');
  await choose(judge, act('identity.verified'));
  await waitFor('the focus is in the dialog', () => focusedIs(judge, 'dialog[open] [name="how"]'));
  await press(judge, 'Escape');
  await waitFor('Escape leaves the dialog', async () => (await judge.page.locator('dialog[open]').count()) === 0);
  assert.equal((await judge.state()).testimony.identity_verified, false, 'Escape entered something');
  await choose(judge, act('identity.verified'));
  await waitFor('the focus is in the dialog', () => focusedIs(judge, 'dialog[open] [name="how"]'));
  await judge.page.keyboard.type('Məhkəmə şəxsiyyət vəsiqəsinə qapalı şəraitdə baxdı.');
  await choose(judge, act('dialog.go'));
  await judge.until('identity is entered', (s) => s.testimony.identity_verified);
  await sit('kiosk', kiosk);
  await choose(seats.kiosk, act('rehearse'));
});

test('defence counsel flags a threat by F9, and the judge rules on it by a number', async () => {
  const { judge, defence } = seats;
  await press(defence, 'F9');
  const { flags } = await judge.until('the flag is there', (s) => s.flags?.length === 1, 5000);
  assert.equal(flags[0].seat, 'defence');
  await waitFor('the focus is on the kinds', () => focusedIs(defence, '[data-kinds]'));
  await press(defence, '2');
  await judge.until('the kind followed by one number', (s) => s.flags[0].kind === 'gesture', 5000);
  await tabTo(judge, `[data-flag="${flags[0].id}"]`);
  await press(judge, '2');
  const ruled = await judge.until('the flag is ruled on', (s) => s.flags[0].rulings?.length > 0, 5000);
  assert.deepEqual(ruled.flags[0].rulings.map((r) => r.ruling), ['warn']);
  await waitFor('the desk says what the ruling did', async () => (await judge.page.locator(`[data-flag="${flags[0].id}"] [data-effect="warn"]`).count()) === 1);
});

test('the clerk writes an entry by F4, a letter, a number, the text and Enter', async () => {
  const { clerk, judge } = seats;
  await press(clerk, 'F4');
  await press(clerk, 's');
  await press(clerk, '2');
  await clerk.page.keyboard.type('Siz həmin gün harada idiniz?');
  await press(clerk, 'Enter');
  const entry = await waitFor('the judge reads the question', async () => (await judge.entries()).find((e) => e.text === 'Siz həmin gün harada idiniz?'));
  assert.deepEqual([entry.kind, entry.speaker, entry.by], ['question', 'prosecutor', 'court_clerk']);
});

let code = '';
/** The officer's button is held by Enter; the form is gone through by Tab. */
async function certifies() {
  const { judge, kiosk } = seats;
  if (code === '') {
    await choose(judge, act('officer.issue'));
    const shown = judge.page.locator('dialog[open] .dialog-shown');
    await shown.waitFor();
    code = await shown.innerText();
    await tabTo(judge, act('dialog.go'));
    await press(judge, 'Enter');
  }
  await tabTo(kiosk, act('officer'));
  await kiosk.page.keyboard.down('Enter');
  await kiosk.page.locator('[data-stage="officer"]').waitFor({ timeout: 20_000 });
  await kiosk.page.keyboard.up('Enter');
  for (const answer of ['[data-ask="same"] [data-choice="yes"]', '[data-ask="with"] [data-choice="nobody"]', '[data-ask="free"] [data-choice="yes"]']) await choose(kiosk, answer);
  await tabTo(kiosk, '#officer-code');
  await kiosk.page.keyboard.type(code);
  await press(kiosk, 'Enter');
  await judge.until('the room is certified', (s) => s.testimony.room?.certified === true);
  await judge.rest();
}

test('the witness agrees by keyboard, the judge calls her by F2', async () => {
  const { judge, kiosk } = seats;
  await choose(kiosk, act('consent.yes'));
  await judge.until('the witness agreed', (s) => s.testimony.phase === 'ready' && s.testimony.consent?.given);
  await judge.rest();
  await certifies();
  await press(judge, 'F2');
  await judge.until('testimony is live', (s) => s.testimony.phase === 'live');
});

test('F8 pauses at once, at the judge and at a clerk in the middle of a sentence', async () => {
  const { judge, clerk } = seats;
  await press(judge, 'F8');
  await clerk.until('the judge paused', (s) => s.testimony.phase === 'paused' && s.testimony.paused_by === 'presiding_judge', 5000);
  await judge.until('the pause is on the judge\'s own page', (s) => s.testimony.phase === 'paused');
  await judge.rest();
  await certifies();
  await press(judge, 'F2');
  await judge.until('testimony is live again', (s) => s.testimony.phase === 'live');
  await press(clerk, 'F4');
  await press(clerk, 'n');
  await press(clerk, 'Enter');
  await clerk.page.keyboard.type('Zalda səs-');
  await press(clerk, 'F8');
  await judge.until('the clerk paused', (s) => s.testimony.phase === 'paused' && s.testimony.paused_by === 'court_clerk', 5000);
  await clerk.page.keyboard.type('küy.');
  await press(clerk, 'Enter');
  await waitFor('the sentence was not lost', async () => (await judge.entries()).some((e) => e.kind === 'note' && e.text === 'Zalda səs-küy.'));
});

test('the witness takes a break by keyboard, and no page was touched by a pointer or met a fault', async () => {
  const { judge, kiosk } = seats;
  await judge.until('the pause is on the judge\'s own page', (s) => s.testimony.phase === 'paused');
  await judge.rest();
  await certifies();
  await press(judge, 'F2');
  await judge.until('testimony is live again', (s) => s.testimony.phase === 'live');
  await choose(kiosk, act('break'));
  await judge.until('she stopped', (s) => s.testimony.phase === 'paused' && s.testimony.paused_by === 'protected_witness', 5000);
  for (const s of Object.values(seats)) {
    assert.equal(await s.page.evaluate(() => window.__pointers), 0, `${s.name} was touched by a pointer`);
    assert.deepEqual(s.faults, [], `${s.name} met faults`);
  }
});
