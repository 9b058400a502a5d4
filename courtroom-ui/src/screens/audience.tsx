// The courtroom's screen and the public gallery: the rendering, the pseudonym, the state in words. Nothing to press; only a
// browser that will not play sound unasked gets its one button.
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { LanguageSwitch } from '../components/language';
import { Clock, Running } from '../components/timer';
import { VideoTile } from '../components/videotile';
import { useText } from '../text/context';
import type { Key } from '../text/locale';
import { roleName } from '../text/say';
import type { ScreenProps } from './console';
import { figureDoes, figureNote, witnessState } from './pictures';

export function Audience({ snap, state }: ScreenProps) {
  const t = useText();
  const { page, media, sound } = snap;
  const { phase, pseudonym } = state.testimony;
  const gallery = state.you.role === 'gallery';
  const shut = gallery && state.hearing.kind !== 'public';
  const linked = page.link === 'open';
  const said = shut ? t('screen.closed_to_public') : t(`testimony.said.${phase}` as Key);
  return (
    <div class="screen audience" data-screen={gallery ? 'gallery' : 'courtroom'}>
      <main id="main" class="audience-main">
        <h1 class="visually-hidden">{t('app.title', { role: roleName(t, state.you.role) })}</h1>
        <VideoTile
          slot="witness" size="full" name={pseudonym ?? t('tile.witness')} media={media} slots={state.slots} note={figureNote(t, state)} does={figureDoes(t, state)}
          masked={{ pseudonym, state: shut ? said : witnessState(t, state, linked) }}
        />
        <aside class="audience-side">
          {state.slots?.some((s) => s.slot === 'bench') && <VideoTile slot="bench" size="small" name={t('tile.bench')} media={media} slots={state.slots} />}
          {state.slots?.some((s) => s.slot === 'floor') && <VideoTile slot="floor" size="small" name={t('tile.floor')} media={media} slots={state.slots} />}
          {state.slots?.some((s) => s.slot === 'hall') && <VideoTile slot="hall" size="small" name={t('tile.hall')} media={media} slots={state.slots} />}
        </aside>
      </main>
      <footer class="audience-foot">
        <p class={`audience-said audience-${phase}`} role="status" data-state="testimony"><Glyph name={phase === 'live' && !shut ? 'live' : phase === 'paused' ? 'paused' : 'waiting'} />{linked ? said : <Running since={page.linkSince} say={(time) => t('link.lost.watching', { time })} />}</p>
        <p class="audience-facts">{[state.hearing.court && t.code('court', state.hearing.court, 'event.plain'), state.hearing.case_no && `${t('pdf.case')} ${state.hearing.case_no}`, t.code('session', state.hearing.kind, 'session.public')].filter(Boolean).join(' · ')}</p>
        <div class="audience-end">{sound.blocked && <Button tone="primary" glyph="sound" act="sound.on" press={sound.unlock}>{t('sound.on')}</Button>}<Clock offset={page.clockOffset} /><LanguageSwitch /></div>
      </footer>
    </div>
  );
}
