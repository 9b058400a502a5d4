// Sealing a record into two halves, and what each holder, the reader and the recovery do with them (FORMAT.md). Pure: what it is given it checks
// against what it is told to expect, and it trusts nothing that came from the gateway.
import { sha256 } from '@noble/hashes/sha2.js';
import { base64, concat, exactly, fromBase64, hex, parse, randomBytes, refuse, textOf, utf8, type Bytes } from './bytes';
import { ageOf, keyId, openWith, sealTo, signedBy, type Card, type Key } from './key';

export type Half = 1 | 2;
export type Holder = 'judge' | 'prosecutor' | 'recovery';

/** Which record of whom. */
export interface Subject { person: string; court: string; version: number }
/** And the pseudonym that it was sealed under: only the seat that entered the person knows it otherwise than from the gateway. */
export interface Sealed extends Subject { pseudonym: string }

export interface Share { half: Half; holder: Holder; key: string; share: string }
export interface Envelope extends Subject { parda_vault: 1; payload: string; shares: Share[] }

/** What is known of a protected person. It is never stored in clear, and never in a URL, a title or a log. */
export interface Particulars { name: string; birth: string; address: string; documents: string; relatives: string; text: string; photo: string }
export interface ReadRecord extends Sealed, Particulars { at: string }

/** Who is to hold a half: a card that this seat has pinned. */
export interface Seat { half: Half; holder: Holder; card: Card }

export const step = 64 * 1024;
export const largest = 4 * 1024 * 1024; // bytes of a payload's plaintext

export const digest = (file: Uint8Array): string => hex(sha256(file));

/** Seals what is known of a person to four keys: half 1 and half 2, each to its holder and to the recovery. Fewer is refused: a half that nobody holds is lost, a half that stands open is none.
 * So is more: who is not one of the four has no business in it. The two holders are of two roles, as this seat pinned them, whatever the gateway says. */
export async function seal(subject: Sealed, particulars: Particulars, seats: readonly Seat[], by: Key, at: string): Promise<Envelope> {
  const holders = seats.filter((s) => s.holder !== 'recovery'), recovery = seats.filter((s) => s.holder === 'recovery');
  for (const two of [holders, recovery]) if (two.length !== 2 || two[0]!.half === two[1]!.half) refuse('holders_missing');
  if (holders[0]!.holder === holders[1]!.holder) refuse('one_role_twice');
  // One key for both halves would be one person for both: whoever sends the list of holders must not be able to say so.
  if (new Set(seats.map((s) => keyId(s.card))).size !== seats.length) refuse('one_key_twice');
  const record = JSON.stringify({ ...sealedOf(subject), at, ...particulars } satisfies ReadRecord);
  const inside = utf8(JSON.stringify({ record, key: by.id, verify: by.card.verify, signature: by.sign('parda-vault-record-v1', utf8(record)) }));
  const plaintext = padded(inside);
  const secret = randomBytes(32), first = randomBytes(32);
  const second = xor(secret, first);
  try {
    const payload = await sealTo((await ageOf(secret)).recipient, plaintext);
    const shares: Share[] = [];
    for (const s of seats) {
      const plain = utf8(JSON.stringify({ parda_share: 1, ...sealedOf(subject), half: s.half, secret: base64(s.half === 1 ? first : second), payload: digest(payload) }));
      shares.push({ half: s.half, holder: s.holder, key: keyId(s.card), share: base64(await sealTo(s.card.recipient, plain)) });
    }
    return { parda_vault: 1, ...subjectOf(subject), payload: base64(payload), shares };
  } finally { for (const b of [inside, plaintext, secret, first, second]) b.fill(0); }
}

/** Reads an envelope that the gateway gives, and compares it with the one that was asked for. */
export function readEnvelope(value: unknown, want: { person: string; court: string }): Envelope {
  const e = exactly<Envelope>(value, { parda_vault: 'number', person: 'string', court: 'string', version: 'number', payload: 'string', shares: 'array' });
  if (e.parda_vault !== 1 || e.version < 1 || e.shares.length > 16) refuse('unreadable');
  if (e.person !== want.person || e.court !== want.court) refuse('other_person');
  for (const s of e.shares) {
    exactly<Share>(s, { half: 'number', holder: 'string', key: 'string', share: 'string' });
    if ((s.half !== 1 && s.half !== 2) || !/^[0-9a-f]{64}$/.test(s.key)) refuse('unreadable');
  }
  return e;
}

/** What a holder is given of a record: her shares, and the digest of the payload instead of the payload, which she has no need of. */
export interface Held extends Subject { payload_sha256: string; shares: readonly Share[] }

export const heldOf = (e: Envelope): Held => ({ ...subjectOf(e), payload_sha256: digest(fromBase64(e.payload)), shares: e.shares });

interface OpenShare { subject: Sealed; half: Half; secret: Bytes; payload: string }

/** Opens the share of an envelope that is sealed to this key. It must say what the envelope says: a share of another person or version that stands in its place is refused (A3 swaps). */
async function openShare(e: Held, holder: Key): Promise<OpenShare> {
  const mine = e.shares.find((s) => s.key === holder.id) ?? refuse('not_holder');
  const plain = await holder.open(fromBase64(mine.share));
  const s = exactly<{ parda_share: number; person: string; pseudonym: string; court: string; version: number; half: number; secret: string; payload: string }>(parse(textOf(plain)),
    { parda_share: 'number', person: 'string', pseudonym: 'string', court: 'string', version: 'number', half: 'number', secret: 'string', payload: 'string' });
  plain.fill(0);
  if (s.parda_share !== 1) refuse('unreadable');
  if (s.person !== e.person || s.court !== e.court || s.half !== mine.half) refuse('other_person');
  if (s.version !== e.version || s.payload !== e.payload_sha256) refuse('other_version');
  return { subject: { ...subjectOf(e), pseudonym: s.pseudonym }, half: mine.half, secret: fromBase64(s.secret), payload: s.payload };
}

const sealedOf = (s: Sealed): Sealed => ({ person: s.person, pseudonym: s.pseudonym, court: s.court, version: s.version });
const subjectOf = (s: Subject): Subject => ({ person: s.person, court: s.court, version: s.version });

/** The half of `holder`, sealed anew to the reader, for this one opening. The caller has pinned the reader's card, shown the order with this pseudonym, and
 * been told yes. `other_pseudonym`: the share was sealed under another one, so the gateway shows the order for one person and asks for another (A3); null is
 * given only where a person has been shown that and says that the pseudonym was varied by order. */
export async function release(e: Held, holder: Key, opening: string, reader: Card, pseudonym: string | null): Promise<{ half: Half; share: string }> {
  const s = await openShare(e, holder);
  if (pseudonym !== null && s.subject.pseudonym !== pseudonym) { s.secret.fill(0); refuse('other_pseudonym'); }
  const plain = utf8(JSON.stringify({ parda_release: 1, opening, ...s.subject, half: s.half, secret: base64(s.secret), payload: s.payload, reader: keyId(reader) }));
  s.secret.fill(0);
  try { return { half: s.half, share: base64(await sealTo(reader.recipient, plain)) }; } finally { plain.fill(0); }
}

/** The same share to a new key: the holder's by her old one, or the recovery's of the same half after a loss. Nobody opens the record for it. */
export async function rotate(e: Held, from: Key, to: Card, holder: Holder): Promise<Share> {
  const s = await openShare(e, from);
  const plain = utf8(JSON.stringify({ parda_share: 1, ...s.subject, half: s.half, secret: base64(s.secret), payload: s.payload }));
  s.secret.fill(0);
  try { return { half: s.half, holder, key: keyId(to), share: base64(await sealTo(to.recipient, plain)) }; } finally { plain.fill(0); }
}

/** What was read, and by which key it was entered; whether that key is pinned is for the caller to look up and to show. */
export interface Opened { record: ReadRecord; enteredBy: { key: string; verify: string } }

/** Puts the two released halves together. `not_both`: two of the same half, or one alone; `other_opening`: a release of an earlier opening is played again. */
export async function open(e: Envelope, releases: readonly { half: number; share: string }[], opening: string, reader: Key, pseudonym: string | null): Promise<Opened> {
  const halves = new Map<Half, Bytes>();
  const payload = fromBase64(e.payload);
  for (const r of releases) {
    const plain = await reader.open(fromBase64(r.share));
    const s = exactly<{ parda_release: number; opening: string; person: string; pseudonym: string; court: string; version: number; half: Half; secret: string; payload: string; reader: string }>(parse(textOf(plain)),
      { parda_release: 'number', opening: 'string', person: 'string', pseudonym: 'string', court: 'string', version: 'number', half: 'number', secret: 'string', payload: 'string', reader: 'string' });
    plain.fill(0);
    if (s.parda_release !== 1 || s.reader !== reader.id) refuse('unreadable');
    if (s.opening !== opening) refuse('other_opening');
    if (pseudonym !== null && s.pseudonym !== pseudonym) refuse('other_pseudonym');
    if (s.person !== e.person || s.court !== e.court) refuse('other_person');
    if (s.version !== e.version || s.payload !== digest(payload)) refuse('other_version');
    halves.set(s.half, fromBase64(s.secret));
  }
  const first = halves.get(1), second = halves.get(2);
  if (halves.size !== 2 || first?.length !== 32 || second?.length !== 32) return refuse('not_both');
  const secret = xor(first, second);
  try {
    return readPayload(await openWith((await ageOf(secret)).identity, payload), e);
  } finally { for (const b of [first, second, secret]) b.fill(0); }
}

function readPayload(plaintext: Bytes, e: Envelope): Opened {
  const inside = exactly<{ record: string; key: string; verify: string; signature: string }>(parse(textOf(unpadded(plaintext))), { record: 'string', key: 'string', verify: 'string', signature: 'string' });
  plaintext.fill(0);
  // Whoever knows the recipients can seal a person of his own making (A3): without the signature it is nobody's word.
  if (!signedBy(inside.verify, 'parda-vault-record-v1', utf8(inside.record), inside.signature)) refuse('not_signed');
  const record = exactly<ReadRecord>(parse(inside.record), { person: 'string', pseudonym: 'string', court: 'string', version: 'number', at: 'string', name: 'string', birth: 'string', address: 'string', documents: 'string', relatives: 'string', text: 'string', photo: 'string' });
  if (record.person !== e.person || record.court !== e.court) refuse('other_person');
  if (record.version !== e.version) refuse('other_version');
  if (record.photo !== '' && !isJPEG(fromBase64(record.photo))) refuse('unreadable');
  return { record, enteredBy: { key: inside.key, verify: inside.verify } };
}

export const isJPEG = (b: Uint8Array): boolean => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff;

/** Length first, then the bytes, then zeros up to the next step: what the gateway can measure says at most how many times 64 KiB. */
function padded(inside: Uint8Array): Bytes {
  const out = new Uint8Array(Math.ceil((inside.length + 4) / step) * step);
  if (out.length > largest) refuse('too_large');
  new DataView(out.buffer).setUint32(0, inside.length);
  out.set(inside, 4);
  return out;
}

function unpadded(plaintext: Bytes): Uint8Array {
  if (plaintext.length === 0 || plaintext.length % step !== 0 || plaintext.length > largest) return refuse('unreadable');
  const n = new DataView(plaintext.buffer, plaintext.byteOffset).getUint32(0);
  if (n > plaintext.length - 4 || plaintext.subarray(4 + n).some((b) => b !== 0)) refuse('unreadable');
  return plaintext.subarray(4, 4 + n);
}

function xor(a: Uint8Array, b: Uint8Array): Bytes {
  const out = concat(a);
  for (let i = 0; i < out.length; i++) out[i]! ^= b[i]!;
  return out;
}
