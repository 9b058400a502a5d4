// Signing in this browser: make the key if there is none, enrol it if the gateway does not hold it, sign. The code by which
// people compare keys aloud is computed here as the gateway and the station compute it.
import type { Actions, Answer } from '../state/actions';
import { fromBase64, signingKey } from './keys';

/** SHA-256 of the SPKI, its first eight bytes as a big-endian number, modulo 10^8, as "1234 5678". */
export async function keyCode(publicKey: string): Promise<string> {
  const digest = new DataView(await crypto.subtle.digest('SHA-256', fromBase64(publicKey)));
  const digits = String(digest.getBigUint64(0) % 100_000_000n).padStart(8, '0');
  return `${digits.slice(0, 4)} ${digits.slice(4)}`;
}

/** Enrols the seat's key where that may be done (a key already enrolled is acknowledged again), and signs. */
export async function signWith(place: { hearing: string; seat: string }, actions: Actions, bytes: string, give: (signature: string) => Promise<Answer>): Promise<Answer> {
  let key;
  try { key = await signingKey(place.hearing, place.seat); } catch { return { ok: false, code: 'key_missing' }; }
  if (actions.enrolKey) {
    const enrolled = await actions.enrolKey(key.publicKey);
    if (!enrolled.ok) return enrolled;
  }
  return give(await key.sign(fromBase64(bytes)));
}
