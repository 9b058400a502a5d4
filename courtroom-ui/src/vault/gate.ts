// The seat's way to the gateway's vault: through the companion, or plainly. The page is built twice, once for each, so that no gateway can make the one
// believe that it is the other.
import { sha256 } from '@noble/hashes/sha2.js';
import { proveBy } from '../passkey/ask';
import type { RequestJSON } from '../passkey/json';
import { base64url, hex, parse, refuse, utf8, VaultError } from './bytes';
import type { Key } from './key';
import { emptyRing, readRing, type Ring } from './ring';

export interface CompanionInfo { version: string; sha256: string; development: boolean; gateway: string; paired: boolean }

export interface Gate {
  readonly kind: 'companion' | 'plain';
  /** Null in the plain browser. */
  info(): Promise<CompanionInfo | null>;
  get<T>(path: string): Promise<T>;
  /** `prover` proves a fresh act where the gateway asks for one: the vault's own key, just unlocked (companion). */
  post<T>(path: string, body: unknown, prover?: Key): Promise<T>;
  loadRing(): Promise<Ring>;
  saveRing(ring: Ring): Promise<void>;
}

interface Answer { status: number; body: unknown }

async function send(method: string, path: string, body?: string, proof?: string): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (proof !== undefined) headers['Parda-Proof'] = proof;
  let response: Response;
  try {
    response = await fetch(path, { method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer', ...(body !== undefined && { body }) });
  } catch { return refuse('unreachable'); }
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : parse(text) };
}

function checked<T>(a: Answer): T {
  if (a.status >= 200 && a.status < 300) return a.body as T;
  const code = (a.body as { code?: unknown } | null)?.code;
  throw new VaultError(typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : 'internal');
}

const asked = (a: Answer): Record<string, unknown> | null => {
  const b = a.body as { code?: unknown; step_up?: unknown } | null;
  return a.status === 403 && b?.code === 'step_up_required' && typeof b.step_up === 'object' ? b.step_up as Record<string, unknown> : null;
};

/** The proof by the vault's key (FORMAT.md, "Proof by the key"): over the challenge and exactly this body. */
export function proofBy(key: Key, challenge: string, body: string): string {
  const signature = key.sign('parda-vault-act-v1', utf8(`${challenge}\n${hex(sha256(utf8(body)))}`));
  return base64url(utf8(JSON.stringify({ key: key.id, signature })));
}

async function post<T>(path: string, value: unknown, prove: (stepUp: Record<string, unknown>, body: string) => Promise<string>): Promise<T> {
  const body = JSON.stringify(value);
  const first = await send('POST', path, body);
  const stepUp = asked(first);
  return checked(stepUp ? await send('POST', path, body, await prove(stepUp, body)) : first);
}

/** Through the companion on this machine, which speaks to the gateway by itself. */
export class CompanionGate implements Gate {
  readonly kind = 'companion';
  private revision = '';

  /** Takes the token of the link that the companion printed; false where the link was used up and this browser has not entered. */
  async enter(token: string | null): Promise<boolean> {
    if (token !== null) await send('POST', '/local/enter', JSON.stringify({ token }));
    return (await send('GET', '/local/state')).status === 200;
  }

  async info(): Promise<CompanionInfo> { return checked(await send('GET', '/local/state')); }
  async pair(code: string): Promise<void> { checked(await send('POST', '/local/pair', JSON.stringify({ code }))); }
  async get<T>(path: string): Promise<T> { return checked(await send('GET', path)); }

  post<T>(path: string, body: unknown, prover?: Key): Promise<T> {
    return post(path, body, async (stepUp, text) => (prover && typeof stepUp['challenge'] === 'string' ? proofBy(prover, stepUp['challenge'], text) : refuse('step_up_required')));
  }

  async loadRing(): Promise<Ring> {
    const got = checked<{ revision: string; ring: unknown }>(await send('GET', '/local/keyring'));
    this.revision = got.revision;
    return readRing(got.ring);
  }

  async saveRing(ring: Ring): Promise<void> {
    this.revision = checked<{ revision: string }>(await send('PUT', '/local/keyring', JSON.stringify({ revision: this.revision, ring }))).revision;
  }
}

const stored = 'parda.vault.keyring';

/** In the gateway's own page: whoever serves it can change it. The keyring is wrapped all the same, for a thief of the seat. */
export class PlainGate implements Gate {
  readonly kind = 'plain';
  info(): Promise<null> { return Promise.resolve(null); }
  async get<T>(path: string): Promise<T> { return checked(await send('GET', path)); }

  post<T>(path: string, body: unknown): Promise<T> {
    return post(path, body, async (stepUp) => {
      const touched = await proveBy(stepUp['publicKey'] as RequestJSON);
      return touched.ok ? base64url(utf8(JSON.stringify(touched.credential))) : refuse(touched.code);
    });
  }

  loadRing(): Promise<Ring> {
    const text = localStorage.getItem(stored);
    return Promise.resolve(text === null ? emptyRing : readRing(parse(text)));
  }

  saveRing(ring: Ring): Promise<void> {
    localStorage.setItem(stored, JSON.stringify(ring));
    return Promise.resolve();
  }
}
