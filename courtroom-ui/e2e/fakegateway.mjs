// A gateway's vault in a few lines, for the tests of the seat: it keeps what signaling/ACCOUNTS.md says, checks what it can (proofs by key, one person one
// half), and can be told to be hostile. The real one has its own tests (gateway/identity, gateway/vault_test.go).
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';

const id = (p) => `${p}-${randomBytes(8).toString('hex')}`;
const keyId = (c) => createHash('sha256').update(`${c.recipient}\n${c.verify}`).digest('hex');
const ed25519 = (raw) => createPublicKey({ key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(raw, 'base64')]), format: 'der', type: 'spki' });
const refuse = (status, code, more = {}) => { throw Object.assign(new Error(code), { status, body: { code, message: '<img src=x onerror=alert(1)>', ...more } }); };

export class FakeGateway {
  constructor() {
    Object.assign(this, { court: 'baku', people: new Map(), codes: new Map(), tokens: new Map(), keys: [], persons: [], openings: [], envelopes: new Map(), recovery: { state: 'none' }, challenges: new Map(), heard: [], pairs: [], paths: [], plain: false });
    this.evil = {}; // name of an act -> (answer, request) => another answer
    this.pages = {}; // path -> { type, body }: what it serves as pages
    for (const role of ['judge', 'prosecutor', 'investigator']) this.people.set(role, { person: `p-${role}`, roles: [role] });
  }

  async start() {
    this.server = createServer((q, r) => void this.#serve(q, r));
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done));
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  stop() { this.server.closeAllConnections(); this.server.close(); }

  /** A pairing code for a person, as her signed-in page would get it. */
  code(role) { const c = randomBytes(5).toString('hex'); this.codes.set(c, role); return c; }

  active(person) { return this.keys.find((k) => k.person === person && k.state === 'active'); }

  sealTo() {
    const [j, p] = [this.active('p-judge'), this.active('p-prosecutor')];
    if (!j || !p || this.recovery.state !== 'confirmed') return null;
    return [{ half: 1, holder: 'judge', key: j.key }, { half: 2, holder: 'prosecutor', key: p.key }, ...this.recovery.keys.map((key, i) => ({ half: i + 1, holder: 'recovery', key }))];
  }

  reseal(p) {
    const e = this.envelopes.get(p.person);
    return e ? e.shares.filter((s) => s.holder !== 'recovery' && this.keys.find((k) => k.key === s.key)?.state !== 'active').map((s) => ({ half: s.half, holder: s.holder, key: s.key, why: this.keys.find((k) => k.key === s.key)?.state ?? 'lost' })) : [];
  }

  #state(me) {
    return {
      court: this.court, me, plain_browser: this.plain, key: this.active(me.person) ?? null, policy: [{ half: 1, holder: 'judge' }, { half: 2, holder: 'prosecutor' }],
      grounds: [{ id: 'identity_at_trial', article: '1', text: { az: 'a', en: 'a', ru: 'a' } }], keys: this.keys, recovery: this.recovery,
      persons: this.persons.map((p) => ({ ...p, seal_to: this.sealTo(), reseal: this.reseal(p), hearings: [] })),
      openings: this.openings.map(({ releases, ...o }) => o),
    };
  }

  /** The act's proof by the vault's own key, over this challenge and this body. */
  #prove(token, path, body, header) {
    const name = `${token} ${path} ${createHash('sha256').update(body).digest('hex')}`;
    if (!header) {
      const challenge = randomBytes(32).toString('base64url');
      this.challenges.set(name, challenge);
      refuse(403, 'step_up_required', { step_up: { challenge, publicKey: { extensions: { prf: {} } } } });
    }
    const proof = JSON.parse(Buffer.from(header, 'base64url'));
    const key = this.keys.find((k) => k.key === proof.key && k.state === 'active' && k.person === this.tokens.get(token).person);
    const said = `parda-vault-act-v1\n${this.challenges.get(name)}\n${createHash('sha256').update(body).digest('hex')}`;
    this.challenges.delete(name);
    if (!key || !verify(null, Buffer.from(said), ed25519(key.card.verify), Buffer.from(proof.signature, 'base64'))) refuse(403, 'step_up_required', { step_up: { challenge: 'again' } });
  }

  async #serve(q, r) {
    const parts = [];
    for await (const p of q) parts.push(p);
    const body = Buffer.concat(parts).toString();
    this.heard.push(body, q.url, JSON.stringify(q.headers));
    this.paths.push(`${q.method} ${q.url}`);
    const page = this.pages[q.url.split('?')[0]];
    if (page) { r.writeHead(200, { 'Content-Type': page.type, ...(page.headers ?? {}) }); r.end(page.body); return; }
    try {
      const token = q.headers.authorization?.replace('Bearer ', '') ?? (this.plain ? 'plain' : '');
      const path = q.url.replace('/api/vault/', '');
      let answer = this.#answer(q.method, path, token, body, q.headers['parda-proof']);
      const name = `${q.method} ${path.replace(/[a-z]-[0-9a-z]+/g, ':id')}`;
      if (this.evil[name]) answer = await this.evil[name](answer, q, r);
      if (r.headersSent) return;
      if (answer === undefined) { r.writeHead(204); r.end(); } else { r.writeHead(200, { 'Content-Type': 'application/json' }); r.end(JSON.stringify(answer)); }
    } catch (e) {
      if (r.headersSent) return;
      r.writeHead(e.status ?? 500, { 'Content-Type': 'application/json' });
      r.end(JSON.stringify(e.body ?? { code: 'internal' }));
    }
  }

  #answer(method, path, token, body, proof) {
    const b = body === '' ? {} : JSON.parse(body);
    if (path === 'pair/take') {
      const role = this.codes.get(b.code) ?? refuse(403, 'code_wrong');
      this.codes.delete(b.code);
      this.pairs.push(b.companion);
      const t = randomBytes(16).toString('base64url');
      this.tokens.set(t, this.people.get(role));
      return { token: t, until: new Date(Date.now() + 3.6e6).toISOString(), court: this.court, person: `p-${role}` };
    }
    const me = this.tokens.get(token) ?? refuse(401, 'sign_in_required');
    const prove = () => { if (token !== 'plain') this.#prove(token, path, body, proof); };
    const [what, of, act] = path.split('/');
    if (path === 'state') return this.#state(me);
    if (path === 'keys') { this.#newKey(b.card, me); return { key: keyId(b.card) }; }
    if (what === 'keys' && act === 'lost') { this.keys.find((k) => k.key === of).state = 'lost'; return undefined; }
    if (path === 'recovery') {
      prove();
      if (this.recovery.state === 'entered' && this.recovery.confirmed_by[0] !== me.person) this.recovery.state = 'confirmed';
      else this.recovery = { state: 'entered', keys: b.cards.map(keyId), cards: b.cards, confirmed_by: [me.person] };
      return { state: this.recovery.state };
    }
    if (path === 'persons') {
      const p = { person: id('v'), pseudonym: ['Daşlıq', 'Çaylaq', 'Təpəlik'][this.persons.length % 3], state: 'protected', version: 0, made_by: me.person, since: new Date().toISOString(), holders: {} };
      this.persons.push(p);
      return { person: p.person, pseudonym: p.pseudonym };
    }
    if (what === 'persons') return this.#person(method, of, act, b, prove);
    if (path === 'openings') {
      prove();
      const o = { ...b, opening: id('o'), pseudonym: this.persons.find((p) => p.person === b.person).pseudonym, version: this.persons.find((p) => p.person === b.person).version, reader: { person: b.reader, key: this.active(b.reader).key }, ordered_by: me.person, state: 'ordered', released: [], releases: [] };
      this.openings.push(o);
      return { opening: o.opening };
    }
    return this.#opening(of, act, b, me, prove);
  }

  #newKey(card, me) {
    for (const k of this.keys) if (k.person === me.person && k.state === 'active') k.state = 'replaced';
    this.keys.push({ key: keyId(card), card, person: me.person, roles: me.roles, half: { 'p-judge': 1, 'p-prosecutor': 2 }[me.person] ?? 0, state: 'active', since: new Date().toISOString() });
  }

  #person(method, of, act, b, prove) {
    const p = this.persons.find((x) => x.person === of) ?? refuse(404, 'person_unknown');
    if (act === 'envelope') {
      if (b.version !== p.version + 1) refuse(409, 'version_conflict');
      p.version = b.version;
      this.envelopes.set(p.person, b);
      return { version: b.version, sha256: createHash('sha256').update(JSON.stringify(b)).digest('hex') };
    }
    const e = this.envelopes.get(of);
    if (method === 'GET') {
      const due = this.reseal(p);
      const to = (half) => this.active(half === 1 ? 'p-judge' : 'p-prosecutor');
      return { version: e.version, payload_sha256: sum(e.payload), shares: e.shares.filter((s) => due.some((d) => d.half === s.half)).map((s) => ({ ...s, to: { key: to(s.half).key, card: to(s.half).card } })) };
    }
    prove();
    e.shares = [...e.shares.filter((s) => s.half !== b.share.half || s.holder !== b.share.holder), b.share];
    return undefined;
  }

  #opening(of, act, b, me, prove) {
    const o = this.openings.find((x) => x.opening === of) ?? refuse(404, 'opening_unknown');
    const e = this.envelopes.get(o.person);
    if (act === 'share') {
      const reader = this.keys.find((k) => k.key === o.reader.key);
      return { opening: of, person: o.person, court: this.court, version: e.version, payload_sha256: sum(e.payload), shares: e.shares, reader: { person: reader.person, key: reader.key, card: reader.card } };
    }
    if (act === 'release') {
      prove();
      if (o.released.some((x) => x.by === me.person)) refuse(403, 'same_person');
      o.released.push({ half: b.half, by: me.person, holder: b.holder, at: new Date().toISOString() });
      o.releases.push({ half: b.half, share: b.share });
      if (new Set(o.released.map((x) => x.half)).size === 2) o.state = 'released';
      return { state: o.state };
    }
    if (act === 'take') {
      if (o.state !== 'released' || o.reader.person !== me.person) refuse(403, 'not_yet');
      o.state = 'opened';
      return { opening: of, envelope: e, releases: o.releases };
    }
    if (act === 'end' || act === 'stop') { o.state = act === 'end' ? 'over' : 'stopped'; o.releases = []; }
    if (act === 'opened') o.read = b.read ? 'yes' : 'no';
    return undefined;
  }
}

const sum = (b64) => createHash('sha256').update(Buffer.from(b64, 'base64')).digest('hex');
