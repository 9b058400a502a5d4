// One vault key: a seed, what comes from it, and the public card that others pin (gateway/identity/FORMAT.md, "A key"). Pure: no I/O, no storage.
import { bech32 } from '@scure/base';
import { ed25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption';
import { base64, concat, exactly, fromBase64, hex, randomBytes, refuse, utf8, type Bytes } from './bytes';

/** The public half. `recipient` is age's; `verify` is an Ed25519 public key, base64. */
export interface Card { recipient: string; verify: string }

/** A key that can be used. It lives in memory only, while it is unlocked; `forget` makes it unusable. */
export interface Key {
  readonly id: string;
  readonly card: Card;
  /** Opens an age file that was sealed to this key; `cannot_open` for any other. */
  open(file: Uint8Array): Promise<Bytes>;
  /** Ed25519, base64. The purpose stands before what is signed, so that a signature for one thing is none for another. */
  sign(purpose: Purpose, what: Uint8Array): string;
  /** The seed, for wrapping and for paper. A copy: the caller clears it. */
  seed(): Bytes;
  forget(): void;
}

export type Purpose = 'parda-vault-record-v1' | 'parda-vault-act-v1';

const turns = 16384;
const seedBytes = 32;

export const makeSeed = (): Bytes => randomBytes(seedBytes);

const identityOf = (seed: Uint8Array): string => bech32.encodeFromBytes('age-secret-key-pq-', seed).toUpperCase();

/** The age identity of a seed, and its recipient. What R is made of too, which has no card. */
export async function ageOf(seed: Uint8Array): Promise<{ identity: string; recipient: string }> {
  const identity = identityOf(seed);
  return { identity, recipient: await identityToRecipient(identity) };
}

export async function keyOf(from: Uint8Array): Promise<Key> {
  if (from.length !== seedBytes) refuse('unreadable');
  let seed: Bytes | null = concat(from);
  const alive = (): Bytes => seed ?? refuse('locked');
  const signer = hkdf(sha256, seed, undefined, utf8('parda-vault-sign-v1'), 32);
  const card = { recipient: (await ageOf(seed)).recipient, verify: base64(ed25519.getPublicKey(signer)) };
  return {
    id: keyId(card), card,
    open: (file) => openWith(identityOf(alive()), file),
    sign: (purpose, what) => { alive(); return base64(ed25519.sign(concat(utf8(`${purpose}\n`), what), signer)); },
    seed: () => concat(alive()),
    forget: () => { seed?.fill(0); signer.fill(0); seed = null; },
  };
}

export async function openWith(identity: string, file: Uint8Array): Promise<Bytes> {
  const d = new Decrypter();
  d.addIdentity(identity);
  try { return concat(await d.decrypt(file)); } catch { return refuse('cannot_open'); }
}

export async function sealTo(recipient: string, plaintext: Uint8Array): Promise<Bytes> {
  const e = new Encrypter();
  e.addRecipient(recipient);
  return concat(await e.encrypt(plaintext));
}

/** Reads a card that came from elsewhere. Only age's own two kinds of keys: a tag or a plugin would be a way to have us call what we do not know. */
export function readCard(value: unknown): Card {
  const card = exactly<Card>(value, { recipient: 'string', verify: 'string' });
  if (!/^age1pq1[02-9ac-hj-np-z]{1952}$/.test(card.recipient) && !/^age1[02-9ac-hj-np-z]{58}$/.test(card.recipient)) refuse('unreadable');
  if (fromBase64(card.verify).length !== 32) refuse('unreadable');
  return card;
}

export const isHybrid = (card: Card): boolean => card.recipient.startsWith('age1pq1');

const digestOf = (card: Card): Uint8Array => sha256(utf8(`${card.recipient}\n${card.verify}`));

export const keyId = (card: Card): string => hex(digestOf(card));

/** The 20 digits that are told over a channel which the gateway does not carry. About 50 ms of work, on purpose. */
export function code(card: Card): string {
  const first = digestOf(card);
  const block = new Uint8Array(64);
  block.set(first, 32);
  let d = first;
  for (let i = 0; i < turns; i++) { block.set(d); d = sha256(block); }
  let n = 0n;
  for (const b of d.subarray(0, 16)) n = (n << 8n) | BigInt(b);
  return (n % 10n ** 20n).toString().padStart(20, '0');
}

export const grouped = (digits: string): string => digits.match(/.{1,4}/g)?.join(' ') ?? '';

/** Whether what somebody typed is the code of the card: all twenty digits, whatever stands between them. */
export const codeIs = (card: Card, typed: string): boolean => typed.replace(/[\s-]/g, '') === code(card);

export function signedBy(verify: string, purpose: Purpose, what: Uint8Array, signature: string): boolean {
  try { return ed25519.verify(fromBase64(signature), concat(utf8(`${purpose}\n`), what), fromBase64(verify), { zip215: false }); } catch { return false; }
}
