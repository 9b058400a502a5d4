import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeLive } from '../src/examples/fixtures';
import { foremost, howItStands } from '../src/kiosk/after';
import { remember, remembered, type Store } from '../src/kiosk/calls';
import { alarms, emptyKiosk, longest, parseStationMessage, reduceKiosk, stageOf, unsentOf, untaken, type Call, type Kiosk, type KioskEvent, type Said, type Sent, type StationReport } from '../src/kiosk/state';
import type { Request, State } from '../src/signaling/wire';
import { translator, type Key, type Lang, type Texts } from '../src/text/locale';
import { besideText, entryText, judgeName } from '../src/text/say';
import { rulers, speakersOf } from '../src/keys/keyboard';

const report: StationReport = { type: 'station', link: 'up', order_ok: true, paused: false, rehearsal: 'none' };
const asked = (id: string): Request => ({ id, seat: 'witness', role: 'protected_witness', what: 'question', text: 'x', at: judgeLive.now });
const state = (phase: State['hearing']['phase'], requests: Request[] = []): State => ({
  ...judgeLive, hearing: { ...judgeLive.hearing, phase }, testimony: { ...judgeLive.testimony, phase: 'released' }, requests,
});
const released: Kiosk = { ...emptyKiosk, door: 'open', station: report, state: state('open') };
const after = (k: Kiosk, ...events: KioskEvent[]): Kiosk => events.reduce(reduceKiosk, k);
const said = (...list: Said[]): KioskEvent => ({ kind: 'message', message: { ...report, said: list } });
const court = (...ids: string[]): KioskEvent => ({ kind: 'message', message: state('open', ids.map(asked)) });
const ask: KioskEvent = { kind: 'sent', piece: { type: 'question', id: 'k1', text: 'Why?', language: 'az' } };
const texts = (lang: Lang) => JSON.parse(readFileSync(new URL(`../locales/${lang}.json`, import.meta.url), 'utf8')) as Texts;
const t = translator('en', texts('en'));
const words = (key: Key): string => t(key);
const only = (k: Kiosk): Partial<Sent> => { expect(k.sent).toHaveLength(1); return k.sent[0]!; };

describe('after her testimony', () => {
  test.each<[string, Kiosk, string]>([
    ['she listens while the hearing is open', released, 'after'],
    ['and while it is suspended', { ...released, state: state('suspended') }, 'after'],
    ['and while the link is lost, so that no word is lost', { ...released, station: { ...report, link: 'down' } }, 'after'],
    ['and when the order has run out', { ...released, station: { ...report, order_ok: false } }, 'after'],
    ['and when she was afraid', { ...released, station: { ...report, paused: true }, pressed: 'afraid' }, 'after'],
    ['until the hearing is closed', { ...released, state: state('closed') }, 'released'],
    ['not without the station', { ...released, door: 'down', station: null }, 'station_down'],
  ])('%s', (_, kiosk, want) => expect(stageOf(kiosk)).toBe(want));

  test('what she is writing outlives a lost link and a lost station', () => {
    const writing = { what: 'remark', text: 'So' } as const;
    const k = after(released, { kind: 'write', writing }, { kind: 'message', message: { ...report, link: 'down' } }, { kind: 'door', door: 'down' }, { kind: 'door', door: 'open' }, { kind: 'message', message: report });
    expect(k.writing).toEqual(writing);
  });
});

describe('a piece that she wrote', () => {
  test('is unsent until the station names it, and then as the station says', () => {
    const k = after(released, ask);
    expect([k.writing, only(k).state]).toEqual([null, 'unsent']);
    expect(unsentOf(k)).toEqual([{ type: 'question', id: 'k1', text: 'Why?', language: 'az' }]);
    const sending = after(k, said({ id: 'k1', what: 'question', state: 'sending' }));
    expect([only(sending).state, unsentOf(sending)]).toEqual(['sending', []]);
    expect(only(after(sending, said({ id: 'k1', what: 'question', state: 'saved', request: 'q4' })))).toMatchObject({ state: 'saved', request: 'q4', text: 'Why?' });
    expect(only(after(sending, said({ id: 'k1', what: 'question', state: 'refused', code: 'wrong_phase' })))).toMatchObject({ state: 'refused', code: 'wrong_phase' });
  });

  test('is never said to be saved before the station says so', () => {
    const now = (k: Kiosk, lost = false): string => howItStands(t, words, k.sent[0]!, lost);
    const sent = after(released, ask);
    const sending = after(sent, said({ id: 'k1', what: 'question', state: 'sending' }));
    for (const text of [now(sent), now(sending), now(sending, true)]) expect(text).not.toMatch(/saved/i);
    expect(now(after(sending, said({ id: 'k1', what: 'question', state: 'saved', request: 'q4' })))).toMatch(/saved/i);
  });

  test('is given again to a station that forgot it, unless it was answered', () => {
    const sending = after(released, ask, said({ id: 'k1', what: 'question', state: 'sending' }), { kind: 'door', door: 'down' }, { kind: 'door', door: 'open' }, said());
    expect(unsentOf(sending).map((p) => p.id)).toEqual(['k1']);
    const saved = after(released, ask, said({ id: 'k1', what: 'question', state: 'saved' }), said());
    expect([unsentOf(saved), only(saved).state]).toEqual([[], 'saved']);
  });

  test('is given to nobody while no station is there', () => {
    const k = after(released, ask, { kind: 'door', door: 'down' });
    expect([unsentOf(k), unsentOf({ ...k, door: 'open' })]).toEqual([[], []]);
    expect(k.sent).toHaveLength(1);
  });

  test('stands without its words on a page that was loaded anew, and is not sent from there', () => {
    const k = after(emptyKiosk, { kind: 'door', door: 'open' }, said({ id: 'k9', what: 'remark', state: 'saved' }, { id: 'k8', what: 'remark', state: 'sending' }), said());
    expect(k.sent.map((p) => [p.id, p.text, p.state])).toEqual([['k9', '', 'saved'], ['k8', '', 'unsent']]);
    expect(unsentOf(k)).toEqual([]);
  });

  test('is decided when the court held it and holds it no more', () => {
    const saved = after(released, ask, said({ id: 'k1', what: 'question', state: 'saved', request: 'q4' }));
    expect(only(after(saved, court())).done).toBe(false); // the acknowledgement came before the state
    expect(only(after(saved, court('q4'))).done).toBe(false);
    expect(only(after(saved, court('q4', 'q5'), court('q5'))).done).toBe(true);
    expect(howItStands(t, words, after(saved, court('q4'), court()).sent[0]!, false)).toBe(t('kiosk.said.done'));
  });

  test('that is not saved stands before those that are', () => {
    const made = (id: string, s: Sent['state']): Sent => ({ id, what: 'remark', text: id, state: s });
    expect(foremost([made('1', 'refused'), made('2', 'saved'), made('3', 'saved'), made('4', 'sending'), made('5', 'saved')]).map((p) => p.id)).toEqual(['4', '1', '5', '3']);
  });

  test('is as long as the court takes, and no longer', () => {
    const rules = readFileSync(new URL('../../gateway/hearing/decide_after.go', import.meta.url), 'utf8');
    expect(Number(/maxRemarkRunes = (\d+)/.exec(rules)![1])).toBe(longest);
  });
});

const card = { room: 'AB-12', telephone: '102' };
const danger = (more: Partial<NonNullable<StationReport['emergency']>> = {}): NonNullable<StationReport['emergency']> => ({ at: judgeLive.now, sent: true, alarm: true, card, ...more });
const testifies: Kiosk = { ...emptyKiosk, door: 'open', station: report, state: { ...judgeLive, testimony: { ...judgeLive.testimony, phase: 'live' } } };
const signal: Call = { type: 'signal', id: 'k1', at: '2026-11-22T14:30:15.123Z' };
const raised: Call = { type: 'emergency', id: 'k2', at: '2026-11-22T14:30:15.123Z', by: 'witness' };

describe('an emergency fills the screen', () => {
  test.each<[string, Kiosk]>([
    ['by the station’s word', { ...testifies, station: { ...report, emergency: danger() } }],
    ['with the link lost', { ...testifies, station: { ...report, link: 'down', emergency: danger({ sent: false }) } }],
    ['after her testimony', { ...released, station: { ...report, emergency: danger() } }],
    ['in the second before the station answers', after(testifies, { kind: 'sign', call: raised })],
    ['without the station', after(testifies, { kind: 'sign', call: raised }, { kind: 'door', door: 'down' })],
    ['on a page that must enter anew', after(testifies, { kind: 'sign', call: raised }, { kind: 'door', door: 'shut' })],
    ['before the room is cleared', { ...testifies, station: { ...report, emergency: danger() }, state: { ...testifies.state!, testimony: { ...testifies.state!.testimony, phase: 'paused', pause_code: 'clear_room' } } }],
  ])('%s', (_, k) => expect(stageOf(k)).toBe('emergency'));

  test('and leaves it by the station’s word alone', () => {
    const k = after({ ...testifies, station: { ...report, emergency: danger() } }, { kind: 'pressed', what: 'continue' }, { kind: 'message', message: testifies.state! });
    expect(stageOf(k)).toBe('emergency');
    expect(stageOf(after(k, { kind: 'message', message: report }))).toBe('live');
  });

  test('and the card outlives the station that named it', () => {
    const k = after(testifies, { kind: 'message', message: { ...report, card } }, { kind: 'message', message: report }, { kind: 'door', door: 'down' });
    expect(k.card).toEqual(card);
  });

  test('the alarm rings by the station’s word, and for a time without a station', () => {
    const alone = after(testifies, { kind: 'sign', call: raised }, { kind: 'door', door: 'down' });
    const at = Date.parse(raised.at);
    expect([alarms(alone, at), alarms(alone, at + 89_000), alarms(alone, at + 91_000)]).toEqual([true, true, false]);
    expect(alarms({ ...alone, station: { ...report, emergency: danger({ alarm: false }) } }, at)).toBe(false);
    expect([alarms(testifies, at), alarms(after(testifies, { kind: 'sign', call: signal }), at)]).toEqual([false, false]);
  });
});

describe('a sign that was pressed', () => {
  test('the silent signal changes nothing that is shown, whoever sits beside her', () => {
    for (const before of [testifies, released, { ...testifies, station: { ...report, link: 'down' as const } }]) {
      const now = after(before, { kind: 'sign', call: signal });
      expect({ ...now, calls: [] }).toEqual(before);
      expect(stageOf(now)).toBe(stageOf(before));
    }
  });

  test('is given to the station until it has taken it, and once more when it comes back', () => {
    const k = after(testifies, { kind: 'sign', call: signal }, { kind: 'door', door: 'down' });
    expect(untaken(k)).toEqual([]);
    const back = after(k, { kind: 'door', door: 'open' });
    expect(untaken(back)).toEqual([signal]);
    expect(untaken(after(back, { kind: 'message', message: { type: 'took', id: 'another' } }))).toEqual([signal]);
    expect(untaken(after(back, { kind: 'message', message: { type: 'took', id: 'k1' } }))).toEqual([]);
  });

  test('that is held is the same sign at the moment of the press', () => {
    const k = after(testifies, { kind: 'sign', call: signal }, { kind: 'sign', call: { ...signal, at: '2026-11-22T14:30:16.123Z', pause: true } });
    expect(k.calls).toEqual([{ ...signal, pause: true }]);
  });

  test('outlives a reload of the page, with its time, and what is not one does not', () => {
    const held = new Map<string, string>();
    const store: Store = { getItem: (key) => held.get(key) ?? null, setItem: (key, v) => { held.set(key, v); }, removeItem: (key) => { held.delete(key); } };
    remember(store, { calls: [signal, raised], card });
    expect(remembered(store)).toEqual({ calls: [signal, raised], card });
    remember(store, { calls: [], card: null });
    expect(held.size).toBe(0);
    for (const bad of ['', '{', '7', 'null', '[7,null,{"type":"signal"}]', '{"room":1}']) {
      for (const key of ['parda.kiosk.calls', 'parda.kiosk.card']) held.set(key, bad);
      expect(remembered(store)).toEqual({ calls: [], card: null });
    }
    const full: Store = { getItem: () => { throw new Error('no'); }, setItem: () => { throw new Error('full'); }, removeItem: () => undefined };
    expect(() => remember(full, { calls: [signal], card })).not.toThrow();
    expect(remembered(full)).toEqual({ calls: [], card: null });
  });

  test('the station’s word that it took one is read, and nothing like it', () => {
    expect(parseStationMessage('{"type":"took","id":"k1"}')).toEqual({ type: 'took', id: 'k1' });
    expect([parseStationMessage('{"type":"took"}'), parseStationMessage('{"type":"took","id":7}')]).toEqual([null, null]);
  });
});

describe('the room is cleared', () => {
  const cleared = (phase: 'paused' | 'ready' | 'live'): Kiosk => ({ ...testifies, state: { ...testifies.state!, testimony: { ...testifies.state!.testimony, phase, pause_code: 'clear_room' } } });
  test.each<[string, Kiosk, string]>([
    ['while it is paused', cleared('paused'), 'clear_room'],
    ['and after a fall back to ready', cleared('ready'), 'clear_room'],
    ['also when she had asked for a break', { ...cleared('paused'), station: { ...report, paused: true } }, 'clear_room'],
    ['not when it goes on', cleared('live'), 'live'],
    ['not by what a lost link said last', { ...cleared('paused'), station: { ...report, link: 'down' } }, 'lost'],
  ])('%s', (_, k, want) => expect(stageOf(k)).toBe(want));

  test.each(['technical', 'break', undefined])('a pause that is called %s looks like any break', (pause_code) => {
    const k: Kiosk = { ...testifies, state: { ...testifies.state!, testimony: { ...testifies.state!.testimony, phase: 'paused', ...(pause_code && { pause_code }) } } };
    expect(stageOf(k)).toBe('paused');
  });
});

describe('a ruling names who made it', () => {
  const by = (role: State['you']['role'] | 'system', seat: string | undefined, code: string) => judgeName(t, { index: 1, id: 's1', kind: 'system', by: role, ...(seat && { by_seat: seat }), at: judgeLive.now, system: { code } }, seats);
  const seats = [{ id: 'judge', role: 'presiding_judge' as const }, { id: 'judge2', role: 'judge' as const }, { id: 'judge3', role: 'judge' as const }];
  test.each(['ruling.given', 'order.signed', 'flag.ruled', 'request.done', 'session.kind', 'seat.removed'])('%s', (code) => {
    expect(by('presiding_judge', 'judge', code)).toBe(t('role.presiding_judge'));
  });
  test('one of several judges by a number', () => expect(by('judge', 'judge3', 'testimony.paused')).toBe(`${t('role.judge')} 2`));
  test('a seat that the page does not know by its role', () => expect(by('reserve_judge', 'reserve', 'testimony.paused')).toBe(t('role.reserve_judge')));
  test('and nobody where no judge acted', () => {
    expect([by('system', undefined, 'ledger.back'), by('support_person', 'support', 'testimony.paused'), by('presiding_judge', 'judge', 'seat.entered')]).toEqual([null, null, null]);
  });
  test('only judges are offered as its speakers', () => {
    expect(speakersOf('ruling')).toBe(rulers);
    expect(speakersOf('answer')).toContain('witness');
  });
});

test('an amendment shows its new words, and its reason beside them', () => {
  const e = { index: 2, id: 'e2', kind: 'answer' as const, by: 'court_clerk' as const, at: judgeLive.now, amends: 1, text: 'No.', system: { code: 'entry.amended', params: { reason: 'misheard' } } };
  expect([entryText(t, e, judgeLive), besideText(t, e, judgeLive)]).toEqual(['No.', expect.stringContaining('misheard')]);
  expect(besideText(t, { ...e, system: undefined! }, judgeLive)).toBeNull();
});

test('a request of the witness is decided under the pseudonym', () => {
  const e = { index: 3, id: 's3', kind: 'system' as const, by: 'presiding_judge' as const, at: judgeLive.now, system: { code: 'request.done', params: { role: 'protected_witness', what: 'question', ruling: 'allowed' } } };
  expect(entryText(t, e, judgeLive)).toContain(judgeLive.testimony.pseudonym);
  expect(entryText(t, e, judgeLive)).not.toContain(t('role.protected_witness'));
});
