// What each audience gets of the witness at this moment, in words: the bench must never have to guess.
import type { State } from '../signaling/wire';
import { Glyph, type GlyphName } from '../components/glyph';
import { Panel } from '../components/panel';
import { useText } from '../text/context';
import { renderingName } from '../text/say';

const nowGlyph: Record<'live' | 'card' | 'nothing', GlyphName> = { live: 'live', card: 'open', nothing: 'off' };

export function WatchingPanel({ state }: { state: State }) {
  const t = useText();
  if (!state.watching) return null;
  return (
    <Panel title={t('watching.title')} class="panel-watching">
      <table class="table">
        <thead><tr><th scope="col">{t('watching.audience')}</th><th scope="col">{t('watching.what')}</th><th scope="col">{t('watching.now')}</th></tr></thead>
        <tbody>
          {state.watching.map((w) => (
            <tr key={w.audience} data-audience={w.audience} data-now={w.now}>
              <th scope="row">{t(`audience.${w.audience}`)}</th>
              <td>{renderingName(t, w)}{w.delay_s > 0 && ` (${t('watching.delay', { s: w.delay_s })})`}</td>
              <td class={`now now-${w.now}`}><Glyph name={nowGlyph[w.now]} />{t(`now.${w.now}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="quiet">{t('watching.bench_masked')}</p>
    </Panel>
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
      {(tightened?.picture || tightened?.voice) && <li class="fact-caution"><Glyph name="lock" />{[tightened.picture && t('mask.card'), tightened.voice && t('mask.silence')].filter(Boolean).join(', ')} ({t('mask.tightened')})</li>}
      <li class={consent?.given ? 'fact-ok' : 'fact-caution'}><Glyph name={consent?.given ? 'ok' : 'waiting'} />{consent
        ? consent.given ? t('consent.given', { language: t.code('language', consent.language, 'event.plain'), interpreter: consent.interpreter ? t('said.interpreter') : '' }) : t('consent.refused')
        : t('consent.missing')}</li>
      {verified !== undefined && <li class={verified ? 'fact-ok' : 'fact-caution'}><Glyph name={verified ? 'ok' : 'waiting'} />{t(verified ? 'identity.done' : 'identity.missing')}</li>}
    </ul>
  );
}
