// Commands on their way: each is written to the browser's storage before it is sent, under a random id that it keeps
// for ever, so that a flag pressed while the link is down, or a moment before a reload, is sent later with the time it
// was pressed. The gateway answers a repeated id with its first answer, so sending twice does nothing twice.
//
// Only what belongs in the record outlives a long absence. A pause or a call that nobody heard for ten seconds is not
// sent later into a situation that its author has not seen: it is refused here, with the code link_lost.
import type { Waiting } from '../state/model';

/** Where the outbox is kept; localStorage in the page, a plain map in tests. */
export interface Shelf {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

// The outbox is a seat's, and another person may sit there tomorrow, at the same computer: an undertaking binds the person who signs it, and is not in it.
const forTheRecord: ReadonlySet<string> = new Set([
  'entry.add', 'entry.amend', 'entry.strike', 'entry.restore', 'flag.raise', 'flag.detail', 'flag.answer', 'flag.request', 'objection.raise', 'question.request',
  // What cuts the witness's picture and sound is owed to her however late it comes: nothing but a call by the judge brings them back.
  'emergency.raise', 'duress.raise',
]);

// The id of a flag is the gateway's, and is not known while the flag waits: what is said of it until then names the command that raised it.
const after = 'after:';
export const afterRaise = (command: string): string => after + command;
const waitsFor = (w: Waiting): string | null => {
  const flag = w.args['flag'];
  return typeof flag === 'string' && flag.startsWith(after) ? flag.slice(after.length) : null;
};

/** How long an act that is not for the record may wait for a link, in ms. */
export const briefMs = 10_000;

// The gateway could not write just now; the same command may well be accepted later.
const transient: ReadonlySet<string> = new Set(['not_durable', 'ledger_failed', 'too_many', 'internal']);

export const isForTheRecord = (name: string): boolean => forTheRecord.has(name);
export const isTransient = (code: string): boolean => transient.has(code);

export class Outbox {
  private held: Waiting[];
  private readonly key: string;
  private readonly shelf: Shelf;

  constructor(shelf: Shelf, hearing: string, seat: string) {
    this.shelf = shelf;
    this.key = `parda.outbox.${hearing}.${seat}`;
    this.held = read(shelf.getItem(this.key));
    this.save();
  }

  /** Commands that still want an answer, in the order they were pressed. */
  get waiting(): readonly Waiting[] { return this.held; }

  add(w: Waiting): void { this.held.push(w); this.save(); }

  /** What may be sent now: not what speaks of a flag whose id is not known yet. */
  get ready(): readonly Waiting[] { return this.held.filter((w) => waitsFor(w) === null); }

  /** The flag of that command has its id: what waited for it, in its new form. Without an id (the raise was refused) they are let go of. */
  raised(command: string, flag: string | null): Waiting[] {
    const waited = this.held.filter((w) => waitsFor(w) === command);
    if (waited.length === 0) return [];
    const named = waited.map((w) => ({ ...w, args: { ...w.args, flag } }));
    this.held = flag === null ? this.held.filter((w) => !waited.includes(w)) : this.held.map((w) => named[waited.indexOf(w)] ?? w);
    this.save();
    return named;
  }

  /** The gateway has answered for good; nothing is to be sent again. */
  settle(id: string): void {
    this.held = this.held.filter((w) => w.id !== id);
    this.save();
  }

  /** Takes out the acts that are too old to be sent, and returns them. */
  expire(now: number): Waiting[] {
    const old = this.held.filter((w) => !isForTheRecord(w.name) && now - Date.parse(w.at) > briefMs);
    if (old.length > 0) { this.held = this.held.filter((w) => !old.includes(w)); this.save(); }
    return old;
  }

  private save(): void {
    // Only the record is stored: a loosening act must never come back out of a drawer after a reload.
    const kept = this.held.filter((w) => isForTheRecord(w.name));
    try {
      if (kept.length === 0) this.shelf.removeItem(this.key);
      else this.shelf.setItem(this.key, JSON.stringify(kept));
    } catch {
      // Storage full or forbidden: the command still stands in memory and on the screen as "saving".
    }
  }
}

function read(text: string | null): Waiting[] {
  if (text === null) return [];
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) ? list.filter(isWaiting) : [];
  } catch { return []; }
}

function isWaiting(v: unknown): v is Waiting {
  const w = v as Waiting;
  return typeof w === 'object' && w !== null && typeof w.id === 'string' && typeof w.name === 'string'
    && typeof w.at === 'string' && typeof w.args === 'object' && w.args !== null && isForTheRecord(w.name);
}
