import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Entry } from '../src/signaling/wire';
import { translator, type Texts } from '../src/text/locale';
import { entryText, recordedName } from '../src/text/say';

const t = translator('en', JSON.parse(readFileSync(new URL('../locales/en.json', import.meta.url), 'utf8')) as Texts);

test.each([
  ['witness/puppet+neutral', 'Lalə: drawn figure, masked voice'],
  ['witness/blob+neutral+strong', 'Lalə: plain figure, masked voice (strong)'],
  ['court/dock', 'Dock'],
  ['court/elsewhere', 'court/elsewhere'],
  ['seat/judge', 'seat/judge'],
])('a recording is named in words: %s', (label, words) => {
  expect(recordedName(t, label, 'Lalə').toLowerCase()).toBe(words.toLowerCase());
});

test('a full stop that a person wrote is not doubled', () => {
  const entry = { index: 1, id: 'e', kind: 'system', by: 'presiding_judge', at: '2026-11-22T10:00:00.000Z', system: { code: 'identity.verified', params: { how: 'By passport.' } } } as unknown as Entry;
  const text = entryText(t, entry, null);
  expect(text).toContain('By passport.');
  expect(text).not.toContain('..');
});
