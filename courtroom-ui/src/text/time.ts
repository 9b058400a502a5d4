// Times as a court reads them: Baku's clock (UTC+4, no summer time), whatever the machine says. Numbers are put
// together here, because browsers do not all know how to write Azerbaijani dates.

const bakuOffsetMs = 4 * 3_600_000;
const two = (n: number): string => String(n).padStart(2, '0');

const baku = (at: string | number): Date => new Date((typeof at === 'number' ? at : Date.parse(at)) + bakuOffsetMs);

/** 14:03:22 */
export function clock(at: string | number): string {
  const d = baku(at);
  return Number.isNaN(d.getTime()) ? '–' : `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

/** 14:03 */
export const shortClock = (at: string | number): string => clock(at).slice(0, 5);

/** 22.11.2026 */
export function day(at: string | number): string {
  const d = baku(at);
  return Number.isNaN(d.getTime()) ? '–' : `${two(d.getUTCDate())}.${two(d.getUTCMonth() + 1)}.${d.getUTCFullYear()}`;
}

/** 0:07:12 since a moment; never negative. */
export function elapsed(since: string, now: number): string {
  const s = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (Number.isNaN(s)) return '–';
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** What a field for date and time holds, 2026-11-22T14:03, in Baku. */
export function bakuInput(at: number): string {
  const d = baku(at);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}T${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
}

/** RFC 3339 in UTC of what such a field holds, read as Baku's time wherever the machine stands; null for what is no time. */
export function fromBakuInput(text: string): string | null {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text) ? Date.parse(`${text}${text.length === 16 ? ':00' : ''}Z`) - bakuOffsetMs : NaN;
  return Number.isNaN(at) ? null : new Date(at).toISOString();
}
