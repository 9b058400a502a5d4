// Which key does what, as data. Keys are told by their place (KeyboardEvent.code), so that an Azerbaijani, an English and
// a Russian layout work alike. F8 and F9 mean nothing to Chromium; Pause and Flag have them on every seat that has the
// act at all, and they work from inside a text field; with Shift the flag is discreet. F3 searches in the browser too; here it searches the protocol.
import type { EntryKind, FlagKind, FlagRuling } from '../signaling/wire';

export type KeyAct = 'pause' | 'flag' | 'discreet' | 'call' | 'compose' | 'object' | 'ask' | 'find';

/** Who sits at the keyboard: a console (bench, clerk), or a party or helper. Pause and Flag are the same for all. */
export type Desk = 'console' | 'party';

export const keyOf: Readonly<Record<KeyAct, string>> = { pause: 'F8', flag: 'F9', discreet: 'Shift+F9', call: 'F2', compose: 'F4', object: 'F2', ask: 'F4', find: 'F3' };
const acts: Readonly<Record<Desk, readonly KeyAct[]>> = { console: ['pause', 'flag', 'discreet', 'call', 'compose', 'find'], party: ['pause', 'flag', 'discreet', 'object', 'ask', 'find'] };

export interface Pressed { code: string; ctrlKey: boolean; altKey: boolean; metaKey: boolean; shiftKey: boolean; repeat: boolean }

/** Null for a key that is not ours, one held down, or one with a modifier (those are the browser's). */
export function actOf(e: Pressed, desk: Desk): KeyAct | null {
  if (e.repeat || e.ctrlKey || e.altKey || e.metaKey) return null;
  const name = e.shiftKey ? `Shift+${e.code}` : e.code;
  return acts[desk].find((act) => keyOf[act] === name) ?? null;
}

/** The kinds a person writes, in the order of the composer. */
export const writtenKinds = ['question', 'answer', 'statement', 'ruling', 'objection', 'exhibit', 'undertaking', 'break', 'note', 'incident'] as const satisfies readonly EntryKind[];
export type WrittenKind = (typeof writtenKinds)[number];

/** The composer's kind for a key, by the letter each language has chosen for it. */
export function kindOf(e: Pressed, letters: Readonly<Record<WrittenKind, string>>): WrittenKind | null {
  if (e.ctrlKey || e.altKey || e.metaKey) return null;
  return writtenKinds.find((k) => e.code === `Key${letters[k]}`) ?? null;
}

/** The composer's other two keys: a letter puts the interpreter's line beside the text, and 0 shows the formulas. */
export const isLetter = (e: Pressed, letter: string): boolean => !e.ctrlKey && !e.altKey && !e.metaKey && e.code === `Key${letter}`;
export const isZero = (e: Pressed): boolean => !e.ctrlKey && !e.altKey && !e.metaKey && /^(?:Digit|Numpad)0$/.test(e.code);

/** 0 for the key 1, and so on; null for any other key. */
export function numberOf(e: Pressed): number | null {
  if (e.ctrlKey || e.altKey || e.metaKey) return null;
  const m = /^(?:Digit|Numpad)([1-9])$/.exec(e.code);
  return m ? Number(m[1]) - 1 : null;
}

export const speakers = ['presiding_judge', 'prosecutor', 'defence_counsel', 'victims_lawyer', 'witness', 'interpreter', 'accused', 'judge', 'legal_representative'] as const;

/** A ruling is a judge's, and names the judge. */
export const rulers = ['presiding_judge', 'judge', 'reserve_judge'] as const;
export const speakersOf = (kind: WrittenKind): readonly ((typeof speakers)[number] | (typeof rulers)[number])[] => (kind === 'ruling' ? rulers : speakers);

/** Rulings on a flag, in the order of their number keys. */
export const flagRulings: readonly FlagRuling[] = ['enter', 'warn', 'mute', 'hide', 'remove', 'pause', 'private', 'refer', 'dismiss'];

/** Kinds of a flag, in the order of their number keys. */
export const flagKinds: readonly FlagKind[] = ['words', 'gesture', 'look', 'photographing', 'identify', 'contact_outside', 'threat_relative', 'threat_lawyer', 'other'];
