// What the gateway says to the account page (signaling/ACCOUNTS.md), as types, and which parts of the page a person has.
import type { Role } from '../signaling/wire';

export type AccountRole =
  | 'administrator' | 'auditor' | 'judge' | 'court_clerk' | 'prosecutor' | 'investigator' | 'defence_counsel' | 'victims_lawyer'
  | 'interpreter' | 'support_person' | 'legal_representative' | 'room_officer' | 'register_officer';
export const accountRoles: readonly AccountRole[] = [
  'administrator', 'auditor', 'judge', 'court_clerk', 'prosecutor', 'investigator', 'defence_counsel', 'victims_lawyer', 'interpreter', 'support_person', 'legal_representative', 'room_officer', 'register_officer',
];

// ---- one's own account
export interface Ways { passkey: boolean; password: boolean; provider: { name: string } | null }
export interface Person { person: string; court: string; name: string; login?: string; roles: AccountRole[]; state: 'invited' | 'active' | 'closed' }
export interface Passkey { passkey: string; label: string; made: string; used?: string; backed_up: boolean }
export interface Me {
  person: Person; rights: string[]; session: { session: string; how: string; since: string; idle_ends?: string; ends: string };
  passkeys: Passkey[]; password: boolean; provider: boolean;
}
export interface SignedIn { session: string; how: string; since: string; seen: string; here: boolean }
export interface Claim { kind: 'first' | 'new' | 'recovery'; court: string; person?: { person: string; name: string; login: string; roles: AccountRole[] }; ends: string; password: boolean }
/** A password's second half: the secret for the app that counts codes, as text and as a picture. */
export interface Enrolment { enrolment: string; uri: string; secret: string; qr: string; ends: string }

// ---- people of a court
export interface Code { code: string; link: string; ends: string }
export interface Recovery { recovery: string; person: string; name: string; asked_by: string; asked: string; ends: string; mine: boolean }

// ---- hearings and invitations
export interface Mine { seat: string; role: Role; from: string; until: string; state: InvitationState; held?: boolean }
export type InvitationState = 'open' | 'early' | 'over' | 'taken' | 'revoked';
export interface HearingLine { id: string; case_no?: string; court: string; phase: string; mine: Mine[] }
export interface Hearings { seats: 'person' | 'link'; hearings: HearingLine[] }
export interface Invitation { seat: string; role: Role; person?: string; name?: string; by: string; from: string; until: string; state: InvitationState }
/** of: the account's role that the seat asks for; "" for a seat whose link admits whoever opens it. */
export interface SeatToFill { seat: string; role: Role; of: AccountRole | '' }
export interface Invitations { invitations: Invitation[]; seats: SeatToFill[] }

// ---- devices
export interface Device { device: string; kind: 'room' | 'camera'; label: string; kept: string; enrolled: string; until: string; state: 'certified' | 'expired' | 'revoked'; last?: string; hearings: { hearing: string; place: string }[] }
export interface DeviceEnrolment { enrolment: string; kind: 'room' | 'camera'; label: string; state: 'open' | 'waiting' | 'confirmed'; until: string; short_code?: string; kept?: string }
export interface Devices { devices: Device[]; enrolments: DeviceEnrolment[] }
export interface Place { place: string; device: string; since: string }

// ---- audit
export interface AuditEvent { index: number; at: string; code: string; actor: string; payload?: Record<string, unknown> | null }
export interface AuditPage { court: string; events: AuditEvent[]; more: boolean }

/** The parts of the page, in the order in which they stand, each with the right that it needs; the gateway decides again at each request. */
export type Part = 'hearings' | 'incidents' | 'protection' | 'statistics' | 'own' | 'people' | 'devices' | 'audit';
const parts: readonly [Part, readonly string[]][] = [
  ['hearings', ['own_account']], ['incidents', ['incident.see', 'incident.file', 'incident.overview']], ['protection', ['incident.clock']], ['statistics', ['statistics.see']],
  ['people', ['people.see']], ['devices', ['device.see']], ['audit', ['audit.read']], ['own', ['own_account']],
];
export const partsFor = (me: Me): Part[] => parts.filter(([, rights]) => rights.some((r) => me.rights.includes(r))).map(([part]) => part);
/** Whoever may do anything in the vault has the way to its own page (vault.html): what opens there is opened by the companion, and not by this page. */
export const seesVault = (me: Me): boolean => ['person.protect', 'vault.key', 'vault.order', 'vault.read'].some((r) => me.rights.includes(r));
export const may = (me: Me, right: string): boolean => me.rights.includes(right);
/** Clerk, judge, or an administrator for the seats of judges and clerks. */
export const mayInvite = (me: Me): boolean => may(me, 'seat.invite') || may(me, 'seat.appoint');

/**
 * Why a role cannot be added to those that a person has (the gateway's table decides; this says it before anything is pressed): an administrator and an
 * auditor see no hearing, and the sides of a trial stay apart. Null where it can.
 */
export function apart(held: readonly AccountRole[], role: AccountRole): 'administrator' | 'auditor' | 'register' | 'sides' | null {
  const others = held.filter((r) => r !== role);
  if (others.length === 0) return null;
  // Who oversees the register may also read the audit: both only look.
  const both = [...others, role];
  if (both.every((r) => r === 'auditor' || r === 'register_officer')) return null;
  if (both.includes('register_officer')) return 'register';
  if (role === 'administrator' || others.includes('administrator')) return 'administrator';
  if (role === 'auditor' || others.includes('auditor')) return 'auditor';
  const together: readonly (readonly AccountRole[])[] = [['defence_counsel', 'victims_lawyer'], ['support_person', 'legal_representative']];
  return others.every((o) => together.some((pair) => pair.includes(o) && pair.includes(role))) ? null : 'sides';
}
