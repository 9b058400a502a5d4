// The page's shell: it joins the connection, the outbox and the media to the one state, and hands screens a snapshot.
// Everything that can go wrong on the way is a state here, never an exception in a screen.
import { Connection } from './signaling/connection';
import { afterRaise, briefMs, isForTheRecord, isTransient, Outbox } from './signaling/outbox';
import type { Place } from './signaling/enter';
import { incidentsOf, type Incidents } from './signaling/incidents';
import { challengeOf, neverAsks, StepUps, type Proof, type StepUp } from './passkey/stepup';
import type { Command, Formula, IceServer, ServerMessage, State, WireError } from './signaling/wire';
import { Receiver } from './rtc/receive';
import { Publisher } from './rtc/publish';
import { Guard } from './guard/watch';
import { Speakers } from './rtc/sound';
import { actionsFor, type Actions, type Answer } from './state/actions';
import { emptyPage, lastIndex, type Link, type Page, type Waiting } from './state/model';
import { fetchFormulas } from './state/formulas';
import { reduce, type PageEvent } from './state/reduce';

export interface Media {
  track(slot: string, media: 'video' | 'audio'): MediaStreamTrack | null;
  fresh(slot: string): boolean;
  drew(slot: string): void;
  /** This page's network does not carry the slot's picture. */
  thin?(slot: string): boolean;
}
export interface Snapshot {
  page: Page;
  actions: Actions;
  media: Media;
  sound: { blocked: boolean; unlock: () => void };
  own: { status: Publisher['status']; start: (picture: boolean) => void; stop: () => void };
  refused: string | null;
  /** The court's own, for seats that write; none until they are loaded. */
  formulas: readonly Formula[];
  /** The names that must not be written, in this page's memory alone. */
  guard: Pick<Guard, 'watched' | 'now'> & { watch: (list: string) => readonly string[] };
  /** The register's incidents of this hearing. */
  incidents: Incidents;
  /** A touch that the gateway wants for what was pressed; null for none. */
  stepUp: StepUp | null;
}

export interface SessionConfig { place: Place; lang: () => string; onChange: () => void }

// The wire closes on a message over 256 KiB (PROTOCOL.md), and a command that closes it each time it is sent would keep everything behind it from the gateway,
// flags too. One that large is refused here and never queued; the measure leaves room for the envelope.
const mostBytes = 250_000;

// A record that the gateway could not write just now is offered again this much later.
const retryRecordMs = 3_000;

export class Session {
  page: Page = emptyPage;
  refused: string | null = null;
  private formulas: readonly Formula[] = [];
  private asked = false;
  readonly receiver: Receiver;
  readonly publisher: Publisher;
  readonly speakers: Speakers;
  private readonly guard: Guard;
  private readonly incidents: Incidents;
  private readonly connection: Connection;
  private readonly outbox: Outbox;
  private readonly answers = new Map<string, (a: Answer) => void>();
  private readonly stepUps: StepUps;
  /** Sent with a touch, and not answered yet. They are in no outbox: a touch is for now, and not for after a reload. */
  private readonly proved = new Map<string, { waiting: Waiting; proof: Proof; until: number }>();
  private readonly config: SessionConfig;
  private readonly expiry: number;

  constructor(config: SessionConfig) {
    this.config = config;
    const { hearing, seat } = config.place;
    this.outbox = new Outbox(localStorage, hearing, seat);
    this.stepUps = new StepUps(config.onChange);
    this.incidents = incidentsOf(config.place);
    for (const waiting of this.outbox.waiting) this.page = reduce(this.page, { kind: 'queued', waiting });
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    this.connection = new Connection({
      url: `${scheme}://${location.host}/ws/${hearing}?seat=${seat}`,
      hello: () => ({ type: 'hello', lang: config.lang(), since: lastIndex(this.page) }),
      onLink: (link) => this.linkChanged(link),
      onMessage: (m) => this.messageCame(m),
      onRefused: (code) => { this.refused = code; config.onChange(); },
    });
    this.receiver = new Receiver({ offer: (sdp) => this.connection.send({ type: 'rtc.offer', sdp }), onChange: () => this.mediaChanged() });
    this.speakers = new Speakers(config.onChange);
    this.guard = new Guard(config.onChange);
    this.publisher = new Publisher({
      offer: (sdp) => this.connection.send({ type: 'rtc.publish', sdp }),
      unpublish: () => void this.connection.send({ type: 'rtc.unpublish' }),
      onChange: config.onChange,
    });
    // Any press lets the page be heard; the button is for whoever presses nothing else.
    for (const press of ['pointerdown', 'keydown'] as const) window.addEventListener(press, this.touched);
    this.expiry = window.setInterval(() => this.expire(), 1_000);
  }

  start(): void { this.connection.open(); }

  close(): void {
    window.clearInterval(this.expiry);
    for (const press of ['pointerdown', 'keydown'] as const) window.removeEventListener(press, this.touched);
    this.connection.close();
    this.stepUps.close();
    this.receiver.close();
    this.publisher.stop();
    this.speakers.close();
  }

  snapshot(): Snapshot {
    return {
      page: this.page, refused: this.refused, incidents: this.incidents, formulas: this.formulas, media: this.receiver, guard: { watched: this.guard.watched, now: this.guard.now, watch: (list) => this.guard.watch(list) }, stepUp: this.stepUps.now,
      actions: actionsFor(this.page, (name, args) => this.send(name, args ?? {}), (id) => this.dismiss(id)),
      sound: { blocked: this.speakers.blocked, unlock: () => this.speakers.unlock() },
      own: { status: this.publisher.status, start: (picture) => void this.publisher.start(picture), stop: () => this.publisher.stop() },
    };
  }

  private dispatch(event: PageEvent): void {
    this.page = reduce(this.page, event);
    this.config.onChange();
  }

  private send(name: string, args: Record<string, unknown>): Promise<Answer> {
    const at = new Date(Date.now() + this.page.clockOffset).toISOString();
    const held = this.guard.hold(name, args, this.page.state?.testimony.pseudonym);
    return held ? held.then((decided) => (decided ? this.queue(name, { ...decided }, at) : { ok: false, code: 'name_guarded' })) : this.queue(name, args, at);
  }

  private queue(name: string, args: Record<string, unknown>, at: string): Promise<Answer> {
    const waiting: Waiting = { id: crypto.randomUUID(), name, args: this.named(args), at };
    if (new TextEncoder().encode(JSON.stringify(asCommand(waiting))).length > mostBytes) {
      this.dispatch({ kind: 'queued', waiting: { ...waiting, refused: { code: 'too_large', message: '' } } });
      return Promise.resolve({ ok: false, code: 'too_large' });
    }
    this.outbox.add(waiting);
    this.dispatch({ kind: 'queued', waiting });
    if (this.outbox.ready.includes(waiting)) this.connection.send(asCommand(waiting));
    return new Promise((resolve) => this.answers.set(waiting.id, resolve));
  }

  /** A flag may have got its id while the screen still spoke of its command. */
  private named(args: Record<string, unknown>): Record<string, unknown> {
    const { raised } = this.page;
    return raised?.flag !== undefined && args['flag'] === afterRaise(raised.command) ? { ...args, flag: raised.flag } : args;
  }

  private dismiss(id: string): void {
    this.outbox.settle(id);
    this.dispatch({ kind: 'dismissed', id });
  }

  private linkChanged(link: Link): void {
    this.dispatch({ kind: 'link', link, now: Date.now() });
    if (link === 'seat_lost' || link === 'not_signed_in') { this.stepUps.close(); this.guard.close(); }
    if (link !== 'open') return;
    this.expire();
    for (const waiting of this.outbox.ready) this.connection.send(asCommand(waiting));
    for (const { waiting, proof } of this.proved.values()) this.connection.send({ ...asCommand(waiting), proof });
    // The gateway may be a new process that knows nothing of the old media connections.
    void this.publisher.dial();
    if (this.page.state?.slots) this.receiver.redial(0);
  }

  private messageCame(m: ServerMessage): void {
    switch (m.type) {
      case 'rtc.answer': return void this.receiver.answer(m.sdp);
      case 'rtc.published': return void this.publisher.answer(m.sdp);
      case 'rtc.closed': return m.why === 'publication' ? this.redialOwn() : this.receiver.redial(200);
      case 'rtc.thin': return this.receiver.thinned(m.slots);
      case 'ice': return this.relays(m.servers);
      case 'ack':
        this.flagNamed(m.id, m.result?.['flag']);
        this.outbox.settle(m.id);
        this.settle(m.id, { ok: true, ...(m.index !== undefined && { index: m.index }), ...(m.result && { result: m.result }) });
        break;
      case 'error':
        if (m.id !== undefined && (this.mustProve(m.id, m) || this.keepTrying(m.id, m.code))) return;
        if (m.id !== undefined) this.refusedForGood(m.id, m);
        break;
    }
    this.dispatch({ kind: 'message', message: m, now: Date.now() });
    if (m.type === 'state') this.stateCame(m);
  }

  /** A refused flag stays, with what was written of it, until somebody at this page has put it away; anything else is let go of. */
  private refusedForGood(id: string, { code, message, ref }: WireError): void {
    const flag = this.outbox.refuse(id, { code, message, ...(ref !== undefined && { ref }) });
    this.flagNamed(id, null);
    if (flag) this.dispatch({ kind: 'named', waiting: flag });
    else this.outbox.settle(id);
    this.settle(id, { ok: false, code });
  }

  /** What was written about a flag before the gateway had named it goes now, under its name. */
  private flagNamed(command: string, flag: unknown): void {
    for (const waiting of this.outbox.raised(command, typeof flag === 'string' ? flag : null)) {
      if (typeof flag !== 'string') { this.settle(waiting.id, { ok: false, code: 'flag_refused' }); this.dispatch({ kind: 'dismissed', id: waiting.id }); continue; }
      this.dispatch({ kind: 'named', waiting });
      this.connection.send(asCommand(waiting));
    }
  }

  private readonly touched = (): void => { if (this.speakers.blocked) this.speakers.unlock(); };

  private mediaChanged(): void {
    this.speakers.follow(this.page.state?.slots ?? [], this.receiver);
    this.config.onChange();
  }

  private stateCame(state: State): void {
    if (!this.asked && state.you.can.includes('entry.add')) { this.asked = true; void this.loadFormulas(); }
    this.receiver.follow(state.slots ?? []);
    // A hearing that is over hears nobody: the devices are let go of, whoever forgot to.
    if (['closed', 'signed', 'sealed'].includes(state.hearing.phase) && this.publisher.status !== 'off') this.publisher.stop();
  }

  private async loadFormulas(): Promise<void> {
    try { this.formulas = await fetchFormulas(this.config.place); this.config.onChange(); } catch { this.asked = false; /* With the next state. */ }
  }

  private redialOwn(): void {
    window.setTimeout(() => void this.publisher.dial(), 1_000);
  }

  private relays(servers: IceServer[]): void {
    this.receiver.iceServers = servers;
    this.publisher.iceServers = servers;
  }

  private keepTrying(id: string, code: string): boolean {
    const w = this.outbox.waiting.find((x) => x.id === id);
    // A touch is never the price of a flag or an objection: it is offered again as it is.
    if (!w || !isForTheRecord(w.name) || !(isTransient(code) || (code === 'step_up_required' && neverAsks.has(w.name)))) return false;
    window.setTimeout(() => { if (this.outbox.waiting.includes(w)) this.connection.send(asCommand(w)); }, retryRecordMs);
    return true;
  }

  /** The gateway wants a touch for this command: the person is asked, and the same command goes again with the proof. */
  private mustProve(id: string, refusal: WireError): boolean {
    const waiting = this.proved.get(id)?.waiting ?? this.outbox.waiting.find((w) => w.id === id);
    const options = refusal.code === 'step_up_required' ? challengeOf(refusal) : null;
    if (!waiting || !options || neverAsks.has(waiting.name)) return false;
    // While the person reads, nothing sends it by itself, and it does not run out.
    this.outbox.settle(id);
    const again = this.proved.delete(id);
    void this.stepUps.ask({ name: waiting.name, args: waiting.args }, options, again).then((proof) => this.touchedOrNot(waiting, proof));
    return true;
  }

  private touchedOrNot(waiting: Waiting, proof: Proof | null): void {
    if (!proof) {
      this.settle(waiting.id, { ok: false, code: 'step_up_cancelled' });
      this.dispatch({ kind: 'dismissed', id: waiting.id });
      return;
    }
    this.proved.set(waiting.id, { waiting, proof, until: Date.now() + briefMs });
    this.connection.send({ ...asCommand(waiting), proof });
  }

  private settle(id: string, answer: Answer): void {
    this.proved.delete(id);
    this.answers.get(id)?.(answer);
    this.answers.delete(id);
  }

  private expire(): void {
    const unanswered = [...this.proved.values()].filter((p) => Date.now() > p.until).map((p) => p.waiting);
    for (const w of [...this.outbox.expire(Date.now() + this.page.clockOffset), ...unanswered]) {
      this.settle(w.id, { ok: false, code: 'link_lost' });
      this.dispatch({ kind: 'message', now: Date.now(), message: { type: 'error', id: w.id, code: 'link_lost', message: 'No answer came within ten seconds.' } });
    }
  }
}

const asCommand = ({ id, name, args, at }: Waiting): Command => ({ type: 'command', id, name, args, at });
