// Incidents that a person filed and that the gateway has not yet said it keeps. Each is written into the browser before it is sent, under a key that it has for
// ever, so that a lost link, a reload or a session that ended loses none and sending twice files nothing twice (I6). It stands on the page as "saving" until the
// gateway has it durably, and is taken out of the browser in that moment: what a lawyer wrote of a threat must not lie on a shared computer longer than it must.
import type { Asks } from '../shell';
import type { Refusal } from '../api';
import { keysUnder, memoryShelf, type Shelf } from '../../signaling/shelf';
import type { Endangered, Kind } from './wire';

export interface Filing {
  kind: Kind; when: string; endangered: Endangered; hearing?: string; case_no?: string; pseudonym?: string; source?: string; note: string; discreet?: boolean;
}
export interface Pending { key: string; pressed: string; filing: Filing; sending: boolean; refused: Refusal | null }
export interface Saved { key: string; id: string }

// Nobody refused the report; it only did not arrive, or could not be written now. The same goes again.
const passing: ReadonlySet<string> = new Set(['unreachable', 'not_durable', 'ledger_failed', 'too_many', 'internal', 'sign_in_required', 'step_up_cancelled']);

export class Filings {
  pending: Pending[];
  saved: Saved[] = [];
  /** False where the browser keeps nothing: then the page must not be closed. */
  kept = true;
  private readonly listeners = new Set<() => void>();
  private sendingAll: Promise<void> | null = null;
  private readonly place: string;

  constructor(private readonly api: Asks, person: string, private readonly shelf: Shelf, private readonly newKey: () => string = () => crypto.randomUUID()) {
    this.place = `parda.filings/${person}/`;
    const whole = `parda.filings.${person}`; // where an older version kept all of them
    const kept = keysUnder(shelf, this.place).flatMap((k) => read(`[${shelf.getItem(k) ?? ''}]`)).sort((a, b) => a.pressed.localeCompare(b.pressed));
    const older = read(shelf.getItem(whole)).filter((o) => !kept.some((k) => k.key === o.key));
    this.pending = [...older, ...kept];
    if (older.map((p) => this.keep(p)).every(Boolean)) this.drop(whole);
  }

  subscribe = (changed: () => void): (() => void) => { this.listeners.add(changed); return () => this.listeners.delete(changed); };

  /** Keeps it, then sends it. The key tells the two apart where the same is filed twice on purpose. */
  file(filing: Filing, now: number = Date.now()): string {
    const key = this.newKey();
    const p: Pending = { key, pressed: new Date(now).toISOString(), filing, sending: false, refused: null };
    this.pending = [...this.pending, p];
    this.kept = this.keep(p) && this.kept;
    this.tell();
    void this.send();
    return key;
  }

  /** Sends what waits, oldest first, one after the other; once at a time however often it is called. */
  send(): Promise<void> {
    this.sendingAll ??= this.sendEach().finally(() => { this.sendingAll = null; });
    return this.sendingAll;
  }

  /** Takes back a report that the gateway refused, to be corrected; null where there is none such. What is on its way is not taken back. */
  take(key: string): Filing | null {
    const p = this.pending.find((x) => x.key === key && !x.sending && !waits(x));
    if (!p) return null;
    this.letGo(key);
    return p.filing;
  }

  seen(key: string): void { this.saved = this.saved.filter((s) => s.key !== key); this.tell(); }

  private async sendEach(): Promise<void> {
    for (const { key } of [...this.pending]) {
      const p = this.pending.find((x) => x.key === key);
      if (!p || (p.refused && !passing.has(p.refused.code))) continue;
      this.put(key, { sending: true });
      const answer = await this.api.send<{ id: string }>('POST', '/api/incidents', { key, ...p.filing }, { name: 'incident.file', args: {} });
      if (answer.ok) {
        this.saved = [...this.saved, { key, id: answer.value.id }];
        this.letGo(key);
        continue;
      }
      this.put(key, { sending: false, refused: answer });
      if (passing.has(answer.code)) return; // the next one would fare no better now
    }
  }

  private put(key: string, change: Partial<Pending>): void {
    this.pending = this.pending.map((p) => (p.key === key ? { ...p, ...change } : p));
    this.tell();
  }

  private letGo(key: string): void {
    this.pending = this.pending.filter((p) => p.key !== key);
    this.drop(this.place + key);
    this.kept = this.kept || this.pending.length === 0;
    this.tell();
  }

  // Each under a key of its own: another tab of the same person has its own reports here.
  private keep({ key, pressed, filing }: Pending): boolean {
    try { this.shelf.setItem(this.place + key, JSON.stringify({ key, pressed, filing })); return true; } catch { return false; }
  }

  private drop(key: string): void { try { this.shelf.removeItem(key); } catch { /* It is sent once more under its key, which files nothing twice. */ } }

  private tell(): void { for (const l of this.listeners) l(); }
}

/** Will the same be sent again by itself, or must somebody read why it was refused? */
export const waits = (p: Pending): boolean => p.refused === null || passing.has(p.refused.code);

function read(text: string | null): Pending[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? list.filter(isKept).map((k) => ({ key: k.key, pressed: k.pressed, filing: k.filing, sending: false, refused: null })) : [];
  } catch { return []; }
}

function isKept(v: unknown): v is { key: string; pressed: string; filing: Filing } {
  const k = v as { key?: unknown; pressed?: unknown; filing?: Partial<Filing> };
  return typeof k === 'object' && k !== null && typeof k.key === 'string' && typeof k.pressed === 'string' && typeof k.filing === 'object' && k.filing !== null
    && typeof k.filing.note === 'string' && typeof k.filing.when === 'string';
}

export function browserShelf(): Shelf { try { return window.localStorage; } catch { return memoryShelf(); } }

// One for each person and connection: going from part to part of the page must not forget what is under way.
const held = new WeakMap<Asks, Map<string, Filings>>();
export function filingsOf(api: Asks, person: string): Filings {
  const mine = held.get(api) ?? new Map<string, Filings>();
  held.set(api, mine);
  const filings = mine.get(person) ?? new Filings(api, person, browserShelf());
  mine.set(person, filings);
  return filings;
}
