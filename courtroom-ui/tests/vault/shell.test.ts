import { expect, test } from 'vitest';
import { VaultError } from '../../src/vault/bytes';
import { heldOf } from '../../src/vault/envelope';
import type { Gate } from '../../src/vault/gate';
import { code, type Card, type Key } from '../../src/vault/key';
import { keys } from '../../src/vault/keys';
import { addKey, emptyRing, pinByCode, type Ring } from '../../src/vault/ring';
import { VaultShell } from '../../src/vault/shell';
import type { VaultState } from '../../src/vault/wire';
import { passphraseSecret, passphraseWrap } from '../../src/vault/wrap';

const passphrase = 'dörd söz bir yerdə';

const stateOf = (gate: FakeGate): VaultState => ({ court: 'baku', me: { person: 'p-a', roles: ['judge'] }, plain_browser: false, key: gate.key, grounds: [], keys: [], recovery: { state: 'none' }, persons: [], openings: [] });

/** A gateway that takes a first key, and a second one only by the proof of the first. */
class FakeGate implements Gate {
  readonly kind = 'companion';
  ring: Ring = emptyRing;
  posts: { path: string; body: unknown; by: string | undefined }[] = [];
  key: { key: string; card: Card; state: string } | null = null;
  info() { return Promise.resolve({ version: '1', sha256: 'a', development: true, gateway: 'x', paired: true }); }
  get<T>(): Promise<T> { return Promise.resolve(stateOf(this) as T); }
  post<T>(path: string, body: unknown, prover?: Key): Promise<T> {
    this.posts.push({ path, body, by: prover?.id });
    if (this.key && prover?.id !== this.key.key) return Promise.reject(new VaultError('step_up_required'));
    if (path !== '/api/vault/keys') return Promise.resolve({} as T);
    const card = (body as { card: Card }).card;
    this.key = { key: card.recipient, card, state: 'active' };
    return Promise.resolve({} as T);
  }
  loadRing() { return Promise.resolve(this.ring); }
  saveRing(ring: Ring) { this.ring = ring; return Promise.resolve(); }
}

test('a key is stored wrapped, told to the gateway after its paper was written, and replaced only by its own yes', async () => {
  const gate = new FakeGate(), shell = new VaultShell(gate, () => undefined);
  shell.askPassphrase = () => Promise.resolve(passphrase);
  await shell.start();
  const make = async (): Promise<void> => {
    expect(await shell.run(() => shell.make({ passphrase, role: 'judge' }))).toBe(true);
    const told = gate.posts.length;
    expect(await shell.run(() => shell.paperWritten('AAAA AAAA'))).toBe(false);
    expect([shell.fault, gate.posts.length]).toEqual(['paper_check', told]);
  };
  await make();
  const sheet = shell.sheet!.groups;
  expect(JSON.stringify(gate.ring)).not.toContain(sheet.join(''));
  expect(await shell.run(() => shell.paperWritten(sheet.slice(-2).join(' ')))).toBe(true);
  expect(shell.sheet).toBeNull();
  const first = gate.ring.keys[0]!;
  gate.key = { ...gate.key!, key: first.key };
  await shell.run(() => shell.look());
  await make();
  expect(await shell.run(() => shell.paperWritten(shell.sheet!.groups.slice(-2).join(' ')))).toBe(true);
  expect(gate.posts.map((p) => p.by)).toEqual([undefined, undefined, first.key]);
  expect(gate.ring.keys).toHaveLength(2);
}, 60_000);

test('one act at a time, and a wrong passphrase opens nothing', async () => {
  const gate = new FakeGate(), shell = new VaultShell(gate, () => undefined);
  await shell.start();
  const slow = shell.run(() => new Promise((done) => setTimeout(done, 20)));
  expect(await shell.run(() => Promise.resolve())).toBe(false);
  expect(await slow).toBe(true);
  await shell.run(() => shell.make({ passphrase, role: 'judge' }));
  shell.askPassphrase = () => Promise.resolve('beş söz başqa bir yerdə');
  let opened = false;
  expect(await shell.run(() => shell.withKey(gate.ring.keys[0]!, () => { opened = true; return Promise.resolve(); }))).toBe(false);
  expect([shell.fault, opened]).toEqual(['wrong_secret', false]);
}, 60_000);

test('a half is sealed anew to this seat\'s own key, never to another that the gateway names, pinned or not', async () => {
  const [old, fresh, prosecutor, r1, r2] = await Promise.all(Array.from({ length: 5 }, keys.make)) as [Key, Key, Key, Key, Key];
  const envelope = await keys.seal({ person: 'v-a', pseudonym: 'Daşlıq', court: 'baku', version: 1 }, { name: 'x', birth: '', address: '', documents: '', relatives: '', text: '', photo: '' },
    [{ half: 1, holder: 'judge', card: old.card }, { half: 2, holder: 'prosecutor', card: prosecutor.card }, { half: 1, holder: 'recovery', card: r1.card }, { half: 2, holder: 'recovery', card: r2.card }], old, 'now');
  const wrap = passphraseWrap(), secret = await passphraseSecret(wrap, passphrase), gate = new FakeGate();
  gate.ring = pinByCode(await addKey(emptyRing, fresh, wrap, secret, 'now', 'judge'), [prosecutor.card], code(prosecutor.card), 'Prosecutor', 'prosecutor', 'now');
  const sheet = keys.backup(r1).join(' '), half = envelope.shares.find((s) => s.key === r1.id)!;
  let to = prosecutor.card, named = 'prosecutor';
  gate.key = { key: fresh.id, card: fresh.card, state: 'active' };
  const shell = new VaultShell(gate, () => undefined);
  shell.askPassphrase = () => Promise.resolve(passphrase);
  await shell.start();
  gate.get = <T>(path?: string): Promise<T> => (path?.endsWith('/share')
    ? Promise.resolve({ version: 1, payload_sha256: heldOf(envelope).payload_sha256, shares: [{ ...half, to: { key: 'x', card: to } }] } as T) : Promise.resolve({ ...stateOf(gate), persons: [{ person: 'v-a', reseal: [{ half: 1, holder: named, key: old.id, why: 'lost' }] }] } as T));
  await shell.run(() => shell.look());
  expect(await shell.run(() => shell.reseal('v-a', sheet))).toBe(false);
  expect([shell.fault, gate.posts.length]).toEqual(['not_own', 0]);
  to = fresh.card;
  expect(await shell.run(() => shell.reseal('v-a', sheet))).toBe(false);
  expect([shell.fault, gate.posts.length]).toEqual(['other_role', 0]); // her own key, for the half of a role that she is not
  named = 'judge';
  await shell.run(() => shell.look());
  expect(await shell.run(() => shell.reseal('v-a', sheet))).toBe(true);
  expect(gate.posts[0]!.body).toMatchObject({ person: 'v-a', share: { half: 1, holder: 'judge', key: fresh.id }, from: r1.id });
  expect(gate.posts[0]!.by).toBe(fresh.id); // a fresh act: the key that counts proves it
}, 60_000);
