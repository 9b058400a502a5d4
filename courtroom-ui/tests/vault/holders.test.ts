import { beforeAll, expect, test } from 'vitest';
import type { Envelope } from '../../src/vault/envelope';
import type { Gate } from '../../src/vault/gate';
import { accountsOf, candidates, mustChoose, type Chosen } from '../../src/vault/holders';
import { code, type Key } from '../../src/vault/key';
import { keys } from '../../src/vault/keys';
import { addKey, emptyRing, pinByCode, type Ring } from '../../src/vault/ring';
import { VaultShell } from '../../src/vault/shell';
import type { Role, SealTo, VaultState, WireKey, WirePerson } from '../../src/vault/wire';
import { passphraseSecret, passphraseWrap } from '../../src/vault/wrap';

const passphrase = 'dörd söz bir yerdə', at = '2026-11-23T10:00:00.000Z';
const named = ['me', 'judge1', 'judge2', 'judge3', 'prosecutor1', 'prosecutor2', 'r1', 'r2'] as const;
type Named = (typeof named)[number];
let all: Record<Named, Key>, ring: Ring;

const pin = (to: Ring, who: Named, role: Role): Ring => pinByCode(to, [all[who].card], code(all[who].card), who, role, at);

/** A court whose gateway keeps what the seat posts; `of` is whom it lists, `put` an answer to its own liking. */
class Court implements Gate {
  readonly kind = 'companion';
  posts: { path: string; body: unknown }[] = [];
  persons: WirePerson[] = [];
  put: (to: SealTo[]) => SealTo[] = (to) => to;
  constructor(private of: Named[]) {}
  state(): VaultState {
    const keys = this.of.map((n): WireKey => ({ key: all[n].id, card: all[n].card, person: `p-${n}`, half: n.startsWith('judge') ? 1 : 2, state: 'active' }));
    return { court: 'baku', me: { person: 'p-me', roles: ['investigator'] }, plain_browser: false, policy: [{ half: 1, holder: 'judge' }, { half: 2, holder: 'prosecutor' }], key: { key: all.me.id, card: all.me.card, state: 'active' }, grounds: [], keys, recovery: { state: 'confirmed' }, persons: this.persons, openings: [] };
  }
  info() { return Promise.resolve({ version: '1', sha256: 'a', development: true, gateway: 'x', paired: true }); }
  get<T>(): Promise<T> { return Promise.resolve(this.state() as T); }
  post<T>(path: string, body: unknown): Promise<T> {
    this.posts.push({ path, body });
    if (path !== '/api/vault/persons') return Promise.resolve({} as T);
    const { holders } = body as { holders?: Record<1 | 2, string> };
    const held = (half: 1 | 2): Key => all[(holders?.[half] ?? (half === 1 ? 'p-judge1' : 'p-prosecutor1')).slice(2) as Named];
    const to = this.put([{ half: 1, holder: 'judge', key: held(1).id }, { half: 2, holder: 'prosecutor', key: held(2).id }, { half: 1, holder: 'recovery', key: all.r1.id }, { half: 2, holder: 'recovery', key: all.r2.id }]);
    const person = `v-${this.persons.length}`;
    this.persons.push({ person, pseudonym: 'Daşlıq', state: 'protected', version: 0, made_by: 'p-me', since: at, seal_to: to, reseal: null, hearings: null });
    return Promise.resolve({ person } as T);
  }
  loadRing() { return Promise.resolve(ring); }
  saveRing() { return Promise.resolve(); }
}

const nobody = { name: 'x', birth: '', address: '', documents: '', relatives: '', text: '', photo: '' };
async function seat(court: Court): Promise<VaultShell> {
  const shell = new VaultShell(court, () => undefined);
  shell.askPassphrase = () => Promise.resolve(passphrase);
  await shell.start();
  return shell;
}
const both = (one: Named, two: Named): Chosen => ({ 1: all[one].id, 2: all[two].id });

beforeAll(async () => {
  const made = await Promise.all(named.map(() => keys.make()));
  all = Object.fromEntries(named.map((n, i) => [n, made[i]!])) as Record<Named, Key>;
  const wrap = passphraseWrap();
  ring = await addKey(emptyRing, all.me, wrap, await passphraseSecret(wrap, passphrase), at, 'investigator');
  for (const [who, role] of [['judge1', 'judge'], ['judge2', 'judge'], ['prosecutor1', 'prosecutor'], ['prosecutor2', 'judge'], ['r1', 'recovery1'], ['r2', 'recovery2']] as const) ring = pin(ring, who, role);
}, 60_000);

test('where there is one for each half nobody is asked', async () => {
  const court = new Court(['judge1', 'prosecutor1']), shell = await seat(court);
  expect(mustChoose(court.state(), ring)).toBe(false);
  expect(await shell.run(() => shell.protect(nobody))).toBe(true);
  expect(court.posts[0]).toEqual({ path: '/api/vault/persons', body: {} });
}, 60_000);

test('in a court of two judges the person chooses by pinned keys, and it is sealed to those two', async () => {
  const court = new Court(['judge1', 'judge2', 'prosecutor1']), shell = await seat(court);
  expect(mustChoose(court.state(), ring)).toBe(true);
  expect(await shell.run(() => shell.protect(nobody))).toBe(false);
  expect([shell.fault, court.posts.length]).toEqual(['holders_needed', 0]);
  expect(await shell.run(() => shell.protect(nobody, both('judge2', 'prosecutor1')))).toBe(true);
  expect(court.posts[0]!.body).toEqual({ holders: { 1: 'p-judge2', 2: 'p-prosecutor1' } });
  expect((court.posts[1]!.body as Envelope).shares.map((s) => s.key)).toEqual([all.judge2, all.prosecutor1, all.r1, all.r2].map((k) => k.id));
}, 60_000);

test('who is not pinned, or in another role, cannot be chosen, and the page has the reason', async () => {
  const court = new Court(['judge1', 'judge3', 'prosecutor1', 'prosecutor2']), shell = await seat(court);
  expect(candidates(court.state(), ring).map((c) => [c.account, c.role, c.why])).toEqual([['p-judge1', 'judge', null], ['p-judge3', 'judge', 'not_pinned'], ['p-prosecutor1', 'prosecutor', null], ['p-prosecutor2', 'prosecutor', 'other_role']]);
  for (const [chosen, fault] of [[both('judge3', 'prosecutor1'), 'not_pinned'], [both('judge1', 'prosecutor2'), 'other_role'], [both('judge1', 'judge2'), 'not_pinned'], [{ 1: all.judge1.id, 2: '' }, 'holders_needed']] as const) {
    for (const act of [() => shell.protect(nobody, chosen), () => shell.measure('v-0', { kind: 'variation', why: 'w', ground: 'g' }, chosen)]) {
      expect(await shell.run(act)).toBe(false);
      expect([shell.fault, court.posts.length]).toEqual([fault, 0]);
    }
  }
}, 60_000);

test('a seat\'s own key can be chosen only in the role that its owner said', () => {
  const court = new Court(['judge1', 'me', 'prosecutor1']);
  const why = (role: 'prosecutor' | 'judge' | undefined): unknown => candidates(court.state(), { ...ring, keys: ring.keys.map(({ role: _, ...k }) => (role ? { ...k, role } : k)) }).find((c) => c.account === 'p-me')!.why;
  expect([why('prosecutor'), why('judge'), why(undefined)]).toEqual([null, 'other_role', 'role_unsaid']);
});

test('a gateway that names another pinned colleague than the one who was chosen gets nothing sealed', async () => {
  const court = new Court(['judge1', 'judge2', 'prosecutor1']), shell = await seat(court);
  court.put = (to) => to.map((s) => (s.holder === 'judge' ? { ...s, key: all.judge1.id } : s));
  expect(await shell.run(() => shell.protect(nobody, both('judge2', 'prosecutor1')))).toBe(false);
  expect([shell.fault, court.posts.map((p) => p.path)]).toEqual(['other_holder', ['/api/vault/persons']]);
}, 60_000);

test('an order that varies the holders says whom, by account', async () => {
  const court = new Court(['judge1', 'judge2', 'prosecutor1']), shell = await seat(court);
  expect(await shell.run(() => shell.measure('v-0', { kind: 'variation', why: 'w', ground: 'g' }, both('judge2', 'prosecutor1')))).toBe(true);
  expect(court.posts).toEqual([{ path: '/api/vault/persons/v-0/orders', body: { kind: 'variation', why: 'w', ground: 'g', holders: { 1: 'p-judge2', 2: 'p-prosecutor1' } } }]);
  expect(accountsOf(court.state(), ring, both('judge1', 'prosecutor1'))).toEqual({ 1: 'p-judge1', 2: 'p-prosecutor1' });
}, 60_000);
