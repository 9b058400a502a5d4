// The account page's talk with the gateway: JSON over fetch, by the session's cookie. A refusal is an answer and no exception. Where the gateway wants
// a touch for a request, the person is asked, and the same request goes again with the proof.
import { challengeOf, type Act, type Proof } from '../passkey/stepup';
import { toBase64url } from '../passkey/json';
import type { RequestJSON } from '../passkey/json';

export interface Refusal { ok: false; code: string; ref?: string; retryAfter?: number }
export type Answer<T> = { ok: true; value: T } | Refusal;

export interface ApiConfig {
  /** Asks for the touch; null when the person cancels. */
  stepUp: (act: Act, options: RequestJSON, again: boolean) => Promise<Proof | null>;
  /** The session has ended: somewhere else, by time, or by whoever may end it. */
  onSignedOut: () => void;
  fetch?: typeof fetch;
}

// The gateway may refuse a proof that came late and ask anew. More often than this somebody is being led to touch for something else.
const mostTouches = 3;

export class Api {
  private readonly config: ApiConfig;
  constructor(config: ApiConfig) { this.config = config; }

  get<T>(path: string): Promise<Answer<T>> { return this.ask<T>('GET', path, undefined, { name: 'view', args: {} }); }

  /** act is what the person is told that she confirms, where the gateway wants a touch. */
  send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, act: Act = { name: 'account', args: {} }): Promise<Answer<T>> {
    return this.ask<T>(method, path, body === undefined ? undefined : JSON.stringify(body), act);
  }

  /** Something that is no JSON, whole and in memory: evidence, a sheet. Reading it may be an act of its own, which the gateway enters before the first byte. */
  async bytes(path: string): Promise<Answer<Blob>> {
    const answer = await (this.config.fetch ?? fetch)(path, { method: 'GET', credentials: 'same-origin', cache: 'no-store', redirect: 'error' }).catch(() => null);
    if (!answer) return { ok: false, code: 'unreachable' };
    if (!answer.ok) return this.refusalOf(answer, await saidBy(answer));
    const whole = await answer.blob().catch(() => null);
    return whole ? { ok: true, value: whole } : { ok: false, code: 'unreachable' };
  }

  /** Sends a file as it is, without its name. */
  async file<T>(path: string, body: Blob, type: string): Promise<Answer<T>> {
    const headers = { Accept: 'application/json', 'Content-Type': type };
    const answer = await (this.config.fetch ?? fetch)(path, { method: 'POST', headers, body, credentials: 'same-origin', cache: 'no-store', redirect: 'error' }).catch(() => null);
    if (!answer) return { ok: false, code: 'unreachable' };
    const said = await saidBy(answer);
    return answer.ok ? { ok: true, value: (said ?? {}) as T } : this.refusalOf(answer, said);
  }

  private async ask<T>(method: string, path: string, body: string | undefined, act: Act): Promise<Answer<T>> {
    let proof: Proof | null = null;
    for (let touches = 0; ; touches++) {
      const answer = await this.once<T>(method, path, body, proof);
      if (answer.ok || answer.code !== 'step_up_required' || !answer.options || touches >= mostTouches) return answer;
      proof = await this.config.stepUp(act, answer.options, touches > 0);
      if (!proof) return { ok: false, code: 'step_up_cancelled' };
    }
  }

  private async once<T>(method: string, path: string, body: string | undefined, proof: Proof | null): Promise<Answer<T> & { options?: RequestJSON | null }> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (proof) headers['Parda-Proof'] = toBase64url(new TextEncoder().encode(JSON.stringify(proof)));
    const answer = await (this.config.fetch ?? fetch)(path, { method, headers, credentials: 'same-origin', cache: 'no-store', redirect: 'error', ...(body !== undefined && { body }) }).catch(() => null);
    if (!answer) return { ok: false, code: 'unreachable' };
    const said = await saidBy(answer);
    return answer.ok ? { ok: true, value: (said ?? {}) as T } : this.refusalOf(answer, said);
  }

  private refusalOf(answer: Response, said: Record<string, unknown> | null): Refusal & { options?: RequestJSON | null } {
    const code = typeof said?.['code'] === 'string' ? said['code'] : 'internal';
    // Signing in is refused with codes of its own: this one is said only to whoever was signed in, and is a state of the page.
    if (code === 'sign_in_required') this.config.onSignedOut();
    const retryAfter = Number(answer.headers.get('Retry-After'));
    return {
      ok: false, code, options: said ? challengeOf(said) : null,
      ...(typeof said?.['ref'] === 'string' && { ref: said['ref'] }), ...(retryAfter > 0 && { retryAfter }),
    };
  }
}

const saidBy = (answer: Response): Promise<Record<string, unknown> | null> => answer.json().catch(() => null) as Promise<Record<string, unknown> | null>;
