// The one interface for work with vault keys. The page, the companion's page and the tests use this and nothing beside it, so that what may be done
// with a key can be read in one place. No I/O: what is stored and sent is for src/vault/gate.ts and ring.ts.
import type { Bytes } from './bytes';
import { open, release, rotate, seal, type Envelope, type Held, type Holder, type Opened, type Particulars, type Seat, type Sealed, type Share } from './envelope';
import { code, codeIs, keyOf, makeSeed, type Card, type Key } from './key';
import { backup, restore } from './paper';

export interface Keys {
  /** A new key, unlocked. */
  make(): Promise<Key>;
  /** The key of a seed that was unwrapped; the seed is cleared. */
  unlock(seed: Bytes): Promise<Key>;
  recipient(key: Key): string;
  /** The 20 digits of a card, to be told by telephone or in person. */
  code(card: Card): string;
  /** Whether what was typed is the code of the card. */
  codeIs(card: Card, typed: string): boolean;
  seal(subject: Sealed, particulars: Particulars, seats: readonly Seat[], by: Key, at: string): Promise<Envelope>;
  release(held: Held, holder: Key, opening: string, reader: Card, pseudonym: string | null): Promise<{ half: 1 | 2; share: string }>;
  open(envelope: Envelope, releases: readonly { half: number; share: string }[], opening: string, reader: Key, pseudonym: string | null): Promise<Opened>;
  /** 14 groups of four letters, for paper. */
  backup(key: Key): string[];
  restore(typed: string): Promise<Key>;
  rotate(held: Held, from: Key, to: Card, holder: Holder): Promise<Share>;
}

const wiped = async <T>(seed: Bytes, use: (seed: Bytes) => T | Promise<T>): Promise<T> => {
  try { return await use(seed); } finally { seed.fill(0); }
};

export const keys: Keys = {
  make: () => wiped(makeSeed(), keyOf),
  unlock: (seed) => wiped(seed, keyOf),
  recipient: (key) => key.card.recipient,
  code, codeIs, seal, release, open,
  backup: (key) => { const seed = key.seed(); try { return backup(seed); } finally { seed.fill(0); } },
  restore: async (typed) => wiped(restore(typed), keyOf),
  rotate,
};
