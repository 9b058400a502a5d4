// Bytes and their forms on the wire, and objects read strictly: a field too many is as wrong as one too few, because what a reader does not know
// it cannot check. Everything here refuses by throwing VaultError.

/** Why a vault operation was refused: `code` has words under vault.error.{code}. It never holds plaintext, keys or what was typed. */
export class VaultError extends Error {
  constructor(readonly code: string) { super(code); this.name = 'VaultError'; }
}

export const refuse = (code: string): never => { throw new VaultError(code); };

/** Bytes over an ArrayBuffer of their own, which WebCrypto asks for. */
export type Bytes = Uint8Array<ArrayBuffer>;

export const randomBytes = (n: number): Bytes => crypto.getRandomValues(new Uint8Array(n));
export const utf8 = (text: string): Bytes => new TextEncoder().encode(text) as Bytes;

export function textOf(bytes: Uint8Array): string {
  try { return new TextDecoder('utf-8', { fatal: true }).decode(bytes); } catch { return refuse('unreadable'); }
}

export const hex = (bytes: Uint8Array): string => [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');

export function concat(...parts: Uint8Array[]): Bytes {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) { all.set(p, at); at += p.length; }
  return all;
}

export function base64(bytes: Uint8Array): string {
  let out = '';
  // In pieces: the arguments of one call have a limit.
  for (let i = 0; i < bytes.length; i += 0x8000) out += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(out);
}

/** Standard base64 with padding and nothing else: two texts for the same bytes would be two names of one thing. */
export function fromBase64(text: string): Bytes {
  let raw: string;
  try { raw = atob(text); } catch { return refuse('unreadable'); }
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return base64(bytes) === text ? bytes : refuse('unreadable');
}

export const base64url = (bytes: Uint8Array): string => base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

export function fromBase64url(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) refuse('unreadable');
  const plain = text.replaceAll('-', '+').replaceAll('_', '/');
  return fromBase64(plain + '='.repeat((4 - (plain.length % 4)) % 4));
}

/** No early end: how far two secrets agree is not told by time. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  let differ = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) differ |= a[i]! ^ (b[i] ?? 0);
  return differ === 0;
}

type Kind = 'string' | 'number' | 'boolean' | 'object' | 'array';
const kindOf = (v: unknown): string => (Array.isArray(v) ? 'array' : v === null ? 'null' : typeof v);

/** An object with exactly these fields of these kinds; a kind that ends in ? may be absent. Numbers are safe integers. */
export function exactly<T>(value: unknown, fields: Record<string, Kind | `${Kind}?`>): T {
  if (kindOf(value) !== 'object') return refuse('unreadable');
  const object = value as Record<string, unknown>;
  for (const name of Object.keys(object)) if (!Object.hasOwn(fields, name)) refuse('unreadable');
  for (const [name, want] of Object.entries(fields)) {
    const optional = want.endsWith('?');
    if (!Object.hasOwn(object, name)) { if (optional) continue; refuse('unreadable'); }
    if (kindOf(object[name]) !== (optional ? want.slice(0, -1) : want)) refuse('unreadable');
    if (typeof object[name] === 'number' && !Number.isSafeInteger(object[name])) refuse('unreadable');
  }
  return object as T;
}

export function parse(text: string): unknown {
  try { return JSON.parse(text) as unknown; } catch { return refuse('unreadable'); }
}
