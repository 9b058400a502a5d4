// A picture with its name. Whenever there is nothing, or nothing new, the page draws the card over it: the last frame of
// a broken connection is never left standing.
import { useEffect, useRef } from 'preact/hooks';
import type { Media } from '../session';
import type { Slot } from '../signaling/wire';
import { useText } from '../text/context';
import { Glyph } from './glyph';

export interface VideoTileProps {
  slot: string;
  name: string;
  media: Media;
  slots: readonly Slot[] | undefined;
  /** Set for the witness: what the card says under the name. */
  masked?: { pseudonym: string | undefined; state: string };
  size?: 'small' | 'normal' | 'full';
  /** A second line under the picture. */
  note?: string | undefined;
  /** What the drawn figure does, in words for who cannot see it. */
  does?: string | undefined;
}

export function VideoTile({ slot, name, media, slots, masked, size = 'normal', note, does }: VideoTileProps) {
  const t = useText();
  const video = useRef<HTMLVideoElement>(null);
  const track = media.track(slot, 'video');
  const on = slots?.find((s) => s.slot === slot && s.media === 'video')?.on ?? false;
  const fresh = media.fresh(slot);
  useVideo(video, track, () => media.drew(slot));
  // Both must hold: the gateway says that something may flow, and new frames are coming.
  const shown = on && fresh;
  const why = on && media.thin?.(slot) ? t('tile.thin') : masked ? masked.state : on ? t(track ? 'tile.stale' : 'tile.waiting') : t('tile.nothing');
  return (
    <figure class={`tile tile-${size}${masked ? ' tile-masked' : ''}`} data-slot={slot} data-shown={shown ? 'picture' : 'card'}>
      <div class="tile-picture">
        <video ref={video} muted playsInline autoPlay aria-label={name} aria-describedby={does && shown ? `does-${slot}` : undefined} tabIndex={-1} />
        {!shown && (
          <div class="card">
            {masked && <p class="card-name">{masked.pseudonym ?? name}</p>}
            <p class="card-why">{why}</p>
          </div>
        )}
      </div>
      <figcaption>
        <span class="tile-name">{masked && <Glyph name="masked" />}{name}</span>
        {note && <span class="tile-note">{note}</span>}
        {does && shown && <span class="visually-hidden" id={`does-${slot}`} data-figure>{does}</span>}
      </figcaption>
    </figure>
  );
}

function useVideo(ref: { current: HTMLVideoElement | null }, track: MediaStreamTrack | null, drew: () => void): void {
  const told = useRef(drew);
  told.current = drew;
  useEffect(() => {
    const video = ref.current;
    if (!video) return;
    video.srcObject = track ? new MediaStream([track]) : null;
    if (!track) return;
    // A muted picture may play without a press; a refusal leaves the card standing, which is the safe state.
    void video.play().catch(() => undefined);
    let asked = 0;
    const frame = (): void => { told.current(); asked = video.requestVideoFrameCallback(frame); };
    asked = video.requestVideoFrameCallback(frame);
    return () => { video.cancelVideoFrameCallback(asked); video.srcObject = null; };
  }, [track]);
}
