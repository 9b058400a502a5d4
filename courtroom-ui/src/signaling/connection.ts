// One WebSocket to the gateway, reopened for as long as the page lives: first retry after 200 ms, then doubling to
// 2 s, so that a restarted gateway has every seat back within five seconds. It knows nothing of hearings.
import { parseServerMessage, type ClientMessage, type ServerMessage } from './wire';
import type { Link } from '../state/model';

export interface ConnectionConfig {
  url: string;
  /** What to say first on each new connection. */
  hello: () => ClientMessage;
  onLink: (link: Link) => void;
  /** The gateway refused the connection for good, for a reason it names (hearing_unknown, seat_unknown, ...). */
  onRefused: (code: string) => void;
  onMessage: (message: ServerMessage) => void;
}

const firstRetryMs = 200;
const lastRetryMs = 2_000;
const pingEveryMs = 2_000;
// Longer than a slow write at the gateway, shorter than a person's patience.
const silenceMs = 6_000;
// How long an answer may take when the network has just changed.
const answerMs = 800;
// Refusals that trying again cannot change.
const final: ReadonlySet<string> = new Set(['hearing_unknown', 'seat_unknown', 'seat_taken', 'token_wrong', 'token_role', 'code_wrong', 'removed', 'sign_in_required', 'not_invited', 'invitation_early', 'invitation_over', 'role_missing']);

export class Connection {
  private socket: WebSocket | null = null;
  private retryMs = firstRetryMs;
  private retryTimer = 0;
  private pingTimer = 0;
  private heardAt = 0;
  private ended = false;
  private everOpen = false;
  private readonly config: ConnectionConfig;

  constructor(config: ConnectionConfig) {
    this.config = config;
    window.addEventListener('offline', this.wentOffline);
    window.addEventListener('online', this.cameOnline);
    network()?.addEventListener('change', this.moved);
  }

  open(): void {
    const socket = new WebSocket(this.config.url);
    this.socket = socket;
    this.heardAt = Date.now();
    socket.onopen = () => {
      this.everOpen = true;
      this.retryMs = firstRetryMs;
      this.heardAt = Date.now();
      socket.send(JSON.stringify(this.config.hello()));
      this.config.onLink('open');
      this.pingTimer = window.setInterval(() => this.ping(socket), pingEveryMs);
    };
    socket.onmessage = (event) => {
      this.heardAt = Date.now();
      const message = typeof event.data === 'string' ? parseServerMessage(event.data) : null;
      if (message && message.type !== 'pong') this.config.onMessage(message);
    };
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  /** False when there is no open connection; the caller keeps what must not be lost. */
  send(message: ClientMessage): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  close(): void {
    this.ended = true;
    window.removeEventListener('offline', this.wentOffline);
    window.removeEventListener('online', this.cameOnline);
    network()?.removeEventListener('change', this.moved);
    window.clearTimeout(this.retryTimer);
    window.clearInterval(this.pingTimer);
    this.socket?.close(1000);
  }

  // The machine has lost its network: say so now, and not when the next ping is missed.
  private readonly wentOffline = (): void => {
    const socket = this.socket;
    if (!socket) return;
    socket.close();
    this.closed(socket, 1006);
  };

  private readonly cameOnline = (): void => {
    if (this.socket || this.ended) return;
    window.clearTimeout(this.retryTimer);
    this.retryMs = firstRetryMs;
    this.open();
  };

  // The machine has another network: a link that does not answer at once lay in the old one.
  private readonly moved = (): void => {
    const socket = this.socket;
    if (!socket || !this.send({ type: 'ping', t: Date.now() })) return;
    const asked = Date.now();
    window.setTimeout(() => {
      if (this.socket !== socket || this.heardAt >= asked) return;
      socket.close();
      this.retryMs = firstRetryMs;
      this.closed(socket, 1006);
    }, answerMs);
  };

  // A link that died without a word (a cable pulled) is noticed here and not after minutes of TCP.
  private ping(socket: WebSocket): void {
    if (Date.now() - this.heardAt > silenceMs) { socket.close(); this.closed(socket, 1006); return; }
    this.send({ type: 'ping', t: Date.now() });
  }

  private closed(socket: WebSocket, code: number): void {
    if (this.socket !== socket || this.ended) return;
    this.socket = null;
    window.clearInterval(this.pingTimer);
    if (code === 4001 || code === 4002) { this.ended = true; this.config.onLink(code === 4001 ? 'seat_lost' : 'not_signed_in'); void this.askWhoEnded(); return; }
    this.config.onLink('lost');
    if (!this.everOpen) void this.askWhy();
    this.retryTimer = window.setTimeout(() => this.open(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, lastRetryMs);
  }

  // A seat that was lost because its person's session ended is still hers: the page says so, and how to come back, in place of "lost".
  private async askWhoEnded(): Promise<void> {
    if (await this.refusal() === 'sign_in_required') this.config.onRefused('signed_out');
  }

  // A browser does not tell a page why a WebSocket was refused; the same door, asked plainly, does.
  private async askWhy(): Promise<void> {
    const code = await this.refusal();
    if (this.everOpen || this.ended || code === null || !final.has(code)) return;
    this.close();
    this.config.onRefused(code);
  }

  private async refusal(): Promise<string | null> {
    const answer = await fetch(this.config.url.replace(/^ws/, 'http'), { credentials: 'same-origin' }).catch(() => null);
    const body = await answer?.json().catch(() => null) as { code?: unknown } | null | undefined;
    return typeof body?.code === 'string' ? body.code : null;
  }
}

// The Network Information API, where the browser has it.
const network = (): EventTarget | undefined => (globalThis.navigator as (Navigator & { connection?: EventTarget }) | undefined)?.connection;
