// The keyring: this seat's own wrapped keys, the cards that a person has pinned by typing their codes, and the newest version of each record that was
// met. Pure. What the gateway says of keys counts only where the ring says the same.
import { exactly, refuse, type Bytes } from './bytes';
import type { Held, Holder, Seat } from './envelope';
import { codeIs, keyId, readCard, type Card, type Key } from './key';
import type { OwnRole, Role, SealTo, WireKey } from './wire';
import { readWrap, unwrapSeed, wrapSeed, type Wrap } from './wrap';

/** `role` is what the key's owner said of herself when she made it; without it (a ring of an earlier version) the key holds nothing until she has said it. */
export interface RingKey { key: string; card: Card; wrap: Wrap; sealed: string; since: string; role?: OwnRole }
export interface Pin { key: string; card: Card; who: string; role: Role; since: string }
export interface Seen { person: string; version: number; payload: string }
export interface Ring { parda_keyring: 1; keys: RingKey[]; pins: Pin[]; seen: Seen[] }

export const emptyRing: Ring = { parda_keyring: 1, keys: [], pins: [], seen: [] };
export const ownRoles: readonly OwnRole[] = ['judge', 'prosecutor', 'investigator'];
const roles: readonly Role[] = ['judge', 'prosecutor', 'investigator', 'recovery1', 'recovery2'];

export function readRing(value: unknown): Ring {
  const r = exactly<{ parda_keyring: number; keys?: unknown[]; pins?: unknown[]; seen?: unknown[] }>(dropNull(value), { parda_keyring: 'number', keys: 'array?', pins: 'array?', seen: 'array?' });
  if (r.parda_keyring !== 1) refuse('unreadable');
  return {
    parda_keyring: 1,
    keys: (r.keys ?? []).map((v) => {
      const k = exactly<RingKey>(v, { key: 'string', card: 'object', wrap: 'object', sealed: 'string', since: 'string', role: 'string?' });
      if (k.role !== undefined && !ownRoles.includes(k.role)) refuse('unreadable');
      return { ...k, card: own(k.key, k.card), wrap: readWrap(k.wrap) };
    }),
    pins: (r.pins ?? []).map((v) => {
      const p = exactly<Pin>(v, { key: 'string', card: 'object', who: 'string', role: 'string', since: 'string' });
      if (!roles.includes(p.role)) refuse('unreadable');
      return { ...p, card: own(p.key, p.card) };
    }),
    seen: (r.seen ?? []).map((v) => exactly<Seen>(v, { person: 'string', version: 'number', payload: 'string' })),
  };
}

const dropNull = (v: unknown): unknown => Object.fromEntries(Object.entries((v ?? {}) as object).filter(([, x]) => x !== null));

function own(id: string, card: unknown): Card {
  const c = readCard(card);
  return keyId(c) === id ? c : refuse('unreadable');
}

export async function addKey(ring: Ring, key: Key, wrap: Wrap, secret: Bytes, at: string, role: OwnRole): Promise<Ring> {
  const seed = key.seed();
  try {
    const sealed = await wrapSeed(seed, key.id, secret);
    return { ...ring, keys: [...ring.keys.filter((k) => k.key !== key.id), { key: key.id, card: key.card, wrap, sealed, since: at, role }] };
  } finally { seed.fill(0); }
}

/** Said once for a key that was made before roles were kept. What was said is not said again: whoever has another role makes another key. */
export function sayRole(ring: Ring, key: string, role: OwnRole): Ring {
  const one = ring.keys.find((k) => k.key === key) ?? refuse('no_key_here');
  if (!ownRoles.includes(role) || (one.role !== undefined && one.role !== role)) refuse('role_said');
  return { ...ring, keys: ring.keys.map((k) => (k.key === key ? { ...k, role } : k)) };
}

export const unwrap = (k: RingKey, secret: Bytes): Promise<Bytes> => unwrapSeed(k.sealed, k.key, secret);

/** The card among those that the gateway lists whose code was typed. It is the typing that pins: nothing is offered for a click. `code_of_nobody`: the code
 * was mistyped, or the gateway lists another key than the one whose owner was telephoned. */
export function pinByCode(ring: Ring, listed: readonly Card[], typed: string, who: string, role: Role, at: string): Ring {
  const card = listed.find((c) => codeIs(c, typed)) ?? refuse('code_of_nobody');
  if (who.trim() === '') refuse('who_needed');
  const key = keyId(card);
  return { ...ring, pins: [...ring.pins.filter((p) => p.key !== key && !(p.role === role && p.who === who.trim())), { key, card, who: who.trim(), role, since: at }] };
}

export const unpin = (ring: Ring, key: string): Ring => ({ ...ring, pins: ring.pins.filter((p) => p.key !== key) });

/** What this seat itself calls the owner of a key; null: nobody has typed its code here. */
export const pinned = (ring: Ring, key: string): Pin | null => ring.pins.find((p) => p.key === key) ?? null;
export const isOwn = (ring: Ring, key: string): boolean => ring.keys.some((k) => k.key === key);

/** The card of whom a release is for, by this seat's own pin (A3: the gateway's key in the place of the judge's). */
export function readerCard(ring: Ring, key: string): Card {
  return (pinned(ring, key) ?? ring.keys.find((k) => k.key === key) ?? refuse('not_pinned')).card;
}

const places: readonly Holder[] = ['judge', 'prosecutor', 'recovery'];

/** The seats of a new envelope, by pins alone: each key that the gateway names must be pinned here, and in the role in which it names it. One's own key
 * needs no code, but stands only for the role that its owner said: else a gateway gives the prosecutor's seat the judge's half too, beside a pinned
 * colleague's. */
export function seatsOf(ring: Ring, sealTo: readonly SealTo[] | null): Seat[] {
  if (!sealTo || sealTo.length === 0) return refuse('cannot_seal_now');
  return sealTo.map((s) => {
    const mine = ring.keys.find((k) => k.key === s.key);
    const pin = pinned(ring, s.key);
    const role: string = s.holder === 'recovery' ? `recovery${s.half}` : s.holder;
    if (!places.includes(s.holder)) refuse('not_pinned'); // an investigator holds nothing, whoever pinned her
    if (mine && mine.role === undefined) refuse('role_unsaid');
    if (mine && mine.role !== role) refuse('other_role');
    if (!mine && pin?.role !== role) refuse('not_pinned');
    return { half: s.half, holder: s.holder, card: (mine ?? pin)!.card };
  });
}

/** An envelope or a share that is older than what this seat has met, or another one of the same version, is an old one played again. */
export function meet(ring: Ring, held: Held): Ring {
  const before = ring.seen.find((s) => s.person === held.person);
  if (before && (held.version < before.version || (held.version === before.version && held.payload_sha256 !== before.payload))) refuse('replayed');
  return { ...ring, seen: [...ring.seen.filter((s) => s.person !== held.person), { person: held.person, version: held.version, payload: held.payload_sha256 }] };
}

/** Cards that may be pinned: what the gateway lists, read strictly. */
export const cardsOf = (keys: readonly WireKey[], recovery: readonly Card[] | undefined): Card[] =>
  [...keys.filter((k) => k.state === 'active').map((k) => k.card), ...(recovery ?? [])].flatMap((c) => { try { return [readCard(c)]; } catch { return []; } });
