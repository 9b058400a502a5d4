// Commands on their way: each is written to the browser's storage before it is sent, under a random id that it keeps
// for ever, so that a flag pressed while the link is down, or a moment before a reload, is sent later with the time it
// was pressed. The gateway answers a repeated id with its first answer, so sending twice does nothing twice.
//
// Each lies under a key of its own: two tabs of one seat have one storage between them, and neither may write over, or let go of, what the other keeps.
//
// Only what belongs in the record outlives a long absence. A pause or a call that nobody heard for ten seconds is not
// sent later into a situation that its author has not seen: it is refused here, with the code link_lost.
import type { Waiting } from '../state/model';
import { keysUnder, type Shelf } from './shelf';

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
  private readonly under: string;
  private readonly shelf: Shelf;
  private last = 0;

  constructor(shelf: Shelf, hearing: string, seat: string) {
    this.shelf = shelf;
    this.under = `parda.outbox/${hearing}/${seat}/`;
    const whole = `parda.outbox.${hearing}.${seat}`; // where an older version kept all of them
    const kept = keysUnder(shelf, this.under).flatMap((key) => readKept(shelf.getItem(key))).sort((a, b) => a.n - b.n);
    this.last = kept.at(-1)?.n ?? 0;
    const older = readWhole(shelf.getItem(whole)).filter((w) => !kept.some((k) => k.w.id === w.id));
    this.held = [...older, ...kept.map((k) => k.w)];
    // Taken over before it is let go of: a storage that is full keeps the older form.
    if (older.map((w, i) => this.put(w, i + 1)).every(Boolean)) drop(shelf, whole);
  }

  /** Commands that still want an answer, in the order they were pressed. */
  get waiting(): readonly Waiting[] { return this.held; }

  add(w: Waiting): void { this.held.push(w); this.put(w); }

  /** What may be sent now: not what speaks of a flag whose id is not known yet, nor a flag that was refused for good. */
  get ready(): readonly Waiting[] { return this.held.filter((w) => waitsFor(w) === null && !w.refused); }

  /** The flag of that command has its id: what waited for it, in its new form. Without an id (the raise was refused) they are let go of. */
  raised(command: string, flag: string | null): Waiting[] {
    const waited = this.held.filter((w) => waitsFor(w) === command);
    const named = waited.map((w) => ({ ...w, args: { ...w.args, flag } }));
    if (flag === null) for (const w of waited) this.settle(w.id);
    else for (const w of named) this.change(w);
    return named;
  }

  /** A flag that the gateway will not take, whatever is tried: it is never sent again, and is let go of only when a person has put it away (settle). What was
   *  written of it meanwhile becomes a part of it. Null where nothing of that name waits, or it is no flag. */
  refuse(id: string, why: NonNullable<Waiting['refused']>): Waiting | null {
    const w = this.held.find((x) => x.id === id);
    if (!w || w.name !== 'flag.raise') return null;
    const said = Object.assign({}, ...this.held.filter((x) => waitsFor(x) === id && x.name === 'flag.detail').map((x) => x.args)) as Record<string, unknown>;
    delete said['flag'];
    const refused: Waiting = { ...w, args: { ...w.args, ...said }, refused: why };
    this.change(refused);
    return refused;
  }

  /** The gateway has answered for good, or a person has put it away; nothing is to be sent again. */
  settle(id: string): void {
    this.held = this.held.filter((w) => w.id !== id);
    drop(this.shelf, this.under + id);
  }

  /** Takes out the acts that are too old to be sent, and returns them. */
  expire(now: number): Waiting[] {
    const old = this.held.filter((w) => !isForTheRecord(w.name) && now - Date.parse(w.at) > briefMs);
    if (old.length > 0) this.held = this.held.filter((w) => !old.includes(w));
    return old;
  }

  /** The same command in a new form, in its place. */
  private change(w: Waiting): void {
    this.held = this.held.map((x) => (x.id === w.id ? w : x));
    this.put(w, readKept(this.shelf.getItem(this.under + w.id))[0]?.n);
  }

  /** Keeps one command under its own key, with its place in the order of the presses. False where the storage did not take it. */
  private put(w: Waiting, n: number = Math.max(Date.now(), this.last + 1)): boolean {
    // Only the record is stored: a loosening act must never come back out of a drawer after a reload.
    if (!isForTheRecord(w.name)) return true;
    this.last = Math.max(this.last, n);
    try { this.shelf.setItem(this.under + w.id, JSON.stringify({ n, w })); return true; } catch { return false; /* Full or forbidden: the command still stands in memory and on the screen as "saving". */ }
  }
}

function drop(shelf: Shelf, key: string): void { try { shelf.removeItem(key); } catch { /* It is sent once more under its id, which does nothing twice. */ } }

function readKept(text: string | null): { n: number; w: Waiting }[] {
  try {
    const kept = JSON.parse(text ?? 'null') as { n?: unknown; w?: unknown } | null;
    return kept !== null && typeof kept === 'object' && typeof kept.n === 'number' && isWaiting(kept.w) ? [{ n: kept.n, w: kept.w }] : [];
  } catch { return []; }
}

function readWhole(text: string | null): Waiting[] {
  try {
    const list: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(list) ? list.filter(isWaiting) : [];
  } catch { return []; }
}

function isWaiting(v: unknown): v is Waiting {
  const w = v as Waiting;
  return typeof w === 'object' && w !== null && typeof w.id === 'string' && typeof w.name === 'string'
    && typeof w.at === 'string' && typeof w.args === 'object' && w.args !== null && isForTheRecord(w.name)
    && (w.refused === undefined || (typeof w.refused === 'object' && w.refused !== null && typeof w.refused.code === 'string'));
}
