// Who can be chosen to hold the two halves. The gateway lists who may, and nothing more: only a key that this seat pinned in that very role, or the seat's own
// in the role that its owner said, can be chosen. Pure.
import { refuse } from './bytes';
import type { Half, Holder } from './envelope';
import { code, type Card } from './key';
import type { Ring } from './ring';
import type { SealTo, VaultState } from './wire';

/** Why a key that the gateway lists cannot be chosen. */
export type Barred = 'not_pinned' | 'other_role' | 'role_unsaid';
/** `who` is this seat's own word for the owner; '' is the person herself, null nobody. */
export interface Candidate { half: Half; role: Holder; key: string; account: string; card: Card | null; who: string | null; why: Barred | null }
/** The key of the holder of each half. */
export type Chosen = Record<Half, string>;

export const halves: readonly Half[] = [1, 2];

/** Every key that by the gateway's list may hold a half, with what this seat says of it. */
export function candidates(state: VaultState, ring: Ring): Candidate[] {
  return state.keys.flatMap((k) => {
    const of = state.policy?.find((p) => p.half === k.half);
    if (k.state !== 'active' || !of) return [];
    const mine = ring.keys.find((r) => r.key === k.key), pin = ring.pins.find((p) => p.key === k.key);
    const role = mine ? mine.role : pin?.role;
    const why = role === of.holder ? null : mine && !role ? 'role_unsaid' : role ? 'other_role' : 'not_pinned';
    return [{ half: of.half, role: of.holder, key: k.key, account: k.person, card: (mine ?? pin)?.card ?? null, who: mine ? '' : pin?.who ?? null, why }];
  });
}

/** Nobody is asked where there is one for each half. */
export const mustChoose = (state: VaultState, ring: Ring): boolean => halves.some((h) => candidates(state, ring).filter((c) => c.half === h).length > 1);

/** The accounts of whom the person chose, for the gateway. A key that cannot be chosen is refused, however it came to be said. */
export function accountsOf(state: VaultState, ring: Ring, chosen: Chosen): Record<Half, string> {
  const account = (half: Half): string => {
    if (!chosen[half]) refuse('holders_needed');
    const c = candidates(state, ring).find((x) => x.half === half && x.key === chosen[half]) ?? refuse('not_pinned');
    return c.why ? refuse(c.why) : c.account;
  };
  return { 1: account(1), 2: account(2) };
}

/** What is sealed goes to the two who were chosen, not to another pinned colleague whom the gateway names in the place of one. */
export function checkChosen(sealTo: readonly SealTo[] | null, chosen: Chosen): void {
  if (sealTo?.some((s) => s.holder !== 'recovery' && s.key !== chosen[s.half])) refuse('other_holder');
}

/** The first four of the code's twenty digits, to tell two colleagues apart; never enough to type. */
export const firstDigits = (card: Card): string => code(card).slice(0, 4);
