import { describe, expect, test } from 'vitest';
import { actOf, flagRulings, isLetter, isZero, keyOf, kindOf, numberOf, speakers, writtenKinds, type Pressed, type WrittenKind } from '../src/keys/keyboard';
import az from '../locales/az.json';
import en from '../locales/en.json';
import ru from '../locales/ru.json';

const key = (code: string, more: Partial<Pressed> = {}): Pressed => ({ code, ctrlKey: false, altKey: false, metaKey: false, shiftKey: false, repeat: false, ...more });

describe('keys', () => {
  test('pause and flag are the same on every desk', () => {
    for (const desk of ['console', 'party'] as const) {
      expect(actOf(key('F8'), desk)).toBe('pause');
      expect(actOf(key('F9'), desk)).toBe('flag');
      expect(actOf(key('F9', { shiftKey: true }), desk)).toBe('discreet');
      expect(actOf(key('F9', { shiftKey: true, ctrlKey: true }), desk)).toBeNull();
    }
  });
  test('no desk has two acts on one key', () => {
    for (const acts of [['pause', 'flag', 'discreet', 'call', 'compose', 'find'], ['pause', 'flag', 'discreet', 'object', 'ask', 'find']] as const) {
      const keys = acts.map((a) => keyOf[a]);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });
  test('no act is on a key that the browser has taken', () => {
    // F3 is the browser's search; the page has it for its own, so the key still means what it meant.
    const taken = ['F1', 'F5', 'F6', 'F7', 'F10', 'F11', 'F12'];
    expect(Object.values(keyOf).filter((k) => taken.includes(k))).toEqual([]);
  });
  test.each([['ctrlKey'], ['altKey'], ['metaKey'], ['shiftKey'], ['repeat']] as const)('%s makes it another key', (modifier) => {
    expect(actOf(key('F8', { [modifier]: true }), 'console')).toBeNull();
  });
  test.each([['az', az], ['en', en], ['ru', ru]] as const)('each written kind has one letter of its own in %s', (_, texts) => {
    const letters = Object.fromEntries(writtenKinds.map((k) => [k, (texts as Record<string, unknown>)[`compose.letter.${k}`]])) as Record<WrittenKind, string>;
    expect(Object.values(letters).every((l) => /^[A-Z]$/.test(l))).toBe(true);
    const also = (texts as Record<string, unknown>)['compose.letter.interpreted'] as string;
    expect(new Set([...Object.values(letters), also]).size).toBe(writtenKinds.length + 1);
    expect(isLetter(key(`Key${also}`), also)).toBe(true);
    expect(isLetter(key(`Key${also}`, { ctrlKey: true }), also)).toBe(false);
    for (const k of writtenKinds) expect(kindOf(key(`Key${letters[k]}`), letters)).toBe(k);
  });
  test('numbers choose speakers and rulings from 1, on the row and on the pad', () => {
    expect(numberOf(key('Digit1'))).toBe(0);
    expect(numberOf(key('Numpad9'))).toBe(8);
    expect(numberOf(key('Digit0'))).toBeNull();
    expect([isZero(key('Digit0')), isZero(key('Numpad0')), isZero(key('Digit1')), isZero(key('Digit0', { ctrlKey: true }))]).toEqual([true, true, false, false]);
    expect(speakers.length).toBeLessThanOrEqual(9);
    expect(flagRulings).toHaveLength(9);
  });
});
