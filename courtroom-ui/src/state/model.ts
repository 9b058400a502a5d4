// The one state of a seat's page. It grows only by reduce(); screens read it and never write it.
import type { Entry, State } from '../signaling/wire';

export type Link =
  | 'connecting' | 'open' | 'lost'
  // The gateway has said a last word; the page stops trying.
  | 'seat_lost' | 'not_signed_in';

/** A command that the gateway has not yet acknowledged. */
export interface Waiting {
  id: string;
  name: string;
  args: Record<string, unknown>;
  /** When the person did it (RFC 3339), not when it was sent. */
  at: string;
  /** Set when the gateway refused it: it stays on the screen until the person has read it. */
  refused?: { code: string; message: string; ref?: string };
}

/** A flag of this page: command is what raised it, flag the gateway's id of it. */
export interface Raised { command: string; at: string; discreet: boolean; flag?: string }

export interface Page {
  link: Link;
  /** Local time (ms since the epoch) of the last change of the link. */
  linkSince: number;
  /** Gateway's clock minus this machine's, in ms. */
  clockOffset: number;
  state: State | null;
  /** Ascending by index, each index once. */
  entries: readonly Entry[];
  /** In the order they were pressed. */
  waiting: readonly Waiting[];
  /** The newest flag that was pressed at this page; its id is there once the gateway has answered. */
  raised: Raised | null;
  /** Link that seat.reissue answered with, by seat: shown once to whoever asked. */
  links: Readonly<Record<string, string>>;
}

export const emptyPage: Page = {
  link: 'connecting', linkSince: 0, clockOffset: 0, state: null, entries: [], waiting: [], raised: null, links: {},
};

/** Index of the newest entry this page holds; what `hello.since` asks to continue from. */
export const lastIndex = (page: Page): number => page.entries.at(-1)?.index ?? 0;
