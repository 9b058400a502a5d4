// A seed at rest: wrapped under a passkey's PRF output or a passphrase (FORMAT.md, "At rest on the seat"). Pure, but for the hardness of argon2id,
// which takes about a second.
import { argon2idAsync } from '@noble/hashes/argon2.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base64, concat, exactly, fromBase64, randomBytes, refuse, utf8, type Bytes } from './bytes';

export type Wrap =
  | { kind: 'prf'; credential: string; salt: string }
  | { kind: 'passphrase'; salt: string; t: number; m: number; p: number };

/** RFC 9106, section 4: the second recommended setting (64 MiB, three passes), with one lane because a page has one thread. */
export const hardness = { t: 3, m: 65536, p: 1 } as const;
/** Four words of a long list, or fourteen characters: what a thief of the seat guesses against 64 MiB a try. */
export const shortestPassphrase = 14;

export const prfWrap = (credential: string): Extract<Wrap, { kind: 'prf' }> => ({ kind: 'prf', credential, salt: base64(randomBytes(32)) });
export const passphraseWrap = (): Extract<Wrap, { kind: 'passphrase' }> => ({ kind: 'passphrase', salt: base64(randomBytes(16)), ...hardness });

export function readWrap(value: unknown): Wrap {
  if ((value as { kind?: unknown } | null)?.kind === 'prf') {
    return exactly<Extract<Wrap, { kind: 'prf' }>>(value, { kind: 'string', credential: 'string', salt: 'string' });
  }
  const w = exactly<Extract<Wrap, { kind: 'passphrase' }>>(value, { kind: 'string', salt: 'string', t: 'number', m: 'number', p: 'number' });
  // Weaker is never read, so that nobody can have the passphrase tried for less; much harder would hang the page.
  if (w.kind !== 'passphrase' || w.t < hardness.t || w.m < hardness.m || w.p !== 1 || w.t > 16 || w.m > 1 << 20) refuse('unreadable');
  return w;
}

/** NFKC, so that one passphrase typed on two keyboards is one. */
export async function passphraseSecret(w: Extract<Wrap, { kind: 'passphrase' }>, passphrase: string): Promise<Bytes> {
  const words = passphrase.normalize('NFKC');
  if ([...words].length < shortestPassphrase) refuse('passphrase_short');
  return concat(await argon2idAsync(utf8(words), fromBase64(w.salt), { t: w.t, m: w.m, p: w.p, dkLen: 32, asyncTick: 50 }));
}

/** `secret` is the PRF's output or argon2id's; 32 bytes. */
export async function wrapSeed(seed: Bytes, id: string, secret: Bytes): Promise<string> {
  const nonce = randomBytes(12);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: bound(id) }, await wrappingKey(secret), seed);
  return base64(concat(nonce, new Uint8Array(sealed)));
}

/** `wrong_secret` for another passkey or passphrase, and for bytes that were changed. */
export async function unwrapSeed(sealed: string, id: string, secret: Bytes): Promise<Bytes> {
  const b = fromBase64(sealed);
  if (b.length !== 12 + 32 + 16) refuse('unreadable');
  try {
    return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: b.slice(0, 12), additionalData: bound(id) }, await wrappingKey(secret), b.slice(12)));
  } catch { return refuse('wrong_secret'); }
}

const bound = (id: string): Bytes => utf8(`parda-keyring-v1\n${id}`);

async function wrappingKey(secret: Bytes): Promise<CryptoKey> {
  if (secret.length !== 32) refuse('wrong_secret');
  const raw = concat(hkdf(sha256, secret, undefined, utf8('parda-keyring-v1'), 32));
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  raw.fill(0);
  return key;
}
