// The glance line of every console: where the hearing and the testimony stand, whether it is kept, and the time.
import type { State } from '../signaling/wire';
import type { Page } from '../state/model';
import { LanguageSwitch } from '../components/language';
import { StateItem, StateLine, type StateTone } from '../components/stateline';
import type { GlyphName } from '../components/glyph';
import { Clock, Timer } from '../components/timer';
import { useText } from '../text/context';
import { roleName } from '../text/say';

const testimonyLook: Record<State['testimony']['phase'], [StateTone, GlyphName]> = {
  waiting: ['plain', 'waiting'], rehearsal: ['plain', 'masked'], ready: ['ok', 'ok'], live: ['live', 'live'], paused: ['caution', 'paused'], released: ['plain', 'off'],
};
const sessionLook: Record<State['hearing']['kind'], [StateTone, GlyphName]> = { public: ['plain', 'open'], private: ['caution', 'lock'], closed: ['caution', 'lock'] };
const recordingLook: Record<'off' | 'on' | 'failed', [StateTone, GlyphName]> = { off: ['plain', 'off'], on: ['recording', 'recording'], failed: ['incident', 'warn'] };

export function Header({ page, state }: { page: Page; state: State }) {
  const t = useText();
  const { testimony, hearing, health } = state;
  const [tone, glyph] = testimonyLook[testimony.phase];
  const [kindTone, kindGlyph] = sessionLook[hearing.kind];
  const [recTone, recGlyph] = recordingLook[health?.recording ?? 'off'];
  const linked = page.link === 'open';
  return (
    <StateLine label={t('app.title', { role: roleName(t, state.you.role) })} aside={<LanguageSwitch />}>
      <StateItem id="testimony" name={testimony.pseudonym ?? t('state.testimony')} tone={tone} glyph={glyph} more={<Timer since={testimony.since} offset={page.clockOffset} />}>
        {t.code('testimony', testimony.phase, 'testimony.waiting')}
      </StateItem>
      <StateItem id="hearing" name={hearing.case_no ? `№ ${hearing.case_no}` : t('state.phase')} tone={hearing.phase === 'open' ? 'plain' : 'caution'}>{t.code('hearing', hearing.phase, 'hearing.open')}</StateItem>
      <StateItem id="session" name={t('state.session')} tone={kindTone} glyph={kindGlyph}>{t.code('session', hearing.kind, 'session.public')}</StateItem>
      {health && <StateItem id="recording" name={t('state.recording')} tone={recTone} glyph={recGlyph}>{t(`recording.${health.recording}`)}</StateItem>}
      {health && <StateItem id="ledger" name={t('state.ledger')} tone={health.ledger === 'ok' ? 'ok' : 'incident'} glyph={health.ledger === 'ok' ? 'ok' : 'warn'}>{t(`ledger.${health.ledger}`)}</StateItem>}
      <StateItem id="link" name={t('state.link')} tone={linked ? 'ok' : 'incident'} glyph={linked ? 'link' : 'nolink'}>{t(linked ? 'link.open' : 'link.lost')}</StateItem>
      <StateItem id="time" name={t('state.time')} tone="plain"><Clock offset={page.clockOffset} /></StateItem>
    </StateLine>
  );
}
