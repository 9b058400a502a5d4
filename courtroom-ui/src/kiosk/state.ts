// The kiosk's one state, and which of its few screens that state asks for. Pure: no clock, no I/O.
import { parseServerMessage, type IceServer, type State, type WireError } from '../signaling/wire';

/** What the station says of itself (PROTOCOL.md, "The station's own door"). */
export interface StationReport {
  type: 'station'; link: 'up' | 'down'; order_ok: boolean; key_code?: string; paused: boolean;
  rehearsal: 'none' | 'recording' | 'ready';
  mask?: { picture: 'ok' | 'neutral' | 'card'; voice: 'ok' | 'silence'; notice?: string; notices?: string[] };
  /** microphone, or speaker where a sworn speaker repeats the answers: the one that is in use. */
  devices?: { camera?: 'ok' | 'lost'; microphone?: 'ok' | 'lost'; speaker?: 'ok' | 'lost' };
  /** What she has asked for above the order. */
  tightened?: { picture: '' | 'blob' | 'card'; silence: boolean };
  /** The drawn hand is up. */
  hand?: boolean;
  order_refused?: string; unsent?: number; said?: Said[] | null;
  /** How the room officer's form that was sent last stands; never what it says. */
  officer?: { id: string; state: 'sending' | 'saved' | 'refused'; code?: string };
  /** The page, too, receives by the gateway's TURN server and no other way. */
  relay_only?: boolean;
  /** An emergency that the bench has not ended: sent when the court knows of it. */
  emergency?: { at: string; sent: boolean; alarm: boolean; card: Card };
  card?: Card;
}
/** Whom to call, and what to say: the room's code says nothing of the place. */
export interface Card { room: string; telephone: string; body?: string }
/** A sign that was pressed, until the station has it on its disk. */
export interface Call { type: 'signal' | 'emergency'; id: string; at: string; pause?: boolean; by?: 'witness' | 'officer' }
/** How a piece of her writing stands at the station; never the words. */
export interface Said { id: string; what: Writing; state: 'sending' | 'saved' | 'refused'; code?: string; request?: string }
export type Writing = 'question' | 'remark';
export type StationMessage =
  | StationReport | State | WireError | { type: 'ice'; servers: IceServer[] }
  | { type: 'took'; id: string } | { type: 'rtc.answer'; sdp: string } | { type: 'rtc.closed'; why: string } | { type: 'rtc.thin'; slots: string[] };

export type KioskCommand =
  | { type: 'rehearse' | 'refuse' | 'break' | 'continue' | 'afraid' | 'alarm.quiet' }
  | Call
  | { type: 'consent'; language: string; interpreter: boolean }
  | { type: 'hand'; up: boolean }
  | { type: 'tighten'; picture?: 'blob' | 'card' | ''; voice?: 'silence' | '' }
  | Written | Certificate
  | { type: 'far'; db: number } | { type: 'rtc.offer'; sdp: string };
/** The room officer's word. Roles, never names. */
export interface Certificate { type: 'certify'; id: string; same: boolean; with: string[]; free: boolean; code: string }
export interface Written { type: Writing; id: string; text: string; language?: string }

export interface Kiosk {
  door: 'connecting' | 'open' | 'down' | 'shut';
  station: StationReport | null;
  state: State | null;
  /** What she pressed last, so that the screen can answer in the same words. */
  pressed: 'afraid' | 'refuse' | 'break' | null;
  /** What she is writing after her testimony. It outlives a lost link and a lost station, but never this page. */
  writing: { what: Writing; text: string } | null;
  /** What she has written, oldest first. */
  sent: readonly Sent[];
  /** What she pressed and the station has not taken, oldest first. It outlives this page. */
  calls: readonly Call[];
  /** The last card that the station named: it outlives the station. */
  card: Card | null;
}
/** A piece that she sent: unsent until the station has it. asked: the court was seen to hold the question; done: it holds it no more. */
export interface Sent { id: string; what: Writing; text: string; language?: string; state: 'unsent' | Said['state']; code?: string; request?: string; asked?: boolean; done?: boolean }

export const emptyKiosk: Kiosk = { door: 'connecting', station: null, state: null, pressed: null, writing: null, sent: [], calls: [], card: null };

export type KioskEvent =
  | { kind: 'door'; door: Kiosk['door'] } | { kind: 'message'; message: StationMessage } | { kind: 'pressed'; what: string }
  | { kind: 'sign'; call: Call } | { kind: 'write'; writing: Kiosk['writing'] } | { kind: 'sent'; piece: Written };

export function reduceKiosk(k: Kiosk, e: KioskEvent): Kiosk {
  switch (e.kind) {
    // What a lost station said last is no longer true of anything.
    case 'door': return e.door === 'open' ? { ...k, door: 'open' } : { ...k, door: e.door, station: null };
    case 'pressed': return { ...k, pressed: e.what === 'afraid' || e.what === 'refuse' || e.what === 'break' ? e.what : e.what === 'continue' || e.what === 'rehearse' || e.what === 'consent' ? null : k.pressed };
    // The same sign with more in it is the same sign.
    case 'sign': return { ...k, calls: [...k.calls.filter((c) => c.id !== e.call.id), { ...k.calls.find((c) => c.id === e.call.id), ...e.call, at: k.calls.find((c) => c.id === e.call.id)?.at ?? e.call.at }] };
    case 'write': return { ...k, writing: e.writing };
    case 'sent': {
      const { type: what, ...piece } = e.piece;
      return { ...k, writing: null, sent: [...k.sent, { ...piece, what, state: 'unsent' }] };
    }
    case 'message':
      if (e.message.type === 'took') { const { id } = e.message; return { ...k, calls: k.calls.filter((c) => c.id !== id) }; }
      if (e.message.type === 'station') return { ...k, station: e.message, card: e.message.card?.telephone ? e.message.card : k.card, sent: stands(k.sent, e.message.said ?? []) };
      return e.message.type === 'state' ? { ...k, state: e.message, sent: settled(k.sent, e.message) } : k;
  }
}

/** What the station does not name it does not have: unless it was answered before, the piece is not sent. */
function stands(sent: readonly Sent[], said: readonly Said[]): readonly Sent[] {
  const known = sent.map((p): Sent => {
    const now = said.find((s) => s.id === p.id);
    return now ? { ...p, ...now } : p.state === 'sending' ? { ...p, state: 'unsent' } : p;
  });
  // A page that was loaded anew has no words to show, but how they stand.
  return [...known, ...said.filter((s) => !sent.some((p) => p.id === s.id)).map((s): Sent => ({ ...s, text: '' }))];
}

/** A question waits with the bench for as long as the court's state names it. */
function settled(sent: readonly Sent[], state: State): readonly Sent[] {
  return sent.map((p) => {
    if (p.request === undefined) return p;
    const waits = state.requests?.some((r) => r.id === p.request) ?? false;
    return { ...p, asked: p.asked === true || waits, done: p.asked === true && !waits };
  });
}

/** What the station must be given (again): it tells the same piece by its id. A piece without words was written by the page before. */
export const unsentOf = (k: Kiosk): Written[] =>
  (k.door !== 'open' || !k.station ? [] : k.sent.filter((p) => p.state === 'unsent' && p.text !== ''))
    .map((p) => ({ type: p.what, id: p.id, text: p.text, ...(p.language !== undefined && { language: p.language }) }));

/** As many letters as the court takes in one piece. */
export const longest = 2000;

/** What the station must be given, again after each time that it was away. */
export const untaken = (k: Kiosk): readonly Call[] => (k.door === 'open' ? k.calls : []);

/** She, the officer, a key or the bench has said that there is danger, and the bench has not ended it. */
export const inEmergency = (k: Kiosk): boolean => k.station?.emergency !== undefined || k.calls.some((c) => c.type === 'emergency');

const ringsForMs = 90_000;

/** The alarm rings: by the station's word, and where there is no station by this page's own. */
export function alarms(k: Kiosk, now: number): boolean {
  if (k.station?.emergency) return k.station.emergency.alarm;
  return k.calls.some((c) => c.type === 'emergency' && now - Date.parse(c.at) < ringsForMs);
}

export type Stage =
  | 'emergency' | 'clear_room'
  | 'connecting' | 'enter' | 'station_down' | 'lost' | 'before' | 'rehearse' | 'recording' | 'consent' | 'waiting'
  | 'live' | 'paused' | 'afraid' | 'refused' | 'after' | 'released';

/** The safest reading wins: whatever is not surely live is a screen that says that nobody sees or hears her. */
export function stageOf(k: Kiosk): Stage {
  if (inEmergency(k)) return 'emergency';
  if (k.door === 'shut') return 'enter';
  if (k.door === 'connecting') return 'connecting';
  if (k.door === 'down' || !k.station) return 'station_down';
  const { station, state } = k;
  // She has testified: while the hearing sits she listens, link or no link, and what she writes waits for it.
  if (state?.testimony.phase === 'released') return state.hearing.phase === 'open' || state.hearing.phase === 'suspended' ? 'after' : 'released';
  if (station.link === 'down') return 'lost';
  if (state?.testimony.pause_code === 'clear_room' && state.testimony.phase !== 'live') return 'clear_room';
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

/** The officer may come to the form: the court waits for a certificate, takes another one, or lets the form rest. */
export const officerMay = (k: Kiosk): boolean =>
  k.door === 'open' && k.station?.link === 'up' && (k.state?.you.can.includes('room.certify') === true || k.state?.testimony.room?.rests_until !== undefined);

export const digitsOf = (code: string): string => code.replace(/\D/g, '');

/** How she may be seen: what the order shows most of her, and everything that shows less. */
export function looksOf(k: Kiosk): ('' | 'blob' | 'card')[] {
  const ordered = Object.values(k.state?.order?.renderings ?? {}).map((r) => r?.picture);
  if (ordered.includes('puppet')) return ['', 'blob', 'card'];
  return ordered.includes('blob') ? ['', 'card'] : [];
}

export function parseStationMessage(text: string): StationMessage | null {
  let m: unknown;
  try { m = JSON.parse(text); } catch { return null; }
  const report = m as Partial<StationReport> | null;
  const took = m as { type?: unknown; id?: unknown } | null;
  if (took?.type === 'took') return typeof took.id === 'string' ? { type: 'took', id: took.id } : null;
  if (report?.type === 'station') return (report.link === 'up' || report.link === 'down') && typeof report.order_ok === 'boolean' ? (report as StationReport) : null;
  const known = parseServerMessage(text);
  return known && known.type !== 'entries' && known.type !== 'ack' && known.type !== 'pong' && known.type !== 'rtc.published' ? known : null;
}
