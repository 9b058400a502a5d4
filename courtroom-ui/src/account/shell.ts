// What the account page is at: nobody signed in, somebody signed in, or signed out by somebody. Screens read it and call its few verbs; the rest they ask
// of the gateway themselves, through api.
import { Api } from './api';
import { StepUps, type StepUp } from '../passkey/stepup';
import type { Me, Ways } from './model';

/** What the sections of the page use; a double in the examples. */
export type Asks = Pick<Api, 'get' | 'send' | 'bytes' | 'file'>;

export type Phase =
  | 'loading' | 'unreachable'
  /** Nobody is signed in: the page asks who it is. */
  | 'out'
  /** The session of a moment ago is over, by time or by somebody's hand. A state, and no error. */
  | 'ended'
  /** The person has just signed out. */
  | 'left'
  | 'in';

export interface ShellConfig { claim: string | null; onChange: () => void; api?: Asks }

export class Shell {
  phase: Phase = 'loading';
  me: Me | null = null;
  ways: Ways | null = null;
  /** The one-time code that is being claimed; null for none. It is in memory only. */
  claim: string | null;
  readonly api: Asks;
  private readonly stepUps: StepUps;
  private readonly config: ShellConfig;

  constructor(config: ShellConfig) {
    this.config = config;
    this.claim = config.claim;
    this.stepUps = new StepUps(config.onChange);
    this.api = config.api ?? new Api({ stepUp: (act, options, again) => this.stepUps.ask(act, options, again), onSignedOut: () => this.signedOut('ended') });
  }

  get stepUp(): StepUp | null { return this.stepUps.now; }

  /** Finds out who is here. */
  async start(): Promise<void> {
    const [ways, me] = await Promise.all([this.api.get<Ways>('/api/account/ways'), this.api.get<Me>('/api/account/me')]);
    if (ways.ok) this.ways = ways.value;
    if (me.ok) { this.me = me.value; this.phase = 'in'; }
    else this.phase = me.code === 'sign_in_required' ? 'out' : 'unreachable';
    this.config.onChange();
  }

  /** A ceremony has ended well: the cookie is there. */
  readonly signedIn = async (): Promise<void> => {
    this.claim = null;
    await this.start();
  };

  /** The person's own data have changed. */
  readonly refresh = async (): Promise<void> => {
    const me = await this.api.get<Me>('/api/account/me');
    if (me.ok) { this.me = me.value; this.config.onChange(); }
  };

  readonly startClaim = (code: string | null): void => { this.claim = code; this.config.onChange(); };

  readonly signOut = async (): Promise<void> => {
    const answer = await this.api.send<{ to?: string }>('POST', '/api/account/sign-out');
    if (!answer.ok && answer.code !== 'sign_in_required') { this.phase = 'unreachable'; this.config.onChange(); return; }
    // The ministry's provider may want to end its own session too.
    if (answer.ok && answer.value.to && leaveFor({ to: answer.value.to })) return;
    this.signedOut('left');
  };

  private signedOut(phase: 'ended' | 'left'): void {
    if (this.phase === 'loading') return; // nobody was signed in: that is the ordinary beginning
    this.stepUps.close();
    this.me = null;
    this.phase = phase;
    this.config.onChange();
  }
}

/** Goes to the ministry's provider; false where the address is none that a browser may be sent to. */
export function leaveFor({ to }: { to: string }): boolean {
  const url = URL.canParse(to, location.href) ? new URL(to, location.href) : null;
  const safe = url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && ['localhost', '127.0.0.1'].includes(url.hostname)));
  if (safe) location.assign(url);
  return safe;
}
