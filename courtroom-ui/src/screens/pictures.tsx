// The pictures of a console: the witness first, the courtroom below, then who sends a picture of his own.
import type { Snapshot } from '../session';
import type { State } from '../signaling/wire';
import { VideoTile } from '../components/videotile';
import { useText } from '../text/context';
import { seatName } from '../text/say';
import type { Key, Translate } from '../text/locale';

const court = ['bench', 'counsel', 'hall', 'dock'] as const;

export function WitnessTile({ snap, state, size }: { snap: Snapshot; state: State; size?: 'normal' | 'full' }) {
  const t = useText();
  const name = state.testimony.pseudonym ?? t('tile.witness');
  return (
    <VideoTile
      slot="witness" name={name} media={snap.media} slots={state.slots} {...(size && { size })} note={figureNote(t, state)} does={figureDoes(t, state)}
      masked={{ pseudonym: state.testimony.pseudonym, state: witnessState(t, state, snap.page.link === 'open') }}
    />
  );
}

/** A drawn figure proves nothing of a face, and a voice that is not hers is never taken for hers. */
export function figureNote(t: Translate, state: State): string {
  const who = state.order?.respeaker;
  return who ? `${t('tile.figure')} ${t('respeaker.heard', { who: t.code('respeaker', who, 'event.plain') })}` : t('tile.figure');
}

export const figureDoes = (t: Translate, state: State): string | undefined =>
  (state.testimony.figure && t.has(`figure.${state.testimony.figure}`) ? t(`figure.${state.testimony.figure}` as Key) : undefined);

/** Why there is no picture of the witness, in words that everybody may read. */
export function witnessState(t: Translate, state: State, linked: boolean): string {
  if (!linked) return t('tile.stale');
  const { phase, pause_code } = state.testimony;
  if (phase === 'live') return t('tile.stale');
  const said = t(`testimony.said.${phase}` as Key);
  return phase === 'paused' && pause_code && t.has(`pause.${pause_code}`) ? `${said} (${t(`pause.${pause_code}` as Key)})` : said;
}

export function CourtTiles({ snap, state }: { snap: Snapshot; state: State }) {
  const t = useText();
  const own = state.slots?.filter((s) => s.media === 'video' && s.slot.startsWith('seat/') && s.on) ?? [];
  return (
    <div class="tiles">
      {court.filter((slot) => state.slots?.some((s) => s.slot === slot)).map((slot) => (
        <VideoTile key={slot} slot={slot} name={t(`tile.${slot}`)} media={snap.media} slots={state.slots} size="small" />
      ))}
      {own.map((s) => <VideoTile key={s.slot} slot={s.slot} name={seatName(t, state.seats, s.slot.slice(5))} media={snap.media} slots={state.slots} size="small" />)}
    </div>
  );
}
