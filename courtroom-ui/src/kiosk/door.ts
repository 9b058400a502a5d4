// The kiosk's conversation with its station, on this machine: one WebSocket, opened again every half second.
import { parseStationMessage, type Kiosk, type KioskCommand, type StationMessage } from './state';

export interface DoorConfig { onDoor: (door: Kiosk['door']) => void; onMessage: (message: StationMessage) => void }

const retryMs = 500;

export class Door {
  private socket: WebSocket | null = null;
  private readonly config: DoorConfig;

  constructor(config: DoorConfig) { this.config = config; }

  open(): void {
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/local/ws`);
    let opened = false;
    this.socket = socket;
    socket.onopen = () => { opened = true; this.config.onDoor('open'); };
    socket.onmessage = (e) => {
      const message = typeof e.data === 'string' ? parseStationMessage(e.data) : null;
      if (message) this.config.onMessage(message);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      if (opened) this.config.onDoor('down');
      else void this.askWhy();
      window.setTimeout(() => { if (this.socket === socket) this.open(); }, retryMs);
    };
  }

  send(command: KioskCommand): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(command));
    return true;
  }

  /** A page does not learn why its WebSocket was refused; another address of the station says it. */
  private async askWhy(): Promise<void> {
    const answer = await fetch('/local/rehearsal.webm', { method: 'GET', credentials: 'same-origin' }).catch(() => null);
    this.config.onDoor(answer?.status === 403 ? 'shut' : 'down');
  }
}

export async function enterRoom(code: string): Promise<string | null> {
  const answer = await fetch('/local/enter', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code }), credentials: 'same-origin' }).catch(() => null);
  if (!answer) return 'unreachable';
  if (answer.ok) return null;
  const body = await answer.json().catch(() => null) as { code?: unknown } | null;
  return typeof body?.code === 'string' ? body.code : 'internal';
}
