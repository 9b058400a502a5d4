// The one connection for receiving: recvonly transceivers in the order of state.slots (RFC 9429, section 5.2.1: the
// m-sections come in the order the transceivers were made), negotiated once; what flows in a slot is the gateway's
// decision at each packet. When the connection dies a new one is offered; nothing here decides what may be seen.
import type { Slot } from '../signaling/wire';
import { look, neverSeen, type Freshness } from './freshness';

export interface SlotCount { slot: string; media: 'video' | 'audio'; packets: number; bytes: number; level: number; energy: number; frames: number; width: number; height: number; fresh: boolean }

interface Line { slot: Slot; transceiver: RTCRtpTransceiver; freshness: Freshness; drawn: number }

export interface ReceiverConfig {
  /** Sends the offer; false when there is no link (it is offered again when the link returns). */
  offer: (sdp: string) => boolean;
  /** A track has come, or a picture became fresh or old. */
  onChange: () => void;
}

const lookEveryMs = 50;
const countEveryMs = 100;
const redialMs = 1_000;
const gatherMs = 400;

export class Receiver {
  private pc: RTCPeerConnection | null = null;
  private lines: Line[] = [];
  private layout = '';
  private held: ReadonlySet<string> = new Set();
  private slots: readonly Slot[] = [];
  private redialTimer = 0;
  private readonly timers: number[] = [];
  private readonly config: ReceiverConfig;

  constructor(config: ReceiverConfig) {
    this.config = config;
    this.timers.push(window.setInterval(() => this.lookAll(), lookEveryMs), window.setInterval(() => void this.countFrames(), countEveryMs));
  }

  /** Relays for the connections made from now on. */
  iceServers: RTCIceServer[] = [];

  /** Connections go by a relay and no other way; without one there is none. */
  relayOnly = false;

  /** The slots as the newest state names them. A changed list, or a dead connection, is negotiated anew. */
  follow(slots: readonly Slot[]): void {
    this.slots = slots;
    const layout = slots.map((s) => `${s.slot}/${s.media}`).join(' ');
    if (layout === this.layout && this.pc) {
      this.lines.forEach((line, i) => { line.slot = slots[i] ?? line.slot; });
      return;
    }
    this.layout = layout;
    void this.dial();
  }

  /** The gateway, or the network, has ended the connection: offer anew. */
  redial(afterMs = redialMs): void {
    window.clearTimeout(this.redialTimer);
    this.redialTimer = window.setTimeout(() => void this.dial(), afterMs);
  }

  async answer(sdp: string): Promise<void> {
    if (this.pc?.signalingState !== 'have-local-offer') return;
    try { await this.pc.setRemoteDescription({ type: 'answer', sdp }); } catch { this.redial(); }
  }

  track(slot: string, media: 'video' | 'audio'): MediaStreamTrack | null {
    return this.line(slot, media)?.transceiver.receiver.track ?? null;
  }

  fresh(slot: string): boolean { return this.line(slot, 'video')?.freshness.fresh ?? false; }

  thin(slot: string): boolean { return this.held.has(slot); }

  /** The gateway holds these pictures back, because the network between it and this page does not carry them. */
  thinned(slots: readonly string[]): void {
    this.held = new Set(slots);
    this.config.onChange();
  }

  /** The page drew a frame of this slot (requestVideoFrameCallback): quicker news than the counters. */
  drew(slot: string): void {
    const line = this.line(slot, 'video');
    if (line) line.drawn += 1;
  }

  /** Counters per slot, for tests and for nothing else. */
  async counts(): Promise<SlotCount[]> {
    return Promise.all(this.lines.map(async (line) => {
      const s = await inbound(line.transceiver.receiver);
      return {
        slot: line.slot.slot, media: line.slot.media, packets: num(s.packetsReceived), bytes: num(s.bytesReceived),
        level: num(s.audioLevel), energy: num(s.totalAudioEnergy), frames: num(s.framesDecoded), width: num(s.frameWidth), height: num(s.frameHeight),
        fresh: line.freshness.fresh,
      };
    }));
  }

  close(): void {
    this.timers.forEach((t) => window.clearInterval(t));
    window.clearTimeout(this.redialTimer);
    this.hangUp();
  }

  private line(slot: string, media: 'video' | 'audio'): Line | undefined {
    return this.lines.find((l) => l.slot.slot === slot && l.slot.media === media);
  }

  private hangUp(): void {
    if (this.pc) { this.pc.onconnectionstatechange = null; this.pc.close(); }
    this.pc = null;
    this.lines = [];
  }

  private async dial(): Promise<void> {
    window.clearTimeout(this.redialTimer);
    this.hangUp();
    if (this.slots.length === 0) { this.config.onChange(); return; }
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: this.iceServers, iceTransportPolicy: this.relayOnly ? 'relay' : 'all' });
    this.pc = pc;
    this.held = new Set();
    this.lines = this.slots.map((slot) => {
      const transceiver = pc.addTransceiver(slot.media, { direction: 'recvonly' });
      keepCodec(transceiver, slot.media);
      return { slot, transceiver, freshness: neverSeen, drawn: 0 };
    });
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === 'failed' || pc.connectionState === 'closed') this.redial();
      // Nothing comes any more: the network has changed, or is gone. A new connection costs less than waiting for this one to fail.
      if (pc.connectionState === 'disconnected') this.redial(0);
    };
    this.config.onChange();
    await pc.setLocalDescription();
    await gathered(pc, gatherMs);
    if (this.pc !== pc || !pc.localDescription) return;
    if (!this.config.offer(pc.localDescription.sdp)) { this.hangUp(); this.layout = ''; return; }
    // No answer within a few seconds is no answer: the offer or the answer was lost with a link.
    this.redialTimer = window.setTimeout(() => { if (this.pc === pc && pc.signalingState !== 'stable') void this.dial(); }, 5_000);
  }

  private lookAll(): void {
    const now = performance.now();
    let changed = false;
    for (const line of this.lines) {
      if (line.slot.media !== 'video') continue;
      const was = line.freshness.fresh;
      line.freshness = look(line.freshness, line.drawn, now);
      changed ||= was !== line.freshness.fresh;
    }
    if (changed) this.config.onChange();
  }

  // requestVideoFrameCallback sleeps in a hidden or covered page; the decoder's own count does not.
  private async countFrames(): Promise<void> {
    await Promise.all(this.lines.filter((l) => l.slot.media === 'video' && (l.slot.on || l.freshness.fresh)).map(async (line) => {
      const s = await inbound(line.transceiver.receiver);
      line.drawn = Math.max(line.drawn, num(s.framesDecoded));
    }));
  }
}

const num = (v: unknown): number => (typeof v === 'number' ? v : 0);

async function inbound(receiver: RTCRtpReceiver): Promise<Record<string, unknown>> {
  const report = await receiver.getStats().catch(() => null);
  let found: Record<string, unknown> = {};
  report?.forEach((s: { type: string }) => { if (s.type === 'inbound-rtp') found = s as unknown as Record<string, unknown>; });
  return found;
}

/** Only what the relay forwards: VP8 and Opus. The offer stays small with thirty m-sections. */
export function keepCodec(transceiver: RTCRtpTransceiver, media: 'video' | 'audio'): void {
  const wanted = media === 'video' ? /^video\/VP8$/i : /^audio\/opus$/i;
  const codecs = RTCRtpReceiver.getCapabilities(media)?.codecs.filter((c) => wanted.test(c.mimeType));
  if (codecs?.length) transceiver.setCodecPreferences(codecs);
}

/** Resolves when candidates are gathered, or after `ms`: the relay is ICE-lite and learns the address by itself. */
export function gathered(pc: RTCPeerConnection, ms: number): Promise<void> {
  if (pc.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    pc.addEventListener('icegatheringstatechange', () => {
      if (pc.iceGatheringState === 'complete') { clearTimeout(timer); resolve(); }
    });
  });
}
