// What passes over the WebSocket, as types, and the one function that lets outside text in. The prose is
// signaling/PROTOCOL.md; the vectors that Go and this file both read are signaling/testdata. No I/O here.

export type Role =
  | 'presiding_judge' | 'judge' | 'reserve_judge' | 'court_clerk' | 'prosecutor' | 'defence_counsel' | 'victims_lawyer'
  | 'interpreter' | 'support_person' | 'legal_representative' | 'protected_witness' | 'courtroom_screen' | 'gallery';
export type HearingPhase = 'scheduled' | 'open' | 'suspended' | 'closed' | 'signed' | 'sealed';
export type SessionKind = 'public' | 'private' | 'closed';
export type TestimonyPhase = 'waiting' | 'rehearsal' | 'ready' | 'live' | 'paused' | 'released';
export type EntryKind =
  | 'question' | 'answer' | 'statement' | 'ruling' | 'objection' | 'exhibit' | 'undertaking' | 'break' | 'note'
  | 'remark' | 'incident' | 'system';
export type FlagKind =
  | 'words' | 'gesture' | 'look' | 'photographing' | 'identify' | 'contact_outside' | 'threat_relative'
  | 'threat_lawyer' | 'other';
export type FlagRuling = 'enter' | 'warn' | 'mute' | 'hide' | 'remove' | 'pause' | 'private' | 'refer' | 'dismiss';
export type Audience = 'bench' | 'prosecution' | 'defence' | 'hall' | 'public';
export const audiences: readonly Audience[] = ['bench', 'prosecution', 'defence', 'hall', 'public'];

/** What the interpreter said, beside what was said. */
export interface Interpreted { text: string; lang: string }
/** What recurs in a hearing, by language; put into the writing line and edited there. The court's own file, or parda's. */
export interface Formula { id: string; kind: EntryKind; speaker?: string; title: Record<string, string>; text: Record<string, string> }

/** voice_strength is absent where it is standard. */
export interface Rendering { picture: string; voice: string; delay_s?: number; voice_strength?: string }
/** Who speaks for the witness; never a name. */
export interface Respeaker { who: string; reason?: string }
export type Renderings = Partial<Record<Audience, Rendering | null>>;

export interface Order {
  version: number; template: string; reason?: string; pseudonym: string; session: SessionKind; valid_until: string;
  signed_by: Role; signed_at: string; key_code: string; renderings?: Renderings; respeaker?: string;
  bytes?: string; signature?: string; key?: string;
}
export interface DraftOrder {
  version?: number; template?: string; reason?: string; pseudonym?: string; session?: SessionKind; valid_until?: string;
  renderings?: Renderings; respeaker?: Respeaker; case_no?: string; court?: string;
  questioners?: Role[]; valid_from?: string;
}
export interface Mask { picture: 'ok' | 'neutral' | 'card'; voice: 'ok' | 'silence'; notice?: string; notices?: string[] }
export interface Testimony {
  phase: TestimonyPhase; since: string; pseudonym?: string; station: 'up' | 'down';
  paused_by?: Role | 'system'; pause_code?: string;
  /** Which seat stopped it: the bench's alone. */
  paused_seat?: string;
  consent?: { given: boolean; language: string; interpreter: boolean; at: string };
  identity_verified?: boolean; floor?: string; mask?: Mask;
  tightened?: { picture?: string; voice?: string };
  room?: Room;
  /** What the drawn figure does, for who cannot see it; absent where none is shown to this seat. */
  figure?: string;
}
/** What the room officer certified. The witness's own page has the first five fields alone. */
export interface Room {
  certified: boolean; at?: string; with?: string[]; officer: boolean; rests_until?: string;
  why_void?: string; note?: string; proof?: 'code' | 'account'; passed_over?: boolean;
  person?: { voice?: Likeness; face?: Likeness }; others?: { seen: 'two_faces' | 'far_voice'; listed: boolean }[];
}
export type Likeness = 'same' | 'unsure' | 'different';
export interface Watching { audience: Audience; picture: string; voice: string; voice_strength?: string; delay_s: number; now: 'live' | 'card' | 'nothing' }
export interface Seat {
  id: string; role: Role; present?: boolean; admitted?: boolean; muted?: boolean; undertaking?: boolean;
  publishing?: { sound: boolean; picture: boolean };
  /** Whether its stop button stops (bench), and whether it is taken from view by a ruling (bench, clerk, parties). */
  stop?: boolean; hidden?: boolean;
}
/** Who threatens, or is ruled on, is a seat; concerns names one where who flagged could say so. */
export interface Flag {
  id: string; seat: string; role: Role; pressed_at: string; received_at: string; kind?: FlagKind; target?: string;
  source?: string; note?: string; discreet: boolean; concerns?: string;
  rulings?: GivenRuling[]; put?: FlagPut[]; requested?: boolean; urgency?: 'now' | 'soon' | 'done'; closed?: boolean;
  /** The same incident in the court's register. */
  incident?: string;
}
export interface GivenRuling { ruling: FlagRuling; reason?: string; seat?: string; provisional?: boolean; by: Role; at: string }
/** What the bench took from a view of the court: dock is where the accused is seen, hall where the public is. */
export interface CourtView { view: string; muted: boolean; hidden: boolean }
export type PutForm = 'whole' | 'gist' | 'orally';
export type HeardHow = 'orally' | 'declined' | 'absent';
export interface FlagPut {
  seat: string; form: PutForm; gist?: string; at: string;
  answer?: { text: string; at: string }; heard?: { how: HeardHow; positions?: string; at: string };
}
/** What a seat may read of a flag that was put to it: of the flag itself it knows nothing else. */
export interface PutToMe { flag: string; form: PutForm; text?: string; kind?: FlagKind; source?: string; note?: string; at: string; answered: boolean }
export interface Duress { since: string; means: string; do?: { do: 'pause' | 'clear_room' | 'stand_down'; at: string }[] }
export interface Emergency { since: string; by: string; ended?: string | boolean }
/** What the bench says into the telephone: a code of the room, which tells nothing of the place, and whom to call. */
export interface EmergencyCard { room?: string; telephone?: string; body?: string }
export interface DueMark { mark: string; hours?: number; at: string }
/** A request for protection and its clock, as the court's register has it. */
export interface Protection {
  incident: string; request?: string; flag?: string; phase: string; received?: string; due?: string; marks?: DueMark[]; next?: DueMark;
}
export interface Pending {
  id: string; about: string; seat?: string; kind?: SessionKind; flag?: string; ruling?: FlagRuling; since: string; due: string; overdue: boolean;
}
export interface Request { id: string; seat: string; role: Role; what: string; text?: string; at: string }
export interface Alarm { code: string; since: string; detail?: string }
export interface Slot { slot: string; media: 'video' | 'audio'; on: boolean; label?: string }
export interface Health { ledger: 'ok' | 'failed'; recording: 'off' | 'on' | 'failed'; checkpoint?: { size: number; at: string } }
export interface Signing {
  statement: string; checkpoint?: unknown; pdf_sha256?: string; json_sha256?: string; signed?: { role: Role; at: string }[];
}

export interface State {
  type: 'state'; rev: number; now: string;
  you: { seat: string; role: Role; can: string[] };
  hearing: {
    id: string; case_no?: string; court?: string; phase: HearingPhase; kind: SessionKind; phase_since?: string; kind_since?: string;
  };
  order?: Order | null; draft?: { bytes: string; order: DraftOrder };
  testimony: Testimony; watching?: Watching[]; seats?: Seat[]; views?: CourtView[];
  /** In the gateway's order: what is urgent first. flags_more is how many are left out. */
  flags?: Flag[]; flags_more?: number; put?: PutToMe[];
  duress?: Duress | null; emergency?: Emergency | null; emergency_card?: EmergencyCard; protection?: Protection[];
  pending?: Pending[]; requests?: Request[];
  health?: Health; alarms?: Alarm[]; slots?: Slot[]; signing?: Signing;
  bundle?: { name: string; sha256: string; size: number };
}

export interface Entry {
  index: number; id: string; kind: EntryKind; speaker?: string; by?: Role | 'system'; by_seat?: string; text?: string; lang?: string; at: string;
  interpreted?: Interpreted; number?: string;
  written_at?: string; amends?: number; strikes?: number; restores?: number; sealed?: string; system?: { code: string; params?: Record<string, unknown> };
}

/** step_up comes with the code step_up_required: the options of the touch that is asked for (WebAuthn's JSON). */
export interface WireError { type: 'error'; id?: string; code: string; message: string; ref?: string; step_up?: unknown }
/** Where a relay (TURN) may be reached; sent once, before the first state. */
export interface IceServer { urls: string[]; username?: string; credential?: string }

export type ServerMessage =
  | { type: 'ice'; servers: IceServer[] } | State | WireError
  | { type: 'ack'; id: string; index?: number; result?: Record<string, unknown> }
  | { type: 'entries'; entries: Entry[] }
  | { type: 'rtc.answer'; sdp: string } | { type: 'rtc.published'; sdp: string } | { type: 'rtc.closed'; why: string }
  | { type: 'rtc.thin'; slots: string[] }
  | { type: 'pong'; t: number };

/** proof is the touch that the command's refusal asked for. */
export interface Command { type: 'command'; id: string; name: string; args?: Record<string, unknown>; at: string; proof?: Record<string, unknown> }
export type ClientMessage =
  | { type: 'hello'; lang: string; since: number } | Command
  | { type: 'rtc.offer'; sdp: string } | { type: 'rtc.publish'; sdp: string } | { type: 'rtc.unpublish' }
  | { type: 'ping'; t: number };

const isObject = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null && !Array.isArray(v);

// What must be there for each message before the reducer may see it. A message that fails is dropped, not guessed at.
const wellFormed: Record<string, (m: Record<string, unknown>) => boolean> = {
  state: (m) => typeof m.rev === 'number' && isObject(m.you) && Array.isArray(m.you.can) && isObject(m.hearing) && isObject(m.testimony),
  entries: (m) => Array.isArray(m.entries) && m.entries.every((e) => isObject(e) && typeof e.index === 'number'),
  ack: (m) => typeof m.id === 'string',
  error: (m) => typeof m.code === 'string',
  'rtc.answer': (m) => typeof m.sdp === 'string',
  'rtc.published': (m) => typeof m.sdp === 'string',
  'rtc.closed': (m) => typeof m.why === 'string',
  'rtc.thin': (m) => Array.isArray(m.slots) && m.slots.every((s) => typeof s === 'string'),
  ice: (m) => Array.isArray(m.servers) && m.servers.every((s) => isObject(s) && Array.isArray(s.urls)),
  pong: () => true,
};

/** Reads one message of the gateway; null when it is not one this page knows. */
export function parseServerMessage(text: string): ServerMessage | null {
  let m: unknown;
  try { m = JSON.parse(text); } catch { return null; }
  if (!isObject(m) || typeof m.type !== 'string') return null;
  return wellFormed[m.type]?.(m) ? (m as unknown as ServerMessage) : null;
}
