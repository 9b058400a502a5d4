// The form of a referral, and beside it the sheet as it will be. Without the agreement of the protected person or her lawyer there is no referral, save in danger
// to life and with a reason; that the source is not to be warned is set until somebody takes it away.
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Notice } from '../../components/notice';
import { useText } from '../../text/context';
import { langNames, langs, type Lang } from '../../text/locale';
import { Check, moment, Refused, Select, useDoing, Words } from '../parts';
import { roleName } from '../../text/say';
import { Submit } from '../signin';
import type { IncidentProps } from './incident';
import { MeasureFields, measuresOf } from './measures';
import { bodyName } from './referral';
import { caseOf, kindName, measureName, measures as known, pathOf, type Body, type Incident, type Way } from './wire';

export interface ReferralDraft { to: string; lang: Lang; chosen: string[]; other: string; do_not_warn: boolean; danger_to_life: boolean; reason: string; way: Way; evidence: string[] }

/** What stands against sending it, as the gateway would say too. */
export function standsAgainst(d: ReferralDraft, agreed: boolean): 'agreement' | 'reason' | 'measures' | null {
  if (!agreed && !d.danger_to_life) return 'agreement';
  if (d.danger_to_life && d.reason.trim() === '') return 'reason';
  return measuresOf(d.chosen, d.other).length === 0 ? 'measures' : null;
}

export const agreedTo = (i: Pick<Incident, 'agreements'>): boolean => i.agreements.at(-1)?.agree === true;

export function ReferralForm({ api, incident: i, reload, bodies, close }: IncidentProps & { bodies: Body[]; close: () => void }) {
  const t = useText();
  const doing = useDoing();
  const asked = i.requests.at(-1)?.measures ?? [];
  const [d, setDraft] = useState<ReferralDraft>({
    to: bodies[0]!.id, lang: 'az', chosen: asked.filter((m) => (known as readonly string[]).includes(m)), other: asked.filter((m) => !(known as readonly string[]).includes(m)).join('\n'),
    do_not_warn: true, danger_to_life: false, reason: '', way: bodies[0]!.ways[0] ?? 'file', evidence: i.evidence.filter((e) => e.state === 'kept').map((e) => e.evidence),
  });
  const [tried, setTried] = useState(false);
  const set = <K extends keyof ReferralDraft>(name: K) => (value: ReferralDraft[K]): void => setDraft((before) => ({ ...before, [name]: value }));
  const body = bodies.find((b) => b.id === d.to) ?? bodies[0]!;
  const agreed = agreedTo(i);
  const against = standsAgainst(d, agreed);
  const choose = (to: string): void => setDraft((before) => { const b = bodies.find((x) => x.id === to)!; return { ...before, to, way: b.ways.includes(before.way) ? before.way : b.ways[0] ?? 'file' }; });
  const go = (): void => {
    setTried(true);
    if (against) return;
    const sent = { to: d.to, lang: d.lang, measures: measuresOf(d.chosen, d.other), do_not_warn: d.do_not_warn, danger_to_life: d.danger_to_life, ...(d.reason.trim() && { reason: d.reason.trim() }), way: d.way, evidence: d.evidence };
    void doing.run(() => api.send('POST', pathOf(i.id, 'referrals'), sent, { name: 'incident.refer', args: { who: bodyName(t, bodies, d.to) } }), async () => { close(); await reload(); });
  };
  return (
    <div class="referral" data-referral-form>
      <form class="form form-boxed" data-form="referral" onSubmit={(e) => { e.preventDefault(); go(); }}>
        {!agreed && <Notice tone="caution" glyph="lock" id="agreement">{t('register.refer.agreement')}</Notice>}
        <Select name="to" label={t('register.refer.to')} value={d.to} change={choose} options={bodies.map((b) => ({ value: b.id, text: bodyName(t, bodies, b.id) }))} />
        {body.telephone && <p class="quiet digits">{t('register.refer.telephone', { telephone: body.telephone })}</p>}
        <div class="form-grid">
          <Select name="way" label={t('register.refer.way')} value={d.way} change={(w) => set('way')(w as Way)} options={body.ways.map((w) => ({ value: w, text: t(`register.way.${w}`) }))} />
          <Select name="lang" label={t('register.refer.lang')} value={d.lang} change={(l) => set('lang')(l as Lang)} options={langs.map((l) => ({ value: l, text: langNames[l] }))} />
        </div>
        {d.way === 'mail_clear' && <Notice tone="caution" id="mail_clear">{t('register.way.mail_clear.what')}</Notice>}
        <MeasureFields chosen={d.chosen} choose={set('chosen')} other={d.other} write={set('other')} error={tried && against === 'measures' ? t('protection.measures.needed') : undefined} />
        {i.evidence.length > 0 && (
          <fieldset class="roles">
            <legend>{t('register.refer.evidence')}</legend>
            {i.evidence.map((e) => <label key={e.evidence} class="check"><input type="checkbox" name={`evidence-${e.evidence}`} checked={d.evidence.includes(e.evidence)} onChange={(x) => set('evidence')(x.currentTarget.checked ? [...d.evidence, e.evidence] : d.evidence.filter((o) => o !== e.evidence))} /><span class="wrap">{t(`register.evidence.what.${e.what}`)}, {moment(e.at)} <span class="hash">{(e.sha256 ?? '').slice(0, 16)}…</span></span></label>)}
          </fieldset>
        )}
        <Check name="do_not_warn" label={t('register.do_not_warn')} hint={t('register.do_not_warn.what')} checked={d.do_not_warn} change={set('do_not_warn')} />
        <Check name="danger_to_life" label={t('register.danger')} hint={t('register.danger.what')} checked={d.danger_to_life} change={set('danger_to_life')} />
        {d.danger_to_life && <Words name="reason" label={t('register.danger.reason')} value={d.reason} change={set('reason')} rows={2} error={tried && against === 'reason' ? t('reason.needed') : undefined} required />}
        {tried && against === 'agreement' && <p class="field-error" role="alert">{t('register.refer.agreement')}</p>}
        <Refused refusal={doing.refusal} />
        <div class="buttons"><Submit doing={doing} act="referral.go">{t('register.refer.go')}</Submit><Button size="large" press={close}>{t('cancel')}</Button></div>
      </form>
      <Sheet incident={i} draft={d} to={bodyName(t, bodies, d.to)} />
    </div>
  );
}

/** The sheet as it will be, in the language of this page; the gateway writes it in the one that was chosen. */
function Sheet({ incident: i, draft: d, to }: { incident: Incident; draft: ReferralDraft; to: string }) {
  const t = useText();
  const chosen = i.evidence.filter((e) => d.evidence.includes(e.evidence));
  const last = i.agreements.at(-1), agreed = last?.agree ? last : undefined;
  const rows: [string, string | undefined][] = [
    [t('register.sheet.to'), to], [t('register.sheet.from'), t.code('court', i.court, 'event.plain')], [t('register.case'), caseOf(i)],
    [t('register.sheet.what'), kindName(t, i.kind)], [t('register.when'), moment(i.when)],
    [t('register.endangered'), [i.endangered && t(`register.endangered.${i.endangered}`), i.pseudonym].filter(Boolean).join(': ')],
    [t('register.source'), i.source], [t('register.target'), i.target], [t('register.note'), i.note],
    // Whoever reported it in confidence is on no sheet, not even by role.
    [t('register.by'), i.discreet ? undefined : roleName(t, i.by.role)],
    [t('register.agreement'), agreed ? t(`register.agree.by.${agreed.by}`) : undefined],
    [t('protection.measures'), measuresOf(d.chosen, d.other).map((m) => measureName(t, m)).join('; ')],
  ];
  return (
    <section class="sheet" aria-label={t('register.sheet')} data-sheet>
      <h3>{t('register.sheet')}</h3>
      {d.do_not_warn && <p class="sheet-mark">{t('register.do_not_warn')}</p>}
      {d.danger_to_life && <p class="sheet-mark">{[t('register.danger'), d.reason.trim()].filter(Boolean).join(': ')}</p>}
      <dl class="facts-list">{rows.filter(([, v]) => v).map(([k, v]) => <div key={k}><dt>{k}</dt><dd class="wrap">{v}</dd></div>)}</dl>
      <p>{t('register.sheet.hashes', { n: chosen.length })}</p>
      <ul>{chosen.map((e) => <li key={e.evidence} class="hash">{e.sha256 ?? '–'}</li>)}</ul>
      <p class="quiet">{t('register.sheet.no_name')}</p>
    </section>
  );
}
