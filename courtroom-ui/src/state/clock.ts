// The line of a request for protection: where its moments lie between its receipt and the last that is known. Pure: the moments come from the register.
import type { Protection } from '../signaling/wire';

/** A moment on the line; at in ms since the epoch. */
export interface Marked { mark: string; hours?: number; at: number }

/** Receipt first, then what has passed, what is due and what comes next, each once and in order of time. */
export function marksOf(p: Protection, now: number): Marked[] {
  const all: Marked[] = [
    ...(p.received ? [{ mark: 'received', at: Date.parse(p.received) }] : []),
    ...(p.marks ?? []).map((m) => ({ ...m, at: Date.parse(m.at) })),
    ...(p.due ? [{ mark: 'due', at: Date.parse(p.due) }] : []),
    ...(p.next ? [{ ...p.next, at: Date.parse(p.next.at) }] : []),
  ].filter((m) => Number.isFinite(m.at) && Number.isFinite(now));
  const once = all.filter((m, i) => !all.slice(0, i).some((x) => x.at === m.at));
  return once.sort((a, b) => a.at - b.at);
}

/** Where a moment lies, 0 at the receipt and 1 at the last mark; what lies beyond an end is drawn at it. */
export function markAt(marks: readonly Marked[], of: Marked | number): number {
  const first = marks[0]?.at ?? 0, last = marks.at(-1)?.at ?? 0;
  const at = typeof of === 'number' ? of : of.at;
  return last <= first ? 0 : Math.min(1, Math.max(0, (at - first) / (last - first)));
}

/** Days, hours and minutes of a stretch of time; nothing of it is negative. */
export function roundLeft(ms: number): { d: number; h: number; m: number } {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  return { d: Math.floor(minutes / 1440), h: Math.floor(minutes / 60) % 24, m: minutes % 60 };
}
