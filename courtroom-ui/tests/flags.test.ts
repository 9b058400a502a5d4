import { describe, expect, test } from 'vitest';
import { judgeDesk, manyFlags, supportFlags } from '../src/examples/incidents';
import { judgeLive } from '../src/examples/fixtures';
import { clearing, clearsRoom } from '../src/screens/conduct';
import { actionsFor } from '../src/state/actions';
import { emptyPage } from '../src/state/model';
import type { Translate } from '../src/text/locale';
import { flagKinds, flagRulings } from '../src/keys/keyboard';
import type { Flag, FlagRuling, GivenRuling, Protection, State } from '../src/signaling/wire';
import { markAt, marksOf, roundLeft } from '../src/state/clock';
import { holds, isDismissed, itemsOf, lastRuled, mustName, opensForm, openOf, pageOf, shownFlags, targets, unheard } from '../src/state/flags';

const at = '2026-11-22T10:00:00.000Z';
const flag = (more: Partial<Flag> = {}): Flag => ({ id: 'f1', seat: 'lawyer', role: 'victims_lawyer', pressed_at: at, received_at: at, discreet: false, ...more });
const given = (ruling: FlagRuling, more: Partial<GivenRuling> = {}): GivenRuling => ({ ruling, by: 'presiding_judge', at, ...more });

describe('five hundred flags', () => {
  const flags = manyFlags(500);
  const items = itemsOf(flags);
  test('stand in far fewer items, each flag in exactly one, in the order in which they came', () => {
    const all = items.flatMap((i) => ('flag' in i ? [i.flag] : [...i.many]));
    expect(new Set(all.map((f) => f.id)).size).toBe(500);
    expect(all).toHaveLength(500);
    expect(items.length).toBeLessThan(150);
    const firsts = items.map((i) => flags.indexOf('flag' in i ? i.flag : i.many[0]!));
    expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
  });
  test('are joined only where seat, minute and discretion are the same and nobody has ruled', () => {
    for (const i of items) if ('many' in i) {
      expect(i.many.length).toBeGreaterThanOrEqual(4);
      expect(new Set(i.many.map((f) => `${f.seat} ${f.pressed_at.slice(0, 16)} ${f.discreet}`)).size).toBe(1);
      expect(i.many.some((f) => (f.rulings ?? []).length > 0)).toBe(false);
    }
  });
  test('the witness is never one of many, and what is discreet never stands with what is not', () => {
    const hers = Array.from({ length: 9 }, (_, i) => flag({ id: `w${i}`, seat: 'witness', role: 'protected_witness', discreet: true }));
    expect(itemsOf(hers)).toHaveLength(9);
    const both = Array.from({ length: 8 }, (_, i) => flag({ id: `b${i}`, discreet: i % 2 === 0 }));
    expect(itemsOf(both).map((i) => ('many' in i ? i.many.length : 1))).toEqual([4, 4]);
  });
  test('a page of the list is never beyond its end', () => {
    expect(pageOf(items, 99, 8).at).toBe(Math.ceil(items.length / 8) - 1);
    expect(pageOf([], 3, 8)).toEqual({ shown: [], at: 0, pages: 1 });
  });
});

describe('the flag that stands open', () => {
  const old = flag({ id: 'old', urgency: 'now' });
  test('is the most urgent, and none where none is urgent', () => {
    expect(openOf([flag({ id: 'a', urgency: 'soon' }), old], null)).toBe('old');
    expect(openOf([flag({ urgency: 'done', closed: true })], null)).toBeNull();
  });
  test('stays, once ruled on, with what came of it, until another is urgent', () => {
    const ruled = flag({ id: 'ruled', urgency: 'done', rulings: [given('enter')] });
    expect(openOf([ruled], 'ruled')).toBe('ruled');
    expect(openOf([old, ruled], 'ruled')).toBe('old');
    expect(lastRuled([old, ruled, flag({ id: 'before', rulings: [given('warn', { at: '2026-11-22T09:00:00.000Z' })] })])?.id).toBe('ruled');
  });
  test('does not change under a finger when a newer one comes', () => expect(openOf([flag({ id: 'new', urgency: 'now' }), old], 'old')).toBe('old'));
});

describe('a ruling', () => {
  test('that takes something from a person must name the person; a warning to nobody is to all', () => {
    const asks = (f: Flag): FlagRuling[] => flagRulings.filter((r) => mustName(f, r));
    expect(asks(flag())).toEqual(['mute', 'hide', 'remove']);
    expect(asks(flag({ concerns: 'defence' }))).toEqual([]);
    expect(asks(flag({ concerns: 'dock' }))).toEqual(['remove']);
  });
  test('never names the court, the witness, a passive seat or oneself; a view cannot be removed', () => {
    const named = targets(judgeLive);
    expect(named).toContain('dock');
    for (const s of ['judge', 'judge2', 'clerk', 'witness', 'screen', 'gallery']) expect(named).not.toContain(s);
    expect(targets(judgeLive, 'remove').filter((x) => ['dock', 'hall', 'counsel'].includes(x))).toEqual([]);
    expect(targets({ ...judgeLive, you: { ...judgeLive.you, seat: 'defence' } })).not.toContain('defence');
  });
  test.each<[string, GivenRuling, Partial<State>, boolean | null]>([
    ['the dock is muted', given('mute', { seat: 'dock' }), { views: [{ view: 'dock', muted: true, hidden: false }] }, true],
    ['the dock speaks again', given('mute', { seat: 'dock' }), { views: [] }, false],
    ['a seat is muted', given('mute', { seat: 'support' }), {}, true],
    ['a seat is in view', given('hide', { seat: 'defence' }), {}, false],
    ['a seat was removed', given('remove', { seat: 'defence' }), { seats: [{ id: 'defence', role: 'defence_counsel', admitted: false }] }, true],
    ['testimony goes on', given('pause'), {}, false],
    ['an entry leaves nothing to hold', given('enter'), {}, null],
  ])('says whether it still holds: %s', (_, r, more, want) => expect(holds(r, { ...judgeLive, ...more })).toBe(want));
  test('is owed to be heard for as long as the person named has neither answered nor been heard', () => {
    const f = flag({ rulings: [given('hide', { seat: 'defence', provisional: true }), given('warn', { seat: 'support', provisional: true }), given('mute', { seat: 'dock' })] });
    expect(unheard(f)).toEqual(['defence', 'support']);
    expect(unheard({ ...f, put: [{ seat: 'defence', form: 'gist', at, answer: { text: 'x', at } }, { seat: 'support', form: 'orally', at }] })).toEqual(['support']);
    expect(unheard({ ...f, put: [{ seat: 'defence', form: 'orally', at, heard: { how: 'declined', at } }, { seat: 'support', form: 'orally', at, heard: { how: 'absent', at } }] })).toEqual([]);
  });
  test('a dismissal closes a flag, and only a dismissal asks for it to be taken up again', () => {
    expect(judgeDesk.flags!.filter(isDismissed).map((f) => f.id)).toEqual(['f6']);
  });
});

test('every ruling and every kind has one number key', () => {
  for (const list of [flagRulings, flagKinds]) { expect(list.length).toBe(9); expect(new Set(list).size).toBe(9); }
});

describe('the line of a request', () => {
  const received = Date.parse(at), hour = 3_600_000;
  const p: Protection = { incident: 'i', phase: 'received', received: at, due: '2026-11-25T10:00:00.000Z', marks: [{ mark: 'warn', at: '2026-11-24T10:00:00.000Z' }], next: { mark: 'warn', at: '2026-11-25T04:00:00.000Z' } };
  test('runs from the receipt to the last known moment, in proportion', () => {
    const marks = marksOf(p, received);
    expect(marks.map((m) => (m.at - received) / hour)).toEqual([0, 48, 66, 72]);
    expect(markAt(marks, received + 36 * hour)).toBeCloseTo(0.5);
    expect([markAt(marks, received - hour), markAt(marks, received + 900 * hour)]).toEqual([0, 1]);
  });
  test('says a moment once, and leaves out what is no time', () => {
    const twice = marksOf({ ...p, next: { mark: 'overrun', at: p.due! }, marks: [{ mark: 'warn', at: 'soon' }] }, received);
    expect(twice.map((m) => (m.at - received) / hour)).toEqual([0, 72]);
  });
  test('what is left is never negative', () => {
    expect(roundLeft(50 * hour + 61_000)).toEqual({ d: 2, h: 2, m: 1 });
    expect(roundLeft(-5)).toEqual({ d: 0, h: 0, m: 0 });
  });
});

describe('a discreet press', () => {
  const press = { command: 'c1', at, discreet: true };
  const flags = [flag({ id: 'a', seat: 'support', role: 'support_person', discreet: true }), flag({ id: 'b', seat: 'support', role: 'support_person' })];
  const shown = (state: State, asked: boolean): string[] => shownFlags({ ...state, flags }, asked).map((f) => f.id);
  test.each(['interpreter', 'support_person', 'legal_representative', 'prosecutor', 'defence_counsel', 'victims_lawyer', 'court_clerk'])('of %s opens no form until it is asked for, and a plain one opens it', (role) => {
    expect([opensForm(press, role, false), opensForm(press, role, true), opensForm({ ...press, discreet: false }, role, false)]).toEqual([false, true, true]);
  });
  test('is in nobody’s list of own flags until it is asked for; the bench reads its own', () => {
    expect([shown(supportFlags, false), shown(supportFlags, true), shown(judgeDesk, false)]).toEqual([['b'], ['a', 'b'], ['a', 'b']]);
  });
});

describe('clearing the room is an ordinary act', () => {
  test('of the bench alone', () => expect(['presiding_judge', 'judge', 'reserve_judge', 'court_clerk', 'interpreter', 'defence_counsel', 'support_person'].filter(clearsRoom)).toEqual(['presiding_judge', 'judge', 'reserve_judge']));
  test('that asks first, with no duress in sight, and is a pause that says so', () => {
    const sent: unknown[] = [];
    const state: State = { ...judgeLive, you: { ...judgeLive.you, can: ['testimony.pause'] } };
    const actions = actionsFor({ ...emptyPage, link: 'open', state }, (name, args) => { sent.push([name, args]); return Promise.resolve({ ok: true }); }, () => undefined);
    const ask = clearing(((key: string) => key) as unknown as Translate, actions);
    expect(sent).toEqual([]);
    ask.done({});
    expect(sent).toEqual([['testimony.pause', { why: 'clear_room' }]]);
    expect(state.duress).toBeUndefined();
  });
});
