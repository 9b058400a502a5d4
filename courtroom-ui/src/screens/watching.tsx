// What each audience gets of the witness at this moment, in words: the bench must never have to guess.
import type { State } from '../signaling/wire';
import { Glyph, type GlyphName } from '../components/glyph';
import { useText } from '../text/context';
import type { Key } from '../text/locale';
import { noticesOf, pictureName, renderingName } from '../text/say';

const nowGlyph: Record<'live' | 'card' | 'nothing', GlyphName> = { live: 'live', card: 'open', nothing: 'off' };

export function WatchingBand({ state }: { state: State }) {
  const t = useText();
  if (!state.watching) return null;
  return (
    <section class="watching" aria-label={t('watching.title')}>
      <h2>{t('watching.title')}</h2>
      <dl>
        {state.watching.map((w) => (
          <div key={w.audience} class={`watching-${w.now}`} data-audience={w.audience} data-now={w.now} title={renderingName(t, w)}>
            <dt>{t(`audience.${w.audience}`)}</dt>
            <dd><Glyph name={nowGlyph[w.now]} />{w.now === 'live' ? renderingName(t, w) : t(`now.${w.now}`)}{w.delay_s > 0 && ` (${t('watching.delay', { s: w.delay_s })})`}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What the station says of the mask, the consent and the identity: for bench and clerk. */
export function WitnessFacts({ state }: { state: State }) {
  const t = useText();
  const { mask, station, consent, identity_verified: verified, tightened } = state.testimony;
  return (
    <ul class="facts">
      <li class={station === 'up' ? 'fact-ok' : 'fact-caution'}><Glyph name={station === 'up' ? 'link' : 'nolink'} />{t(`station.${station}`)}</li>
      {mask && <li class={mask.picture === 'ok' ? 'fact-ok' : 'fact-caution'}><Glyph name="masked" />{t(`mask.${mask.picture}`)}{mask.voice === 'silence' && `, ${t('mask.silence')}`}</li>}
      {noticesOf(mask).filter((n) => t.has(`notice.${n}`)).map((n) => <li key={n} class="fact-caution" data-mask-notice={n}><Glyph name="warn" />{t(`notice.${n}` as Key)}</li>)}
      {(tightened?.picture || tightened?.voice) && <li class="fact-caution"><Glyph name="lock" />{[tightened.picture && pictureName(t, tightened.picture), tightened.voice && t('mask.silence')].filter(Boolean).join(', ')} ({t('mask.tightened')}){tightened.picture && `. ${t(`picture.${tightened.picture}.what` as Key)}`}</li>}
      <li class={consent?.given ? 'fact-ok' : 'fact-caution'}><Glyph name={consent?.given ? 'ok' : 'waiting'} />{consent
        ? consent.given ? t('consent.given', { language: t.code('language', consent.language, 'event.plain'), interpreter: consent.interpreter ? t('said.interpreter') : '' }) : t('consent.refused')
        : t('consent.missing')}</li>
      {verified !== undefined && <li class={verified ? 'fact-ok' : 'fact-caution'}><Glyph name={verified ? 'ok' : 'waiting'} />{t(verified ? 'identity.done' : 'identity.pending')}</li>}
    </ul>
  );
}
