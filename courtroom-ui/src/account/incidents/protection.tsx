// What is due in the court: every request for protection whose clock runs or that waits for somebody, the most pressing first.
import { Button } from '../../components/button';
import { Glyph, type GlyphName } from '../../components/glyph';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { PartHead, type PartProps } from '../home';
import { Empty, moment, Refused, useLoaded, Waiting } from '../parts';
import { left, urgency, type Urgency } from './clock';
import { leftText, stepMoment, stepName } from './clockline';
import { useCourtNow } from './requests';
import { useReturning } from './returning';
import { caseOf, type Owed } from './wire';

const order: readonly Urgency[] = ['overdue', 'soon', 'running', 'waiting', 'settled'];
const glyphs: Record<Urgency, GlyphName> = { overdue: 'warn', soon: 'warn', running: 'waiting', waiting: 'waiting', settled: 'ok' };

export function ProtectionPart({ api }: PartProps) {
  const t = useText();
  const { value, refusal, reload } = useLoaded<{ protection: Owed[]; now?: string }>(api, '/api/protection');
  useReturning(reload);
  const now = useCourtNow(value?.now);
  const owed = sorted(value?.protection ?? [], now);
  const groups = order.map((u) => ({ u, owed: owed.filter((o) => urgency(o, now) === u) })).filter((g) => g.owed.length > 0);
  return (
    <>
      <PartHead title={t('part.protection')} what={t('protection.what')} aside={<Button size="large" press={() => void reload()} act="protection.reload">{t('account.reload')}</Button>} />
      <Refused refusal={refusal} />
      {!value && !refusal && <Waiting />}
      {value && groups.length === 0 && <Empty>{t('protection.due.none')}</Empty>}
      {groups.map(({ u, owed: some }) => (
        <Panel key={u} title={t(`protection.due.${u}`)} tone={u === 'overdue' ? 'incident' : u === 'soon' ? 'caution' : 'plain'} count={some.length} class="part-panel">
          <ul class="rows">{some.map((o) => <Row key={`${o.incident} ${o.request}`} owed={o} now={now} u={u} />)}</ul>
        </Panel>
      ))}
    </>
  );
}

export const sorted = (all: readonly Owed[], now: number): Owed[] =>
  [...all].sort((a, b) => order.indexOf(urgency(a, now)) - order.indexOf(urgency(b, now)) || (a.due ?? a.next?.at ?? '9').localeCompare(b.due ?? b.next?.at ?? '9'));

function Row({ owed: o, now, u }: { owed: Owed; now: number; u: Urgency }) {
  const t = useText();
  const last = o.marks.at(-1);
  return (
    <li class="row" data-owed={o.request} data-urgency={u}>
      <Glyph name={glyphs[u]} />
      <div class="row-text">
        <strong>{[caseOf(o) || t('register.no_case'), o.pseudonym].filter(Boolean).join(' · ')}</strong>
        <span>{t(`protection.phase.${o.phase}`)}{last && ` · ${stepName(t, { what: last.mark, ...(last.hours !== undefined && { hours: last.hours }) })} (${stepMoment({ what: last.mark, at: last.at })})`}</span>
        {o.received && <span class="quiet digits">{t('protection.received_at', { time: moment(o.received) })}</span>}
        {o.due && (u === 'overdue' || u === 'soon' || u === 'running') && <span class="digits" data-left>{t('protection.due_at', { time: moment(o.due) })} · <strong class="clock-left-short">{leftText(t, left(Date.parse(o.due), now))}</strong></span>}
        {o.next && <span class="quiet digits">{t('protection.next', { what: stepName(t, { what: o.next.mark, ...(o.next.hours !== undefined && { hours: o.next.hours }) }), time: stepMoment({ what: o.next.mark, at: o.next.at }) })}</span>}
      </div>
      <a class="button button-plain button-normal" href={`#incidents/${encodeURIComponent(o.incident)}`} data-act="incident.open" aria-label={`${t('register.open')}: ${caseOf(o) || o.incident}`}><span class="button-text">{t('register.open')}</span></a>
    </li>
  );
}
