import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { entries, judgeLive } from '../src/examples/fixtures';
import { fill, translator, type Texts } from '../src/text/locale';
import { entryText } from '../src/text/say';
import { clock, elapsed } from '../src/text/time';

type Label = string | { text: string; source: string };
const here = new URL('.', import.meta.url);
const load = (lang: string): Record<string, Label> => JSON.parse(readFileSync(new URL(`../locales/${lang}.json`, here), 'utf8'));
const locales = { az: load('az'), en: load('en'), ru: load('ru') };
const text = (l: Label): string => (typeof l === 'string' ? l : l.text);
const params = (l: Label): string[] => [...text(l).matchAll(/\{(\w+)\}/g)].map((m) => m[1]!).sort();

describe.each(['en', 'ru'] as const)('locale %s', (lang) => {
  test('has the keys of az, no fewer and no more', () => {
    expect(Object.keys(locales[lang]).sort()).toEqual(Object.keys(locales.az).sort());
  });
  test('names the same parameters', () => {
    for (const [key, label] of Object.entries(locales.az)) expect([key, params(locales[lang][key]!)]).toEqual([key, params(label)]);
  });
  test('says of each label of the law where it was taken from, as az does', () => {
    for (const [key, label] of Object.entries(locales.az)) {
      const other = locales[lang][key]!;
      expect([key, typeof other === 'string' ? '' : other.source]).toEqual([key, typeof label === 'string' ? '' : label.source]);
    }
  });
});

describe.each(['az', 'en', 'ru'] as const)('locale %s', (lang) => {
  test('leaves no text empty', () => {
    expect(Object.entries(locales[lang]).filter(([, l]) => text(l).trim() === '')).toEqual([]);
  });
  // Everything under these prefixes is a word of the law: it carries its source, or says that it is a proposal.
  const legal = ['role.', 'court.', 'kind.', 'session.', 'hearing.', 'testimony.', 'pause.', 'template.', 'audience.', 'about.', 'request.', 'ruling.', 'flagkind.', 'event.', 'pdf.', 'undertaking.', 'identity.'];
  const plainHere = /^(role\.unknown|event\.(plain|unknown))$/;
  test('gives each label of the law a source', () => {
    const without = Object.entries(locales[lang]).filter(([k, l]) => legal.some((p) => k.startsWith(p)) && !plainHere.test(k) && (typeof l === 'string' || !['terms', 'proposal'].includes(l.source)));
    expect(without.map(([k]) => k)).toEqual([]);
  });
});

test('the page of what a lawyer has yet to confirm is current (npm run legal)', async () => {
  const script = '../scripts/legal-review.mjs';
  const { legalReview } = await import(/* @vite-ignore */ script) as { legalReview: () => string };
  expect(readFileSync(new URL('../LEGAL-REVIEW.md', here), 'utf8')).toBe(legalReview());
});

describe('what the gateway says by codes has words here', () => {
  const read = (path: string): string | null => { const url = new URL(path, here); return existsSync(url) ? readFileSync(url, 'utf8') : null; };
  test('every event code of the ledger', () => {
    const source = read('../../gateway/hearing/events.go');
    if (source === null) { console.warn('SKIPPED: gateway/hearing/events.go is absent'); return; }
    const codes = [...source.matchAll(/Code\s+=\s+"([a-z_.]+)"/g)].map((m) => m[1]!);
    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((c) => !(`event.${c}` in locales.az))).toEqual([]);
  });
  test('every error code of the wire', () => {
    const source = read('../../signaling/PROTOCOL.md');
    if (source === null) { console.warn('SKIPPED: signaling/PROTOCOL.md is absent'); return; }
    const codes = [.../Codes: ([\s\S]*?)\n\n/.exec(source)![1]!.matchAll(/`([a-z_]+)`/g)].map((m) => m[1]!);
    expect(codes.length).toBeGreaterThan(25);
    expect(codes.filter((c) => !(`error.${c}` in locales.az))).toEqual([]);
  });
});

describe('templates', () => {
  test.each([
    ['{a} and {b}', { a: 'x' }, 'x and –'],
    ['Paused[: {why}].', {}, 'Paused.'],
    ['Paused[: {why}].', { why: '' }, 'Paused.'],
    ['Paused[: {why}].', { why: 'link' }, 'Paused: link.'],
    ['[{a}][, {b}]', { b: 2 }, ', 2'],
  ])('%s', (template, given, want) => expect(fill(template, given)).toBe(want));

  test('no entry of the examples shows a brace, a bracket or a code', () => {
    for (const lang of ['az', 'en', 'ru'] as const) {
      const t = translator(lang, locales[lang] as Texts);
      for (const e of entries.filter((x) => x.system)) expect(entryText(t, e, judgeLive)).not.toMatch(/[{}[\]]|_/);
    }
  });
});

test('the court reads Baku time, whatever the machine says', () => {
  expect(clock('2026-11-22T21:30:05.000Z')).toBe('01:30:05');
  expect(elapsed('2026-11-22T10:00:00.000Z', Date.parse('2026-11-22T11:01:02.000Z'))).toBe('1:01:02');
  expect(elapsed('2026-11-22T10:00:00.000Z', 0)).toBe('0:00:00');
});

test('no component holds a text of its own', () => {
  const files = readdirSync(new URL('../src', here), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.tsx') && !f.startsWith('examples'));
  expect(files.length).toBeGreaterThan(20);
  const found = files.flatMap((f) => [...readFileSync(new URL(`../src/${f}`, here), 'utf8').matchAll(/<[a-z][^<>{}]*>\s*([\p{L}]{2,}[^<{]*)</gu)].map((m) => `${f}: ${m[1]}`));
  expect(found).toEqual([]);
});

test('no style upper-cases a text: i is not I in Azerbaijani', () => {
  const files = readdirSync(new URL('../src/styles', here), { encoding: 'utf8' }).filter((f) => f.endsWith('.css'));
  expect(files.filter((f) => readFileSync(new URL(`../src/styles/${f}`, here), 'utf8').includes('text-transform'))).toEqual([]);
});
