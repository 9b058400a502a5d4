// The clock of a request for protection as a line of steps: what happened, what is due and when, in the order of time. Pure: the moments themselves come from the
// gateway (Deadlines.Marks), which alone counts hours and days; here they are only put in a row and measured against now.
import type { Mark, Request } from './wire';

/** done: somebody did it. passed: the moment went by, and nothing is wrong. missed: it went by, and something was owed. ahead: still to come. */
export type StepState = 'done' | 'passed' | 'missed' | 'ahead';
export interface Step { what: 'filed' | 'received' | 'decided' | 'refused' | 'served' | 'complained' | Mark['mark']; hours?: number; at: string; state: StepState }

const hour = 3_600_000;

export function stepsOf(r: Request, now: number): Step[] {
  const done = (what: Step['what'], at: string | undefined): Step[] => (at ? [{ what, at, state: 'done' }] : []);
  const steps: Step[] = [
    ...done('filed', r.filed), ...done('received', r.received), ...done(r.granted === false ? 'refused' : 'decided', r.decided), ...done('served', r.served), ...done('complained', r.complained),
    ...marksOf(r).map((m): Step => ({ what: m.mark, at: m.at, state: stateOf(m, r, now), ...(m.hours !== undefined && { hours: m.hours }) })),
  ];
  // What happened stands before what became due at the same moment: a decision in the last second was in time.
  return steps.map((s, i) => ({ s, i })).sort((a, b) => Date.parse(a.s.at) - Date.parse(b.s.at) || a.i - b.i).map(({ s }) => s);
}

/** Every moment of the clock, each once: the plan, and what the book has entered besides (an overrun stays, also after a late decision). */
function marksOf(r: Request): Mark[] {
  const all = [...r.plan, ...r.marks.filter((m) => !m.void), ...(r.next ? [r.next] : [])];
  return all.filter((m, i) => all.findIndex((o) => o.mark === m.mark && (o.hours ?? 0) === (m.hours ?? 0) && (m.mark !== 'complaint_end' || o.at === m.at)) === i);
}

function stateOf(m: Mark, r: Request, now: number): StepState {
  const at = Date.parse(m.at);
  if (at > now) return 'ahead';
  if (m.mark === 'overrun') return !r.decided || Date.parse(r.decided) > at ? 'missed' : 'passed';
  return 'passed';
}

/** How far the time for the decision has run, from 0 to 1 (1: it is over, or the decision is there); null before receipt. */
export function run(r: Request, now: number): number | null {
  const due = dueOf(r);
  if (!r.received || due === null) return null;
  const from = Date.parse(r.received), until = r.decided ? Math.min(Date.parse(r.decided), now) : now;
  return due <= from ? 1 : Math.min(1, Math.max(0, (until - from) / (due - from)));
}

export function dueOf(r: Request): number | null {
  const at = r.due ?? marksOf(r).find((m) => m.mark === 'overrun')?.at;
  return at === undefined ? null : Date.parse(at);
}

/** The share of the time for the decision at which each warning stands, and its hours. */
export function warningsOf(r: Request): { hours: number; at: number }[] {
  const due = dueOf(r);
  if (!r.received || due === null) return [];
  const from = Date.parse(r.received);
  return marksOf(r).filter((m) => m.mark === 'warn' && m.hours !== undefined && due > from).map((m) => ({ hours: m.hours!, at: (Date.parse(m.at) - from) / (due - from) }));
}

/** Minutes are what a person writes; what it follows happened within one, and cannot be later than it. */
export function notBefore(at: string, earliest: string | undefined): string {
  const ms = Date.parse(at), first = Date.parse(earliest ?? '');
  return ms < first && ms + 60_000 > first ? new Date(first).toISOString() : at;
}

export interface Left { over: boolean; days: number; hours: number; minutes: number }
/** From now to a moment, or since it: whole days, hours and minutes. Hours go to 71 before a day is said, because the period is one of hours. */
export function left(at: number, now: number): Left {
  const over = at <= now, minutes = Math.floor(Math.abs(at - now) / 60_000), hours = Math.floor(minutes / 60);
  return hours < 72 ? { over, days: 0, hours, minutes: minutes % 60 } : { over, days: Math.floor(hours / 24), hours: hours % 24, minutes: 0 };
}

/** What is most pressing about a request, in one word: for the list of what is due. */
export type Urgency = 'overdue' | 'soon' | 'running' | 'waiting' | 'settled';
export function urgency(r: { phase: string; received?: string | undefined; due?: string | undefined; marks: Mark[] }, now: number): Urgency {
  if (r.phase === 'overdue') return 'overdue';
  if (r.phase === 'filed') return 'waiting';
  if (r.phase !== 'received') return r.phase === 'refused' ? 'waiting' : 'settled';
  if (r.due && Date.parse(r.due) <= now) return 'overdue';
  return r.marks.some((m) => m.mark === 'warn' && !m.void) || (r.due !== undefined && Date.parse(r.due) - now <= 24 * hour) ? 'soon' : 'running';
}
