// What the vault's page holds and does: the keyring, what the gateway says, and each ceremony step by step. Keys are unlocked for one act and forgotten
// after it; what was read is held until it is cleared, in memory alone.
import { VaultError, refuse } from './bytes';
import { heldOf, readEnvelope, type Held, type Holder, type Opened, type Particulars } from './envelope';
import type { CompanionInfo, Gate } from './gate';
import { accountsOf, checkChosen, mustChoose, type Chosen } from './holders';
import { keyId, readCard, type Card, type Key } from './key';
import { keys } from './keys';
import { makePasskey, passkeySecret } from './passkey';
import { addKey, cardsOf, emptyRing, isOwn, meet, pinByCode, pinned, readerCard, sayRole, seatsOf, unpin, unwrap, type Ring, type RingKey } from './ring';
import type { HeldAnswer, Opening, OwnRole, Role, TakenAnswer, VaultState } from './wire';
import { passphraseSecret, passphraseWrap } from './wrap';

/** A record that lies open on this page. `enteredBy` is what this seat calls the owner of the key, null where nobody pinned it. */
export interface Reading { opening: string; pseudonym: string; rotation: boolean; opened: Opened; enteredBy: string | null; until: number }
/** How long a record stays on the page without a touch. */
export const readingMs = 3 * 60_000;

/** How a key is kept, and what its owner says that she is. */
export type Keeping = ({ passkey: true } | { passphrase: string }) & { role: OwnRole };

/** Asks for the passphrase of a key; null when the person leaves. */
export type AskPassphrase = (key: RingKey) => Promise<string | null>;

export interface OrderBody { person: string; kind: 'open' | 'rotation'; reader: string; why: string; ground: string; from: string; until: string; tell_lawyer: boolean; hearing?: string; recovery?: number[] }

export class VaultShell {
  ring: Ring = emptyRing;
  state: VaultState | null = null;
  info: CompanionInfo | null = null;
  fault: string | null = null;
  busy = false;
  reading: Reading | null = null;
  /** A new key's sheet, until it was written off. */
  sheet: { key: string; groups: string[] } | null = null;
  askPassphrase: AskPassphrase = () => Promise.resolve(null);
  private made: { person: string; holders: string } | null = null; // a person who was made, for these holders, and could not be sealed yet
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly gate: Gate, private readonly onChange: () => void) {}

  async start(): Promise<void> {
    await this.run(async () => {
      this.ring = await this.gate.loadRing();
      await this.look();
    });
  }

  /** Asks anew what the gateway says. What cannot be reached leaves what was known, and a fault. */
  async look(): Promise<void> {
    this.info = await this.gate.info();
    this.state = this.info && !this.info.paired ? null : await this.gate.get<VaultState>('/api/vault/state');
  }

  /** One act at a time; a refusal becomes `fault`. Says whether it was done. */
  async run(act: () => Promise<unknown>): Promise<boolean> {
    if (this.busy) return false;
    [this.busy, this.fault] = [true, null];
    this.onChange();
    try { await act(); return true; } catch (e) { this.fault = e instanceof VaultError ? e.code : 'internal'; return false; } finally { this.busy = false; this.onChange(); }
  }

  get myKey(): RingKey | null { return this.ring.keys.find((k) => k.key === this.state?.key?.key) ?? null; }

  private async save(ring: Ring): Promise<void> { await this.gate.saveRing(ring); this.ring = ring; }

  /** A new key: wrapped and stored first, then shown for paper, and told to the gateway only when the paper was written. */
  async make(how: Keeping): Promise<void> {
    const key = await keys.make();
    await this.keep(key, how);
  }

  async restoreFromPaper(typed: string, how: Keeping): Promise<void> {
    const key = await keys.restore(typed);
    try {
      await this.keep(key, how);
      this.sheet = null; // it is on paper already
      await this.register(key.card);
    } finally { key.forget(); }
  }

  private async keep(key: Key, how: Keeping): Promise<void> {
    const wrap = 'passkey' in how ? await makePasskey(`parda ${key.id.slice(0, 8)}`) : passphraseWrap();
    const secret = wrap.kind === 'prf' ? await passkeySecret(wrap) : await passphraseSecret(wrap, 'passphrase' in how ? how.passphrase : '');
    try {
      await this.save(await addKey(this.ring, key, wrap, secret, new Date().toISOString(), how.role));
      this.sheet = { key: key.id, groups: keys.backup(key) };
    } finally { secret.fill(0); }
  }

  /** The person typed the last two groups off her sheet: the paper exists. */
  async paperWritten(typed: string): Promise<void> {
    const sheet = this.sheet ?? refuse('locked');
    if (typed.replace(/[\s-]/g, '').toLocaleLowerCase('en') !== sheet.groups.slice(-2).join('').toLocaleLowerCase('en')) refuse('paper_check');
    const card = this.ring.keys.find((k) => k.key === sheet.key)!.card;
    await this.register(card);
    this.sheet = null;
  }

  private async register(card: Card): Promise<void> {
    const before = this.myKey;
    try { await this.gate.post('/api/vault/keys', { card }); } catch (e) {
      // Later than a few minutes after the pairing, the key that it replaces must say yes: a companion left open is no way to another key.
      if (!(e instanceof VaultError) || e.code !== 'step_up_required' || !before) throw e;
      await this.withKey(before, (key) => this.gate.post('/api/vault/keys', { card }, key));
    }
    await this.look();
  }

  /** Unlocks a key of this seat for one act. */
  async withKey<T>(which: RingKey | null, act: (key: Key) => Promise<T>): Promise<T> {
    const stored = which ?? refuse('no_key_here');
    let secret;
    if (stored.wrap.kind === 'prf') secret = await passkeySecret(stored.wrap);
    else secret = await passphraseSecret(stored.wrap, (await this.askPassphrase(stored)) ?? refuse('cancelled'));
    const seed = await unwrap(stored, secret).finally(() => secret.fill(0));
    const key = await keys.unlock(seed);
    try { return await act(key); } finally { key.forget(); }
  }

  pin(typed: string, who: string, role: Role): Promise<void> {
    return this.save(pinByCode(this.ring, cardsOf(this.state?.keys ?? [], this.state?.recovery.cards), typed, who, role, new Date().toISOString()));
  }

  /** The owner of this seat's key says her role, once, where the ring does not have it yet. */
  sayRole(role: OwnRole): Promise<void> { return this.save(sayRole(this.ring, (this.myKey ?? refuse('no_key_here')).key, role)); }

  unpin(key: string): Promise<void> { return this.save(unpin(this.ring, key)); }

  /** The public halves of the recovery pair, with the codes that were told; twice, by a judge and by a prosecutor. */
  async enterRecovery(cards: unknown[], codes: [string, string]): Promise<void> {
    const two = cards.map(readCard);
    if (two.length !== 2) refuse('unreadable');
    two.forEach((c, i) => { if (!keys.codeIs(c, codes[i]!)) refuse('code_of_nobody'); });
    const at = new Date().toISOString();
    let ring = this.ring;
    two.forEach((c, i) => { ring = pinByCode(ring, [c], codes[i]!, `recovery ${i + 1}`, i === 0 ? 'recovery1' : 'recovery2', at); });
    await this.save(ring);
    await this.withKey(this.myKey, (key) => this.gate.post('/api/vault/recovery', { cards: two, codes: codes.map((c) => c.replace(/\D/g, '')) }, key));
    await this.look();
  }

  /** Makes the pseudonym, seals to the pinned keys, and sends what nobody on the way can read. `chosen`, by their keys, where there is a choice of holders. */
  async protect(particulars: Particulars, chosen?: Chosen): Promise<string> {
    const state = this.state ?? refuse('not_paired');
    const me = this.myKey ?? refuse('no_key_here');
    if (particulars.name.trim() === '') refuse('name_needed');
    if (!chosen && mustChoose(state, this.ring)) refuse('holders_needed');
    const body = chosen ? { holders: accountsOf(state, this.ring, chosen) } : {};
    const holders = JSON.stringify(body);
    if (this.made?.holders !== holders) this.made = { person: (await this.gate.post<{ person: string }>('/api/vault/persons', body)).person, holders };
    await this.look();
    const person = this.state?.persons.find((p) => p.person === this.made?.person) ?? refuse('person_unknown');
    if (chosen) checkChosen(person.seal_to, chosen);
    const seats = seatsOf(this.ring, person.seal_to);
    const subject = { person: person.person, pseudonym: person.pseudonym, court: state.court, version: person.version + 1 };
    const envelope = await this.withKey(me, (key) => keys.seal(subject, particulars, seats, key, new Date().toISOString()));
    await this.gate.post(`/api/vault/persons/${person.person}/envelope`, envelope);
    this.made = null;
    await this.save(meet(this.ring, heldOf(envelope)));
    await this.look();
    return person.pseudonym;
  }

  async order(body: OrderBody): Promise<void> {
    await this.withKeyIfAsked((key) => this.gate.post('/api/vault/openings', body, key));
    await this.look();
  }

  /** In the plain browser the account's passkey proves the act, and no vault key is needed for an order. */
  private withKeyIfAsked<T>(act: (key: Key | undefined) => Promise<T>): Promise<T> {
    return this.gate.kind === 'plain' ? act(undefined) : this.withKey(this.myKey, act);
  }

  /** Gives one half for the opening that the person has just been shown. `order` is that very object: what the gateway hands out must be for it. A sheet of
   * the recovery stands in for the own share; `varied` says that the person knows of another pseudonym. */
  async release(order: Opening, with_: { paper?: string; varied?: boolean } = {}): Promise<void> {
    const held = await this.held(order);
    const reader = readerCard(this.ring, order.reader.key);
    await this.withKey(this.myKey, async (mine) => {
      const holder = with_.paper === undefined ? mine : await keys.restore(with_.paper);
      const ring = meet(this.ring, held);
      const share = held.shares.find((s) => s.key === holder.id) ?? refuse('not_holder');
      const released = await keys.release(held, holder, order.opening, reader, with_.varied ? null : order.pseudonym);
      if (holder !== mine) holder.forget();
      await this.gate.post(`/api/vault/openings/${order.opening}/release`, { ...released, holder: share.holder }, mine);
      await this.save(ring);
    });
    await this.look();
  }

  private async held(order: Opening): Promise<Held> {
    const a = await this.gate.get<HeldAnswer>(`/api/vault/openings/${order.opening}/share`);
    if (a.opening !== order.opening || a.reader?.key !== order.reader.key) refuse('other_opening');
    if (a.person !== order.person || a.court !== this.state?.court) refuse('other_person');
    return { person: order.person, court: a.court!, version: a.version, payload_sha256: a.payload_sha256, shares: a.shares };
  }

  /** Takes both releases, puts them together and lays the record on this page. */
  async read(order: Opening, varied = false): Promise<void> {
    const which = this.ring.keys.find((k) => k.key === order.reader.key) ?? refuse('no_key_here');
    await this.withKey(which, async (key) => {
      const taken = await this.gate.post<TakenAnswer>(`/api/vault/openings/${order.opening}/take`, {}, key);
      let opened: Opened;
      try {
        const envelope = readEnvelope(taken.envelope, { person: order.person, court: this.state!.court });
        const ring = meet(this.ring, heldOf(envelope));
        opened = await keys.open(envelope, taken.releases, order.opening, key, varied ? null : order.pseudonym);
        await this.save(ring);
      } catch (e) {
        await this.gate.post(`/api/vault/openings/${order.opening}/opened`, { read: false }).catch(() => undefined);
        throw e;
      }
      await this.gate.post(`/api/vault/openings/${order.opening}/opened`, { read: true });
      const by = opened.enteredBy;
      const pin = pinned(this.ring, by.key) ?? null;
      const enteredBy = pin && pin.card.verify === by.verify ? pin.who : null;
      this.show({ opening: order.opening, pseudonym: order.pseudonym, rotation: order.kind === 'rotation', opened, enteredBy: enteredBy ?? (isOwn(this.ring, by.key) ? '' : null), until: Date.now() + readingMs });
    });
    await this.look();
  }

  private show(reading: Reading): void {
    this.reading = reading;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.clear(), readingMs);
    this.onChange();
  }

  /** What lies open, corrected, as the next version: a new key of its own, new halves. Only where the order was for that. */
  async sealAnew(particulars: Particulars): Promise<void> {
    const reading = this.reading?.rotation ? this.reading : refuse('locked');
    const { person: id, court, version } = reading.opened.record;
    const person = this.state?.persons.find((p) => p.person === id) ?? refuse('person_unknown');
    const seats = seatsOf(this.ring, person.seal_to);
    const envelope = await this.withKey(this.myKey, (key) => keys.seal({ person: id, pseudonym: person.pseudonym, court, version: version + 1 }, particulars, seats, key, new Date().toISOString()));
    this.clear();
    await this.gate.post(`/api/vault/persons/${id}/envelope`, envelope);
    await this.save(meet(this.ring, heldOf(envelope)));
    await this.look();
  }

  async measure(person: string, order: { kind: string; why: string; ground: string; pseudonym?: boolean; hearing?: string }, chosen?: Chosen): Promise<void> {
    const body = chosen ? { ...order, holders: accountsOf(this.state ?? refuse('not_paired'), this.ring, chosen) } : order;
    await this.withKeyIfAsked((key) => this.gate.post(`/api/vault/persons/${person}/orders`, body, key));
    await this.look();
  }

  /** What was read leaves the page: after its time, when the window loses the focus, when it is hidden, and at the person's word. */
  clear(): void {
    clearTimeout(this.timer);
    if (!this.reading) return;
    this.reading = null;
    this.onChange();
  }

  async end(order: Opening): Promise<void> { this.clear(); await this.gate.post(`/api/vault/openings/${order.opening}/end`, {}); await this.look(); }
  async stop(order: Opening): Promise<void> { if (this.reading?.opening === order.opening) this.clear(); await this.gate.post(`/api/vault/openings/${order.opening}/stop`, {}); await this.look(); }
  async lost(key: string): Promise<void> { await this.gate.post(`/api/vault/keys/${key}/lost`, {}); await this.look(); }

  /** Every half that this person may seal anew to the key that holds it now: by an old key of this seat, or by a sheet of the recovery. What takes the
   * old share's place is proved by the key that counts, as an order is: a companion left open, or its token, changes no half. */
  async reseal(person: string, paper?: string): Promise<number> {
    const a = await this.gate.get<HeldAnswer>(`/api/vault/persons/${person}/share`);
    const recovery = paper === undefined ? null : await keys.restore(paper);
    try {
      // To one's own key alone. A gateway that names the prosecutor's for the judge's half would have one person hold both.
      for (const s of a.shares) if (!isOwn(this.ring, keyId(readCard(s.to?.card)))) refuse('not_own');
      const due = a.shares.filter((s) => s.key === recovery?.id || isOwn(this.ring, s.key));
      if (due.length === 0) refuse('not_holder');
      await this.withKey(this.myKey, async (mine) => { for (const s of due) await this.resealOne(person, a, s, recovery, mine); });
      await this.look();
      return due.length;
    } finally { recovery?.forget(); }
  }

  private async resealOne(person: string, a: HeldAnswer, s: HeldAnswer['shares'][number], recovery: Key | null, mine: Key): Promise<void> {
    const to = readCard(s.to?.card), into = this.ring.keys.find((k) => k.key === keyId(to)) ?? refuse('not_own');
    const holder = this.holderOf(person, s.half, s.holder);
    if ((into.role ?? refuse('role_unsaid')) !== holder) refuse('other_role');
    const held: Held = { person, court: this.state!.court, version: a.version, payload_sha256: a.payload_sha256, shares: [s] };
    const turn = async (from: Key): Promise<void> => {
      const ring = meet(this.ring, held);
      const share = await keys.rotate(held, from, to, holder);
      await this.gate.post(`/api/vault/persons/${person}/share`, { person, version: a.version, share, from: from.id }, mine);
      await this.save(ring);
    };
    const from = this.ring.keys.find((k) => k.key === s.key) ?? null;
    if (recovery?.id === s.key) await turn(recovery);
    else if (from?.key === mine.id) await turn(mine);
    else await this.withKey(from, turn);
  }

  private holderOf(person: string, half: number, holder: Holder): Holder {
    const listed = this.state?.persons.find((p) => p.person === person)?.reseal?.find((r) => r.half === half && r.holder !== 'recovery');
    return listed?.holder ?? holder;
  }
}
