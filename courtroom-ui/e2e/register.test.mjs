// The register of incidents through the account's page, against the real gateway with accounts: a lawyer files out of court (and once while the gateway is away), the judge
// finds it, the request's clock is seen, a file is attached and its copy shown, a referral's sheet is taken, and the statistics say what they hold back.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { launch, shots } from './browser.mjs';
import { waitFor } from './demo.mjs';
import { Person, startCourt } from './persons.mjs';

const names = { judge: 'Rauf Əliyev', clerk: 'Günel İsmayılova', lawyer: 'Aytən Rzayeva', defence: 'Samir Həsənov' };
const roles = { judge: 'judge', clerk: 'court_clerk', lawyer: 'victims_lawyer', defence: 'defence_counsel' };
const planted = 'Quliyeva Ana, Nizami küçəsi 5';
const body = `
[[referral.body]]
id = "iaqmi"
name_az = "İnsan Alverinə Qarşı Mübarizə Baş İdarəsi"
name_en = "Main Department on Combating Trafficking in Human Beings"
name_ru = "Главное управление по борьбе с торговлей людьми"
telephone = "+994 12 000 00 00"
`;

let court, browser;
const people = {};
before(async () => {
  court = await startCourt({ more: body });
  browser = await launch();
  for (const name of ['administrator', ...Object.keys(names)]) people[name] = await Person.open(browser, name, court.url);
  const { administrator } = people;
  await administrator.claim(court.links.administrators[0].code, { name: 'Nərmin Qasımova', login: 'n.qasimova' });
  await administrator.goTo('people');
  for (const key of Object.keys(names)) {
    await administrator.act('people.enrol.open').click();
    await administrator.fill('enrol', { name: names[key], login: `${key}.baku`, [`role-${roles[key]}`]: true });
    await administrator.act('people.enrol').click();
    await administrator.touch();
    await people[key].claim(await administrator.once('person'));
  }
}, { timeout: 400_000 });
after(async () => { await browser?.close(); await court?.stop(); });

const baku = (ms) => { const d = new Date(ms + 4 * 3_600_000); const two = (n) => String(n).padStart(2, '0'); return `${two(d.getUTCDate())}.${two(d.getUTCMonth() + 1)}.${d.getUTCFullYear()} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`; };
const source = 'Təqsirləndirilən şəxsin qardaşı';
const dialogAnswer = async (person, values = {}) => {
  for (const [name, value] of Object.entries(values)) {
    const field = person.page.locator(`dialog[open] [name="${name}"]`);
    if (await field.evaluate((e) => e.tagName) === 'SELECT') await field.selectOption(value); else await field.fill(value);
  }
  await person.act('dialog.go').click();
};
/** Files by the form; what is shown as saved is in the register. */
async function file(person, values) {
  await person.goTo('incidents');
  await person.act('incident.new').click();
  await person.fill('incident', { kind: 'contact_outside', when: baku(Date.now() - 3_600_000), endangered: 'relative', pseudonym: 'Lalə', note: 'Anasına zəng edilib.', source, ...values });
  await person.act('incident.file').click();
}
const savedId = async (person) => { const link = person.act('filing.open'); await link.waitFor(); return link.getAttribute('data-id'); };
async function open(person, id) {
  await person.goTo('incidents');
  await person.page.goto(`${court.url}/account#incidents/${id}`);
  await person.page.locator('[data-event="incident.filed"]').waitFor();
}
const whole = async (person, id) => (await person.ask('GET', `/api/incidents/${id}`)).body;

let first, second;
test('a victim’s lawyer files an incident out of court; it is shown as saved when the register has it', async () => {
  const { lawyer } = people;
  await file(lawyer, {});
  first = await savedId(lawyer);
  const i = await whole(lawyer, first);
  assert.equal(i.origin, 'filed');
  assert.equal(i.by.mine, true);
  assert.equal(await lawyer.page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('parda.filings')).length), 0, 'what is saved still lies in the browser');
});

test('an empty form says what is missing and sends nothing', async () => {
  const { lawyer } = people;
  await lawyer.goTo('incidents');
  await lawyer.act('incident.new').click();
  await lawyer.act('incident.file').click();
  assert.equal(await lawyer.page.locator('[data-form="incident"] .field-error').count(), 3);
});

test('a report filed while the gateway is away is kept over a reload, is shown as saving, and arrives once', async () => {
  const { lawyer } = people;
  await lawyer.goTo('incidents');
  await lawyer.page.route('**/api/incidents', (route) => (route.request().method() === 'POST' ? route.abort() : route.continue()));
  await file(lawyer, { note: 'Evin qarşısında gözləyiblər.', kind: 'look', source: 'təqsirləndirilən şəxsin qardaşi' });
  const pending = lawyer.page.locator('[data-pending][data-state="saving"]');
  await pending.waitFor();
  const key = await pending.getAttribute('data-pending');
  await lawyer.page.reload();
  await lawyer.page.locator(`[data-pending="${key}"][data-state="saving"]`).waitFor();
  await lawyer.page.unroute('**/api/incidents');
  await lawyer.act('filing.again').click();
  second = await savedId(lawyer);
  const again = await lawyer.ask('POST', '/api/incidents', { key, kind: 'look', when: new Date(Date.now() - 60_000).toISOString(), endangered: 'relative', note: 'x' });
  assert.deepEqual([again.status, again.body.id], [200, second], 'the same key files twice');
});

test('whoever has no part in an incident is not told that it is there', async () => {
  const { defence, clerk } = people;
  await defence.goTo('incidents');
  await defence.page.locator('[data-screen="account"] .empty').waitFor();
  assert.equal((await defence.ask('GET', `/api/incidents/${first}`)).status, 404);
  assert.equal((await defence.ask('POST', '/api/incidents', { key: 'k', kind: 'look', when: new Date().toISOString(), endangered: 'other', note: 'x' })).status, 403);
  assert.equal((await clerk.ask('POST', `/api/incidents/${first}/rulings`, { ruling: 'dismiss', reason: 'x' })).status, 403);
});

test('the lawyer asks for protection; the clerk enters the receipt, and the clock is seen by both', async () => {
  const { lawyer, clerk } = people;
  await open(lawyer, first);
  await lawyer.act('request.open').click();
  await lawyer.fill('request', { 'measure-no_contact': true, 'measure-relatives': true, other: 'Nömrənin dəyişdirilməsi' });
  await lawyer.act('request.file').click();
  await lawyer.page.locator('[data-request][data-phase="filed"]').waitFor();

  await clerk.goTo('protection');
  await clerk.page.locator('[data-owed][data-urgency="waiting"]').waitFor();
  await clerk.act('incident.open', '[data-owed]').click();
  await clerk.act('request.receive').click();
  await dialogAnswer(clerk);
  await clerk.page.locator('[data-request][data-phase="received"] [data-clock-left]').waitFor();
  for (const [step, hours] of [['warn', '48'], ['warn', '66'], ['overrun', '72']]) {
    assert.equal(await clerk.page.locator(`[data-step="${step}"][data-hours="${hours}"]`).getAttribute('data-state'), 'ahead', `${step} ${hours}`);
  }
  assert.equal(await clerk.page.locator('[data-step="court_route"]').count(), 1);
  const [request] = (await whole(clerk, first)).requests;
  assert.equal(Date.parse(request.due) - Date.parse(request.received), 72 * 3_600_000);
  assert.deepEqual(request.measures, ['no_contact', 'relatives', 'Nömrənin dəyişdirilməsi']);
  assert.equal(await clerk.act('request.decide').count(), 1);
  assert.equal(await lawyer.act('request.receive').count(), 0, 'a lawyer is offered to start the clock');
  await clerk.page.screenshot({ path: join(shots, 'register-clock.png'), fullPage: true });
});

test('a time to come, and one that is none, start no clock', async () => {
  const { clerk } = people;
  await open(clerk, first);
  await clerk.act('request.decide').click();
  await dialogAnswer(clerk, { at: 'sabah', granted: 'no', reason: 'x' });
  await clerk.page.locator('[data-notice="refused.time_unreadable"]').waitFor();
  await clerk.act('request.decide').click();
  await dialogAnswer(clerk, { at: baku(Date.now() + 86_400_000), granted: 'no', reason: 'x' });
  await clerk.page.locator('[data-notice="refused.at_wrong"]').waitFor();
  assert.equal((await whole(clerk, first)).requests[0].decided, undefined);
});

test('a refusal, the service of its copy and the days to complain stand on the line', async () => {
  const { judge } = people;
  await open(judge, first);
  await judge.act('request.decide').click();
  await dialogAnswer(judge, { granted: 'no', reason: 'Təhlükə konkret göstərilməyib.' });
  await judge.page.locator('[data-request][data-phase="refused"]').waitFor();
  await judge.act('request.serve').click();
  await dialogAnswer(judge);
  await judge.page.locator('[data-request][data-phase="served"] [data-step="complaint_end"][data-state="ahead"]').waitFor();
  assert.equal(await judge.act('request.complain').count(), 1);
});

test('the judge finds it by words, kind and month, rules on it, and two incidents of one source are joined by a person alone', async () => {
  const { judge } = people;
  await judge.goTo('incidents');
  const lines = judge.page.locator('[data-incident]');
  await waitFor('both incidents are listed', async () => (await lines.count()) === 2);
  await judge.fill('register', { q: 'qardasi' });
  await judge.act('register.find').click();
  await waitFor('the search folds Azerbaijani letters', async () => (await lines.count()) === 2);
  await judge.fill('register', { kind: 'look' });
  await waitFor('the kind narrows', async () => (await lines.count()) === 1);
  await judge.act('register.clear').click();
  await waitFor('the filter is given up', async () => (await lines.count()) === 2);

  await open(judge, second);
  await judge.act('incident.rule.enter').click();
  await dialogAnswer(judge, { reason: 'Faktlar uyğundur.' });
  await judge.page.locator('[data-ruling="enter"]').waitFor();
  assert.equal((await whole(judge, second)).source_id, undefined, 'the machine has joined two sources');
  await judge.act('source.alike').click();
  await judge.act('source.same', `[data-alike="${first}"]`).click();
  await judge.page.locator('[data-seen="2"]').waitFor();
  const [a, b] = [await whole(judge, first), await whole(judge, second)];
  assert.equal(a.source_id, b.source_id);
  await judge.act('source.show').click();
  await judge.page.locator('[data-source]').waitFor();
  await waitFor('both are listed under the source', async () => (await lines.count()) === 2);
  await judge.page.screenshot({ path: join(shots, 'register-judge.png'), fullPage: true });
});

// A PNG of one pixel with a text chunk that names somebody: what a telephone writes into its pictures.
function namedPicture() {
  const crc = (bytes) => { let c = ~0; for (const b of bytes) { c ^= b; for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (c & 1 ? 0xedb88320 : 0); } return ~c >>> 0; };
  const chunk = (type, data) => { const all = Buffer.concat([Buffer.from(type), data]); const out = Buffer.alloc(all.length + 8); out.writeUInt32BE(data.length); all.copy(out, 4); out.writeUInt32BE(crc(all), all.length + 4); return out; };
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const data = Buffer.from('789c63606060000000040001', 'hex'); // deflate of a filter byte and a black pixel
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('tEXt', Buffer.from(`Author\0${planted}`, 'latin1')), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

test('a file is attached without its name and hashed as it came; the page shows the copy alone', async () => {
  const { lawyer } = people;
  await open(lawyer, first);
  const text = Buffer.from('İfadə verməsin.\n');
  const own = createHash('sha256').update(text).digest('hex');
  const heard = [];
  lawyer.page.on('request', (r) => { if (r.url().includes('/attachments')) heard.push(JSON.stringify(r.headers()) + r.url()); });
  await lawyer.page.locator('[name="attachment"]').setInputFiles({ name: `${planted}.txt`, mimeType: 'text/plain', buffer: text });
  await lawyer.act('incident.attach').click();
  assert.equal((await lawyer.page.locator('[data-notice="attached"] .hash').innerText()).trim(), own);
  assert.ok(heard.length > 0 && heard.every((h) => !/Quliyeva|Nizami/.test(decodeURIComponent(h))), 'the file’s name went along');
  await lawyer.page.locator('[name="attachment"]').setInputFiles({ name: `${planted}.png`, mimeType: 'image/png', buffer: namedPicture() });
  await lawyer.act('incident.attach').click();
  await waitFor('both stand in the list', async () => (await lawyer.page.locator('[data-evidence]').count()) === 2);
  const text1 = (await whole(lawyer, first)).evidence.find((e) => e.sha256 === own);
  await lawyer.act('evidence.copy', `[data-evidence="${text1.evidence}"]`).click();
  assert.match(await lawyer.page.locator('[data-shown="text"]').innerText(), /İfadə verməsin/);
});

test('without agreement nothing is referred; with it the sheet is made, taken as PDF and JSON, handed over and acknowledged', async () => {
  const { lawyer, judge } = people;
  await open(judge, first);
  await judge.act('referral.open').click();
  await judge.act('referral.go').click();
  await judge.page.locator('[data-form="referral"] .field-error').waitFor();
  assert.equal((await whole(judge, first)).referrals.length, 0);

  await open(lawyer, first);
  await lawyer.act('incident.agree').click();
  await dialogAnswer(lawyer, { by: 'person' });
  await lawyer.page.locator('[data-agreement="true"]').waitFor();

  await open(judge, first);
  await judge.act('referral.open').click();
  await judge.fill('referral', { way: 'file', lang: 'az' });
  await judge.page.locator('[data-sheet]').waitFor();
  assert.match(await judge.page.locator('[data-sheet]').innerText(), /Lalə/);
  await judge.act('referral.go').click();
  const sent = judge.page.locator('[data-referral]').first();
  await sent.waitFor();
  const take = async (act) => { const [download] = await Promise.all([judge.page.waitForEvent('download'), judge.act(act).click()]); return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }; };
  const pdf = await take('referral.pdf');
  assert.equal(pdf.bytes.subarray(0, 5).toString(), '%PDF-');
  assert.doesNotMatch(pdf.name, /Lal|Rauf|Ayt/);
  const json = await take('referral.json');
  const sheet = json.bytes.toString();
  assert.ok(sheet.includes('Lalə') && !sheet.includes('Quliyeva') && !sheet.includes(names.lawyer));
  await judge.act('referral.sent').click();
  await judge.page.locator('[data-referral][data-state="sent"]').waitFor();
  await judge.act('referral.acknowledged').click();
  await dialogAnswer(judge, { reference: '14/882' });
  await judge.page.locator('[data-referral][data-state="acknowledged"]').waitFor();
  await judge.page.screenshot({ path: join(shots, 'register-referral.png'), fullPage: true });
});

test('statistics say what they hold back; nothing of one quarter that goes on is published', async () => {
  const { judge } = people;
  await judge.goTo('statistics');
  await judge.page.locator('[data-notice="meaning"]').waitFor();
  const answer = (await judge.ask('GET', '/api/statistics?from=2026Q1&to=2026Q4')).body;
  for (const c of answer.cells) assert.ok(c.suppressed ? c.n === null : c.n >= answer.k, JSON.stringify(c));
  const [csv] = await Promise.all([judge.page.waitForEvent('download'), judge.act('statistics.csv').click()]);
  const text = readFileSync(await csv.path()).toString();
  assert.match(text.split('\n')[0], /quarter/);
  assert.doesNotMatch(text, /Lalə|qardaş/);
});

test('the pages with real data keep to WCAG 2.2 AA and are worked by the keyboard', async () => {
  const { judge } = people;
  const wrong = [];
  for (const part of ['incidents', `incidents/${first}`, 'protection', 'statistics']) {
    await judge.page.goto(`${court.url}/account#${part}`);
    await judge.page.locator('main h1').waitFor();
    await judge.page.waitForTimeout(300);
    // The page's own policy lets no script in but its own: the tool is put in beside it, as a browser's extension is.
    const cdp = await judge.page.context().newCDPSession(judge.page);
    await cdp.send('Runtime.evaluate', { expression: axe.source });
    const { result } = await cdp.send('Runtime.evaluate', { awaitPromise: true, returnByValue: true, expression: `axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }, resultTypes: ['violations'] }).then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ' ' + n.target.join(' '))))` });
    wrong.push(...result.value.map((v) => `${part}: ${v}`));
  }
  assert.deepEqual(wrong, []);
  await judge.page.goto(`${court.url}/account#incidents`);
  await judge.page.locator('[data-incident]').first().waitFor();
  const link = judge.page.locator('[data-act="incident.open"]').first();
  await link.focus();
  await judge.page.keyboard.press('Enter');
  await judge.page.locator('[data-event="incident.filed"]').waitFor();
  assert.equal(await judge.page.evaluate(() => document.activeElement?.id), 'main', 'the focus stays behind when a part opens');
});

test('no page met a fault', () => { for (const p of Object.values(people)) assert.deepEqual(p.faults, [], p.name); });
