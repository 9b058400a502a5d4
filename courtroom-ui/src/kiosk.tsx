// The page in the shielded room. It talks to the station on this machine and to nobody else; the court's pictures and
// sound come from the gateway's media port over the connection that the station negotiates for it.
import { render } from 'preact';
import { useState } from 'preact/hooks';
import { Languages, firstLanguage, useChanges } from './app';
import { expose } from './hooks';
import { remember, remembered } from './kiosk/calls';
import { Door, enterRoom } from './kiosk/door';
import { KioskScreen } from './kiosk/screens';
import { Siren } from './kiosk/siren';
import { alarms, emptyKiosk, reduceKiosk, stageOf, unsentOf, untaken, type Call, type Kiosk, type KioskCommand, type KioskEvent, type StationMessage, type Writing } from './kiosk/state';
import { LevelMeter } from './rtc/level';
import { Receiver } from './rtc/receive';
import { Speakers } from './rtc/sound';
import { codeOf } from './signaling/enter';
import { emptyPage } from './state/model';
import './styles/index.css';

class Room {
  kiosk: Kiosk = { ...emptyKiosk, ...remembered(sessionStorage) };
  clips = 0;
  readonly receiver: Receiver;
  readonly listeners = new Set<() => void>();
  private readonly door: Door;
  private readonly speakers: Speakers;
  private readonly meter = new LevelMeter();
  private readonly siren = new Siren();

  constructor() {
    this.door = new Door({ onDoor: (door) => { this.dispatch({ kind: 'door', door }); this.sendCalls(); }, onMessage: (m) => this.messageCame(m) });
    this.receiver = new Receiver({ offer: (sdp) => this.door.send({ type: 'rtc.offer', sdp }), onChange: () => this.mediaChanged() });
    this.speakers = new Speakers(() => this.changed());
    setInterval(() => this.ring(), 1000); // an alarm ends by itself
    this.meter.start((db) => { if (this.kiosk.door === 'open') this.door.send({ type: 'far', db }); });
  }

  open(): void { this.door.open(); }

  /** Break and fear act on this screen at once; the station and the gateway follow. */
  press(command: KioskCommand): void {
    this.wake();
    if (this.door.send(command)) this.dispatch({ kind: 'pressed', what: command.type });
  }

  /** A sign is kept by this page, over a reload as well, until the station has it on its disk. */
  sign(call: Omit<Call, 'at'>): void {
    this.wake();
    this.dispatch({ kind: 'sign', call: { ...call, at: new Date().toISOString() } });
    const whole = this.kiosk.calls.find((c) => c.id === call.id);
    if (whole) this.door.send(whole);
  }

  private sendCalls(): void { for (const call of untaken(this.kiosk)) this.door.send(call); }

  private ring(): void { this.siren.set(alarms(this.kiosk, Date.now())); }

  write(writing: Kiosk['writing']): void { this.dispatch({ kind: 'write', writing }); }

  /** Her words stay on this page until the station has them; the station keeps them until the court has. */
  say(what: Writing, text: string, language: string): void {
    this.wake();
    this.dispatch({ kind: 'sent', piece: { type: what, id: crypto.randomUUID(), text, language } });
    this.sendWritten();
  }

  private sendWritten(): void { for (const piece of unsentOf(this.kiosk)) this.door.send(piece); }

  /** The first touch of the page lets it be heard. */
  wake(): void { this.speakers.unlock(); this.meter.wake(); this.siren.wake(); }

  private dispatch(event: KioskEvent): void {
    const recorded = this.kiosk.station?.rehearsal;
    this.kiosk = reduceKiosk(this.kiosk, event);
    remember(sessionStorage, this.kiosk);
    this.ring();
    // A new clip under the old address: a number makes the page fetch it anew.
    if (recorded !== 'ready' && this.kiosk.station?.rehearsal === 'ready') this.clips += 1;
    this.changed();
  }

  private messageCame(m: StationMessage): void {
    if (m.type === 'rtc.answer') { void this.receiver.answer(m.sdp); return; }
    if (m.type === 'rtc.closed') { this.receiver.redial(200); return; }
    if (m.type === 'rtc.thin') { this.receiver.thinned(m.slots); return; }
    if (m.type === 'ice') { this.receiver.iceServers = m.servers; return; }
    const wasUp = this.kiosk.station?.link === 'up';
    this.dispatch({ kind: 'message', message: m });
    if (m.type === 'station') { this.receiver.relayOnly = m.relay_only === true; this.sendWritten(); }
    // Before the station has said which way the room may be connected, it is not.
    if (this.kiosk.station && this.kiosk.state) this.receiver.follow(this.kiosk.state.slots ?? []);
    if (m.type === 'station' && m.link === 'up' && !wasUp && this.kiosk.state) this.receiver.redial(0);
  }

  private mediaChanged(): void {
    const slots = this.kiosk.state?.slots ?? [];
    this.speakers.follow(slots, this.receiver);
    this.meter.follow(slots.filter((s) => s.media === 'audio').map((s) => this.receiver.track(s.slot, 'audio')).filter((t) => t !== null));
    this.changed();
  }

  private changed(): void { this.listeners.forEach((l) => l()); }
}

const root = document.getElementById('app')!;
const first = await firstLanguage();
document.documentElement.lang = first.lang;
const room = new Room();
const subscribe = (l: () => void): (() => void) => { room.listeners.add(l); return () => room.listeners.delete(l); };

function App() {
  useChanges(subscribe);
  const [child, setChild] = useState(false);
  return (
    <KioskScreen
      kiosk={room.kiosk} stage={stageOf(room.kiosk)} media={room.receiver} child={child} setChild={setChild}
      press={(c) => room.press(c)} sign={(c) => room.sign(c)} write={(w) => room.write(w)} say={(what, text, lang) => room.say(what, text, lang)} enter={async (code) => { room.wake(); return enterRoom(code); }}
      self="/local/self.mjpeg" clip={`/local/rehearsal.webm?n=${room.clips}`}
    />
  );
}

const code = codeOf(location.hash);
history.replaceState(null, '', location.pathname);
if (code !== null) await enterRoom(code);
window.addEventListener('pointerdown', () => room.wake(), { once: true });
expose({ page: () => ({ ...emptyPage, state: room.kiosk.state }), own: () => stageOf(room.kiosk), counts: () => room.receiver.counts() });
render(<Languages first={first}><App /></Languages>, root);
room.open();
