// One incident, whole, as far as this person may know it: what was reported, how the court ruled, the request for protection with its clock, evidence with its
// chain of custody, to whom it was referred, and everything that happened in the order in which it happened.
import { useState } from 'preact/hooks';
import { useAsk } from '../../components/ask';
import { Button } from '../../components/button';
import { Glyph } from '../../components/glyph';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { roleName, seatName } from '../../text/say';
import { clock, day } from '../../text/time';
import { PartHead, type PartProps } from '../home';
import { Empty, moment, Refused, useDoing, useLoaded, Waiting, Words } from '../parts';
import { Submit } from '../signin';
import { EvidencePanel } from './evidence';
import { ReferralsPanel } from './referral';
import { RequestsPanel } from './requests';
import { useReturning } from './returning';
import { SourcePanel } from './source';
import { caseOf, kindName, mayDo, pathOf, type Incident, type RegisterEvent } from './wire';
import { eventText } from './words';

export interface IncidentProps extends PartProps { incident: Incident; reload: () => Promise<void> }

export function IncidentPart(props: PartProps & { id: string }) {
  const t = useText();
  const { api, id } = props;
  const { value, refusal, reload } = useLoaded<Incident>(api, pathOf(id));
  useReturning(reload);
  const back = { href: '#incidents', text: t('part.incidents') };
  if (!value) return <><PartHead title={t('part.incidents')} back={back} />{refusal ? <Refused refusal={refusal} /> : <Waiting />}</>;
  const all: IncidentProps = { ...props, incident: value, reload };
  return (
    <>
      <PartHead title={kindName(t, value.kind)} what={t('register.of', { when: moment(value.when), ...(caseOf(value) && { case: caseOf(value) }) })} back={back}
        aside={<p class="tags"><span class={`tag tag-phase-${value.phase}`}>{t(`register.phase.${value.phase}`)}</span>{value.discreet && <span class="tag tag-sealed"><Glyph name="lock" /> {t('register.discreet')}</span>}</p>} />
      <Refused refusal={refusal} />
      {value.erased && <Notice tone="plain" glyph="off" id="erased">{t('register.erased', { time: moment(value.erased) })}</Notice>}
      {value.discreet && <Notice tone="plain" glyph="lock" id="discreet">{t('register.discreet.shown')}</Notice>}
      <RequestsPanel {...all} />
      <div class="part-columns">
        <Facts {...all} />
        <div class="part-column"><Rulings {...all} /><Agreements {...all} /></div>
      </div>
      <EvidencePanel {...all} />
      <SourcePanel {...all} />
      <ReferralsPanel {...all} />
      <Timeline {...all} />
    </>
  );
}

function Facts({ incident: i }: IncidentProps) {
  const t = useText();
  const rows: [string, string | undefined][] = [
    [t('register.when'), moment(i.when)], [t('register.filed_at'), moment(i.filed_at)], [t('register.by'), roleName(t, i.by.role) + (i.by.mine ? ` (${t('register.mine')})` : '')],
    [t('register.origin'), t(`register.origin.${i.origin}`)], [t('register.endangered'), i.endangered && t(`register.endangered.${i.endangered}`)], [t('register.pseudonym'), i.pseudonym], [t('register.target'), i.target], [t('register.concerns'), i.concerns && seatName(t, undefined, i.concerns)],
    [t('register.source'), i.source], [t('register.note'), i.note], [t('register.case'), caseOf(i)], [t('order.court'), t.code('court', i.court, 'event.plain')], [t('register.id'), i.id],
  ];
  return (
    <Panel title={t('register.facts')} class="part-panel">
      <dl class="facts-list">{rows.filter(([, v]) => v).map(([k, v]) => <div key={k}><dt>{k}</dt><dd class="wrap">{v}</dd></div>)}</dl>
    </Panel>
  );
}

const rulings = ['enter', 'refer', 'dismiss', 'reopen'] as const;

/** The register's own rulings, and those that were given in the hearing. A dismissal and its end say why. */
function Rulings({ api, incident: i, reload }: IncidentProps) {
  const t = useText();
  const doing = useDoing();
  const [ask, dialog] = useAsk();
  const rule = (ruling: typeof rulings[number]): void => ask({
    title: t(`register.ruling.${ruling}.title`), what: t(`register.ruling.${ruling}.what`), go: t(`register.ruling.${ruling}`),
    fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: ruling === 'dismiss' || ruling === 'reopen' }],
    done: (v) => void doing.run(() => api.send('POST', pathOf(i.id, 'rulings'), { ruling, ...(v['reason'] && { reason: v['reason'] }) }, { name: `incident.${ruling}`, args: {} }), reload),
  });
  return (
    <Panel title={t('register.rulings')} count={i.rulings.length} class="part-panel">
      <Refused refusal={doing.refusal} close={doing.clear} />
      {i.rulings.length === 0 && <p class="quiet">{t('register.rulings.none')}</p>}
      <ul class="rows">
        {i.rulings.map((r) => (
          <li key={`${r.ruling} ${r.at}`} class="row" data-ruling={r.ruling}>
            <div class="row-text"><strong>{t.code('register.ruling', r.ruling, 'event.plain')}{r.provisional && ` (${t('register.ruling.provisional')})`}</strong><span class="quiet digits">{t('register.by_at', { who: roleName(t, r.by.role), time: moment(r.at) })}</span>{r.reason && <span>{r.reason}</span>}</div>
          </li>
        ))}
      </ul>
      {mayDo(i, 'rule') && (
        <div class="buttons">
          {rulings.filter((r) => (i.phase === 'dismissed' ? r === 'reopen' : r !== 'reopen')).map((r) => <Button key={r} keep tone={r === 'dismiss' ? 'danger' : 'plain'} press={doing.busy ? undefined : () => rule(r)} act={`incident.rule.${r}`}>{t(`register.ruling.${r}`)}</Button>)}
        </div>
      )}
      {dialog}
    </Panel>
  );
}

/** Whether the protected person, or her lawyer, agrees to a referral: without it nothing leaves, save in danger to life. */
function Agreements({ api, incident: i, reload, me }: IncidentProps) {
  const t = useText();
  const doing = useDoing();
  const [ask, dialog] = useAsk();
  const last = i.agreements.at(-1);
  const mine = me.person.roles.includes('victims_lawyer') ? 'lawyer' : 'person';
  const say = (agree: boolean): void => ask({
    title: t(agree ? 'register.agree.title' : 'register.disagree.title'), what: t('register.agree.what'), go: t(agree ? 'register.agree' : 'register.disagree'), tone: agree ? 'primary' : 'danger',
    fields: [{ name: 'by', label: t('register.agree.by'), kind: 'choice', required: true, value: mine, options: (['person', 'lawyer'] as const).map((b) => ({ value: b, label: t(`register.agree.by.${b}`) })) }],
    done: (v) => void doing.run(() => api.send('POST', pathOf(i.id, 'agreement'), { agree, by: v['by'] }, { name: 'incident.agree', args: {} }), reload),
  });
  return (
    <Panel title={t('register.agreement')} class="part-panel">
      <Refused refusal={doing.refusal} close={doing.clear} />
      <p data-agreement={last ? String(last.agree) : 'none'}>
        {last ? <><Glyph name={last.agree ? 'ok' : 'off'} /> {t(last.agree ? 'register.agreed' : 'register.disagreed', { by: t(`register.agree.by.${last.by}`), who: roleName(t, last.role), time: moment(last.at) })}</> : <span class="quiet">{t('register.agreement.none')}</span>}
      </p>
      {mayDo(i, 'agree') && (
        <div class="buttons">
          <Button keep press={doing.busy || last?.agree === true ? undefined : () => say(true)} act="incident.agree">{t('register.agree')}</Button>
          <Button keep tone="danger" press={doing.busy || last?.agree === false ? undefined : () => say(false)} act="incident.disagree">{t('register.disagree')}</Button>
        </div>
      )}
      {dialog}
    </Panel>
  );
}

function Timeline({ api, incident: i, reload }: IncidentProps) {
  const t = useText();
  const doing = useDoing();
  const [note, setNote] = useState('');
  const add = (): void => { const text = note.trim(); if (text) void doing.run(() => api.send('POST', pathOf(i.id, 'notes'), { text }, { name: 'incident.note', args: {} }), async () => { setNote(''); await reload(); }); };
  return (
    <Panel title={t('register.timeline')} count={i.timeline.length} class="part-panel">
      <p class="quiet">{t('register.timeline.what')}</p>
      {i.timeline.length === 0 ? <Empty>{t('register.timeline.none')}</Empty> : <ol class="happened">{i.timeline.map((e, n) => <Happened key={n} event={e} />)}</ol>}
      {mayDo(i, 'note') && (
        <form class="form form-boxed" data-form="note" onSubmit={(e) => { e.preventDefault(); add(); }}>
          <Words name="text" label={t('register.note.add')} hint={t('register.note.add.what')} value={note} change={setNote} rows={2} max={2000} required />
          <Refused refusal={doing.refusal} />
          <Submit doing={doing} act="incident.note">{t('register.note.go')}</Submit>
        </form>
      )}
    </Panel>
  );
}

function Happened({ event: e }: { event: RegisterEvent }) {
  const t = useText();
  return (
    <li class="happened-event" data-event={e.code}>
      <span class="happened-at digits">{day(e.at)} {clock(e.at)}</span>
      <span class="happened-what">{eventText(t, e)}</span>
      {e.by && <span class="quiet">{roleName(t, e.by.role)}</span>}
    </li>
  );
}
