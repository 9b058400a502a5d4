import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

// Rules of the house for every style sheet. A hearing is no place for movement, and capitals are not made of letters:
// text-transform makes of Azerbaijani "i" the letter "I", which is another letter.
const folder = new URL('../src/styles/', import.meta.url);
const sheets = readdirSync(folder).filter((f) => f.endsWith('.css')).map((f) => [f, readFileSync(new URL(f, folder), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')] as const);
const never: [what: string, pattern: RegExp][] = [
  ['an animation', /(?<![\w-])animation(-[a-z]+)?\s*:/], ['key frames', /@keyframes/], ['a transition', /(?<![\w-])transition(-[a-z]+)?\s*:/],
  ['smooth scrolling', /scroll-behavior\s*:\s*smooth/], ['a view transition', /view-transition/],
  ['capitals', /text-transform\s*:\s*(?!none)/], ['small capitals', /font-variant(-caps)?\s*:[^;]*small-caps/],
];

test('the sheets are found', () => expect(sheets.length).toBeGreaterThanOrEqual(8));
describe.each(sheets)('%s', (_, css) => {
  test.each(never)('has no %s', (_what, pattern) => expect(css).not.toMatch(pattern));
});
test.each<[string, string]>([['an animation', 'a { animation: x 1s }'], ['a transition', 'a{transition-duration:1s}'], ['capitals', 'a { text-transform: uppercase }'], ['small capitals', 'a { font-variant: small-caps }']])(
  'the rule against %s finds it', (what, css) => expect(css).toMatch(never.find(([w]) => w === what)![1]));

test('no colour, animation or transition is written into a component', () => {
  const source = new URL('../src/', import.meta.url);
  const files = (readdirSync(source, { recursive: true }) as string[]).filter((f) => f.endsWith('.tsx') && !f.startsWith('examples'));
  expect(files.length).toBeGreaterThan(20);
  const styled = files.filter((f) => /style=|\.animate\(|toUpperCase\(/.test(readFileSync(new URL(f, source), 'utf8')));
  expect(styled).toEqual([]);
});
