// The vault through the real gateway over its own TLS, with real accounts, real companions and Chromium's virtual authenticators: from a judge's pairing to an
// opening by two and a key that was lost. What a small gateway tells more closely is in vault.test.mjs and hostile.test.mjs.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { waitFor } from './demo.mjs';
import { Person, startCourt } from './persons.mjs';
import { companionBinary, makeRecovery, startCompanion, VaultSeat } from './vault.mjs';

const roles = ['judge', 'prosecutor', 'investigator'];
const person = { name: 'Mərcan Ələkbərova', birth: '12.04.1999, Şəki', address: 'Şəki, Dağ küçəsi 7', documents: 'AZE 1234567', relatives: 'ana: Gövhər', text: 'gizli qeyd' };
let court, browser, recovery, tls;
const people = {}, seats = {}, companions = [], codes = {};

/** A companion for a person, over TLS to the gateway's own certificate, paired by the code that her own page at the gateway shows. */
async function seatOf(role) {
  const companion = await startCompanion(tls, { args: ['-gateway-cert', join(court.data, 'data', 'gateway.crt')] });
  companions.push(companion);
  const seat = await VaultSeat.open(browser, role, companion.link);
  await seat.pair(await pairingCode(role));
  return seat;
}

async function pairingCode(role) {
  const { page } = people[role];
  await page.goto(`${court.url}/vault`);
  await page.locator('[data-act="pair.code"]').click();
  return waitFor(`${role} is shown a pairing code`, () => page.locator('[data-pair]').getAttribute('data-pair', { timeout: 500 }).catch(() => null));
}

before(async () => {
  companionBinary();
  recovery = makeRecovery();
  [court, browser] = await Promise.all([startCourt(), launch()]);
  tls = `https://127.0.0.1:${/listen = "127\.0\.0\.1:(\d+)"/.exec(readFileSync(court.config, 'utf8'))[1]}`;
  const administrator = await Person.open(browser, 'administrator', court.url);
  await administrator.claim(court.links.administrators[0].code, { name: 'Nərmin Qasımova', login: 'n.qasimova' });
  for (const role of roles) {
    const made = await administrator.askTouched('POST', '/api/people', { name: `Şəxs ${role}`, login: `${role}.baku`, roles: [role] });
    assert.equal(made.status, 201, JSON.stringify(made));
    people[role] = await Person.open(browser, role, court.url);
    await people[role].claim(made.body.code);
  }
}, { timeout: 240_000 });
after(async () => { await browser?.close(); await Promise.all(companions.map((c) => c.stop())); await court?.stop(); });

test('each pairs a companion by a touch at the gateway, and makes a key there', { timeout: 240_000 }, async () => {
  for (const role of roles) {
    seats[role] = await seatOf(role);
    codes[role] = (await seats[role].makeKey(role === 'prosecutor' ? { passphrase: 'dörd söz bir yerdə' } : {})).code;
    const shown = (await people[role].ask('GET', '/api/vault/companion')).body.companion;
    assert.equal(shown.sha256, companions.at(-1).sha256, 'the gateway records another page than the companion says');
  }
});

test('the gateway\'s own page gets no ciphertext and takes no key: that is for a companion', { timeout: 60_000 }, async () => {
  const answer = await people.judge.ask('POST', '/api/vault/keys', { card: { recipient: 'age1x', verify: '' } });
  assert.deepEqual([answer.status >= 400, answer.body.code], [true, 'companion_required']);
  await people.judge.page.goto(`${court.url}/vault`);
  await people.judge.page.locator('[data-act="pair.code"]').waitFor();
  assert.equal(await people.judge.page.locator('[data-act="key.new"]').count(), 0, 'the page offers a key without a companion');
  const administrator = await Person.open(browser, 'nobody', court.url);
  await administrator.page.goto(`${court.url}/vault`);
  assert.equal((await administrator.ask('GET', '/api/vault/state')).status, 401);
  await administrator.context.close();
});

test('codes are typed, the recovery pair is confirmed by a judge and a prosecutor, and a person is sealed', { timeout: 240_000 }, async () => {
  for (const role of roles) {
    await seats[role].look();
    for (const other of roles) if (other !== role) assert.equal(await seats[role].pin(codes[other], other, other), null, `${role} pins ${other}`);
  }
  const told = recovery.sheets.map((s) => s.code);
  for (const role of ['judge', 'prosecutor']) { await seats[role].look(); await seats[role].recovery(recovery.file, told); await seats[role].fine(`recovery by the ${role}`); }
  await seats.investigator.look();
  for (const i of [0, 1]) assert.equal(await seats.investigator.pin(told[i], `sheet ${i + 1}`, `recovery${i + 1}`), null);
  assert.equal(await seats.investigator.protect(person), null);
});

test('an order, two halves by two keys, and the judge reads; a stranger to the order does not', { timeout: 240_000 }, async () => {
  await seats.judge.look();
  await seats.judge.order({ reader: 'I myself' });
  assert.equal(await seats.judge.release(), null);
  assert.equal(await seats.prosecutor.release(), null);
  assert.equal(await seats.judge.read(), null);
  assert.deepEqual(await seats.judge.reading(), person);
  await seats.judge.press('reading.close');
  await seats.judge.press('opening.end');
  await seats.judge.fine('ending');
  const { openings } = (await people.prosecutor.ask('GET', '/api/vault/openings')).body;
  assert.deepEqual(openings.map((o) => [o.state, o.read, o.released.length]), [['over', 'yes', 2]]);
});

test('stopped by the prosecutor at once: nothing can be read any more', { timeout: 240_000 }, async () => {
  await seats.judge.order({ reader: 'I myself' });
  assert.equal(await seats.judge.release(), null);
  assert.equal(await seats.prosecutor.release(), null);
  await seats.judge.look(); // the judge's page still offers to read
  await seats.prosecutor.press('opening.stop');
  await seats.prosecutor.fine('stopping');
  await seats.judge.actUnlocked('opening.read');
  assert.equal(await seats.judge.fault(), 'opening_over');
  assert.equal(await seats.judge.reading(), null);
});

test('a lost key: the half goes from the recovery sheet to the new key, and two open again', { timeout: 240_000 }, async () => {
  await seats.judge.close();
  seats.judge = await seatOf('judge'); // another machine: no keyring, no passkey
  await seats.judge.press('key.lost');
  await seats.judge.fine('reporting the loss');
  codes.judge = (await seats.judge.makeKey()).code;
  for (const role of ['prosecutor', 'investigator']) {
    assert.equal(await seats.judge.pin(codes[role], role, role), null);
    await seats[role].look();
    assert.equal(await seats[role].pin(codes.judge, 'judge', 'judge'), null);
  }
  await seats.judge.look();
  await seats.judge.act('reseal.paper').click();
  await seats.judge.field('paper').fill(recovery.sheets[0].groups);
  await seats.judge.actUnlocked('reseal.go');
  await seats.judge.fine('sealing anew');
  await seats.judge.order({ reader: 'I myself' });
  assert.equal(await seats.judge.release(), null);
  assert.equal(await seats.prosecutor.release(), null);
  assert.equal(await seats.judge.read(), null);
  assert.equal((await seats.judge.reading()).name, person.name);
  await seats.judge.press('reading.close');
  await seats.judge.press('opening.end');
});

test('no file of the gateway holds a name, in any of the forms in which one could stand there', () => {
  const forms = (p) => [p, JSON.stringify(p).slice(1, -1), encodeURIComponent(p), Buffer.from(p).toString('base64').replace(/=+$/, ''), Buffer.from(p).toString('hex'), Buffer.from(p, 'utf16le').toString('latin1')];
  const files = readdirSync(court.data, { recursive: true }).map((f) => join(court.data, f)).filter((f) => statSync(f).isFile());
  const all = files.map((f) => readFileSync(f)), errors = Buffer.from(court.errors());
  assert.ok(files.length > 3 && all.some((b) => b.includes('age-encryption.org') || b.includes(Buffer.from('age-encryption.org').toString('base64').slice(0, 20))), 'no ciphertext is found: this search would find nothing');
  for (const p of Object.values(person)) for (const f of forms(p)) for (const b of [...all, errors]) assert.ok(!b.includes(Buffer.from(f, 'latin1')) && !b.includes(Buffer.from(f)), `${p} stands at the gateway`);
  for (const seat of Object.values(seats)) assert.deepEqual(seat.faults, [], seat.name);
});
