// The page's shell with a link that the test holds: what is written while it is lost is sent in order, with the time it was written, over a reload too.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clerkLive, judgeLive, judgeOrder } from '../src/examples/fixtures';
import { Session } from '../src/session';
import { afterRaise } from '../src/signaling/outbox';
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
  vi.stubGlobal('localStorage', { get length() { return shelf.size; }, key: (n: number) => [...shelf.keys()][n] ?? null, getItem: (k: string) => shelf.get(k) ?? null, setItem: (k: string, v: string) => shelf.set(k, v), removeItem: (k: string) => shelf.delete(k) });
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

  test('what is written of a flag that the gateway has not named goes with the flag, and under its name', () => {
    const first = page();
    first.link().open();
    first.link().lose();
    const { flag } = first.session.snapshot().actions;
    void flag!();
    const { command } = first.session.page.raised!;
    void first.session.snapshot().actions.flagDetail!(afterRaise(command), { kind: 'look', note: 'ikinci cərgə' });
    first.session.close();

    const second = page(); // the page was loaded again
    second.link().open();
    expect(second.link().commands.map((c) => c.name)).toEqual(['flag.raise']);
    expect(second.session.page.raised).toMatchObject({ command, at: '2026-11-22T10:00:00.000Z' });
    second.link().tell({ type: 'ack', id: command, index: 30, result: { flag: 'f7' } });
    expect(second.link().commands.slice(1).map((c) => [c.name, c.args])).toEqual([['flag.detail', { flag: 'f7', kind: 'look', note: 'ikinci cərgə' }]]);
    expect(second.session.page.raised?.flag).toBe('f7');
    void second.session.snapshot().actions.flagDetail!(afterRaise(command), { kind: 'words' });
    const late = second.link().commands[2]!;
    expect(late.args).toEqual({ flag: 'f7', kind: 'words' });
    second.link().tell({ type: 'ack', id: late.id, index: 32 });
    second.link().tell({ type: 'ack', id: second.link().commands[1]!.id, index: 31 });
    expect(second.session.page.waiting).toEqual([]);
  });

  test('a flag that is refused for good stays on the page with what was written of it, over a reload, until somebody puts it away', () => {
    const first = page();
    first.link().open();
    void first.session.snapshot().actions.flag!();
    const { command } = first.session.page.raised!;
    void first.session.snapshot().actions.flagDetail!(afterRaise(command), { kind: 'look', note: 'ikinci cərgə' });
    first.link().tell({ type: 'error', id: command, code: 'forbidden', message: '' });
    const shown = { id: command, at: '2026-11-22T10:00:00.000Z', args: { kind: 'look', note: 'ikinci cərgə' }, refused: { code: 'forbidden', message: '' } };
    expect(first.session.page.waiting).toMatchObject([shown]);
    first.session.close();
    const second = page();
    expect(second.session.page.waiting).toMatchObject([shown]);
    expect(second.session.page.raised).toBeNull();
    second.link().open();
    expect(second.link().commands).toEqual([]);
    second.session.snapshot().actions.dismiss(command);
    second.session.close();
    expect(page().session.page.waiting).toEqual([]);
  });

  test('an emergency of the bench is kept over a reload and sent with the time it was pressed', () => {
    const first = page();
    first.link().open();
    first.link().tell({ ...judgeLive, slots: [], rev: 100_000, now: new Date().toISOString() });
    first.link().lose();
    void first.session.snapshot().actions.emergency!();
    first.session.close();
    vi.setSystemTime(Date.parse('2026-11-22T10:07:00.000Z'));
    const second = page();
    second.link().open();
    expect(second.link().commands.map((c) => [c.name, c.at])).toEqual([['emergency.raise', '2026-11-22T10:00:00.000Z']]);
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

describe('an act that needs a touch', () => {
  const publicKey = { challenge: 'AAEC', allowCredentials: [] };
  const wants = (link: Link, id: string): void => link.tell({ type: 'error', id, code: 'step_up_required', message: '', step_up: { publicKey } });
  const touch = (name: string | null): void => {
    vi.stubGlobal('PublicKeyCredential', class {});
    const credential = { id: 'AQ', rawId: new Uint8Array([1]).buffer, type: 'public-key', response: { clientDataJSON: new ArrayBuffer(1), authenticatorData: new ArrayBuffer(1), signature: new ArrayBuffer(1) } };
    vi.stubGlobal('navigator', { credentials: { get: () => (name === null ? Promise.resolve(credential) : Promise.reject(Object.assign(new Error('x'), { name }))) } });
  };
  const signing = (): { session: Session; link: Link; answer: Promise<unknown>; id: string } => {
    const { session, link } = page();
    link().open();
    link().tell({ ...judgeOrder, slots: [], rev: 100_000, now: new Date().toISOString(), you: { ...judgeOrder.you, can: ['order.sign', 'testimony.pause', 'flag.raise'] } });
    const answer = session.snapshot().actions.signOrder!('AA', 'BB');
    return { session, link: link(), answer, id: link().commands.at(-1)!.id };
  };

  test('is asked for, and goes again the same with the proof; nothing of it is kept for after a reload', async () => {
    touch(null);
    const { session, link, answer, id } = signing();
    wants(link, id);
    expect(session.snapshot().stepUp?.act).toEqual({ name: 'order.sign', args: { bytes: 'AA', signature: 'BB' } });
    for (let s = 0; s < 30; s++) { vi.advanceTimersByTime(1_000); link.tell({ type: 'pong', t: 0 }); } // a person who reads: it does not run out
    expect(session.page.waiting.map((w) => w.refused)).toEqual([undefined]);
    session.snapshot().stepUp!.confirm();
    await vi.waitFor(() => expect(link.commands).toHaveLength(2));
    const [first, second] = link.commands as [Command, Command];
    expect({ ...second, proof: undefined }).toEqual({ ...first, proof: undefined });
    expect(second.proof).toMatchObject({ id: 'AQ', type: 'public-key' });
    link.tell({ type: 'ack', id, index: 9 });
    await expect(answer).resolves.toEqual({ ok: true, index: 9 });
    expect(session.page.waiting).toEqual([]);
    expect([...shelf.values()].join()).not.toContain('order.sign');
    session.close();
  });

  test('that is cancelled is not sent: nothing was done, and the screen is told so', async () => {
    touch(null);
    const { session, link, answer, id } = signing();
    wants(link, id);
    session.snapshot().stepUp!.cancel();
    await expect(answer).resolves.toEqual({ ok: false, code: 'step_up_cancelled' });
    link.lose();
    vi.advanceTimersByTime(300);
    Link.all.at(-1)!.open();
    expect([link.commands.length, Link.all.at(-1)!.commands.length]).toEqual([1, 0]);
    expect(session.page.waiting).toEqual([]);
    session.close();
  });

  test('whose touch the gateway does not take is asked for again, and said so', async () => {
    touch(null);
    const { session, link, id } = signing();
    wants(link, id);
    session.snapshot().stepUp!.confirm();
    await vi.waitFor(() => expect(link.commands).toHaveLength(2));
    wants(link, id);
    expect(session.snapshot().stepUp).toMatchObject({ again: true, act: { name: 'order.sign' } });
    session.close();
  });

  test('whose answer does not come counts as not done after ten seconds', async () => {
    touch(null);
    const { session, link, answer, id } = signing();
    wants(link, id);
    session.snapshot().stepUp!.confirm();
    await vi.waitFor(() => expect(link.commands).toHaveLength(2));
    vi.advanceTimersByTime(12_000);
    await expect(answer).resolves.toEqual({ ok: false, code: 'link_lost' });
    session.close();
  });

  test('is never a flag or a pause: a gateway that wants a touch for one gets none, and the flag is offered again as it is', () => {
    const { session, link } = page();
    link().open();
    link().tell({ ...clerkLive, slots: [], rev: 100_000, now: new Date().toISOString(), you: { ...clerkLive.you, can: ['testimony.pause', 'flag.raise'] } });
    void session.snapshot().actions.flag!();
    void session.snapshot().actions.pause!();
    const [flag, pause] = link().commands as [Command, Command];
    wants(link(), flag.id);
    wants(link(), pause.id);
    expect(session.snapshot().stepUp).toBeNull();
    vi.advanceTimersByTime(4_000);
    expect(link().commands.filter((c) => c.name === 'flag.raise').length).toBeGreaterThan(1);
    expect(link().commands.every((c) => c.proof === undefined)).toBe(true);
    session.close();
  });

  test('is taken back when the seat is lost', async () => {
    touch(null);
    const { session, link, answer, id } = signing();
    wants(link, id);
    link.onclose?.({ code: 4001 });
    await expect(answer).resolves.toEqual({ ok: false, code: 'step_up_cancelled' });
    expect(session.snapshot().stepUp).toBeNull();
    session.close();
  });
});
