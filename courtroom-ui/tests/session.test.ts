// The page's shell with a link that the test holds: what is written while it is lost is sent in order, with the time it was written, over a reload too.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clerkLive } from '../src/examples/fixtures';
import { Session } from '../src/session';
import type { Command } from '../src/signaling/wire';

class Link {
  static readonly OPEN = 1;
  static all: Link[] = [];
  readyState = 0;
  sent: { type: string }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: string }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  constructor() { Link.all.push(this); }
  send(text: string): void { this.sent.push(JSON.parse(text)); }
  close(): void { this.readyState = 3; }
  open(): void { this.readyState = Link.OPEN; this.onopen?.(); this.tell({ ...clerkLive, slots: [], now: new Date().toISOString() }); }
  tell(m: object): void { this.onmessage?.({ data: JSON.stringify(m) }); }
  lose(): void { this.readyState = 3; this.onclose?.({ code: 1006 }); }
  get commands(): Command[] { return this.sent.filter((m) => m.type === 'command') as Command[]; }
}

const shelf = new Map<string, string>();
const page = (): { session: Session; link: () => Link } => {
  const session = new Session({ place: { hearing: 'h1', seat: 'clerk' }, lang: () => 'az', onChange: () => undefined });
  session.start();
  return { session, link: () => Link.all.at(-1)! };
};
const write = (s: Session, text: string): void => { void s.snapshot().actions.addEntry!({ kind: 'note', text }); };

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T10:00:00.000Z') });
  shelf.clear();
  Link.all = [];
  const events = { addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal('localStorage', { getItem: (k: string) => shelf.get(k) ?? null, setItem: (k: string, v: string) => shelf.set(k, v), removeItem: (k: string) => shelf.delete(k) });
  vi.stubGlobal('location', { protocol: 'https:', host: 'court.example' });
  vi.stubGlobal('window', { ...events, setInterval, clearInterval, setTimeout, clearTimeout });
  vi.stubGlobal('document', { ...events, visibilityState: 'visible' });
  vi.stubGlobal('WebSocket', Link);
  vi.stubGlobal('fetch', () => Promise.reject(new Error('no network')));
});
afterEach(() => { vi.unstubAllGlobals(); vi.useRealTimers(); });

describe('what is written while the link is lost', () => {
  test('is sent in order when it is back, each with the time it was written, and is there after a reload before', () => {
    const first = page();
    first.link().open();
    first.link().lose();
    vi.setSystemTime(Date.parse('2026-11-22T10:00:07.000Z'));
    write(first.session, 'birinci');
    vi.setSystemTime(Date.parse('2026-11-22T10:00:19.000Z'));
    write(first.session, 'ikinci');
    expect(first.session.page.waiting.map((w) => [w.args['text'], w.at])).toEqual([['birinci', '2026-11-22T10:00:07.000Z'], ['ikinci', '2026-11-22T10:00:19.000Z']]);
    const ids = first.session.page.waiting.map((w) => w.id);
    first.session.close();

    vi.setSystemTime(Date.parse('2026-11-22T10:05:00.000Z'));
    const second = page(); // the page was loaded again
    expect(second.session.page.waiting.map((w) => w.id)).toEqual(ids);
    second.link().open();
    write(second.session, 'üçüncü');
    const sent = second.link().commands;
    expect(sent.map((c) => [c.args!['text'], c.at])).toEqual([['birinci', '2026-11-22T10:00:07.000Z'], ['ikinci', '2026-11-22T10:00:19.000Z'], ['üçüncü', '2026-11-22T10:05:00.000Z']]);
    expect(sent.slice(0, 2).map((c) => c.id)).toEqual(ids);

    // Only what the gateway has acknowledged is no longer shown as saving.
    second.link().tell({ type: 'ack', id: ids[0], index: 30 });
    expect(second.session.page.waiting.map((w) => w.args['text'])).toEqual(['ikinci', 'üçüncü']);
    second.session.close();
    expect(page().session.page.waiting.map((w) => w.args['text'])).toEqual(['ikinci', 'üçüncü']);
  });

  test('a strike that was pressed without a link is kept like an entry', () => {
    const { session, link } = page();
    link().open();
    link().lose();
    void session.snapshot().actions.strike!(17, 'misheard');
    session.close();
    expect(page().session.page.waiting.map((w) => [w.name, w.args])).toEqual([['entry.strike', { entry: 17, reason: 'misheard' }]]);
  });
});

test('a command that the wire would close on is refused here, and keeps nothing behind it', async () => {
  const { session, link } = page();
  link().open();
  const answer = session.snapshot().actions.addEntry!({ kind: 'note', text: 'x'.repeat(1 << 20) });
  await expect(answer).resolves.toEqual({ ok: false, code: 'too_large' });
  void session.snapshot().actions.flag!();
  expect(link().commands.map((c) => c.name)).toEqual(['flag.raise']);
  expect(session.page.waiting.map((w) => [w.name, w.refused?.code])).toEqual([['entry.add', 'too_large'], ['flag.raise', undefined]]);
  session.snapshot().actions.dismiss(session.page.waiting[0]!.id);
  expect(session.page.waiting.map((w) => w.name)).toEqual(['flag.raise']);
  session.close();
});
