// The formulas that recur in a hearing, as data of the court. Here they are filled in; they are written like any other entry. Pure, but for the fetch.
import type { Formula, State } from '../signaling/wire';
import type { Translate } from '../text/locale';

export const blank = '___';

/** Reads what the gateway sent; what is no formula is left out. */
export function formulasOf(v: unknown): Formula[] {
  const list = (v as { formulas?: unknown } | null)?.formulas;
  const texts = (o: unknown): boolean => typeof o === 'object' && o !== null && ['az', 'en', 'ru'].every((l) => typeof (o as Record<string, unknown>)[l] === 'string');
  return Array.isArray(list) ? list.filter((f: Formula | null) => f !== null && typeof f === 'object' && typeof f.id === 'string' && typeof f.kind === 'string' && texts(f.title) && texts(f.text)) : [];
}

export async function fetchFormulas(place: { hearing: string; seat: string }): Promise<Formula[]> {
  const answer = await fetch(`/api/${place.hearing}/formulas?seat=${place.seat}`, { credentials: 'same-origin' });
  return answer.ok ? formulasOf(await answer.json()) : [];
}

/** The text in a language, with what the hearing knows; what it does not know stays a blank. */
export function filled(t: Translate, f: Formula, lang: string, state: State): string {
  const known: Record<string, string | undefined> = {
    case_no: state.hearing.case_no, pseudonym: state.testimony.pseudonym,
    court: state.hearing.court && t.code('court', state.hearing.court, 'event.plain'),
  };
  return (f.text[lang] ?? f.text[t.lang] ?? '').replace(/\{(\w+)\}/g, (_, name: string) => known[name] || blank);
}
