// The pure function that turns events (messages of the gateway, of the link and of the person's own keys) into the
// page's state. No I/O, no clock: whoever calls says what time it is.
import type { Entry, ServerMessage, State } from '../signaling/wire';
import type { Link, Page, Raised, Waiting } from './model';

export type PageEvent =
  | { kind: 'link'; link: Link; now: number }
  | { kind: 'message'; message: ServerMessage; now: number }
  | { kind: 'queued'; waiting: Waiting }
  /** What waited for the id of a flag names it now. */
  | { kind: 'named'; waiting: Waiting }
  | { kind: 'dismissed'; id: string };

export function reduce(page: Page, event: PageEvent): Page {
  switch (event.kind) {
    case 'link': return linkChanged(page, event.link, event.now);
    case 'message': return messageCame(page, event.message, event.now);
    case 'queued': return page.waiting.some((w) => w.id === event.waiting.id) ? page : { ...page, waiting: [...page.waiting, event.waiting], raised: raisedBy(event.waiting) ?? page.raised };
    case 'named': return { ...page, waiting: page.waiting.map((w) => (w.id === event.waiting.id ? { ...event.waiting, ...(w.refused && { refused: w.refused }) } : w)) };
    case 'dismissed': return { ...page, waiting: page.waiting.filter((w) => w.id !== event.id) };
  }
}

const raisedBy = (w: Waiting): Raised | null =>
  (w.name === 'flag.raise' && !w.refused ? { command: w.id, at: w.at, discreet: w.args['discreet'] === true } : null);

function linkChanged(page: Page, link: Link, now: number): Page {
  if (page.link === link) return page;
  // A new connection numbers its states anew after a restart of the gateway, so the old number must not block them.
  const state = link === 'open' && page.state ? { ...page.state, rev: -1 } : page.state;
  return { ...page, link, linkSince: now, state };
}

function messageCame(page: Page, m: ServerMessage, now: number): Page {
  switch (m.type) {
    case 'state': return stateCame(page, m, now);
    case 'entries': return { ...page, entries: merge(page.entries, m.entries) };
    case 'ack': return acknowledged(page, m.id, m.result);
    case 'error': return m.id === undefined ? page : refused(page, m.id, m);
    default: return page;
  }
}

function stateCame(page: Page, state: State, now: number): Page {
  if (page.state && state.rev < page.state.rev) return page;
  const server = Date.parse(state.now);
  return { ...page, state, clockOffset: Number.isFinite(server) ? server - now : page.clockOffset };
}

/** Entries are never edited in place, so an index that is already held keeps its entry. */
function merge(held: readonly Entry[], came: readonly Entry[]): readonly Entry[] {
  const last = held.at(-1)?.index ?? -1;
  if (came.every((e, i) => e.index > (i === 0 ? last : came[i - 1]!.index))) return came.length === 0 ? held : [...held, ...came];
  const byIndex = new Map(held.map((e) => [e.index, e]));
  for (const e of came) if (!byIndex.has(e.index)) byIndex.set(e.index, e);
  return [...byIndex.values()].sort((a, b) => a.index - b.index);
}

function acknowledged(page: Page, id: string, result: Record<string, unknown> | undefined): Page {
  const done = page.waiting.find((w) => w.id === id);
  if (!done) return page;
  const waiting = page.waiting.filter((w) => w.id !== id);
  if (page.raised?.command === id && typeof result?.['flag'] === 'string') return { ...page, waiting, raised: { ...page.raised, flag: result['flag'] } };
  const seat = done.args['seat'];
  if (done.name === 'seat.reissue' && typeof seat === 'string' && typeof result?.['link'] === 'string') {
    return { ...page, waiting, links: { ...page.links, [seat]: result['link'] } };
  }
  return { ...page, waiting };
}

function refused(page: Page, id: string, why: { code: string; message: string; ref?: string }): Page {
  const { code, message, ref } = why;
  const reason = ref === undefined ? { code, message } : { code, message, ref };
  const raised = page.raised?.command === id ? null : page.raised; // there is no such flag, so there is nothing to say about it
  return { ...page, raised, waiting: page.waiting.map((w) => (w.id === id ? { ...w, refused: reason } : w)) };
}
