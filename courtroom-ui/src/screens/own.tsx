// The seat's own microphone and camera: one press on, one press off, and a plain word for what others get of it.
import type { Snapshot } from '../session';
import type { State } from '../signaling/wire';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Panel } from '../components/panel';
import { useText } from '../text/context';

/** row: in one line, where a console has no room for a panel. */
export function OwnMicrophone({ snap, state, row }: { snap: Snapshot; state: State; row?: boolean }) {
  const t = useText();
  const { status, start, stop } = snap.own;
  const on = status === 'sound' || status === 'sound_and_picture';
  const muted = state.seats?.find((s) => s.id === state.you.seat)?.muted ?? false;
  if (['closed', 'signed', 'sealed'].includes(state.hearing.phase)) return null;
  const size = row ? 'small' : 'normal';
  const body = (
    <>
      <p class={`own-state own-${status}`} data-own={status} role="status"><Glyph name={on && !muted ? 'sound' : status === 'refused' || status === 'no_device' ? 'warn' : 'off'} />{t(muted ? 'own.muted' : `own.${status}`)}</p>
      <div class="buttons">
        {on || status === 'starting'
          ? <Button size={size} press={stop} act="own.stop">{t('own.stop')}</Button>
          : <><Button size={size} press={() => start(false)} act="own.start">{t('own.start')}</Button><Button size={size} press={() => start(true)} tone="quiet" act="own.start_picture">{t(row ? 'own.start_camera' : 'own.start_picture')}</Button></>}
      </div>
    </>
  );
  return row ? <section class="own-row" aria-label={t('own.title')}>{body}</section> : <Panel title={t('own.title')} class="panel-own">{body}</Panel>;
}
