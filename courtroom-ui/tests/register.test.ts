// The rules of the register's pages that are not a screen: reports that are kept until they are durable, the clock of a request, what is looked for, what statistics
// may show, and what stands against a referral.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Api, type Answer } from '../src/account/api';
import { nameFor, sha256Of } from '../src/account/incidents/bytes';
import { courtsOf, quartersBack, quarterOf, quartersOf, rowsOf, tableOf } from '../src/account/incidents/cells';
import { dueOf, left, notBefore, run, stepsOf, urgency, warningsOf } from '../src/account/incidents/clock';
import { leftText, stepMoment } from '../src/account/incidents/clockline';
import { attach, mostBytes } from '../src/account/incidents/evidence';
import { draftOf, filingOf, missingIn, noDraft, type Draft } from '../src/account/incidents/file';
import { Filings, waits, type Filing } from '../src/account/incidents/filings';
import { keysUnder, memoryShelf, type Shelf } from '../src/signaling/shelf';
import { byMonth, dayOf, filled, inMonth, monthRange, noFilter, queryOf } from '../src/account/incidents/filter';
import { bar } from '../src/account/incidents/months';
import { measuresOf } from '../src/account/incidents/measures';
import { sorted } from '../src/account/incidents/protection';
import { agreedTo, standsAgainst, type ReferralDraft } from '../src/account/incidents/referralform';
import { stepsAllowed } from '../src/account/incidents/requests';
import { measures, pathOf, type Cell, type Request } from '../src/account/incidents/wire';
import { eventText } from '../src/account/incidents/words';
import { partsFor, type Me } from '../src/account/model';
import type { Asks } from '../src/account/shell';
import * as example from '../src/examples/register';
import { translator, type Texts } from '../src/text/locale';
import az from '../locales/az.json';
import en from '../locales/en.json';

type Given = { ok: true; value: { id: string } } | { ok: false; code: string };
/** A gateway that answers in turn, and remembers what it was sent. */
function gateway(...answers: Given[]) {
  const sent: Record<string, unknown>[] = [];
  const send = (_: string, __: string, body?: unknown): Promise<Answer<never>> => { sent.push(body as Record<string, unknown>); return Promise.resolve((answers.shift() ?? { ok: false, code: 'unreachable' }) as Answer<never>); };
  const no = (): Promise<Answer<never>> => Promise.resolve({ ok: false, code: 'unreachable' });
  return { sent, api: { send, get: no, bytes: no, file: no } as unknown as Asks };
}
const filing: Filing = { kind: 'words', when: '2026-11-22T10:00:00.000Z', endangered: 'lawyer', note: 'N' };
const saved = (id: string): Given => ({ ok: true, value: { id } });
const kept = (shelf: Shelf): unknown[] => keysUnder(shelf, 'parda.filings/p-1/').map((k) => JSON.parse(shelf.getItem(k)!) as unknown);

describe('a report that was filed', () => {
  test('is in the browser before it is sent, and leaves it when the gateway has it', async () => {
    const shelf = memoryShelf();
    let seen: unknown[] = [];
    const { api } = gateway(saved('i-1'));
    const filings = new Filings({ ...api, send: ((...a: Parameters<Asks['send']>) => { seen = kept(shelf); return api.send(...a); }) as Asks['send'] }, 'p-1', shelf);
    filings.file(filing);
    await filings.send();
    expect(seen).toHaveLength(1);
    expect(kept(shelf)).toEqual([]);
    expect(shelf.length).toBe(0);
    expect(filings.saved.map((s) => s.id)).toEqual(['i-1']);
  });
  test('outlives a lost link and a reload, and goes again under the same key: the gateway files it once', async () => {
    const shelf = memoryShelf();
    const lost = gateway();
    const before = new Filings(lost.api, 'p-1', shelf);
    const key = before.file(filing, Date.parse('2026-11-22T11:00:00.000Z'));
    await before.send();
    expect(before.pending.map(waits)).toEqual([true]);
    const back = gateway(saved('i-1'));
    const after = new Filings(back.api, 'p-1', shelf);
    expect(after.pending.map((p) => [p.key, p.pressed])).toEqual([[key, '2026-11-22T11:00:00.000Z']]);
    await after.send();
    expect(back.sent).toEqual([{ key, ...filing }]);
    expect(after.pending).toEqual([]);
  });
  test.each(['unreachable', 'not_durable', 'too_many', 'internal', 'sign_in_required'])('waits and is sent again after %s', async (code) => {
    const { api, sent } = gateway({ ok: false, code }, saved('i-1'));
    const filings = new Filings(api, 'p-1', memoryShelf());
    filings.file(filing);
    await filings.send();
    expect(filings.pending.map(waits)).toEqual([true]);
    await filings.send();
    expect([filings.pending.length, sent.length]).toEqual([0, 2]);
  });
  test('that is refused is not sent again by itself, is not lost, and keeps nobody else’s back', async () => {
    const { api, sent } = gateway({ ok: false, code: 'hearing_unknown' }, saved('i-2'));
    const filings = new Filings(api, 'p-1', memoryShelf());
    const key = filings.file(filing);
    filings.file({ ...filing, note: 'second' });
    await filings.send();
    await filings.send();
    expect(sent).toHaveLength(2);
    expect(filings.pending.map((p) => [p.key, waits(p)])).toEqual([[key, false]]);
    expect(filings.take(key)).toEqual(filing);
    expect(filings.pending).toEqual([]);
  });
  test('is not taken back for correction while it may still arrive', async () => {
    const { api } = gateway();
    const filings = new Filings(api, 'p-1', memoryShelf());
    const key = filings.file(filing);
    expect(filings.take(key)).toBeNull();
    await filings.send();
    expect(filings.take(key)).toBeNull();
    expect(filings.pending).toHaveLength(1);
  });
  test('is one person’s: whoever signs in next at this computer neither sees nor sends it', () => {
    const shelf = memoryShelf();
    new Filings(gateway().api, 'p-1', shelf).file(filing);
    expect(new Filings(gateway().api, 'p-2', shelf).pending).toEqual([]);
  });
  test('of another tab is neither lost nor let go of by this one', async () => {
    const shelf = memoryShelf();
    const here = gateway(saved('i-1'));
    const [one, two] = [new Filings(here.api, 'p-1', shelf), new Filings(gateway().api, 'p-1', shelf)];
    two.file({ ...filing, note: 'of the other' });
    one.file(filing);
    await one.send();
    expect(new Filings(gateway().api, 'p-1', shelf).pending.map((p) => p.filing.note)).toEqual(['of the other']);
  });
  test('that an older version kept is taken over', async () => {
    const shelf = memoryShelf();
    shelf.setItem('parda.filings.p-1', JSON.stringify([{ key: 'k-1', pressed: '2026-11-22T11:00:00.000Z', filing }]));
    const { api, sent } = gateway(saved('i-1'));
    const filings = new Filings(api, 'p-1', shelf);
    expect(keysUnder(shelf, 'parda.filings')).toEqual(['parda.filings/p-1/k-1']);
    await filings.send();
    expect([sent, shelf.length]).toEqual([[{ key: 'k-1', ...filing }], 0]);
  });
  test('stays in memory where the browser keeps nothing, and the page says so', () => {
    const shelf = memoryShelf();
    shelf.setItem = () => { throw new Error('full'); };
    const filings = new Filings(gateway().api, 'p-1', shelf);
    filings.file(filing);
    expect([filings.pending.length, filings.kept]).toEqual([1, false]);
  });
  test.each(['', '{', 'null', '[1,null,{"key":"k"}]', '[{"key":"k","pressed":"t","filing":{"note":1}}]'])('what cannot be read is dropped: %s', (text) => {
    const shelf = memoryShelf();
    shelf.setItem('parda.filings.p-1', text);
    shelf.setItem('parda.filings/p-1/k', text);
    expect(new Filings(gateway().api, 'p-1', shelf).pending).toEqual([]);
  });
});

describe('the form of a report', () => {
  const now = Date.parse('2026-11-22T12:00:00.000Z');
  const whole: Draft = { ...noDraft, kind: 'words', when: '22.11.2026 14:03', note: ' N ' };
  test.each<[string, Partial<Draft>, string[]]>([
    ['nothing is missing', {}, []], ['no kind', { kind: '' }, ['kind']], ['no time', { when: 'yesterday' }, ['when']], ['a time to come', { when: '22.11.2026 16:01' }, ['future']], ['no words', { note: '  ' }, ['note']],
    ['everything', { kind: '', when: '', note: '' }, ['kind', 'when', 'note']],
  ])('%s', (_, change, want) => expect(missingIn({ ...whole, ...change }, now)).toEqual(want));
  test('neither a case number nor a hearing nor a pseudonym is asked for: who flags a threat is not sent away', () => expect(missingIn({ ...whole, case_no: '', hearing: '', pseudonym: '', source: '' }, now)).toEqual([]));
  test('what is empty is not sent, and the time is Baku’s', () => expect(filingOf(whole)).toEqual({ kind: 'words', when: '2026-11-22T10:03:00.000Z', endangered: 'witness', note: 'N' }));
  test('what was refused comes back into the form as it was written', () => {
    const draft: Draft = { kind: 'look', when: '22.11.2026 14:03', endangered: 'relative', hearing: 'h1', case_no: '1/2', pseudonym: 'P', source: 'S', note: 'N', discreet: true };
    expect(draftOf(filingOf(draft))).toEqual(draft);
  });
});

describe('the clock of a request', () => {
  const received = '2026-11-22T10:00:00.000Z';
  const after = (hours: number): string => new Date(Date.parse(received) + hours * 3_600_000).toISOString();
  const plan: Request['plan'] = [{ mark: 'warn', hours: 48, at: after(48) }, { mark: 'warn', hours: 66, at: after(66) }, { mark: 'overrun', hours: 72, at: after(72) }, { mark: 'court_route', at: '2026-11-28T20:00:00.000Z' }];
  const request: Request = { request: 'r', phase: 'received', measures: [], filed: after(-1), by: { role: 'victims_lawyer' }, received, due: after(72), marks: [], plan };
  const said = (r: Request, hours: number): string[] => stepsOf(r, Date.parse(after(hours))).map((s) => `${s.what}${s.hours ?? ''} ${s.state}`);

  test('its line is in the order of time: what happened, what passed, what is to come', () => {
    expect(said(request, 50)).toEqual(['filed done', 'received done', 'warn48 passed', 'warn66 ahead', 'overrun72 ahead', 'court_route ahead']);
  });
  test('a decision that is not there after 72 hours is missed, and stays so when it comes late', () => {
    expect(said({ ...request, phase: 'overdue' }, 73)).toContain('overrun72 missed');
    expect(said({ ...request, phase: 'decided', decided: after(80), granted: true }, 81)).toContain('overrun72 missed');
    expect(said({ ...request, phase: 'decided', decided: after(72), granted: true }, 81)).toContain('overrun72 passed');
  });
  test('after a refusal come the service and the days to complain, each moment once, also where the book and the plan both have it', () => {
    const end = { mark: 'complaint_end' as const, at: '2026-12-02T20:00:00.000Z' };
    const r: Request = { ...request, phase: 'served', decided: after(70), granted: false, served: after(90), marks: plan.slice(0, 2), next: end, plan: [...plan.slice(0, 2), end] };
    expect(said(r, 91)).toEqual(['filed done', 'received done', 'warn48 passed', 'warn66 passed', 'refused done', 'served done', 'complaint_end ahead']);
  });
  test('a mark that a later step made needless is no step of the line', () => expect(said({ ...request, plan: [], marks: [{ mark: 'warn', hours: 66, at: after(66), void: true }] }, 70)).toEqual(['filed done', 'received done']));
  test.each<[number, number]>([[0, 0], [36, 0.5], [72, 1], [100, 1], [-1, 0]])('after %d hours the bar stands at %d', (hours, want) => expect(run(request, Date.parse(after(hours)))).toBe(want));
  test('the bar stops at the decision, and there is none before the receipt', () => {
    expect(run({ ...request, decided: after(36) }, Date.parse(after(60)))).toBe(0.5);
    const { received: _, ...waiting } = request;
    expect(run(waiting, Date.parse(after(1)))).toBeNull();
  });
  test('warnings stand where their hours are', () => expect(warningsOf(request).map((w) => [w.hours, Number(w.at.toFixed(4))])).toEqual([[48, 0.6667], [66, 0.9167]]));
  test('the moment it is due is the gateway’s, and the plan’s where it says none', () => {
    const { due: _, ...without } = request;
    expect([dueOf(request), dueOf(without)]).toEqual([Date.parse(after(72)), Date.parse(after(72))]);
  });
  test.each<[number, ReturnType<typeof left>]>([
    [71.5, { over: false, days: 0, hours: 71, minutes: 30 }], [100, { over: false, days: 4, hours: 4, minutes: 0 }], [0, { over: true, days: 0, hours: 0, minutes: 0 }], [-2.25, { over: true, days: 0, hours: 2, minutes: 15 }],
  ])('what is left at %d hours before', (hours, want) => expect(left(hours * 3_600_000, 0)).toEqual(want));
  test('it is said in words', () => {
    const t = translator('en', en as Texts);
    expect(leftText(t, left(2.5 * 3_600_000, 0))).toBe('2 h 30 min left');
    expect(leftText(t, left(-90 * 60_000, 0))).toBe('1 h 30 min over');
  });
  test('the days to complain end with the last one, and no mark else is moved', () => {
    expect(stepMoment({ what: 'complaint_end', at: '2026-11-30T20:00:00.000Z' })).toBe('30.11.2026 24:00');
    expect(stepMoment({ what: 'court_route', at: '2026-11-30T20:00:00.000Z' })).toBe('01.12.2026 00:00');
    expect(stepMoment({ what: 'complaint_end', at: '2026-11-30T10:00:00.000Z' })).toBe('30.11.2026 14:00');
  });
  test('a minute that is typed is not earlier than what it follows within the same minute', () => {
    expect(notBefore('2026-11-22T10:00:00.000Z', '2026-11-22T10:00:40.500Z')).toBe('2026-11-22T10:00:40.500Z');
    expect(notBefore('2026-11-22T09:59:00.000Z', '2026-11-22T10:00:40.500Z')).toBe('2026-11-22T09:59:00.000Z');
    expect(notBefore('2026-11-22T10:01:00.000Z', '2026-11-22T10:00:40.500Z')).toBe('2026-11-22T10:01:00.000Z');
  });
  test.each<[string, Partial<Request>, string[]]>([
    ['waits for its receipt', { received: undefined } as never, ['received']], ['waits for the decision', {}, ['decide']], ['may be complained of in silence, once the time is over', { phase: 'overdue' }, ['decide', 'complaint']],
    ['granted: nothing follows', { phase: 'decided', decided: received, granted: true }, []], ['refused: served, or complained of', { phase: 'refused', decided: received, granted: false }, ['served', 'complaint']],
    ['served: complained of', { phase: 'served', decided: received, granted: false, served: received }, ['complaint']], ['complained of: nothing', { phase: 'complained', decided: received, granted: false, served: received, complained: received }, []],
  ])('a request that %s', (_, change, want) => expect(stepsAllowed({ ...request, ...change }).map(([, name]) => name)).toEqual(want));
  test('what is due stands with the most pressing first', () => {
    const now = example.exampleNow;
    expect(sorted([...example.owed].reverse(), now).map((o) => urgency(o, now))).toEqual(['overdue', 'soon', 'running', 'waiting']);
  });
  test('a request that is due now is overdue, also before the gateway has entered it', () => expect(urgency({ phase: 'received', received, due: after(72), marks: [] }, Date.parse(after(72)))).toBe('overdue'));
});

describe('what is looked for', () => {
  test('nothing chosen asks for everything', () => expect(queryOf(noFilter)).toBe('/api/incidents'));
  test('days are Baku’s, and the last one is whole', () => {
    const asked = new URL(queryOf({ ...noFilter, from: '22.11.2026', to: '22.11.2026', q: ' əmi & oğlu ', kind: 'look', source: 's-1' }, 'i-9'), 'https://c.example');
    expect(Object.fromEntries(asked.searchParams)).toEqual({ from: '2026-11-21T20:00:00.000Z', to: '2026-11-22T20:00:00.000Z', kind: 'look', source: 's-1', q: 'əmi & oğlu', before: 'i-9' });
  });
  test('a day that is none asks for nothing by it', () => expect([dayOf('31.02.2026'), queryOf({ ...noFilter, from: '31.02.2026' })]).toEqual([null, '/api/incidents']));
  test('months are the court’s, and one without an incident is a gap that is seen', () => {
    const months = byMonth([{ when: '2026-09-30T21:00:00.000Z' }, { when: '2026-10-31T19:59:00.000Z' }, { when: '2026-12-01T00:00:00.000Z' }]);
    expect(filled(months)).toEqual([{ month: '2026-10', n: 2 }, { month: '2026-11', n: 0 }, { month: '2026-12', n: 1 }]);
    expect(filled([{ month: '2020-01', n: 1 }, { month: '2026-01', n: 1 }])).toHaveLength(24);
    expect(filled([])).toEqual([]);
  });
  test('a month is chosen by its days, and given up by the same press', () => {
    const chosen = { ...noFilter, ...monthRange(noFilter, '2028-02') };
    expect(chosen).toMatchObject({ from: '01.02.2028', to: '29.02.2028' });
    expect(inMonth(chosen, '2028-02')).toBe(true);
    expect(monthRange(chosen, '2028-02')).toEqual({ from: '', to: '' });
  });
  test('what is not nothing has a bar', () => expect([bar(0, 500), bar(1, 500), bar(500, 500)]).toEqual([0, 4, 100]));
});

describe('statistics', () => {
  const cell = (more: Partial<Cell>): Cell => ({ table: 'incidents', quarter: '2026Q1', n: 7, suppressed: false, ...more });
  test('a total is the one that was published, and none is made here', () => {
    const cells = [cell({ court: 'baku', kind: 'look', n: 7 }), cell({ court: 'baku', kind: 'words', n: 9 })];
    expect(rowsOf(cells, 'kind', 'baku', ['2026Q1']).map((r) => [r.code, r.total])).toEqual([['look', false], ['words', false]]);
    expect(rowsOf([...cells, cell({ court: 'baku', n: 21 })], 'kind', 'baku', ['2026Q1']).at(-1)).toMatchObject({ total: true, cells: [{ n: 21 }] });
  });
  test('what is held back stays so, and what is not there is not nought', () => {
    const rows = rowsOf([cell({ court: 'baku', kind: 'look', n: null, suppressed: true })], 'kind', 'baku', ['2025Q4', '2026Q1']);
    expect(rows[0]!.cells).toEqual([undefined, expect.objectContaining({ n: null, suppressed: true })]);
  });
  test('the two tables are never mixed', () => {
    const cells = [cell({ court: 'baku', kind: 'look' }), cell({ court: 'baku', table: 'measures', measure: 'closed_session' }), { court: 'baku', measure: 'x', quarter: '2026Q1', n: 5, suppressed: false }];
    expect([tableOf(cells, 'kind').length, tableOf(cells, 'measure').length]).toEqual([1, 2]);
    expect(courtsOf(cells)).toEqual(['baku']);
    expect(quartersOf(cells)).toEqual(['2026Q1']);
  });
  test('quarters go back over the turn of the year, and are the court’s', () => {
    expect(quartersBack('2026Q2', 4)).toEqual(['2025Q3', '2025Q4', '2026Q1', '2026Q2']);
    expect(quarterOf(Date.parse('2026-12-31T20:00:00.000Z'))).toBe('2027Q1');
  });
});

describe('a referral', () => {
  const d: ReferralDraft = { to: 'b', lang: 'az', chosen: ['escort'], other: '', do_not_warn: true, danger_to_life: false, reason: '', way: 'file', evidence: [] };
  test.each<[string, Partial<ReferralDraft>, boolean, string | null]>([
    ['with agreement', {}, true, null], ['without agreement', {}, false, 'agreement'], ['in danger to life, with a reason', { danger_to_life: true, reason: 'R' }, false, null],
    ['in danger to life, without a reason', { danger_to_life: true, reason: ' ' }, false, 'reason'], ['that asks for nothing', { chosen: [], other: ' \n ' }, true, 'measures'],
  ])('%s', (_, change, agreed, want) => expect(standsAgainst({ ...d, ...change }, agreed)).toBe(want));
  test('what was said last of the agreement counts', () => {
    const said = (...agree: boolean[]) => ({ agreements: agree.map((a) => ({ agree: a, by: 'person' as const, role: 'victims_lawyer', at: '' })) });
    expect([agreedTo(said()), agreedTo(said(true)), agreedTo(said(true, false)), agreedTo(said(false, true))]).toEqual([false, true, false, true]);
  });
  test('measures are those that were ticked and each line that was written', () => expect(measuresOf(['escort'], ' a \n\nb')).toEqual(['escort', 'a', 'b']));
});

describe('evidence', () => {
  const upload = (answer: (own: string) => Answer<unknown>) => {
    const sent: { path: string; type: string; body: Blob }[] = [];
    const file = (async (path: string, body: Blob, type: string) => { sent.push({ path, type, body }); return answer(await sha256Of(body)); }) as Asks['file'];
    return { sent, api: { file } };
  };
  const photo = new File(['abc'], 'Ana Quliyeva, Nizami 5.jpg', { type: 'image/jpeg' });
  test('goes up as it is, without its name, to its incident alone', async () => {
    const { api, sent } = upload((sha256) => ({ ok: true, value: { id: 'e-1', sha256 } }));
    expect(await attach(api, 'i-1', photo)).toEqual({ ok: true, value: { id: 'e-1', sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' } });
    expect(sent.map((s) => [s.path, s.type])).toEqual([['/api/incidents/i-1/attachments', 'image/jpeg']]);
  });
  test('whose hash the gateway names otherwise did not arrive as it was sent', async () => {
    const { api } = upload(() => ({ ok: true, value: { id: 'e-1', sha256: '00' } }));
    expect(await attach(api, 'i-1', photo)).toEqual({ ok: false, code: 'attachment_changed' });
  });
  test('that is too large or empty is not sent', async () => {
    const { api, sent } = upload(() => ({ ok: false, code: 'x' }));
    expect(await attach(api, 'i-1', new Blob([new Uint8Array(mostBytes + 1)]))).toEqual({ ok: false, code: 'attachment_too_large' });
    expect(await attach(api, 'i-1', new Blob([]))).toEqual({ ok: false, code: 'attachment_empty' });
    expect(sent).toEqual([]);
  });
  test.each([['i-1-e-2', 'image/jpeg', 'parda-i-1-e-2.jpg'], ['i-1-e-2', 'text/html; charset=utf-8', 'parda-i-1-e-2.bin'], ['../../x', 'application/pdf', 'parda-x.pdf']])('is saved under a neutral name: %s %s', (stem, type, want) => expect(nameFor(stem, type)).toBe(want));
  test('the page’s file and byte requests carry the session, follow no redirect and keep no copy', async () => {
    const inits: RequestInit[] = [];
    const api = new Api({ stepUp: () => Promise.resolve(null), onSignedOut: () => undefined, fetch: ((_: string, init: RequestInit) => { inits.push(init); return Promise.resolve(new Response('{"code":"not_allowed"}', { status: 403 })); }) as typeof fetch });
    expect(await api.bytes('/x')).toMatchObject({ ok: false, code: 'not_allowed' });
    expect(await api.file('/x', photo, 'image/jpeg')).toMatchObject({ ok: false, code: 'not_allowed' });
    for (const init of inits) expect(init).toMatchObject({ credentials: 'same-origin', redirect: 'error', cache: 'no-store' });
    expect(JSON.stringify(inits[1]!.headers)).not.toContain('Quliyeva');
  });
});

test('an id that holds a path’s signs stays one part of it', () => expect(pathOf('a/../b', 'evidence', 'x?y')).toBe('/api/incidents/a%2F..%2Fb/evidence/x%3Fy'));

describe('words', () => {
  const t = translator('az', az as Texts);
  const source = readFileSync(new URL('../../gateway/incident/register/events.go', import.meta.url), 'utf8');
  test('every event of the register’s book has words', () => {
    const codes = [...source.matchAll(/Code = "([a-z_.]+)"/g)].map((m) => m[1]!);
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((c) => !(`register.event.${c}` in az))).toEqual([]);
  });
  test('no line of the examples shows a code or a brace', () => {
    for (const e of example.incident.timeline.filter((x) => x.code !== 'referral.made')) expect(eventText(t, e)).not.toMatch(/[{}[\]]|_|\b(enter|person|sent)\b/);
  });
  test('an event that has none is named by its code, so that nothing happens unseen', () => expect(eventText(t, { at: '', code: 'new.event' })).toContain('new.event'));
  test('every measure and kind of the statistics has words', () => {
    const fact = readFileSync(new URL('../../gateway/incident/statistics/fact.go', import.meta.url), 'utf8');
    const listed = (name: string): string[] => [...new RegExp(`\\b${name}\\s*= \\[\\]string\\{([^}]*)\\}`).exec(fact)![1]!.matchAll(/"([a-z_]+)"/g)].map((m) => m[1]!);
    expect([listed('measures').length > 5, listed('kinds').length > 5]).toEqual([true, true]);
    expect([...listed('measures').map((m) => `statistics.measure.${m}`), ...listed('kinds').map((k) => `flagkind.${k}`)].filter((k) => !(k in az))).toEqual([]);
  });
  test('every measure that can be ticked has words', () => expect(measures.filter((m) => !(`protectionmeasure.${m}` in az))).toEqual([]));
});

test('a part of the page is there for who has its right', () => {
  const me = (...rights: string[]): Me => ({ rights } as Me);
  expect(partsFor(me('own_account', 'incident.see', 'incident.file'))).toEqual(['hearings', 'incidents', 'own']);
  expect(partsFor(me('own_account', 'incident.see', 'incident.clock', 'statistics.see'))).toEqual(['hearings', 'incidents', 'protection', 'statistics', 'own']);
});
