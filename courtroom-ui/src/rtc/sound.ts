// Plays the audio slots. A browser plays no sound before the person has touched the page; then `blocked` says so and
// the screen shows one plain button. Each slot has an element of its own: a muted element would decode nothing.
import type { Slot } from '../signaling/wire';
import type { Receiver } from './receive';

export class Speakers {
  blocked = false;
  private readonly players = new Map<string, HTMLAudioElement>();
  private readonly onChange: () => void;

  constructor(onChange: () => void) { this.onChange = onChange; }

  follow(slots: readonly Slot[], receiver: Receiver): void {
    const wanted = new Set<string>();
    for (const { slot, media } of slots) {
      if (media !== 'audio') continue;
      const track = receiver.track(slot, 'audio');
      if (!track) continue;
      wanted.add(slot);
      if (playing(this.players.get(slot)) !== track.id) this.play(slot, track);
    }
    for (const [slot, player] of this.players) {
      if (!wanted.has(slot)) { player.srcObject = null; this.players.delete(slot); }
    }
  }

  /** Called from a press: the browser now lets the page be heard. */
  unlock(): void {
    this.blocked = false;
    for (const player of this.players.values()) void player.play().catch(() => this.block());
    this.onChange();
  }

  close(): void {
    for (const player of this.players.values()) player.srcObject = null;
    this.players.clear();
  }

  private play(slot: string, track: MediaStreamTrack): void {
    const player = this.players.get(slot) ?? new Audio();
    this.players.set(slot, player);
    player.srcObject = new MediaStream([track]);
    player.play().catch((e: unknown) => { if (e instanceof DOMException && e.name === 'NotAllowedError') this.block(); });
  }

  private block(): void {
    if (this.blocked) return;
    this.blocked = true;
    this.onChange();
  }
}

const playing = (player: HTMLAudioElement | undefined): string | undefined =>
  player?.srcObject instanceof MediaStream ? player.srcObject.getAudioTracks()[0]?.id : undefined;
