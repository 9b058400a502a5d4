// What the gateway says of the court's register of incidents (signaling/ACCOUNTS.md, Incidents), as types, and the words of its codes.
import type { AccountRole, Me } from '../model';
import type { FlagKind, Role } from '../../signaling/wire';
import type { Translate } from '../../text/locale';

export type Kind = FlagKind;
export const kinds: readonly Kind[] = ['words', 'gesture', 'look', 'photographing', 'identify', 'contact_outside', 'threat_relative', 'threat_lawyer', 'other'];
export type Endangered = 'witness' | 'relative' | 'lawyer' | 'other';
export const endangered: readonly Endangered[] = ['witness', 'relative', 'lawyer', 'other'];
/** Where an incident stands with the court: nobody has ruled on it, it is in the protocol or the register's findings, it was sent on, or dismissed with a reason. */
export type Phase = 'open' | 'entered' | 'referred' | 'dismissed';
export const phases: readonly Phase[] = ['open', 'entered', 'referred', 'dismissed'];
export type RequestPhase = 'filed' | 'received' | 'decided' | 'refused' | 'served' | 'complained' | 'overdue';

/** Who did it, by role; the account only where the viewer may know it. */
export interface By { role: Role | AccountRole | 'system'; person?: string; seat?: string; mine?: boolean }

export interface Line {
  id: string; court: string; origin: 'hearing' | 'filed'; hearing?: string; flag?: string; case_no?: string; kind?: Kind; endangered?: Endangered; pseudonym?: string;
  when: string; filed_at: string; by: By; discreet?: boolean; source?: string; source_id?: string; seen?: number; target?: string; concerns?: string; note?: string; entered?: boolean; erased?: string;
  phase: Phase; protection?: RequestPhase; due?: string; evidence: number;
}
export interface Source { source: string; label: string; seen: number; first: string; last: string }
export interface RegisterPage { incidents: Line[]; sources: Source[]; more: boolean; months?: { month: string; n: number }[] }

export interface RegisterRuling { ruling: string; reason?: string; seat?: string; provisional?: boolean; by: By; at: string }
/** A moment of the clock (Deadlines.Marks): a warning is told by its hours. */
export interface Mark { mark: 'warn' | 'overrun' | 'court_route' | 'complaint_end'; hours?: number; at: string; /** When the book entered it: later where the gateway slept. */ entered?: string; /** A later step made it needless; it stands in the book all the same. */ void?: boolean }
export interface Request {
  request: string; phase: RequestPhase; measures: string[]; note?: string; own_motion?: boolean; filed: string; by: By;
  received?: string; decided?: string; granted?: boolean; given?: string[]; reason?: string; served?: string; complained?: string; due?: string; marks: Mark[]; next?: Mark; plan: Mark[];
}
export interface Agreement { agree: boolean; by: 'lawyer' | 'person'; role: string; at: string }
export type ReferralState = 'made' | 'queued' | 'trying' | 'sent' | 'failed' | 'acknowledged';
/** mail: encrypted to the body's key. mail_clear: to a body without one, over TLS alone; the page says so. */
export type Way = 'file' | 'print' | 'mail' | 'mail_clear';
export interface Referral {
  referral: string; number?: string; to: string; lang: 'az' | 'en' | 'ru'; measures: string[]; do_not_warn: boolean; danger_to_life: boolean; reason?: string; way: Way; evidence: string[];
  state: ReferralState; why?: string; made: string; by: By; sent?: string; tries?: number; acknowledged?: string; reference?: string; identity?: boolean; sha256?: string;
}
export interface Custody { what: string; copy?: boolean; at: string; by: By }
export interface Evidence {
  evidence: string; what: 'clip' | 'attachment'; type?: string; size: number; sha256?: string; sealed_sha256?: string; copy?: { type: string; size: number; sha256: string }; no_copy?: string;
  from?: string; to?: string; track?: string; at: string; state: 'kept' | 'erased' | 'failed'; why?: string; may: ('view' | 'export' | 'copy')[]; custody?: Custody[];
}
export interface RegisterEvent { at: string; code: string; by?: By; params?: Record<string, unknown> }
/** What the viewer may do with this incident; the gateway decides again at each request. */
export type Verb = 'see' | 'evidence' | 'note' | 'rule' | 'source' | 'request' | 'own_motion' | 'receive' | 'decide' | 'serve' | 'complain' | 'agree' | 'attach' | 'refer' | 'send' | 'acknowledge' | 'identity';
export interface Incident extends Omit<Line, 'evidence'> {
  rulings: RegisterRuling[]; requests: Request[]; agreements: Agreement[]; referrals: Referral[]; evidence: Evidence[]; timeline: RegisterEvent[];
  depth?: 'entered' | 'raised' | 'whole'; alike: string[]; confirmed_by?: string; zone?: string; articles?: { decide?: string; complain?: string; court?: string }; now?: string; may: Verb[];
}

export interface Body { id: string; name: Partial<Record<'az' | 'en' | 'ru', string>>; telephone?: string; ways: Way[]; encrypted: boolean }
export interface Owed { incident: string; request: string; hearing?: string; flag?: string; case_no?: string; pseudonym?: string; discreet?: boolean; phase: RequestPhase; filed?: string; received?: string; due?: string; marks: Mark[]; next?: Mark }

/** A cell without a court, a kind or a measure is a total over them, published with a noise of its own: cells do not add up to it. */
export interface Cell { table?: 'incidents' | 'measures'; court?: string; kind?: string; quarter: string; measure?: string; n: number | null; suppressed: boolean }
export interface Statistics { from: string; to: string; k: number; noise?: { kind: string; ratio?: string; most?: number; scale?: number }; published?: string[]; cells: Cell[] }

export const mayDo = (i: Incident, verb: Verb): boolean => i.may.includes(verb);
export const seesRegister = (me: Me): boolean => me.rights.includes('incident.see') || me.rights.includes('incident.overview');
export const files = (me: Me): boolean => me.rights.includes('incident.file');

/** Measures that can be asked for, by code; anything else stands as it was written. */
export const measures = ['identity_hidden', 'voice_face_masked', 'closed_session', 'no_contact', 'escort', 'shelter', 'relatives', 'lawyer', 'removal_from_hall'] as const;
export const measureName = (t: Translate, m: string): string => (t.has(`protectionmeasure.${m}`) ? t.code('protectionmeasure', m, 'event.plain') : m);

export const kindName = (t: Translate, kind: string | undefined): string => t.code('flagkind', kind ?? '', 'flagkind.unknown');
export const pathOf = (id: string, ...more: string[]): string => ['/api/incidents', id, ...more].map((p, i) => (i === 0 ? p : encodeURIComponent(p))).join('/');
/** Which case it belongs to, as a court writes it; nothing where none is known. */
export const caseOf = (l: { case_no?: string | undefined; hearing?: string | undefined }): string => (l.case_no ? `№ ${l.case_no}` : l.hearing ?? '');
