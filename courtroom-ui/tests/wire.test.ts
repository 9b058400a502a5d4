import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeLive } from '../src/examples/fixtures';
import { parseStationMessage, reduceKiosk, stageOf, emptyKiosk, type Kiosk, type Stage, type StationReport } from '../src/kiosk/state';
import { look, neverSeen, staleAfterMs, type Freshness } from '../src/rtc/freshness';
import { levelOf } from '../src/rtc/level';
import { codeOf, placeOf } from '../src/signaling/enter';
import { parseServerMessage, type ClientMessage, type State } from '../src/signaling/wire';
import { keyCode } from '../src/signing/sign';
import { emptyPage } from '../src/state/model';
import { reduce } from '../src/state/reduce';

describe('a message of the gateway', () => {
  test.each(['', '{', '[]', 'null', '"x"', '{}', '{"type":1}', '{"type":"unheard"}', '{"type":"state","rev":1}', '{"type":"entries","entries":[{}]}', '{"type":"ack"}', '{"type":"rtc.answer"}', '{"type":"ice","servers":[{}]}'])('that is not one is dropped: %s', (text) => {
    expect(parseServerMessage(text)).toBeNull();
  });
  test('that is a state is taken', () => expect(parseServerMessage(JSON.stringify(judgeLive))?.type).toBe('state'));

  test.each(['gateway.json', 'state.json', 'entries.json'])('of each vector that Go wrote is taken here too: %s', (file) => {
    const messages = vectors(file);
    expect(messages.length).toBeGreaterThan(2);
    for (const [name, m] of messages) expect([name, parseServerMessage(JSON.stringify(m))]).toEqual([name, m]);
  });
  test('of each kind that this page reads stands in the vectors', () => {
    const kinds = new Set(['gateway.json', 'state.json', 'entries.json'].flatMap((file) => vectors(file).map(([, m]) => m.type)));
    expect([...kinds].sort()).toEqual(['ack', 'entries', 'error', 'ice', 'pong', 'rtc.answer', 'rtc.closed', 'rtc.published', 'rtc.thin', 'state']);
  });
  test('is drawn from as it is: a state of each seat, and the entries, go into the page and out again', () => {
    const words = vectors('state.json').map(([name, m]) => {
      const page = reduce(emptyPage, { kind: 'message', now: 0, message: parseServerMessage(JSON.stringify(m))! });
      expect([name, page.state]).toEqual([name, m]);
      return page.state!.you.role;
    });
    expect(new Set(words)).toEqual(new Set(['presiding_judge', 'court_clerk', 'prosecutor', 'defence_counsel', 'support_person', 'interpreter', 'protected_witness', 'courtroom_screen', 'gallery']));
    const [, message] = vectors('entries.json').find(([name]) => name === 'to the clerk')!;
    const page = reduce(emptyPage, { kind: 'message', now: 0, message: parseServerMessage(JSON.stringify(message))! });
    expect(page.entries).toEqual(message['entries']);
    expect(page.entries.length).toBeGreaterThan(5);
  });
  test('tells a gallery nothing of flags, health or who watches', () => {
    const galleries = vectors('state.json').filter(([, m]) => (m as unknown as State).you.role === 'gallery');
    expect(galleries.length).toBeGreaterThan(1);
    for (const [name, m] of galleries) for (const field of ['put', 'views', 'duress', 'emergency', 'emergency_card', 'protection', 'flags_more', 'flags', 'health', 'watching', 'alarms', 'requests', 'pending', 'draft']) expect([name, field, field in m]).toEqual([name, field, false]);
  });
});

test('a sign of duress, whom to call and who pressed the stop are the bench\'s, and nobody else\'s state has a place for them', () => {
  const bench = ['presiding_judge', 'judge', 'reserve_judge'];
  const states = vectors('state.json').map(([name, m]) => [name, m as unknown as State] as const);
  expect(states.some(([, s]) => s.emergency !== undefined)).toBe(true);
  for (const [name, s] of states.filter(([, x]) => !bench.includes(x.you.role))) {
    expect([name, s.duress, s.testimony.paused_seat, s.seats?.some((x) => 'stop' in x) ?? false]).toEqual([name, undefined, undefined, false]);
    if (s.you.role !== 'protected_witness') expect([name, s.emergency, s.emergency_card]).toEqual([name, undefined, undefined]);
    expect([name, s.flags?.some((f) => f.discreet && f.seat !== s.you.seat) ?? false]).toEqual([name, false]);
  }
});

test('what a page sends has the form that Go reads', () => {
  const sent = new Map<string, string[]>();
  for (const [, m] of vectors('seat.json')) sent.set(m.type, Object.keys(m).sort());
  const mine: ClientMessage[] = [
    { type: 'hello', lang: 'az', since: 0 }, { type: 'command', id: 'c', name: 'entry.add', args: {}, at: '2026-11-22T14:30:19.000Z' },
    { type: 'rtc.offer', sdp: '' }, { type: 'rtc.publish', sdp: '' }, { type: 'rtc.unpublish' }, { type: 'ping', t: 1 },
  ];
  expect(mine.map((m) => [m.type, Object.keys(m).sort()])).toEqual(mine.map((m) => [m.type, sent.get(m.type)]));
});

/** The messages of a vector file of signaling/testdata, by name. Its absence is a failure: both sides must read the same. */
function vectors(file: string): [name: string, message: { type: string } & Record<string, unknown>][] {
  return Object.entries(JSON.parse(readFileSync(new URL(`../../signaling/testdata/${file}`, import.meta.url), 'utf8')));
}

describe('the address of a seat', () => {
  test.each([
    ['/h/demo-1/judge', { hearing: 'demo-1', seat: 'judge' }], ['/h/demo-1/judge/', { hearing: 'demo-1', seat: 'judge' }],
    ['/', null], ['/h/demo', null], ['/h/../judge', null], ['/h/a/b/c', null], ['/h/a b/c', null],
  ])('%s', (path, want) => expect(placeOf(path)).toEqual(want));
  test('carries the code in the fragment', () => {
    expect(codeOf('#code=AB-12')).toBe('AB-12');
    expect(codeOf('')).toBeNull();
  });
});

describe('a picture', () => {
  const see = (steps: [frames: number, now: number][]): Freshness => steps.reduce((f, [frames, now]) => look(f, frames, now), neverSeen);
  test('is covered when no frame has come for half a second', () => {
    const live = see([[1, 0], [2, 40], [3, 80]]);
    expect(live.fresh).toBe(true);
    expect(look(live, 3, 80 + staleAfterMs).fresh).toBe(true);
    expect(look(live, 3, 81 + staleAfterMs).fresh).toBe(false);
    expect(staleAfterMs).toBeLessThanOrEqual(450);
  });
  test('comes back only with its second new frame', () => {
    const stale = see([[1, 0], [2, 40], [2, 1000]]);
    const one = look(stale, 3, 1040);
    expect([stale.fresh, one.fresh, look(one, 4, 1080).fresh]).toEqual([false, false, true]);
  });
  test('is not fresh before anything came, and survives a counter that starts anew', () => {
    expect(look(neverSeen, 0, 10).fresh).toBe(false);
    const live = see([[100, 0], [101, 40]]);
    expect(look(live, 1, 60).fresh).toBe(true);
  });
});

test('the level of the court is in dBFS', () => {
  expect(levelOf(new Float32Array(480))).toBe(-100);
  expect(levelOf(new Float32Array(480).fill(1))).toBeCloseTo(0);
  expect(levelOf(new Float32Array(480).fill(0.1))).toBeCloseTo(-20);
});

test('a key is read aloud as gateway and station read it', async () => {
  // SHA-256 of the empty string begins e3b0c44298fc1c14; as a big-endian number modulo 10^8.
  const want = String(0xe3b0c44298fc1c14n % 100_000_000n).padStart(8, '0');
  expect(await keyCode('')).toBe(`${want.slice(0, 4)} ${want.slice(4)}`);
});

describe('the kiosk', () => {
  const station: StationReport = { type: 'station', link: 'up', order_ok: true, paused: false, rehearsal: 'none' };
  const state = (phase: State['testimony']['phase']): State => ({ ...judgeLive, testimony: { ...judgeLive.testimony, phase } });
  const at = (phase: State['testimony']['phase'], more: Partial<StationReport> = {}, rest: Partial<Kiosk> = {}): Kiosk => ({ ...emptyKiosk, door: 'open', station: { ...station, ...more }, state: state(phase), ...rest });
  test.each<[string, Kiosk, Stage]>([
    ['the code first', { ...emptyKiosk, door: 'shut' }, 'enter'],
    ['a dead station', at('live', {}, { door: 'down' }), 'station_down'],
    ['a station that has not reported', { ...emptyKiosk, door: 'open', state: state('live') }, 'station_down'],
    ['a lost link, at once, even while live', at('live', { link: 'down' }), 'lost'],
    ['an order that the station has not accepted', at('waiting', { order_ok: false }), 'before'],
    ['her own break, whatever the judge does', at('live', { paused: true }), 'paused'],
    ['her fear', at('live', { paused: true }, { pressed: 'afraid' }), 'afraid'],
    ['her no', at('waiting', { paused: true }, { pressed: 'refuse' }), 'refused'],
    ['rehearsal', at('waiting'), 'rehearse'], ['recording', at('rehearsal', { rehearsal: 'recording' }), 'recording'],
    ['consent', at('rehearsal', { rehearsal: 'ready' }), 'consent'], ['waiting', at('ready'), 'waiting'],
    ['live', at('live'), 'live'], ['paused by the court', at('paused'), 'paused'], ['listening after her testimony', at('released'), 'after'],
  ])('shows %s', (_, kiosk, want) => expect(stageOf(kiosk)).toBe(want));

  test('is live on no stage but live: the state of a lost station counts for nothing', () => {
    const lost = reduceKiosk(at('live'), { kind: 'door', door: 'down' });
    const back = reduceKiosk(lost, { kind: 'door', door: 'open' });
    expect([stageOf(lost), stageOf(back)]).toEqual(['station_down', 'station_down']);
  });
  test.each(['', '{"type":"station"}', '{"type":"station","link":"sideways","order_ok":true}', '{"type":"entries","entries":[]}', 'null'])('drops %s', (text) => expect(parseStationMessage(text)).toBeNull());
});
