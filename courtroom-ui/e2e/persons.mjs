// People with accounts, each with a browser and an authenticator of their own (the DevTools protocol's WebAuthn domain), and a court whose seats are filled by
// invitation. Acts go through the page's own buttons.
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, freePort, start, root, waitFor } from './demo.mjs';

const authenticator = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };

/** `gateway serve` as a court runs it: people have accounts, and the seats are theirs. */
export async function startCourt({ data = folder('court'), more = '', origin = false } = {}) {
  const [local, tls, media] = [await freePort(), await freePort(), await freePort()];
  const config = join(data, 'gateway.toml');
  writeFileSync(config, `data = ${JSON.stringify(join(data, 'data'))}
[http]
local = "127.0.0.1:${local}"
listen = "127.0.0.1:${tls}"
${origin ? `origin = "http://localhost:${local}"` : ''}
[media]
udp = "127.0.0.1:${media}"
tcp = "127.0.0.1:${media}"
addresses = ["127.0.0.1"]
[turn]
udp = ""
tcp = ""
[access]
seats = "person"
settled_hours = 0
${more}
[[hearing]]
id = "demo"
case_no = "1(101)-1/2026"
court = "baku"
pseudonym = "Lalə"
template = "identity_hidden"
reason = "Şahid məhkəmədən əvvəl hədələnib."
`);
  const p = start(join(root, 'bin', 'gateway'), ['serve', '-config', config, '-json'], { name: 'gateway' });
  // Passkeys are bound to a host name, and Chromium trusts plain HTTP on localhost alone.
  return { ...p, data, config, url: `http://localhost:${local}`, links: JSON.parse(await p.line()) };
}

/** What the app on a telephone shows (RFC 6238: SHA-1, six digits, 30 s), now or some steps from now. */
export function sixDigits(base32, steps) {
  const bits = [...base32.replace(/=+$/, '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** One person: a browser context, a page, and an authenticator that is hers alone. */
export class Person {
  constructor(name, url, context, page, cdp) { Object.assign(this, { name, url, context, page, cdp, faults: [] }); }

  static async open(browser, name, url, more = {}) {
    const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, locale: 'az-AZ', permissions: [], ...more });
    const page = await context.newPage();
    page.setDefaultTimeout(90_000); // that it happens at all, not how fast: the machine may be starved
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable', { enableUI: false });
    const person = new Person(name, url, context, page, cdp);
    person.key = (await cdp.send('WebAuthn.addVirtualAuthenticator', { options: authenticator })).authenticatorId;
    page.on('pageerror', (e) => person.faults.push(String(e)));
    page.on('console', (m) => { if (/Content Security|Uncaught/.test(m.text())) person.faults.push(m.text()); });
    return person;
  }

  /** Another authenticator in place of the first, as one takes another key out of the safe. */
  async newKey() {
    await this.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.key });
    this.key = (await this.cdp.send('WebAuthn.addVirtualAuthenticator', { options: authenticator })).authenticatorId;
  }

  /** A visible control, by the name of its act; within a selector where several have it. */
  act(name, within = '') { return this.page.locator(`${within} [data-act="${name}"]:visible`.trim()).first(); }

  async fill(form, values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.page.locator(`[data-form="${form}"] [name="${name}"]:visible`);
      const kind = await field.evaluate((e) => (e.tagName === 'SELECT' ? 'select' : e.type));
      if (kind === 'select') await field.selectOption(value); else if (kind === 'checkbox') await field.setChecked(value); else await field.fill(value);
    }
  }

  /** Goes to a part of the account page. */
  async goTo(part) {
    await this.page.goto(`${this.url}/account#${part}`, { waitUntil: 'commit' });
    await this.page.locator(`[data-screen="account"][data-part="${part.split('/')[0]}"]`).waitFor();
  }

  /** Confirms by a touch what the page asks for, and returns the act that it named. */
  async touch() {
    const dialog = this.page.locator('dialog[data-step-up]');
    await dialog.waitFor();
    const named = await dialog.getAttribute('data-step-up');
    await this.act('stepup.go').click();
    return named;
  }

  /** What is shown once, and is then put away. */
  async once(what) {
    const value = await this.page.locator(`[data-once="${what}"] [data-once-value]`).innerText();
    await this.act('once.done').click();
    return value.trim();
  }

  async claim(code, values = {}) {
    await this.page.goto(`${this.url}/account#code=${code}`, { waitUntil: 'commit' });
    await this.page.locator('[data-claim]').waitFor();
    await this.fill('claim', { ...values, label: `${this.name}, açar` });
    await this.act('claim.passkey').click();
    await this.page.locator('[data-screen="account"]').waitFor();
  }

  async signIn() {
    await this.page.goto(`${this.url}/account`, { waitUntil: 'commit' });
    // A page whose session ended may still be on its way elsewhere by itself.
    await this.act('signin.passkey').waitFor({ timeout: 15_000 }).catch(() => this.page.goto(`${this.url}/account`, { waitUntil: 'commit' }));
    await this.act('signin.passkey').click();
  }

  /** A request as this person's browser sends it from the gateway's own page. */
  ask(method, path, body) {
    return this.page.evaluate(async ([m, p, b]) => {
      const answer = await fetch(p, { method: m, headers: b === null ? {} : { 'Content-Type': 'application/json' }, body: b === null ? undefined : JSON.stringify(b) });
      return { status: answer.status, body: await answer.json().catch(() => null) };
    }, [method, path, body ?? null]);
  }

  /** The same with a touch where one is asked for: what an altered page could send in this person's name, with her own key. */
  askTouched(method, path, body) {
    return this.page.evaluate(async ([m, p, b]) => {
      const send = (proof) => fetch(p, { method: m, headers: { 'Content-Type': 'application/json', ...(proof && { 'Parda-Proof': proof }) }, body: JSON.stringify(b) });
      let answer = await send(null);
      let said = await answer.json().catch(() => null);
      const touched = said?.code === 'step_up_required';
      if (touched) {
        const credential = await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(said.step_up.publicKey) });
        answer = await send(btoa(JSON.stringify(credential.toJSON())).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, ''));
        said = await answer.json().catch(() => null);
      }
      return { status: answer.status, body: said, touched };
    }, [method, path, body]);
  }

  credentials() { return this.cdp.send('WebAuthn.getCredentials', { authenticatorId: this.key }).then((c) => c.credentials); }
  async hold(credentials) {
    await this.cdp.send('WebAuthn.clearCredentials', { authenticatorId: this.key });
    for (const credential of credentials) await this.cdp.send('WebAuthn.addCredential', { authenticatorId: this.key, credential });
  }
  /** Nobody touches the key, or somebody does at once. */
  present(yes) { return this.cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: this.key, enabled: yes }); }

  state() { return this.page.evaluate(() => window.__parda?.state ?? null); }
  until(what, ok, withinMs) { return waitFor(`${this.name}: ${what}`, async () => { const s = await this.state(); return s && ok(s) ? s : null; }, withinMs); }
}
