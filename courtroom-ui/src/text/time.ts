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

/** A moment as a person writes it, 22.11.2026 14:03, in Baku. */
export const written = (at: string | number): string => `${day(at)} ${shortClock(at)}`;

/** RFC 3339 in UTC of a moment written so, read as Baku's time wherever the machine stands; null for what is no time. A browser's own field for dates has the order
 * of the machine's language, where 03.04. may be read as the third of April or the fourth of March. */
export function momentOf(text: string): string | null {
  const m = /^\s*(\d{1,2})\.(\d{1,2})\.(\d{4})[\s,]+(\d{1,2})[:.](\d\d)\s*$/.exec(text);
  if (!m) return null;
  const [d, month, year, hour, minute] = m.slice(1).map(Number) as [number, number, number, number, number];
  const at = new Date(Date.UTC(year, month - 1, d, hour, minute));
  // The 31st of February is no time, and not the 3rd of March.
  if (at.getUTCDate() !== d || at.getUTCMonth() !== month - 1 || hour > 23 || minute > 59) return null;
  return new Date(at.getTime() - bakuOffsetMs).toISOString();
}
