// A seat with the vault: the real companion, a browser with a virtual authenticator, and the ceremonies through the page's own buttons.
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { folder, root, waitFor } from './demo.mjs';

const binary = join(folder('companion-bin'), 'companion');
let built = false;
export function companionBinary() {
  if (!built) execFileSync('go', ['build', '-o', binary, './courtroom-ui/companion'], { cwd: root, env: { ...process.env, CGO_ENABLED: '0' } });
  built = true;
  return binary;
}

/** bin/companion on a free port; `links` are those that it printed. */
export async function startCompanion(gateway, { state = folder('companion'), port = '0', args = [] } = {}) {
  const child = spawn(companionBinary(), ['-gateway', gateway, '-state', state, '-port', port, '-development', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = [];
  let errors = '';
  createInterface({ input: child.stdout }).on('line', (l) => lines.push(l));
  child.stderr.on('data', (d) => { errors += d; });
  const link = async () => waitFor('the companion prints a link', () => { if (child.exitCode !== null) throw new Error(errors); return lines.filter((l) => l.startsWith('http')).at(-1); });
  const first = await link();
  const newLink = async () => { const n = lines.length; child.stdin.write('\n'); await waitFor('another link', () => lines.length > n); return link(); };
  return { link: first, newLink, origin: new URL(first).origin, state, child, sha256: lines.find((l) => l.startsWith('SHA-256'))?.split(': ')[1], stop: () => new Promise((done) => { child.on('exit', done); child.kill('SIGINT'); }) };
}

/** A passkey machine in this page's browser, with secrets (PRF). */
export async function virtualAuthenticator(context, page, { hasPrf = true } = {}) {
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, hasPrf } });
  return { cdp, authenticatorId };
}

export class VaultSeat {
  constructor(name, context, page) { Object.assign(this, { name, context, page, faults: [] }); }

  static async open(browser, name, link, { lang = 'en', passkey = true } = {}) {
    const context = await browser.newContext({ viewport: { width: 1366, height: 900 } });
    await context.addInitScript((l) => { localStorage.setItem('parda.lang', l); }, lang);
    const page = await context.newPage();
    const seat = new VaultSeat(name, context, page);
    page.on('pageerror', (e) => seat.faults.push(String(e)));
    page.on('console', (m) => { if (m.type() === 'error' && /Content Security|Uncaught|TrustedHTML/.test(m.text())) seat.faults.push(m.text()); });
    if (passkey) seat.authenticator = await virtualAuthenticator(context, page);
    await page.goto(link);
    await page.locator('[data-screen="vault"]').waitFor();
    return seat;
  }

  act(name) { return this.page.locator(`[data-act="${name}"]:visible`).first(); }
  field(name, within = this.page) { return within.locator(`[name="${name}"]:visible`).first(); }
  async settled() { await this.page.locator('[data-busy="false"]').waitFor({ timeout: 60_000 }); }
  async fault() { await this.settled(); return this.page.locator('[data-fault]').count().then((n) => (n ? this.page.locator('[data-fault]').getAttribute('data-fault') : null)); }
  async fine(what) { const f = await this.fault(); if (f) throw new Error(`${this.name}: ${what}: ${f}`); }
  async press(name) { await this.act(name).click(); await this.settled(); }
  async look() { await this.press('look'); }

  async pair(code) {
    await this.settled();
    await this.fine('the page of the companion, before pairing'); // what it says of itself, where it does not come so far
    await this.field('pair').fill(code);
    await this.press('pair.go');
    await this.fine('pairing');
    await this.act('look').waitFor();
  }

  /** Makes a key (for the role that the seat is named after), reads the sheet off the page, types its end. Returns the sheet and the code. */
  async makeKey({ passphrase, role = this.name, beforePaper = () => undefined } = {}) {
    await this.act('key.new').click();
    await this.page.locator('select[name="ownrole"]').selectOption(role);
    if (passphrase) {
      this.passphrase = passphrase;
      await this.field('passphrase').fill(passphrase);
      await this.field('again').fill(passphrase);
      await this.act('make.passphrase').click();
    } else await this.act('make.passkey').click();
    await this.page.locator('[data-sheet]').waitFor({ timeout: 60_000 });
    await this.settled();
    const sheet = await this.page.locator('.vault-groups li').allInnerTexts();
    beforePaper();
    await this.field('last').fill(sheet.slice(-2).join(' '));
    await this.press('sheet.done');
    await this.fine('making a key');
    return { sheet: sheet.join(' '), code: await this.code() };
  }

  code() { return waitFor(`${this.name} has a code`, async () => (await this.page.locator('.vault-code[data-code]').first().getAttribute('data-code')) || null); }

  async pin(code, who, role) {
    await this.field('code').fill(code);
    await this.field('who').fill(who);
    await this.page.locator('select[name="role"]').selectOption(role);
    await this.press('pin.add');
    return this.fault();
  }

  async recovery(file, codes) {
    await this.page.locator('input[name="recovery"]').setInputFiles(file);
    await this.settled();
    await this.field('recovery1').fill(codes[0]);
    await this.field('recovery2').fill(codes[1]);
    await this.actUnlocked('recovery.enter');
  }

  /** Presses what needs the key, and types the passphrase where the key has one. */
  async actUnlocked(name) {
    await this.act(name).click();
    if (this.passphrase) {
      const dialog = this.page.locator('dialog[open] [name="passphrase"]');
      await Promise.race([dialog.waitFor(), this.page.locator('[data-busy="false"] [data-fault]').waitFor()]).catch(() => undefined);
      if (await dialog.count()) { await dialog.fill(this.passphrase); await this.act('unlock.go').click(); }
    }
    await this.settled();
  }

  async protect(person, photo, holders = {}) {
    await this.act('person.new').click();
    for (const [half, key] of Object.entries(holders)) await this.page.locator(`select[name="holder${half}"]`).selectOption(key);
    if (photo) { await this.page.locator('input[name="photo"]').setInputFiles({ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: photo }); await this.settled(); }
    for (const [name, value] of Object.entries(person)) await this.field(name).fill(value);
    await this.actUnlocked('person.seal');
    return this.fault();
  }

  async order({ reader, why = 'Identity must be established.', recovery = '', kind = 'open' } = {}) {
    await this.act('order.new').click();
    await this.page.locator('select[name="kind"]').selectOption(kind);
    if (reader) await this.page.locator('select[name="reader"]').selectOption({ label: reader });
    await this.field('why').fill(why);
    await this.page.locator('select[name="recovery"]').selectOption(recovery);
    await this.actUnlocked('order.go');
    await this.fine('ordering');
  }

  async release({ paper } = {}) {
    await this.look();
    await this.act('opening.release').click();
    if (paper) { await this.act('release.paper').click(); await this.field('paper').fill(paper); }
    // What cannot be done stands there, drawn as unavailable, with the reason beside it.
    const barred = await this.act('release.go').getAttribute('aria-disabled') === 'true';
    if (!barred) await this.actUnlocked('release.go');
    const fault = barred ? 'not_pinned' : await this.fault();
    if (fault) await this.act('release.cancel').click();
    return fault;
  }

  async read() { await this.look(); await this.actUnlocked('opening.read'); return this.fault(); }

  /** What the record's dialog shows, null where none is open. */
  async reading() {
    if (!(await this.page.locator('[data-reading]').count())) return null;
    return Object.fromEntries(await this.page.locator('[data-field]').evaluateAll((all) => all.map((e) => [e.dataset.field, e.textContent])));
  }

  /** A JPEG of this size with a camera's notes in it (APP1), as a telephone makes one. */
  async photo(width, height, notes) {
    const plain = Buffer.from(await this.page.evaluate(async ([w, h]) => {
      const c = new OffscreenCanvas(w, h);
      const g = c.getContext('2d');
      g.fillStyle = '#a33'; g.fillRect(0, 0, w, h);
      return [...new Uint8Array(await (await c.convertToBlob({ type: 'image/jpeg' })).arrayBuffer())];
    }, [width, height]));
    const segment = Buffer.from(notes);
    return Buffer.concat([plain.subarray(0, 2), Buffer.from([0xff, 0xe1, (segment.length + 2) >> 8, (segment.length + 2) & 255]), segment, plain.subarray(2)]);
  }

  close() { return this.context.close(); }
}

/** The court's recovery pair, made by the real program: two sheets and the public file. */
export function makeRecovery() {
  const file = join(folder('recovery'), 'recovery.json');
  const out = execFileSync(companionBinary(), ['recovery', '-court', 'baku', '-public', file]).toString();
  const sheets = out.split('\f').slice(0, 2).map((s) => {
    const lines = s.split('\n').map((l) => l.trim());
    const groups = lines.filter((l) => /^([0-9A-Z]{4} *)+$/.test(l) && !/^[0-9 ]+$/.test(l)).join(' ').replace(/ +/g, ' ');
    return { groups, code: lines.find((l) => /^(\d{4} *){5}$/.test(l)).replace(/ /g, '') };
  });
  return { file, sheets };
}
