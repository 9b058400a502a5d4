// Referral to the body that protects: the anti-trafficking department, the police. What is on the sheet is shown before it is made; it names nobody but by pseudonym;
// it goes by a file, by mail or on paper, and stands here until the body has acknowledged it.
import { useState } from 'preact/hooks';
import { useAsk } from '../../components/ask';
import { Button } from '../../components/button';
import { Glyph, type GlyphName } from '../../components/glyph';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import type { Translate } from '../../text/locale';
import { roleName } from '../../text/say';
import { momentOf, written } from '../../text/time';
import { moment, Refused, useDoing, useLoaded } from '../parts';
import { save } from './bytes';
import type { IncidentProps } from './incident';
import { ReferralForm } from './referralform';
import { notBefore } from './clock';
import { unreadable, useCourtNow } from './requests';
import { mayDo, measureName, pathOf, type Body, type Referral, type ReferralState } from './wire';

export const bodyName = (t: Translate, bodies: readonly Body[], id: string): string => { const b = bodies.find((x) => x.id === id); return b?.name[t.lang] ?? b?.name.az ?? id; };
const glyphs: Record<ReferralState, GlyphName> = { made: 'list', queued: 'waiting', trying: 'waiting', sent: 'ok', failed: 'warn', acknowledged: 'ok' };

export function ReferralsPanel(props: IncidentProps) {
  const t = useText();
  const { api, incident: i } = props;
  const [open, setOpen] = useState(false);
  const refers = mayDo(i, 'refer');
  const asked = useLoaded<{ bodies: Body[] }>(api, props.me.rights.includes('incident.refer') ? '/api/referral/bodies' : '/api/account/me');
  const bodies = asked.value?.bodies ?? [];
  if (!refers && i.referrals.length === 0) return null;
  return (
    <Panel title={t('register.referrals')} count={i.referrals.length} class="part-panel" aside={refers && !open && <Button press={() => setOpen(true)} act="referral.open">{t('register.refer')}</Button>}>
      {i.referrals.length === 0 && !open && <p class="quiet">{t('register.referrals.none')}</p>}
      <ul class="rows">{i.referrals.map((r) => <Sent key={r.referral} {...props} referral={r} bodies={bodies} />)}</ul>
      {open && asked.refusal && <Refused refusal={asked.refusal} />}
      {open && asked.value && bodies.length === 0 && <Notice tone="caution" id="no_bodies">{t('register.bodies.none')}</Notice>}
      {open && bodies.length > 0 && <ReferralForm {...props} bodies={bodies} close={() => setOpen(false)} />}
    </Panel>
  );
}

function Sent({ api, incident: i, reload, referral: r, bodies }: IncidentProps & { referral: Referral; bodies: Body[] }) {
  const t = useText();
  const now = useCourtNow(i.now);
  const doing = useDoing();
  const [ask, dialog] = useAsk();
  const path = (...more: string[]): string => pathOf(i.id, 'referrals', r.referral, ...more);
  const take = (what: 'sheet.pdf' | 'sheet.json' | 'identity'): void => void doing.run(() => api.bytes(path(what)), async (bytes) => { save(bytes, r.number ? `${r.referral}-${r.number}` : r.referral); await reload(); });
  const sent = (again: boolean): void => void doing.run(() => api.send('POST', path('sent'), again ? { again: true } : {}, { name: 'referral.sent', args: {} }), reload);
  const acknowledged = (): void => ask({
    title: t('register.acknowledge.title'), what: t('register.acknowledge.what'), go: t('protection.enter'),
    fields: [{ name: 'reference', label: t('register.reference'), kind: 'line', required: true }, { name: 'at', label: t('protection.at'), kind: 'line', required: true, value: written(now), placeholder: '22.11.2026 14:03' }],
    done: (v) => { const at = momentOf(v['at'] ?? ''); void doing.run(() => at === null ? unreadable() : api.send('POST', path('acknowledged'), { reference: v['reference'], at: notBefore(at, r.sent ?? r.made) }, { name: 'referral.acknowledged', args: {} }), reload); },
  });
  const byHand = r.way === 'file' || r.way === 'print';
  return (
    <li class="row row-block" data-referral={r.referral} data-state={r.state}>
      <div class="row-text">
        <strong>{bodyName(t, bodies, r.to)}{r.number && <span class="quiet digits"> № {r.number}</span>}</strong>
        <span class="quiet digits">{t('register.referral.made', { time: moment(r.made), who: roleName(t, r.by.role), way: t.code('register.way', r.way, 'event.plain') })}</span>
        <span class={`tag tag-referral-${r.state}`}><Glyph name={glyphs[r.state]} /> {t(`register.referral.state.${r.state}`)}{r.state === 'acknowledged' && r.reference && `: ${r.reference}`}</span>
        {r.do_not_warn && <span class="tag tag-sealed"><Glyph name="lock" /> {t('register.do_not_warn')}</span>}
        {r.danger_to_life && <span class="tag tag-danger"><Glyph name="warn" /> {t('register.danger')}</span>}
        {r.measures.length > 0 && <span>{r.measures.map((m) => measureName(t, m)).join('; ')}</span>}
        {r.reason && <span>{t('protection.reason', { reason: r.reason })}</span>}
        {r.identity && <span class="quiet">{t('register.referral.identity')}</span>}
      </div>
      <div class="buttons">
        {mayDo(i, 'send') && <Button keep press={doing.busy ? undefined : () => take('sheet.pdf')} act="referral.pdf">{t('register.sheet.pdf')}</Button>}
        {mayDo(i, 'send') && <Button keep press={doing.busy ? undefined : () => take('sheet.json')} act="referral.json">{t('register.sheet.json')}</Button>}
        {mayDo(i, 'identity') && r.identity && byHand && <Button keep press={doing.busy ? undefined : () => take('identity')} act="referral.identity">{t('register.sheet.identity')}</Button>}
        {mayDo(i, 'send') && byHand && r.state === 'made' && <Button tone="primary" keep press={doing.busy ? undefined : () => sent(false)} act="referral.sent">{t(`register.sent.${r.way === 'print' ? 'print' : 'file'}`)}</Button>}
        {mayDo(i, 'send') && r.state === 'failed' && <Button keep press={doing.busy ? undefined : () => sent(true)} act="referral.again">{t('register.again')}</Button>}
        {mayDo(i, 'acknowledge') && r.state === 'sent' && <Button keep press={doing.busy ? undefined : acknowledged} act="referral.acknowledged">{t('register.acknowledge')}</Button>}
      </div>
      {r.state === 'failed' && <div class="row-note"><Notice tone="caution" id="referral_failed">{t('register.referral.failed', { n: r.tries ?? 0 })}</Notice></div>}
      {doing.refusal && <div class="row-note"><Refused refusal={doing.refusal} close={doing.clear} /></div>}
      {dialog}
    </li>
  );
}
