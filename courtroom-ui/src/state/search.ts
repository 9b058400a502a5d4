// Searching the protocol that this seat holds. Nothing is asked of the gateway: who may not read an entry does not have it. Pure.
import type { Entry, State } from '../signaling/wire';
import type { Translate } from '../text/locale';
import { besideText, entryText, speakerName } from '../text/say';

/** One form for what is written alike: case, the dots of i, accents and the letters of Azerbaijani count for nothing. */
export const fold = (text: string): string =>
  text.toLowerCase().replaceAll('ı', 'i').replaceAll('ə', 'e').normalize('NFD').replace(/\p{M}|\p{Cf}/gu, '');

// An entry never changes, so what was folded once is kept for as long as the entry is.
const folded = new WeakMap<Entry, { t: Translate; pseudonym: string | undefined; text: string }>();

function hay(t: Translate, e: Entry, state: State | null): string {
  const pseudonym = state?.testimony.pseudonym;
  const kept = folded.get(e);
  if (kept?.t === t && kept.pseudonym === pseudonym) return kept.text;
  const text = fold([
    String(e.index), t.code('kind', e.kind, 'kind.note'), e.number ?? '', e.speaker ? speakerName(t, e.speaker, pseudonym) : '',
    entryText(t, e, state), e.interpreted?.text ?? '', besideText(t, e, state) ?? '',
  ].join('\n'));
  folded.set(e, { t, pseudonym, text });
  return text;
}

/** Indices of the entries in which every word of the query stands, in order; none for an empty query. */
export function found(t: Translate, entries: readonly Entry[], query: string, state: State | null): number[] {
  const words = fold(query).split(/\s+/).filter((w) => w !== '');
  return words.length === 0 ? [] : entries.filter((e) => { const text = hay(t, e, state); return words.every((w) => text.includes(w)); }).map((e) => e.index);
}
