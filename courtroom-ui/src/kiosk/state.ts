// The kiosk's one state, and which of its few screens that state asks for. Pure: no clock, no I/O.
import { parseServerMessage, type IceServer, type State, type WireError } from '../signaling/wire';

/** What the station says of itself (PROTOCOL.md, "The station's own door"). */
export interface StationReport {
  type: 'station'; link: 'up' | 'down'; order_ok: boolean; key_code?: string; paused: boolean;
  rehearsal: 'none' | 'recording' | 'ready';
  mask?: { picture: 'ok' | 'neutral' | 'card'; voice: 'ok' | 'silence'; notice?: string };
  devices?: { camera: 'ok' | 'lost'; microphone: 'ok' | 'lost' };
  order_refused?: string; unsent?: number;
}
export type StationMessage =
  | StationReport | State | WireError | { type: 'ice'; servers: IceServer[] }
  | { type: 'rtc.answer'; sdp: string } | { type: 'rtc.closed'; why: string };

export type KioskCommand =
  | { type: 'rehearse' | 'refuse' | 'break' | 'continue' | 'afraid' }
  | { type: 'consent'; language: string; interpreter: boolean }
  | { type: 'tighten'; picture?: 'card' | ''; voice?: 'silence' | '' }
  | { type: 'far'; db: number } | { type: 'rtc.offer'; sdp: string };

export interface Kiosk {
  door: 'connecting' | 'open' | 'down' | 'shut';
  station: StationReport | null;
  state: State | null;
  /** What she pressed last, so that the screen can answer in the same words. */
  pressed: 'afraid' | 'refuse' | 'break' | null;
}

export const emptyKiosk: Kiosk = { door: 'connecting', station: null, state: null, pressed: null };

export type KioskEvent =
  | { kind: 'door'; door: Kiosk['door'] } | { kind: 'message'; message: StationMessage } | { kind: 'pressed'; what: string };

export function reduceKiosk(k: Kiosk, e: KioskEvent): Kiosk {
  switch (e.kind) {
    // What a lost station said last is no longer true of anything.
    case 'door': return e.door === 'open' ? { ...k, door: 'open' } : { ...k, door: e.door, station: null };
    case 'pressed': return { ...k, pressed: e.what === 'afraid' || e.what === 'refuse' || e.what === 'break' ? e.what : e.what === 'continue' || e.what === 'rehearse' || e.what === 'consent' ? null : k.pressed };
    case 'message':
      if (e.message.type === 'station') return { ...k, station: e.message };
      return e.message.type === 'state' ? { ...k, state: e.message } : k;
  }
}

export type Stage =
  | 'connecting' | 'enter' | 'station_down' | 'lost' | 'before' | 'rehearse' | 'recording' | 'consent' | 'waiting'
  | 'live' | 'paused' | 'afraid' | 'refused' | 'released';

/** The safest reading wins: whatever is not surely live is a screen that says that nobody sees or hears her. */
export function stageOf(k: Kiosk): Stage {
  if (k.door === 'shut') return 'enter';
  if (k.door === 'connecting') return 'connecting';
  if (k.door === 'down' || !k.station) return 'station_down';
  const { station, state } = k;
  if (state?.testimony.phase === 'released') return 'released';
  if (station.link === 'down') return 'lost';
  if (station.paused) return k.pressed === 'afraid' ? 'afraid' : k.pressed === 'refuse' ? 'refused' : 'paused';
  if (!station.order_ok || !state?.order || state.hearing.phase === 'suspended') return 'before';
  switch (state.testimony.phase) {
    case 'waiting': return station.rehearsal === 'recording' ? 'recording' : 'rehearse';
    case 'rehearsal': return station.rehearsal === 'ready' ? 'consent' : station.rehearsal === 'recording' ? 'recording' : 'rehearse';
    case 'ready': return 'waiting';
    case 'live': return 'live';
    case 'paused': return 'paused';
    default: return 'before';
  }
}

export function parseStationMessage(text: string): StationMessage | null {
  let m: unknown;
  try { m = JSON.parse(text); } catch { return null; }
  const report = m as Partial<StationReport> | null;
  if (report?.type === 'station') return (report.link === 'up' || report.link === 'down') && typeof report.order_ok === 'boolean' ? (report as StationReport) : null;
  const known = parseServerMessage(text);
  return known && known.type !== 'entries' && known.type !== 'ack' && known.type !== 'pong' && known.type !== 'rtc.published' ? known : null;
}
