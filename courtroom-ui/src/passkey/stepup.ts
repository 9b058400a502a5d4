// A fresh touch for one act: who loosens protection, signs or opens a name shows once more that it is the person, and for exactly this.
//
// The page says in its own words what is to be confirmed, from what it was about to send, never in words that came with the challenge: a gateway in the
// wrong hands (A3) must not be able to name one act and have another one signed under its name without the altered script that the vault's companion
// is against. One question at a time; a question that is cancelled did nothing.
import { proveBy, type PasskeyCode } from './ask';
import type { RequestJSON } from './json';

/** What is about to be done: a command's name and arguments, or an account page's act. */
export interface Act { name: string; args: Readonly<Record<string, unknown>> }
export type Proof = Record<string, unknown>;

/** The question as the dialog draws it. */
export interface StepUp {
  /** Tells one question from the next. */
  n: number;
  act: Act;
  /** The authenticator is being asked now. */
  busy: boolean;
  failed: PasskeyCode | null;
  /** The gateway did not take the first touch, mostly because it came late. */
  again: boolean;
  confirm: () => void;
  cancel: () => void;
}

interface Asked { n: number; act: Act; options: RequestJSON; again: boolean; busy: AbortController | null; failed: PasskeyCode | null; done: (proof: Proof | null) => void }

/** Protecting acts never ask for a touch: whoever demands one for them is not obeyed, and the act is sent again as it is (I6, I8). */
export const neverAsks: ReadonlySet<string> = new Set(['flag.raise', 'flag.detail', 'flag.answer', 'flag.request', 'testimony.pause', 'seat.mute', 'seat.remove', 'hearing.suspend', 'objection.raise', 'emergency.raise', 'duress.raise', 'duress.answer']);

export class StepUps {
  private queue: Asked[] = [];
  private asked = 0;
  private readonly onChange: () => void;
  private readonly prove: typeof proveBy;

  constructor(onChange: () => void, prove: typeof proveBy = proveBy) { this.onChange = onChange; this.prove = prove; }

  get now(): StepUp | null {
    const first = this.queue[0];
    if (!first) return null;
    return { n: first.n, act: first.act, busy: first.busy !== null, failed: first.failed, again: first.again, confirm: () => void this.confirm(first), cancel: () => this.end(first, null) };
  }

  /** Asks the person; null when she cancels. */
  ask(act: Act, options: RequestJSON, again = false): Promise<Proof | null> {
    return new Promise((done) => {
      this.queue.push({ n: ++this.asked, act, options, again, busy: null, failed: null, done });
      this.onChange();
    });
  }

  /** Nobody is there any more to confirm: every question is taken back. */
  close(): void { for (const asked of [...this.queue]) this.end(asked, null); }

  private async confirm(asked: Asked): Promise<void> {
    if (asked.busy) return;
    const abort = new AbortController();
    asked.busy = abort;
    asked.failed = null;
    this.onChange();
    const touched = await this.prove(asked.options, abort.signal);
    if (!this.queue.includes(asked)) return; // cancelled meanwhile: a touch that came too late confirms nothing
    if (touched.ok) { this.end(asked, touched.credential); return; }
    asked.busy = null;
    asked.failed = touched.code;
    this.onChange();
  }

  private end(asked: Asked, proof: Proof | null): void {
    if (!this.queue.includes(asked)) return;
    this.queue = this.queue.filter((a) => a !== asked);
    asked.done(proof);
    asked.busy?.abort();
    this.onChange();
  }
}

/** The options inside a refusal; null where it carries none that can be used. */
export function challengeOf(refusal: { step_up?: unknown }): RequestJSON | null {
  const options = (refusal.step_up as { publicKey?: Partial<RequestJSON> } | undefined)?.publicKey;
  return typeof options?.challenge === 'string' ? (options as RequestJSON) : null;
}
