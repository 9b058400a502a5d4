import { describe, expect, test } from 'vitest';
import { judgeLive, manyEntries, writtenEntries } from '../src/examples/fixtures';
import { blank, filled, formulasOf } from '../src/state/formulas';
import { fold, found } from '../src/state/search';
import { translator, type Texts } from '../src/text/locale';
import az from '../locales/az.json';
import file from '../../gateway/minutes/formulas.json';

const t = translator('az', az as Texts);
const look = (query: string): number[] => found(t, writtenEntries, query, judgeLive);

describe('a search of the protocol', () => {
  test.each([
    ['pəncərə', [20, 21]], ['PƏNCƏRƏ', [20, 21]], ['pencere', [20, 21]], // without the letters of Azerbaijani
    ['окна', [20]], ['2/14', [21]], ['pəncərənin yanında', [20]], ['yanında pəncərənin', [20]],
    ['qapının', [20]], ['geri götürüldü', [23]], // the interpreter's words; the reason of a strike
    ['', []], ['   ', []], ['yoxdur belə söz', []],
  ])('%s', (query, want) => expect(look(query)).toEqual(want));
  test('case and the dots of i count for nothing', () => expect(new Set(['İSTİ', 'isti', 'ISTI', 'ıstı'].map(fold)).size).toBe(1));
  test('finds a speaker by the pseudonym', () => expect(look('Lalə')).toContain(13));
  test('does not find what only a mark of writing direction keeps apart', () => expect(fold('a\u202eb\u200bc')).toBe('abc'));
  test('goes through a long hearing', () => expect(found(t, manyEntries(4000), 'rəng', judgeLive).length).toBeGreaterThan(400));
});

describe('a formula', () => {
  const formulas = formulasOf(file);
  test('is read from the file that the gateway gives, and what is none is left out', () => {
    expect(formulas.length).toBe(file.formulas.length);
    expect([null, 7, {}, { formulas: 'x' }, { formulas: [null, 7, {}, { id: 'a', kind: 'note', title: {}, text: {} }] }].map((v) => formulasOf(v))).toEqual([[], [], [], [], []]);
  });
  test.each(['az', 'en', 'ru'])('is filled in with what the hearing knows, in %s', (lang) => {
    for (const f of formulas) expect(filled(t, f, lang, judgeLive)).not.toMatch(/[{}]/);
    const called = formulas.find((f) => f.id === 'witness_called')!;
    expect(filled(t, called, lang, judgeLive)).toContain('Lalə');
    const { pseudonym: _, ...nameless } = judgeLive.testimony;
    expect(filled(t, called, lang, { ...judgeLive, testimony: nameless })).toContain(blank);
  });
});
