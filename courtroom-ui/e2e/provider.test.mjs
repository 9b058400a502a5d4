// The ministry's provider in Chromium, from another site and back: what SameSite, Fetch Metadata and the isolation of our pages make of it in a real browser.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { configure, missing, signInThere, startProvider } from './glewlwyd.mjs';
import { Person, startCourt } from './persons.mjs';

const skip = missing() || false;
let court, provider, browser, clerk;
before(async () => {
  if (skip) return;
  provider = await startProvider();
  court = await startCourt({ origin: true, more: provider.settings });
  browser = await launch();
  clerk = await Person.open(browser, 'administrator', court.url, { ignoreHTTPSErrors: true });
  const helper = await clerk.context.newPage();
  await configure(helper, provider, `${court.url}/api/account/provider/back`);
  await helper.close();
}, { timeout: 180_000 });
after(async () => { await browser?.close(); await court?.stop(); provider?.stop(); });

const home = async () => { await clerk.page.waitForURL((u) => u.origin === court.url && u.pathname === '/account', { timeout: 60_000 }); return new URL(clerk.page.url()).hash; };

test('whom the ministry knows and the court does not is told so in words', { skip }, async () => {
  await clerk.page.goto(`${court.url}/account`, { waitUntil: 'commit' });
  await clerk.act('signin.provider').click();
  await signInThere(clerk.page, provider);
  await home();
  assert.equal((await clerk.ask('GET', '/api/account/me')).status, 401);
});

test('a person who is signed in links herself, and her session is still there when she is back', { skip }, async () => {
  await clerk.claim(court.links.administrators[0].code, { name: 'Nərmin Qasımova', login: 'n.qasimova' });
  await clerk.goTo('own');
  await clerk.act('provider.link').click();
  await signInThere(clerk.page, provider);
  await home();
  const me = (await clerk.ask('GET', '/api/account/me')).body;
  assert.deepEqual([me.person.name, me.provider, me.session.how], ['Nərmin Qasımova', true, 'passkey']);
});

test('signed out, she comes in by the provider alone', { skip }, async () => {
  const out = await clerk.ask('POST', '/api/account/sign-out', {});
  assert.deepEqual([out.status, out.body.to ?? ''], [200, ''], 'a sign-in by passkey ends at home');
  await clerk.page.goto(`${court.url}/account`, { waitUntil: 'commit' });
  await clerk.act('signin.provider').click();
  await signInThere(clerk.page, provider);
  await home();
  const me = (await clerk.ask('GET', '/api/account/me')).body;
  assert.deepEqual([me.person.name, me.session.how], ['Nərmin Qasımova', 'provider']);
});

test('another site’s link with an answer of its own signs nobody in and out', { skip }, async () => {
  const page = await clerk.context.newPage();
  await page.goto(`${provider.url}/login.html`, { waitUntil: 'commit' });
  await page.evaluate((to) => { location.href = to; }, `${court.url}/api/account/provider/back?code=stolen&state=x`);
  await page.waitForURL((u) => u.origin === court.url && u.pathname === '/account');
  await page.close();
  assert.equal((await clerk.ask('GET', '/api/account/me')).body.session.how, 'provider', 'her own session is as it was');
  const elsewhere = await clerk.context.newPage();
  await elsewhere.goto(`${provider.url}/login.html`, { waitUntil: 'commit' });
  const [answer] = await Promise.all([
    elsewhere.waitForResponse((r) => r.url().endsWith('/api/account/provider/start')),
    elsewhere.evaluate((to) => { location.href = to; }, `${court.url}/api/account/provider/start`),
  ]);
  assert.equal(answer.status(), 403, 'a round is begun by our own pages alone');
  await elsewhere.close();
});

test('signed in by the provider, she is sent there to sign out too', { skip }, async () => {
  const out = await clerk.ask('POST', '/api/account/sign-out', {});
  assert.equal(out.status, 200);
  assert.ok(out.body.to.startsWith(`${provider.url}/api/oidc/end_session?`), out.body.to);
  assert.equal((await clerk.ask('GET', '/api/account/me')).status, 401);
  assert.deepEqual(clerk.faults, []);
});
