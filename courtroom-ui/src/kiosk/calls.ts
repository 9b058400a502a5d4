// What was pressed and what the station has not taken yet, kept over a reload of this page and no longer than this browser runs. The station answers within milliseconds; this is for the
// second in which it is started anew. The card is kept so that an emergency can be read out without the station.
import type { Call, Card, Kiosk } from './state';

const callsAt = 'parda.kiosk.calls';
const cardAt = 'parda.kiosk.card';
const most = 64;

export interface Store { getItem: (key: string) => string | null; setItem: (key: string, value: string) => void; removeItem: (key: string) => void }

export function remembered(store: Store): Pick<Kiosk, 'calls' | 'card'> {
  const list = read(store, callsAt);
  const card = read(store, cardAt) as Partial<Card> | null;
  return { calls: Array.isArray(list) ? list.filter(isCall).slice(-most) : [], card: typeof card?.telephone === 'string' && typeof card.room === 'string' ? card as Card : null };
}

export function remember(store: Store, k: Pick<Kiosk, 'calls' | 'card'>): void {
  write(store, callsAt, k.calls.length === 0 ? null : k.calls);
  write(store, cardAt, k.card);
}

const isCall = (c: unknown): c is Call => {
  const call = c as Partial<Call> | null;
  return (call?.type === 'signal' || call?.type === 'emergency') && typeof call.id === 'string' && typeof call.at === 'string';
};

function read(store: Store, key: string): unknown {
  try { return JSON.parse(store.getItem(key) ?? 'null') as unknown; } catch { return null; }
}

function write(store: Store, key: string, value: unknown): void {
  try {
    if (value === null) store.removeItem(key);
    else store.setItem(key, JSON.stringify(value));
  } catch { /* a browser that keeps nothing: the page does */ }
}
