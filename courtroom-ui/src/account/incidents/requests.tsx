// The request for protection and its clock: when it was received, when the decision is due, what has passed, and what follows a refusal or silence. The periods are
// the law's, counted by the gateway; who decides enters here what was done and when.
import { useEffect, useState } from 'preact/hooks';
import { useAsk, type Ask } from '../../components/ask';
import { Button } from '../../components/button';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import type { Translate } from '../../text/locale';
import { roleName } from '../../text/say';
import { momentOf, written } from '../../text/time';
import type { Refusal } from '../api';
import { Check, moment, Refused, useDoing, Words } from '../parts';
import { Submit } from '../signin';
import { notBefore } from './clock';
import { ClockLine } from './clockline';
import type { IncidentProps } from './incident';
import { MeasureFields, measuresOf } from './measures';
import { mayDo, measureName, pathOf, type Request, type Verb } from './wire';

export function RequestsPanel(props: IncidentProps) {
  const t = useText();
  const { incident: i } = props;
  const [open, setOpen] = useState(false);
  const files = mayDo(i, 'request');
  if (i.requests.length === 0 && !files) return null;
  return (
    <Panel title={t('protection.title')} count={i.requests.length} class="part-panel" aside={files && !open && <Button press={() => setOpen(true)} act="request.open">{t('protection.file')}</Button>}>
      {i.requests.length === 0 && !open && <p class="quiet">{t('protection.none')}</p>}
      {i.requests.map((r) => <RequestItem key={r.request} {...props} request={r} />)}
      {open && <RequestForm {...props} close={() => setOpen(false)} />}
    </Panel>
  );
}

/** The gateway's clock, from what it last said of the time. */
export function useCourtNow(said: string | undefined): number {
  const [offset, setOffset] = useState(0);
  const [now, setNow] = useState(Date.now());
  useEffect(() => { const at = said === undefined ? NaN : Date.parse(said); setOffset(Number.isNaN(at) ? 0 : at - Date.now()); setNow(Date.now()); }, [said]);
  useEffect(() => { const timer = window.setInterval(() => setNow(Date.now()), 15_000); return () => window.clearInterval(timer); }, []);
  return now + offset;
}

function RequestItem({ api, incident: i, request: r, reload }: IncidentProps & { request: Request }) {
  const t = useText();
  const now = useCourtNow(i.now);
  const doing = useDoing();
  const [ask, dialog] = useAsk();
  const step = (name: 'received' | 'decide' | 'served' | 'complaint', body: { at?: string | null }): void =>
    void doing.run(() => body.at === null ? unreadable() : api.send('POST', pathOf(i.id, 'requests', r.request, name), body, { name: `incident.request.${name}`, args: {} }), reload);
  const acts = stepsAllowed(r).filter(([verb]) => mayDo(i, verb));
  return (
    <article class="request" data-request={r.request} data-phase={r.phase} aria-label={t('protection.request', { time: moment(r.filed) })}>
      <header class="request-head">
        <p><strong>{t(r.own_motion ? 'protection.own_motion' : 'protection.request.by', { who: roleName(t, r.by.role), time: moment(r.filed) })}</strong></p>
        <span class={`tag tag-request-${r.phase}`}>{t(`protection.phase.${r.phase}`)}</span>
      </header>
      {r.measures.length > 0 && <p>{t('protection.measures')}: {r.measures.map((m) => measureName(t, m)).join('; ')}</p>}
      {r.note && <p class="wrap">{r.note}</p>}
      {r.given && r.given.length > 0 && <p>{t('protection.given')}: {r.given.map((m) => measureName(t, m)).join('; ')}</p>}
      {r.reason && <p class="wrap">{t('protection.reason', { reason: r.reason })}</p>}
      <ClockLine request={r} now={now} />
      <Law {...i.articles} confirmed={Boolean(i.confirmed_by)} />
      <Refused refusal={doing.refusal} close={doing.clear} />
      {acts.length > 0 && <div class="buttons">{acts.map(([verb, name]) => <Button key={name} keep tone={name === 'received' || name === 'served' ? 'primary' : 'plain'} press={doing.busy ? undefined : () => ask(questionFor(t, name, r, now, (v) => step(name, v)))} act={`request.${verb}`}>{t(`protection.do.${name}`)}</Button>)}</div>}
      {dialog}
    </article>
  );
}

/** What was typed as a time is none: nothing was sent. */
export const unreadable = (): Promise<Refusal> => Promise.resolve({ ok: false, code: 'time_unreadable' });

type StepName = 'received' | 'decide' | 'served' | 'complaint';
/** What may follow: a request is received, then decided; a refusal is served, and may be complained of. */
export function stepsAllowed(r: Request): [Verb, StepName][] {
  if (!r.received) return [['receive', 'received']];
  return [
    ...(r.decided ? [] : [['decide', 'decide'] as [Verb, StepName]]),
    ...(r.decided && r.granted === false && !r.served ? [['serve', 'served'] as [Verb, StepName]] : []),
    // Of a refusal, and of silence once the time for the decision is over.
    ...(!r.complained && ((r.decided && r.granted === false) || (!r.decided && r.phase === 'overdue')) ? [['complain', 'complaint'] as [Verb, StepName]] : []),
  ];
}

function questionFor(t: Translate, name: StepName, r: Request, now: number, done: (body: { at?: string | null }) => void): Ask {
  const fields: Ask['fields'] = [{ name: 'at', label: t('protection.at'), kind: 'line', required: true, value: written(now), placeholder: '22.11.2026 14:03' }];
  if (name === 'decide') fields.push(
    { name: 'granted', label: t('protection.decision'), kind: 'choice', required: true, options: [{ value: 'yes', label: t('protection.granted') }, { value: 'no', label: t('protection.refused') }] },
    { name: 'reason', label: t('reason'), kind: 'text', required: true },
  );
  return {
    title: t(`protection.do.${name}`), what: t(`protection.do.${name}.what`), go: t('protection.enter'), fields,
    done: (v) => {
      const typed = v['at'] ?? '', at = momentOf(typed);
      const after = { received: r.filed, decide: r.received, served: r.decided, complaint: r.decided ?? r.received }[name];
      // Now, unless somebody wrote another time: seconds count where a period ends.
      const body = { ...(typed === fields[0]!.value ? {} : { at: at === null ? null : notBefore(at, after) }), ...(name === 'decide' && { granted: v['granted'] === 'yes', reason: v['reason'], ...(v['granted'] === 'yes' && { measures: r.measures }) }) };
      done(body);
    },
  };
}

function Law({ decide, complain, court, confirmed }: { decide?: string; complain?: string; court?: string; confirmed: boolean }) {
  const t = useText();
  if (!decide && !complain && !court) return null;
  return <p class="quiet">{t(confirmed ? 'protection.law.confirmed' : 'protection.law', { articles: [...new Set([decide, complain, court].filter(Boolean))].join('; ') })}</p>;
}

function RequestForm({ api, incident: i, reload, close }: IncidentProps & { close: () => void }) {
  const t = useText();
  const doing = useDoing();
  const [chosen, setChosen] = useState<string[]>([]);
  const [other, setOther] = useState('');
  const [note, setNote] = useState('');
  const [own, setOwn] = useState(false);
  const [missing, setMissing] = useState(false);
  const judge = mayDo(i, 'own_motion');
  const go = (): void => {
    const measures = measuresOf(chosen, other);
    setMissing(measures.length === 0);
    if (measures.length === 0) return;
    const body = { measures, ...(note.trim() && { note: note.trim() }), ...(own && { own_motion: true }) };
    void doing.run(() => api.send('POST', pathOf(i.id, 'requests'), body, { name: 'incident.request', args: {} }), async () => { close(); await reload(); });
  };
  return (
    <form class="form form-boxed" data-form="request" onSubmit={(e) => { e.preventDefault(); go(); }}>
      <h3>{t('protection.file')}</h3>
      <Notice tone="plain" glyph="waiting">{t('protection.file.what')}</Notice>
      <MeasureFields chosen={chosen} choose={(m) => { setChosen(m); setMissing(false); }} other={other} write={setOther} error={missing ? t('protection.measures.needed') : undefined} />
      <Words name="note" label={t('protection.note')} value={note} change={setNote} rows={3} />
      {judge && <Check name="own_motion" label={t('protection.own')} hint={t('protection.own.what')} checked={own} change={setOwn} />}
      <Refused refusal={doing.refusal} />
      <div class="buttons"><Submit doing={doing} act="request.file">{t('protection.file.go')}</Submit><Button size="large" press={close}>{t('cancel')}</Button></div>
    </form>
  );
}
