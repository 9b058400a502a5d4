// What is looked for in the register, as the gateway is asked for it. Days are the court's (Baku): from the first moment of one to the last of the other.
import { momentOf } from '../../text/time';
import type { Line } from './wire';

export interface Filter { court: string; kind: string; phase: string; source: string; q: string; from: string; to: string }
export const noFilter: Filter = { court: '', kind: '', phase: '', source: '', q: '', from: '', to: '' };

const dayMs = 86_400_000;
/** The first moment of a day written 22.11.2026, in UTC; null for what is no day. */
export const dayOf = (text: string): string | null => momentOf(`${text.trim()} 00:00`);

/** The path that is asked. A day that is none is left out; the page says so beside its field. */
export function queryOf(f: Filter, before?: string): string {
  const asked = new URLSearchParams();
  const from = dayOf(f.from), to = dayOf(f.to);
  if (from) asked.set('from', from);
  if (to) asked.set('to', new Date(Date.parse(to) + dayMs).toISOString());
  for (const name of ['court', 'kind', 'phase', 'source'] as const) if (f[name] !== '') asked.set(name, f[name]);
  if (f.q.trim() !== '') asked.set('q', f.q.trim());
  if (before) asked.set('before', before);
  const query = asked.toString();
  return query === '' ? '/api/incidents' : `/api/incidents?${query}`;
}

export interface Month { month: string; n: number }
const bakuMs = 4 * 3_600_000;
/** The month of a moment by the court's calendar: 2026-11. */
export const monthOf = (at: string): string => new Date(Date.parse(at) + bakuMs).toISOString().slice(0, 7);

export function byMonth(lines: readonly Pick<Line, 'when'>[]): Month[] {
  const counted = new Map<string, number>();
  for (const l of lines) counted.set(monthOf(l.when), (counted.get(monthOf(l.when)) ?? 0) + 1);
  return [...counted].map(([month, n]) => ({ month, n }));
}

/** Every month from the first to the last, those without an incident too: a gap is something that the line must show. At most the newest `most`. */
export function filled(months: readonly Month[], most = 24): Month[] {
  const sorted = [...months].sort((a, b) => a.month.localeCompare(b.month));
  const first = sorted[0], last = sorted.at(-1);
  if (!first || !last) return [];
  const out: Month[] = [];
  for (let m = first.month; m <= last.month && out.length < 1200; m = nextMonth(m)) out.push({ month: m, n: sorted.find((x) => x.month === m)?.n ?? 0 });
  return out.slice(-most);
}

const nextMonth = (month: string): string => {
  const [y, m] = month.split('-').map(Number) as [number, number];
  return m === 12 ? `${y + 1}-01` : `${y}-${String(m + 1).padStart(2, '0')}`;
};
const lastDay = (month: string): number => { const [y, m] = month.split('-').map(Number) as [number, number]; return new Date(Date.UTC(y, m, 0)).getUTCDate(); };

/** 11.2026 */
export const monthText = (month: string): string => month.split('-').reverse().join('.');

/** The days of a month, as the filter writes them. */
export const daysOf = (month: string): { from: string; to: string } => ({ from: `01.${monthText(month)}`, to: `${lastDay(month)}.${monthText(month)}` });
export const inMonth = (f: Pick<Filter, 'from' | 'to'>, month: string): boolean => f.from === daysOf(month).from && f.to === daysOf(month).to;
/** Choosing the month that is chosen gives it up. */
export const monthRange = (f: Filter, month: string): { from: string; to: string } => (inMonth(f, month) ? { from: '', to: '' } : daysOf(month));
