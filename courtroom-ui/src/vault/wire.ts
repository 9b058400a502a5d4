// What the gateway says of the vault (signaling/ACCOUNTS.md, "The vault"). Everything here is the gateway's word: a name beside a key, a pseudonym beside a
// person, a state. What must not be taken on its word is checked in ring.ts and envelope.ts.
import type { Half, Holder, Share } from './envelope';
import type { Card } from './key';

/** What a person of the court is; the other two are sheets of paper. */
export type OwnRole = 'judge' | 'prosecutor' | 'investigator';
export type Role = OwnRole | 'recovery1' | 'recovery2';

export interface WireKey { key: string; card: Card; person: string; roles?: string[]; half?: number; state: string; since?: string }
export interface SealTo { half: Half; holder: Holder; key: string }
export interface Reseal { half: Half; holder: Holder; key: string; why: string }
export interface WirePerson { person: string; pseudonym: string; state: string; version: number; made_by: string; since: string; seal_to: SealTo[] | null; reseal: Reseal[] | null; hearings: string[] | null }
export interface Opening {
  opening: string; kind: 'open' | 'rotation'; person: string; pseudonym: string; version: number; reader: { person: string; key: string };
  ordered_by: string; why: string; ground: string; from: string; until: string; tell_lawyer: boolean; hearing?: string; recovery?: number[];
  state: 'ordered' | 'released' | 'opened' | 'over' | 'stopped' | 'expired';
  released: { half: number; by: string; holder: string; at: string }[] | null;
}
export interface Ground { id: string; article: string; text: Record<string, string> }
export interface VaultState {
  court: string; me: { person: string; roles: string[] }; plain_browser: boolean; policy?: { half: Half; holder: Holder }[]; key: { key: string; card: Card; state: string } | null;
  grounds: Ground[]; keys: WireKey[]; recovery: { state: 'none' | 'entered' | 'confirmed'; keys?: string[]; cards?: Card[] };
  persons: WirePerson[]; openings: Opening[];
}
export interface HeldAnswer { opening?: string; person?: string; court?: string; version: number; payload_sha256: string; shares: (Share & { to?: { key: string; card: Card } })[]; reader?: { person: string; key: string; card: Card } }
export interface TakenAnswer { opening: string; envelope: unknown; releases: { half: number; share: string }[] }
