// What the person at this seat may do now. An action that is undefined is unavailable; a screen draws no button for it,
// or draws it as unavailable where its place must not move (pause, flag). The gateway decides again in any case.
import type { FlagRuling, FlagKind, HeardHow, PutForm, Interpreted, Renderings, Respeaker, SessionKind, EntryKind } from '../signaling/wire';
import type { Page } from './model';

export type Answer = { ok: true; index?: number; result?: Record<string, unknown> } | { ok: false; code: string };
export type Send = (name: string, args?: Record<string, unknown>) => Promise<Answer>;
export interface NewEntry { kind: EntryKind; text: string; speaker?: string; lang?: string; interpreted?: Interpreted; number?: string; sealed?: string }
export interface NewDraft { template: string; reason: string; renderings?: Renderings; respeaker?: Respeaker; pseudonym?: string; session?: SessionKind; valid_until?: string }
export interface FlagDetail { kind?: FlagKind; target?: string; source?: string; note?: string; concerns?: string; discreet?: boolean }

/** A call that passes over a safeguard: why, and which one. */
export interface PassedOver { reason: string; without_certificate?: boolean }

type Act<A extends unknown[] = []> = ((...args: A) => Promise<Answer>) | undefined;

export interface Actions {
  // Protecting: always there when the role has them, link or no link.
  pause: Act<[why?: string]>;
  flag: Act<[detail?: FlagDetail]>;
  /** The witness's picture and sound go to nobody at once. Kept, and sent later, where the link is lost. */
  emergency: Act;
  /** The officer gave the agreed phrase by telephone. */
  duress: Act;
  duressAnswer: Act<[what: 'pause' | 'clear_room' | 'stand_down', reason?: string]>;
  mute: Act<[seat: string]>;
  remove: Act<[seat: string]>;
  kind: Act<[kind: SessionKind, reason?: string, confirm?: boolean]>;
  // For the record.
  addEntry: Act<[entry: NewEntry]>;
  amend: Act<[entry: number, text: string, reason?: string, interpreted?: Interpreted]>;
  strike: Act<[entry: number, reason: string]>;
  restore: Act<[entry: number, reason: string]>;
  flagDetail: Act<[flag: string, detail: FlagDetail]>;
  flagAnswer: Act<[flag: string, text: string]>;
  flagRequest: Act<[flag: string, measures: string[], note?: string]>;
  object: Act<[text?: string]>;
  askFloor: Act<[text?: string]>;
  undertake: Act<[agree: boolean]>;
  // Deciding: only on an open link, so that nobody decides on a picture that has gone.
  enrolKey: Act<[key: string]>;
  draftOrder: Act<[draft: NewDraft]>;
  signOrder: Act<[bytes: string, signature: string, reason?: string, confirm?: boolean]>;
  open: Act; suspend: Act<[reason?: string]>; resume: Act; close: Act;
  identity: Act<[how: string]>;
  rehearse: Act; call: Act<[over?: PassedOver]>; release: Act;
  issueOfficer: Act;
  giveFloor: Act<[seat: string]>;
  unmute: Act<[seat: string, reason?: string]>;
  admit: Act<[seat: string, reason?: string]>;
  rule: Act<[id: string, reason: string, positions: string]>;
  reissue: Act<[seat: string]>;
  requestDone: Act<[id: string, ruling?: string]>;
  flagPut: Act<[flag: string, seat: string, form: PutForm, gist?: string]>;
  flagHeard: Act<[flag: string, seat: string, how: HeardHow, positions?: string]>;
  showSeat: Act<[seat: string]>;
  takeStop: Act<[seat: string, reason: string]>;
  giveStop: Act<[seat: string]>;
  emergencyEnd: Act<[reason: string]>;
  ruleFlag: Act<[flag: string, ruling: FlagRuling, more?: { reason?: string; seat?: string }]>;
  sign: Act<[signature: string]>;
  /** Takes a refused command off the screen. */
  dismiss: (id: string) => void;
}

const defined = (o: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== ''));

export function actionsFor(page: Page, send: Send, dismiss: (id: string) => void): Actions {
  const can = new Set(page.state?.you.can ?? []);
  const always = <A extends unknown[]>(name: string, args: (...a: A) => Record<string, unknown>): Act<A> =>
    can.has(name) ? (...a: A) => send(name, defined(args(...a))) : undefined;
  const linked = <A extends unknown[]>(name: string, args: (...a: A) => Record<string, unknown>): Act<A> =>
    page.link === 'open' ? always(name, args) : undefined;
  const none = (): Record<string, unknown> => ({});
  return {
    pause: always('testimony.pause', (why?: string) => ({ why })),
    flag: always('flag.raise', (d?: FlagDetail) => ({ ...d })),
    emergency: always('emergency.raise', none),
    duress: always('duress.raise', () => ({ means: 'phrase' })),
    duressAnswer: always('duress.answer', (what: string, reason?: string) => ({ do: what, reason })),
    flagAnswer: always('flag.answer', (flag: string, text: string) => ({ flag, text })),
    flagRequest: always('flag.request', (flag: string, measures: string[], note?: string) => ({ flag, ...(measures.length > 0 && { measures }), note })),
    flagPut: linked('flag.put', (flag: string, seat: string, form: PutForm, gist?: string) => ({ flag, seat, form, gist })),
    flagHeard: linked('flag.heard', (flag: string, seat: string, how: HeardHow, positions?: string) => ({ flag, seat, how, positions })),
    showSeat: linked('seat.show', (seat: string) => ({ seat })),
    takeStop: linked('seat.take_stop', (seat: string, reason: string) => ({ seat, reason })),
    giveStop: linked('seat.give_stop', (seat: string) => ({ seat })),
    emergencyEnd: linked('emergency.end', (reason: string) => ({ reason })),
    mute: always('seat.mute', (seat: string) => ({ seat })),
    remove: always('seat.remove', (seat: string) => ({ seat })),
    kind: linked('session.kind', (kind: SessionKind, reason?: string, confirm?: boolean) => ({ kind, reason, confirm })),
    addEntry: always('entry.add', (e: NewEntry) => ({ ...e })),
    amend: always('entry.amend', (entry: number, text: string, reason?: string, interpreted?: Interpreted) => ({ entry, text, reason, interpreted })),
    strike: always('entry.strike', (entry: number, reason: string) => ({ entry, reason })),
    restore: always('entry.restore', (entry: number, reason: string) => ({ entry, reason })),
    // Offered with the flag itself: while that waits for a link the gateway knows of none, and what is written of it waits behind it.
    flagDetail: can.has('flag.detail') || can.has('flag.raise') ? (flag, d) => send('flag.detail', defined({ flag, ...d })) : undefined,
    object: always('objection.raise', (text?: string) => ({ text })),
    askFloor: always('question.request', (text?: string) => ({ text })),
    undertake: can.has('undertaking.sign') ? (agree) => send('undertaking.sign', { agree }) : undefined,
    enrolKey: linked('key.enrol', (key: string) => ({ key })),
    draftOrder: linked('order.draft', (d: NewDraft) => ({ ...d })),
    signOrder: linked('order.sign', (bytes: string, signature: string, reason?: string, confirm?: boolean) => ({ bytes, signature, reason, confirm })),
    open: linked('hearing.open', none),
    suspend: linked('hearing.suspend', (reason?: string) => ({ reason })),
    resume: linked('hearing.resume', none),
    close: linked('hearing.close', none),
    identity: linked('identity.verified', (how: string) => ({ how })),
    rehearse: linked('testimony.rehearse', none),
    call: linked('testimony.call', (over?: PassedOver) => (over ? { ...over, confirm: true } : {})),
    issueOfficer: linked('officer.issue', none),
    release: linked('testimony.release', none),
    giveFloor: page.link === 'open' && can.has('floor.give') ? (seat) => send('floor.give', { seat }) : undefined,
    unmute: linked('seat.unmute', (seat: string, reason?: string) => ({ seat, reason })),
    admit: linked('seat.admit', (seat: string, reason?: string) => ({ seat, reason })),
    rule: linked('ruling.give', (id: string, reason: string, positions: string) => ({ id, reason, positions })),
    reissue: linked('seat.reissue', (seat: string) => ({ seat })),
    requestDone: linked('request.done', (id: string, ruling?: string) => ({ id, ruling })),
    ruleFlag: linked('flag.rule', (flag: string, ruling: FlagRuling, more?: { reason?: string; seat?: string }) => ({ flag, ruling, ...more })),
    sign: linked('protocol.sign', (signature: string) => ({ signature })),
    dismiss,
  };
}
