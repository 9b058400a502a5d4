import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeLive } from '../src/examples/fixtures';
import { foremost, howItStands } from '../src/kiosk/after';
import { emptyKiosk, longest, reduceKiosk, stageOf, unsentOf, type Kiosk, type KioskEvent, type Said, type Sent, type StationReport } from '../src/kiosk/state';
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
