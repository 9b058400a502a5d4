// What a list of flags means to whoever looks at it: which belong together, what a ruling did and whether it still holds, and whom it may name. Pure. The
// gateway sorts the flags, most urgent first, and decides in any case.
import type { Flag, FlagRuling, GivenRuling, State } from '../signaling/wire';
import type { Raised } from './model';

/** Rulings that weigh on a person: they name a seat, and stand provisionally until that person could answer. */
export const adverse: ReadonlySet<FlagRuling> = new Set<FlagRuling>(['warn', 'mute', 'hide', 'remove']);

export const rulingsOf = (f: Flag): readonly GivenRuling[] => f.rulings ?? [];
export const isDismissed = (f: Flag): boolean => f.closed === true && rulingsOf(f).at(-1)?.ruling === 'dismiss';
/** Nobody has ruled on it yet. */
export const isUndecided = (f: Flag): boolean => rulingsOf(f).length === 0 && f.closed !== true;

const bench: ReadonlySet<string> = new Set(['presiding_judge', 'judge', 'reserve_judge']);

/** Whose screen may be looked at by whoever threatens: one's own discreet flags are on it only when they are asked for. The bench's is its own. */
export const hidesDiscreet = (role: string): boolean => !bench.has(role);
/** The flags that a screen shows; asked: whoever sits there wants to see the discreet ones too. */
export const shownFlags = (state: State, asked: boolean): readonly Flag[] => (state.flags ?? []).filter((f) => asked || !f.discreet || !hidesDiscreet(state.you.role));
/** Whether a press opens the form by itself. */
export const opensForm = (raised: Raised, role: string, asked: boolean): boolean => asked || !raised.discreet || !hidesDiscreet(role);

/** Views of the court that stand for who has no seat: the accused, the public. They cannot be removed, and are heard orally. */
export const views: readonly string[] = ['dock', 'hall', 'counsel'];

// The court itself and the witness are never said to threaten, and who only watches is named by the view.
const never: ReadonlySet<string> = new Set(['presiding_judge', 'judge', 'reserve_judge', 'court_clerk', 'protected_witness', 'courtroom_screen', 'gallery']);

/** Whom a flag may concern and a ruling may name: the accused first. */
export const targets = (state: State, ruling?: FlagRuling): string[] =>
  [...(ruling === 'remove' ? [] : views.slice(0, 2)), ...(state.seats ?? []).filter((s) => !never.has(s.role) && s.id !== state.you.seat).map((s) => s.id), ...(ruling === 'remove' ? [] : views.slice(2))];

/** Whether a ruling on this flag must be told whom it names. A warning that names nobody is to all. */
export const mustName = (f: Flag, r: FlagRuling): boolean =>
  (r === 'mute' || r === 'hide' || r === 'remove') && (!f.concerns || (r === 'remove' && views.includes(f.concerns)));

/** Seats on which a provisional ruling of this flag rests, and whose person has neither answered nor been heard. */
export function unheard(f: Flag): string[] {
  const heard = new Set((f.put ?? []).filter((p) => p.answer !== undefined || p.heard !== undefined).map((p) => p.seat));
  return [...new Set(rulingsOf(f).filter((r) => r.provisional && r.seat !== undefined && !heard.has(r.seat)).map((r) => r.seat!))];
}

/** Whether what a ruling did still holds; null for one that was done once and leaves nothing to hold. */
export function holds(r: GivenRuling, state: State): boolean | null {
  const seat = state.seats?.find((s) => s.id === r.seat);
  // Of the views only those are told from which something was taken.
  const view = r.seat !== undefined && views.includes(r.seat) ? state.views?.find((v) => v.view === r.seat) ?? { muted: false, hidden: false } : undefined;
  switch (r.ruling) {
    case 'mute': return (seat ?? view)?.muted ?? null;
    case 'hide': return (seat ?? view)?.hidden ?? null;
    case 'remove': return seat?.admitted === undefined ? null : !seat.admitted;
    case 'pause': return state.testimony.phase === 'paused';
    case 'private': return state.hearing.kind !== 'public';
    default: return null;
  }
}

/** One flag, or so many of one seat and minute that each by itself would bury the rest. */
export type FlagItem = { key: string; flag: Flag } | { key: string; many: readonly Flag[] };

// So few are read one by one.
const least = 4;
const minuteOf = (f: Flag): string => `${f.seat}/${f.pressed_at.slice(0, 16)}/${f.discreet ? 'd' : 'o'}`;
// The witness's own signal is never one of many.
const mayJoin = (f: Flag): boolean => isUndecided(f) && f.role !== 'protected_witness';

/** The flags as they came, with those of one seat and minute in one item, where the first of them stood. */
export function itemsOf(flags: readonly Flag[]): FlagItem[] {
  const together = new Map<string, Flag[]>();
  for (const f of flags) if (mayJoin(f)) together.set(minuteOf(f), [...(together.get(minuteOf(f)) ?? []), f]);
  const items: FlagItem[] = [];
  const begun = new Set<string>();
  for (const f of flags) {
    const many = mayJoin(f) ? together.get(minuteOf(f))! : [];
    if (many.length < least) { items.push({ key: f.id, flag: f }); continue; }
    const key = minuteOf(f);
    if (!begun.has(key)) { begun.add(key); items.push({ key, many }); }
  }
  return items;
}

/** What stands on a page of the list; at is brought into range. */
export function pageOf<T>(items: readonly T[], at: number, size: number): { shown: readonly T[]; at: number; pages: number } {
  const pages = Math.max(1, Math.ceil(items.length / size));
  const here = Math.min(Math.max(0, at), pages - 1);
  return { shown: items.slice(here * size, (here + 1) * size), at: here, pages };
}

/** The flag that stands open by itself: what was open stays so until it is ruled on, so that nothing moves under a finger; then what is urgent, and else what was
 * ruled on last, with what came of it. */
export function openOf(flags: readonly Flag[], was: string | null): string | null {
  const held = flags.find((f) => f.id === was);
  if (held && isUndecided(held)) return held.id;
  return (flags.find((f) => isUndecided(f) && f.urgency === 'now') ?? held)?.id ?? null;
}

/** The flag with the newest ruling: its effect is shown though the next one stands open. */
export function lastRuled(flags: readonly Flag[]): Flag | undefined {
  const newest = (f: Flag): string => rulingsOf(f).at(-1)?.at ?? '';
  return flags.reduce<Flag | undefined>((last, f) => (newest(f) > (last ? newest(last) : '') ? f : last), undefined);
}
