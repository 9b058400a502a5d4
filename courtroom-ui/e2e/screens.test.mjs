// Every example screen in three languages, looked at in real Chromium: axe (WCAG 2.2 AA), targets of at least 44 by 44 px, nothing
// cut off or outside the window, and forced colours in which text and states can still be told apart.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import axe from 'axe-core';
import { shots } from './browser.mjs';
import { large, openExamples, small } from './examples.mjs';

const langs = ['az', 'en', 'ru'];
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const target = 44; // px: a finger, or a hand that shakes
const alsoLarge = ['judge-live', 'judge-desk', 'judge-ruling', 'judge-duress', 'judge-emergency', 'judge-flagform', 'clerk-desk', 'lawyer-flagform', 'defence-put', 'judge-order', 'judge-measures', 'judge-respeak', 'clerk-live', 'defence-live', 'screen-live', 'gallery-closed', 'kiosk-live', 'kiosk-emergency', 'kiosk-clear-room', 'account-signin', 'account-hearings', 'account-own', 'account-people', 'account-invite', 'account-devices', 'account-audit', 'account-stepup', 'account-register', 'account-incident', 'account-incident-refer', 'account-protection', 'account-statistics'];

let examples;
before(async () => {
  examples = await openExamples();
  await examples.page.evaluate(axe.source);
}, { timeout: 60_000 });
after(() => examples?.close());

/** One line for each element that breaks a rule: the rule, the element's selector, and what axe says of it. */
async function violations() {
  const found = await examples.page.evaluate(async (values) => {
    const { violations: all } = await window.axe.run(document, { runOnly: { type: 'tag', values }, resultTypes: ['violations'] });
    return all.map((v) => ({ id: v.id, nodes: v.nodes.map((n) => ({ target: n.target.join(' '), why: n.failureSummary })) }));
  }, tags);
  return found.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target}: ${n.why.split('\n').slice(1).map((l) => l.trim()).join('; ')}`));
}

/** Buttons, links and fields that can be seen and are smaller than a finger. A box to tick is as large as its label. */
const tooSmall = () => examples.page.evaluate((least) => {
  const nameOf = (e) => `${e.tagName.toLowerCase()}${e.dataset.act ? `[data-act=${e.dataset.act}]` : ''}${e.className ? `.${String(e.className).trim().replaceAll(' ', '.')}` : ''} "${(e.innerText || e.value || '').trim().slice(0, 30)}"`;
  return [...document.querySelectorAll('button, a[href], summary, input, select, textarea, [role="button"], [role="link"], [role="switch"]')].flatMap((e) => {
    const seen = e.matches('[type="checkbox"], [type="radio"]') ? e.closest('label') ?? e : e;
    if (!seen.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
    const { width, height } = seen.getBoundingClientRect();
    return width >= least - 0.5 && height >= least - 0.5 ? [] : [`${nameOf(e)} is ${width.toFixed(0)} by ${height.toFixed(0)}`];
  });
}, target);

const wider = () => examples.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

/** Words that a box cuts off: it hides what does not fit, and something does not. Where one can scroll nothing is lost. */
const clipped = () => examples.page.evaluate(() => [...document.querySelectorAll('#app *')].flatMap((e) => {
  if (e.matches('svg, svg *, .visually-hidden, video, select') || !e.checkVisibility({ visibilityProperty: true }) || e.innerText?.trim() === '') return [];
  const { overflowX, overflowY } = getComputedStyle(e);
  const hides = (o) => o === 'hidden' || o === 'clip';
  const cut = (hides(overflowX) && e.scrollWidth > e.clientWidth + 1) || (hides(overflowY) && e.scrollHeight > e.clientHeight + 1);
  return cut ? [`${e.tagName.toLowerCase()}.${String(e.className).trim().replaceAll(' ', '.')} cuts off "${e.innerText.trim().slice(0, 60)}"`] : [];
}));

/** Words and controls that reach over the edge of the window, where nothing scrolls to them. */
const outside = () => examples.page.evaluate(() => [...document.querySelectorAll('#app button, #app a, #app p, #app dd, #app dt, #app h1, #app h2, #app textarea')].flatMap((e) => {
  if (e.closest('.visually-hidden') || !e.checkVisibility({ visibilityProperty: true })) return [];
  for (let at = e.parentElement; at; at = at.parentElement) if (/auto|scroll/.test(getComputedStyle(at).overflowY)) return [];
  const r = e.getBoundingClientRect();
  return r.width === 0 || (r.left >= -1 && r.top >= -1 && r.right <= innerWidth + 1 && r.bottom <= innerHeight + 1) ? [] : [`${e.tagName.toLowerCase()}.${e.className} "${e.innerText.trim().slice(0, 40)}" lies outside the window`];
}));

const wrong = async (name) => [...await violations(), ...await tooSmall(), ...await clipped(), ...await outside(), ...(await wider() ? ['the page is wider than the window'] : [])].map((v) => `${name}: ${v}`);

test('there is an example for every seat, and none is lost', () => {
  const missing = ['judge-live', 'judge-paused', 'judge-lost', 'judge-order', 'judge-measures', 'judge-measures-respeak', 'judge-respeak', 'judge-closing', 'judge-sealed', 'judge-desk', 'judge-ruling', 'judge-ruled', 'judge-dismissed', 'judge-flags', 'judge-duress', 'judge-emergency', 'judge-emergency-lost', 'judge-flagform', 'clerk-desk', 'clerk-flagform', 'lawyer-flagform', 'lawyer-flags', 'support-flagform', 'defence-put', 'interpreter-put', 'clerk-live', 'clerk-writing', 'clerk-guard', 'defence-live', 'lawyer-closed', 'interpreter-live', 'support-live',
    'screen-live', 'screen-paused', 'gallery-live', 'gallery-closed', 'plain-seat-taken', 'kiosk-enter', 'kiosk-rehearse', 'kiosk-recording', 'kiosk-consent', 'kiosk-waiting', 'kiosk-live', 'kiosk-respeak', 'kiosk-afraid', 'kiosk-lost', 'kiosk-emergency', 'kiosk-emergency-lost', 'kiosk-clear-room', 'kiosk-released',
    'account-signin', 'account-signin-ways', 'account-claim-first', 'account-claim-new', 'account-claim-recovery', 'account-hearings', 'account-own', 'account-people', 'account-people-enrol', 'account-person', 'account-person-self', 'account-devices', 'account-invitations', 'account-invite', 'account-audit', 'account-stepup', 'plain-signed-out'].filter((n) => !examples.names.includes(n));
  assert.deepEqual(missing, [], 'examples that are gone');
  assert.ok(examples.names.length >= 30, `only ${examples.names.length} examples`);
});

test('the checks of this file find what is planted', async () => {
  await examples.show('judge-live', 'az');
  await examples.page.evaluate(() => {
    const b = document.createElement('button');
    b.id = 'planted';
    b.style.cssText = 'width: 20px; height: 20px; padding: 0; color: #999; background: #aaa';
    const p = document.createElement('p');
    p.style.cssText = 'width: 20px; overflow: hidden; white-space: nowrap; position: fixed; left: -10px; top: 0';
    p.textContent = 'a line that does not fit';
    for (const e of [b, p]) { e.dataset.planted = ''; document.querySelector('#app').append(e); }
  });
  const found = [await violations(), await tooSmall(), await clipped(), await outside()];
  await examples.page.evaluate(() => document.querySelectorAll('[data-planted]').forEach((e) => e.remove()));
  assert.ok(found[0].some((v) => v.includes('#planted')), 'axe does not see a button without a name');
  assert.ok(found[1].some((v) => v.includes('20 by 20')), 'a button of 20 px is not found too small');
  assert.ok(found[2].some((v) => v.includes('does not fit')), 'a line that is cut off is not found');
  assert.ok(found[3].some((v) => v.includes('does not fit')), 'a line outside the window is not found');
});

for (const lang of langs) {
  test(`every screen in ${lang} keeps to WCAG 2.2 AA, has targets of ${target} px and fits 1366 by 768`, async () => {
    const found = [];
    for (const name of examples.names) {
      await examples.show(name, lang);
      assert.ok((await examples.page.innerText('#app')).trim() !== '', `${name} draws nothing`);
      found.push(...await wrong(name));
    }
    assert.equal(found.join('\n'), '');
  });
}

test('the screens keep to it at 1920 by 1080 too', async () => {
  const found = [];
  for (const name of alsoLarge) {
    await examples.show(name, 'az', large);
    found.push(...await wrong(name));
  }
  await examples.page.setViewportSize(small);
  assert.equal(found.join('\n'), '');
});

test('a dialog keeps to it', async () => {
  await examples.show('judge-live', 'az');
  await examples.page.locator('[data-act="testimony.release"]').click();
  await examples.page.locator('dialog[open]').waitFor();
  assert.equal((await wrong('dialog')).join('\n'), '');
  await examples.page.keyboard.press('Escape');
  await examples.page.locator('dialog').waitFor({ state: 'detached' });
});

// What opens by a press on the hearing's pages about a threat: each is looked at like a screen, in the language whose words are longest.
const opened = [
  ['judge-live', 'emergency.open', 'dialog[data-emergency-dialog]'], ['judge-ruling', 'flag.put', 'dialog[open]'], ['judge-ruling', 'flag.heard', 'dialog[open]'], ['judge-ruling', 'flag.request', 'dialog[open]'],
  ['judge-ruling', 'flag.evidence', '[data-evidence]'], ['judge-ruling', 'flag.rule.dismiss', 'dialog[open]'], ['judge-dismissed', 'flag.open', '[data-act="flag.reopen"]'], ['judge-flags', 'group.open', '[data-act="group.dismiss"]'],
  ['judge-desk', 'protection.granted', 'dialog[open]'], ['lawyer-flagform', 'flagform.more', '[name="attachment"]'], ['support-flagform', 'flagform.more', '[name="concerns"]'], ['clerk-desk', 'flag.open', '[data-open]'], ['judge-live', 'person.more', '[data-act="seat.take_stop"]'],
];
test('what opens about a threat keeps to it, in Russian and in Azerbaijani', async () => {
  const found = [];
  for (const lang of ['az', 'ru']) {
    for (const [name, act, what] of opened) {
      await examples.show(name, lang);
      // A person's row is not opened for every seat; the first that can be taken a stop from is.
      const at = act === 'person.more' ? '[data-seat="support"] [data-act="person.more"]' : `[data-act="${act}"]`;
      await examples.page.locator(at).first().click();
      await examples.page.locator(what).first().waitFor({ timeout: 5_000 });
      found.push(...(await wrong(`${name} ${act} ${lang}`)));
      if (process.env.SHOTS) await examples.page.screenshot({ path: join(shots, `${name}-${act}-${lang}.png`) });
    }
  }
  assert.equal(found.join('\n'), '');
});

/** The visible words whose colour is that of what lies under them. */
const invisibleWords = () => examples.page.evaluate(() => {
  const opaque = (c) => c !== 'transparent' && !/, 0\)$|\/ 0\)$/.test(c);
  const ground = (e) => { for (let at = e; at; at = at.parentElement) { const c = getComputedStyle(at).backgroundColor; if (opaque(c)) return c; } return 'rgb(255, 255, 255)'; };
  const words = [...document.querySelectorAll('#app *')].filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim() !== '') && e.checkVisibility({ visibilityProperty: true }));
  return { count: words.length, lost: words.filter((e) => getComputedStyle(e).color === ground(e)).map((e) => `${e.tagName.toLowerCase()}.${e.className} "${e.innerText.slice(0, 30)}"`) };
});

/** How an element would look if colours of its own did not count: what forced colours leave. */
const looks = (selector) => examples.page.locator(selector).first().evaluate((e) => {
  const s = getComputedStyle(e);
  return [s.borderTopWidth, s.borderTopStyle, s.borderTopColor, s.backgroundColor, s.color, s.fontWeight, s.textDecorationLine].join(' ');
});

test('forced colours leave every word visible and every state distinguishable', async () => {
  await examples.page.emulateMedia({ forcedColors: 'active' });
  try {
    for (const name of examples.names) {
      await examples.show(name, 'az');
      const { count, lost } = await invisibleWords();
      assert.ok(count > 0, `${name}: no words at all`);
      assert.deepEqual(lost, [], `${name}: words in the colour of their ground`);
    }
    await examples.show('judge-live', 'az');
    await examples.page.screenshot({ path: join(shots, 'forced-colors-judge.png') });
    assert.notEqual(await looks('.state-live'), await looks('.state-ok'), 'live looks like any other state');
    assert.notEqual(await looks('.choice[aria-pressed="true"]'), await looks('.choice[aria-pressed="false"]'), 'the chosen kind looks like the others');
    assert.notEqual(await looks('.languages [aria-pressed="true"]'), await looks('.languages [aria-pressed="false"]'), 'the chosen language looks like the others');
    await examples.show('judge-order', 'az');
    assert.notEqual(await looks('.button[aria-disabled="true"]'), await looks('.button:not([aria-disabled])'), 'an act that is unavailable looks like one that is');
    await examples.show('judge-ruled', 'az');
    await examples.page.locator('[data-flag="f7"] [data-act="flag.open"]').click();
    assert.notEqual(await looks('.effects [data-holds="true"] p'), await looks('.effects > li:not([data-holds]) p, .effects [data-holds="false"] p'), 'a ruling that holds looks like one that is over');
    await examples.show('kiosk-consent', 'az');
    assert.notEqual(await looks('.kiosk-choice[aria-pressed="true"]'), await looks('.kiosk-choice[aria-pressed="false"]'), 'the chosen answer looks like the others');
    await examples.show('account-hearings', 'az');
    assert.notEqual(await looks('.account-link[aria-current="page"]'), await looks('.account-link:not([aria-current])'), 'the part that is open looks like the others');
    await examples.show('kiosk-live', 'az');
    await examples.page.screenshot({ path: join(shots, 'forced-colors-kiosk.png') });
  } finally { await examples.page.emulateMedia({ forcedColors: 'none' }); }
});

test('no page met a fault', () => assert.deepEqual(examples.faults, []));
