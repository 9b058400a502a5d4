import { describe, expect, test } from 'vitest';
import { judgeLive } from '../src/examples/fixtures';
import type { Entry, State } from '../src/signaling/wire';
import { actionsFor, type Actions } from '../src/state/actions';
import { emptyPage, lastIndex, type Page, type Waiting } from '../src/state/model';
import { reduce, type PageEvent } from '../src/state/reduce';

const entry = (index: number): Entry => ({ index, id: `e${index}`, kind: 'note', by: 'court_clerk', at: '2026-11-22T10:00:00.000Z', text: String(index) });
const waiting: Waiting = { id: 'c1', name: 'entry.add', args: { kind: 'note', text: 'x' }, at: '2026-11-22T10:00:00.000Z' };
const after = (page: Page, ...events: PageEvent[]): Page => events.reduce(reduce, page);
const message = (m: Extract<PageEvent, { kind: 'message' }>['message']): PageEvent => ({ kind: 'message', message: m, now: 0 });

describe('a state of the gateway', () => {
  test('replaces the older one and never the newer', () => {
    const newer: State = { ...judgeLive, rev: 50 };
    const page = after(emptyPage, message(judgeLive), message(newer), message(judgeLive));
    expect(page.state?.rev).toBe(50);
  });

  test('is taken from rev 1 again after a new connection, because a restarted gateway counts anew', () => {
    const page = after(emptyPage, message(judgeLive), { kind: 'link', link: 'lost', now: 1 }, { kind: 'link', link: 'open', now: 2 }, message({ ...judgeLive, rev: 1 }));
    expect(page.state?.rev).toBe(1);
  });

  test('sets the court clock', () => {
    const page = reduce(emptyPage, { kind: 'message', message: judgeLive, now: Date.parse(judgeLive.now) - 1500 });
    expect(page.clockOffset).toBe(1500);
  });
});

describe('entries', () => {
  test.each([
    ['in order', [[1, 2], [3]], [1, 2, 3]],
    ['sent twice after a reconnect', [[1, 2], [2, 3]], [1, 2, 3]],
    ['out of order', [[3], [1]], [1, 3]],
    ['twice in one message', [[1, 1]], [1]],
    ['none', [[]], []],
  ])('%s stand once each, by index', (_, batches, want) => {
    const page = after(emptyPage, ...batches.map((b) => message({ type: 'entries', entries: b.map(entry) })));
    expect(page.entries.map((e) => e.index)).toEqual(want);
  });

  test('the newest index is what hello asks to go on from', () => {
    expect(lastIndex(emptyPage)).toBe(0);
    expect(lastIndex(after(emptyPage, message({ type: 'entries', entries: [entry(4), entry(9)] })))).toBe(9);
  });

  test('an entry that is held is not replaced by a later one of the same index', () => {
    const page = after(emptyPage, message({ type: 'entries', entries: [entry(1)] }), message({ type: 'entries', entries: [{ ...entry(1), text: 'changed' }] }));
    expect(page.entries[0]?.text).toBe('1');
  });
});

describe('a command', () => {
  const queued = after(emptyPage, { kind: 'queued', waiting });
  test('shows as saving until it is acknowledged', () => {
    expect(queued.waiting).toEqual([waiting]);
    expect(after(queued, message({ type: 'ack', id: 'c1', index: 7 })).waiting).toEqual([]);
  });
  test('that was refused stays on the screen until it is dismissed', () => {
    const page = after(queued, message({ type: 'error', id: 'c1', code: 'wrong_phase', message: 'no', ref: 'e-1' }));
    expect(page.waiting[0]?.refused).toEqual({ code: 'wrong_phase', message: 'no', ref: 'e-1' });
    expect(after(page, { kind: 'dismissed', id: 'c1' }).waiting).toEqual([]);
  });
  test('of another seat changes nothing', () => {
    expect(after(queued, message({ type: 'ack', id: 'zz' }))).toBe(queued);
  });
  test('for a new link shows the link to whoever asked', () => {
    const page = after(emptyPage, { kind: 'queued', waiting: { ...waiting, name: 'seat.reissue', args: { seat: 'defence' } } }, message({ type: 'ack', id: 'c1', result: { link: 'https://x/#code=1' } }));
    expect(page.links).toEqual({ defence: 'https://x/#code=1' });
  });
});

describe('actions', () => {
  const send = () => Promise.resolve({ ok: true as const });
  const actions = (can: string[], link: Page['link'] = 'open'): Actions =>
    actionsFor({ ...emptyPage, link, state: { ...judgeLive, you: { ...judgeLive.you, can } } }, send, () => undefined);

  test('an act that the gateway does not name is undefined', () => {
    const a = actions([]);
    expect(Object.entries(a).filter(([name, act]) => act !== undefined && name !== 'dismiss')).toEqual([]);
  });
  test('without a link, what protects and what is for the record stays, and what decides goes', () => {
    const a = actions(['testimony.pause', 'flag.raise', 'entry.add', 'testimony.call', 'session.kind', 'order.sign'], 'lost');
    expect([a.pause, a.flag, a.addEntry].every(Boolean)).toBe(true);
    expect([a.call, a.kind, a.signOrder]).toEqual([undefined, undefined, undefined]);
  });
  test('sends only the arguments that were given', async () => {
    const sent: unknown[] = [];
    const a = actionsFor({ ...emptyPage, link: 'open', state: { ...judgeLive, you: { ...judgeLive.you, can: ['session.kind'] } } }, (name, args) => { sent.push([name, args]); return send(); }, () => undefined);
    await a.kind?.('private');
    await a.kind?.('public', 'r', true);
    expect(sent).toEqual([['session.kind', { kind: 'private' }], ['session.kind', { kind: 'public', reason: 'r', confirm: true }]]);
  });
});
