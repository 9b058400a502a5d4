import { beforeAll, describe, expect, test } from 'vitest';
import { randomBytes, VaultError } from '../../src/vault/bytes';
import { proofBy } from '../../src/vault/gate';
import { code, signedBy, type Key } from '../../src/vault/key';
import { keys } from '../../src/vault/keys';
import { hasMetadata } from '../../src/vault/photo';
import { addKey, cardsOf, emptyRing, meet, pinByCode, readerCard, readRing, sayRole, seatsOf, unwrap, type Ring } from '../../src/vault/ring';
import type { Role, SealTo, WireKey } from '../../src/vault/wire';
import { prfWrap } from '../../src/vault/wrap';
import { sha256 } from '@noble/hashes/sha2.js';
import { hex, utf8 } from '../../src/vault/bytes';

const refused = (what: () => unknown): string => {
  try { what(); } catch (e) { if (e instanceof VaultError) return e.code; throw e; }
  return 'nothing was refused';
};
const at = '2026-11-23T10:00:00.000Z';
let judge: Key, prosecutor: Key, r1: Key, r2: Key, evil: Key;
let ring: Ring;
const listed = (...all: Key[]): WireKey[] => all.map((k) => ({ key: k.id, card: k.card, person: 'p', state: 'active' }));
const sealTo = (...all: [1 | 2, SealTo['holder'], Key][]): SealTo[] => all.map(([half, holder, k]) => ({ half, holder, key: k.id }));

beforeAll(async () => {
  [judge, prosecutor, r1, r2, evil] = await Promise.all(Array.from({ length: 5 }, keys.make)) as [Key, Key, Key, Key, Key];
  ring = emptyRing;
  for (const [k, role] of [[judge, 'judge'], [prosecutor, 'prosecutor'], [r1, 'recovery1'], [r2, 'recovery2']] as [Key, Role][]) ring = pinByCode(ring, [k.card], code(k.card), role, role, at);
});

describe('a key counts only by its typed code', () => {
  test('a code that no listed key has pins nobody, and a listed key is not pinned by being listed', () => {
    expect(refused(() => pinByCode(emptyRing, cardsOf(listed(evil), undefined), code(judge.card), 'Judge', 'judge', at))).toBe('code_of_nobody');
    expect(refused(() => readerCard(ring, evil.id))).toBe('not_pinned');
  });
  test('an envelope is sealed to pinned keys in their own roles', () => {
    const honest = sealTo([1, 'judge', judge], [2, 'prosecutor', prosecutor], [1, 'recovery', r1], [2, 'recovery', r2]);
    expect(seatsOf(ring, honest).map((s) => s.card)).toEqual([judge, prosecutor, r1, r2].map((k) => k.card));
    for (const swap of [
      sealTo([1, 'judge', evil], [2, 'prosecutor', prosecutor], [1, 'recovery', r1], [2, 'recovery', r2]),
      sealTo([1, 'judge', judge], [2, 'prosecutor', prosecutor], [1, 'recovery', evil], [2, 'recovery', r2]),
      sealTo([1, 'judge', prosecutor], [2, 'prosecutor', prosecutor], [1, 'recovery', r1], [2, 'recovery', r2]),
      sealTo([1, 'judge', judge], [2, 'prosecutor', judge], [1, 'recovery', r1], [2, 'recovery', r2]),
      sealTo([1, 'judge', r1], [2, 'prosecutor', prosecutor], [1, 'recovery', r1], [2, 'recovery', r2]),
      sealTo([1, 'judge', judge], [2, 'prosecutor', prosecutor], [1, 'recovery', r2], [2, 'recovery', r1]),
    ]) expect(refused(() => seatsOf(ring, swap))).toBe('not_pinned');
    expect(refused(() => seatsOf(ring, null))).toBe('cannot_seal_now');
    expect(refused(() => seatsOf(ring, []))).toBe('cannot_seal_now');
  });
  test('one\'s own key needs no code, and is no recovery', async () => {
    const mine = await addKey({ ...ring, pins: ring.pins.filter((p) => p.key !== judge.id) }, judge, prfWrap('AAAA'), randomBytes(32), at, 'judge');
    expect(seatsOf(mine, sealTo([1, 'judge', judge]))[0]!.card).toEqual(judge.card);
    expect(refused(() => seatsOf(mine, sealTo([1, 'recovery', judge])))).toBe('other_role');
  });
  test('one\'s own key stands only for the role that its owner said: not for the judge\'s half beside a colleague of one\'s own role', async () => {
    const base = { ...ring, pins: ring.pins.filter((p) => p.key !== judge.id && p.key !== prosecutor.id) };
    const seat = await addKey(pinByCode(base, [prosecutor.card], code(prosecutor.card), 'Colleague', 'prosecutor', at), judge, prfWrap('AAAA'), randomBytes(32), at, 'prosecutor');
    const evilList = sealTo([1, 'judge', judge], [2, 'prosecutor', prosecutor], [1, 'recovery', r1], [2, 'recovery', r2]);
    expect(refused(() => seatsOf(seat, evilList))).toBe('other_role');
    // Not by pinning oneself as the judge either, and not before the role was said.
    expect(refused(() => seatsOf(pinByCode(seat, [judge.card], code(judge.card), 'I', 'judge', at), evilList))).toBe('other_role');
    const old = { ...seat, keys: seat.keys.map(({ role: _, ...k }) => k) };
    expect(refused(() => seatsOf(old, evilList))).toBe('role_unsaid');
    expect(readRing(JSON.parse(JSON.stringify(old))).keys[0]!.role).toBeUndefined();
    const said = sayRole(old, judge.id, 'judge');
    expect(seatsOf(said, evilList)).toHaveLength(4);
    expect(refused(() => sayRole(said, judge.id, 'prosecutor'))).toBe('role_said');
    expect(refused(() => readRing({ ...said, keys: [{ ...said.keys[0]!, role: 'recovery1' }] }))).toBe('unreadable');
  });
  test('an investigator holds no half, whoever pinned her so', () => {
    const seat = pinByCode(ring, [evil.card], code(evil.card), 'Investigator', 'investigator', at);
    expect(refused(() => seatsOf(seat, sealTo([1, 'investigator' as 'judge', evil])))).toBe('not_pinned');
  });
});

describe('the keyring', () => {
  test('comes back as it was written, and a card that is not its key\'s is refused', async () => {
    const secret = randomBytes(32);
    const full = await addKey(ring, judge, prfWrap('AAAA'), secret, at, 'judge');
    const read = readRing(JSON.parse(JSON.stringify(full)));
    expect(read).toEqual(full);
    expect(await unwrap(read.keys[0]!, secret)).toEqual(judge.seed());
    expect(JSON.stringify(full)).not.toContain(Buffer.from(judge.seed()).toString('base64'));
    const forged = JSON.parse(JSON.stringify(full)) as Ring;
    forged.pins[0]!.card = evil.card;
    expect(refused(() => readRing(forged))).toBe('unreadable');
  });
  test('an older record, or another of the same number, is one played again', () => {
    const held = { person: 'v-a', court: 'baku', version: 2, payload_sha256: 'a', shares: [] };
    const met = meet(ring, held);
    expect(meet(met, held).seen).toEqual(met.seen);
    expect(meet(met, { ...held, version: 3, payload_sha256: 'b' }).seen).toHaveLength(1);
    expect(refused(() => meet(met, { ...held, version: 1 }))).toBe('replayed');
    expect(refused(() => meet(met, { ...held, payload_sha256: 'b' }))).toBe('replayed');
    expect(meet(met, { ...held, person: 'v-b', version: 1 }).seen).toHaveLength(2);
  });
});

test('a proof by the key is for one challenge and one body', () => {
  const proof = JSON.parse(Buffer.from(proofBy(judge, 'c1', '{"a":1}'), 'base64url').toString()) as { key: string; signature: string };
  const said = (challenge: string, body: string) => utf8(`${challenge}\n${hex(sha256(utf8(body)))}`);
  expect(proof.key).toBe(judge.id);
  expect(signedBy(judge.card.verify, 'parda-vault-act-v1', said('c1', '{"a":1}'), proof.signature)).toBe(true);
  for (const [c, b] of [['c2', '{"a":1}'], ['c1', '{"a":2}']] as const) expect(signedBy(judge.card.verify, 'parda-vault-act-v1', said(c, b), proof.signature)).toBe(false);
  expect(signedBy(evil.card.verify, 'parda-vault-act-v1', said('c1', '{"a":1}'), proof.signature)).toBe(false);
});

test('what a camera writes into a photo is seen', () => {
  const jpeg = (...segments: [number, number][]): Uint8Array => new Uint8Array([0xff, 0xd8, ...segments.flatMap(([marker, n]) => [0xff, marker, 0, n + 2, ...new Array<number>(n).fill(7)]), 0xff, 0xda, 0, 2, 1, 2, 3]);
  for (const clean of [jpeg(), jpeg([0xe0, 14], [0xdb, 65]), jpeg([0xe2, 20]), jpeg([0xee, 12])]) expect(hasMetadata(clean)).toBe(false);
  for (const telling of [jpeg([0xe1, 30]), jpeg([0xe0, 14], [0xed, 9]), jpeg([0xfe, 5]), new Uint8Array([0xff, 0xd8])]) expect(hasMetadata(telling)).toBe(true);
});
