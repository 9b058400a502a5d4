import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeLive } from '../src/examples/fixtures';
import { parseStationMessage, reduceKiosk, stageOf, emptyKiosk, type Kiosk, type Stage, type StationReport } from '../src/kiosk/state';
import { look, neverSeen, staleAfterMs, type Freshness } from '../src/rtc/freshness';
import { levelOf } from '../src/rtc/level';
import { codeOf, placeOf } from '../src/signaling/enter';
import { parseServerMessage, type State } from '../src/signaling/wire';
import { keyCode } from '../src/signing/sign';

describe('a message of the gateway', () => {
  test.each(['', '{', '[]', 'null', '"x"', '{}', '{"type":1}', '{"type":"unheard"}', '{"type":"state","rev":1}', '{"type":"entries","entries":[{}]}', '{"type":"ack"}', '{"type":"rtc.answer"}', '{"type":"ice","servers":[{}]}'])('that is not one is dropped: %s', (text) => {
    expect(parseServerMessage(text)).toBeNull();
  });
  test('that is a state is taken', () => expect(parseServerMessage(JSON.stringify(judgeLive))?.type).toBe('state'));

  test('of each vector that Go reads is taken here too', () => {
    const folder = new URL('../../signaling/testdata/', import.meta.url);
    if (!existsSync(folder)) { console.warn('SKIPPED: signaling/testdata is absent'); return; }
    const known = ['state', 'entries', 'ack', 'error', 'ice', 'pong', 'rtc.answer', 'rtc.published', 'rtc.closed'];
    let taken = 0;
    for (const file of readdirSync(folder).filter((f) => f.endsWith('.json'))) {
      for (const m of messagesIn(JSON.parse(readFileSync(new URL(file, folder), 'utf8')))) {
        if (!known.includes(m.type) || m.invalid) continue;
        expect([file, m.type, parseServerMessage(JSON.stringify(m)) !== null]).toEqual([file, m.type, true]);
        taken++;
      }
    }
    expect(taken).toBeGreaterThan(0);
  });
});

/** Every object with a `type` anywhere in a vector file. */
function messagesIn(v: unknown): { type: string; invalid?: boolean }[] {
  if (Array.isArray(v)) return v.flatMap(messagesIn);
  if (typeof v !== 'object' || v === null) return [];
  const o = v as Record<string, unknown>;
  return typeof o['type'] === 'string' ? [o as { type: string }] : Object.values(o).flatMap(messagesIn);
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
