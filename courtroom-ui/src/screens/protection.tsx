// Requests for protection and the law's clock, for bench and clerk: where each stands in words, when the next moment comes, and a line to look at. The moments are
// the register's, reckoned from the law's own periods; this page only draws them.
import { useState } from 'preact/hooks';
import type { DueMark, Protection, State } from '../signaling/wire';
import type { Incidents } from '../signaling/incidents';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { useNow } from '../components/timer';
import type { Ask, AskField } from '../components/ask';
import { markAt, marksOf, roundLeft, type Marked } from '../state/clock';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { momentOf, written } from '../text/time';

export interface ProtectionProps { state: State; offset: number; incidents: Incidents; ask: (ask: Ask) => void }

export function ProtectionPanel({ state, offset, incidents, ask }: ProtectionProps) {
  const t = useText();
  const list = state.protection ?? [];
  if (list.length === 0) return null;
  const late = list.some((p) => p.phase === 'overdue');
  return (
    <Panel title={t('clock.title')} tone={late ? 'incident' : list.some((p) => (p.marks?.length ?? 0) > 0 && p.phase === 'received') ? 'caution' : 'plain'} count={list.length} class="panel-clock">
      <ul class="owed">{list.map((p) => <Request key={`${p.incident}${p.request ?? ''}`} protection={p} offset={offset} incidents={incidents} ask={ask} />)}</ul>
    </Panel>
  );
}

function Request({ protection: p, offset, incidents, ask }: { protection: Protection; offset: number; incidents: Incidents; ask: (ask: Ask) => void }) {
  const t = useText();
  const now = useNow(20_000) + offset;
  const [refused, setRefused] = useState<string | null>(null);
  const late = p.phase === 'overdue';
  const undecided = p.phase === 'received' || late;
  const left = p.next && t('clock.left', roundLeft(Date.parse(p.next.at) - now));
  return (
    <li data-protection={p.incident} data-phase={p.phase}>
      <p class="owed-what"><Glyph name={late ? 'warn' : p.phase === 'decided' ? 'ok' : 'waiting'} />{t.code('clock.phase', p.phase, 'event.plain')}{p.received && undecided && <span class="quiet"> · {t('clock.received_at', { time: written(p.received) })}</span>}</p>
      {p.due && undecided && <p>{late ? <strong>{t('clock.overrun', { time: written(p.due) })}</strong> : t('clock.due', { time: written(p.due) })}</p>}
      {p.received && <Line protection={p} now={now} />}
      {p.marks?.map((m) => <p key={m.mark + m.at} class="quiet" data-mark={m.mark} data-hours={m.hours}><Glyph name="warn" />{markName(t, p, m)}: {written(m.at)}</p>)}
      {p.next && <p data-next={p.next.mark}>{t('clock.next', { what: markName(t, p, p.next), time: written(p.next.at) })} <span class="quiet">({left})</span></p>}
      {refused && <Notice tone="caution" urgent>{t.code('error', refused, 'error.unknown')}</Notice>}
      <Steps protection={p} now={now} incidents={incidents} ask={ask} refused={setRefused} />
    </li>
  );
}

// Hours are told since the receipt, as the law counts them.
const markName = (t: Translate, p: Protection, m: DueMark): string =>
  t.code('clock.mark', m.mark, 'event.plain', { hours: m.hours ?? (p.received ? Math.round((Date.parse(m.at) - Date.parse(p.received)) / 3_600_000) : '') });

const width = 300, inset = 10;

/** From receipt to the last moment that is known: what has passed, what comes, and where we are. The words beside it say the same. */
function Line({ protection: p, now }: { protection: Protection; now: number }) {
  const marks = marksOf(p, now);
  const x = (m: Marked | number): number => inset + markAt(marks, m) * (width - 2 * inset);
  return (
    <svg class="due-line" viewBox={`0 0 ${width} 26`} data-clock aria-hidden="true" focusable="false">
      <path class="due-base" d={`M${inset} 12H${width - inset}`} />
      <path class={p.phase === 'overdue' ? 'due-gone due-late' : 'due-gone'} d={`M${inset} 12H${x(now)}`} />
      {marks.map((m) => <path key={m.mark + m.at} data-mark={m.mark} class={m.at <= now ? 'due-tick due-passed' : 'due-tick'} d={`M${x(m)} 5V19`} />)}
      <circle class="due-now" cx={x(now)} cy="12" r="5" />
    </svg>
  );
}

interface StepsProps { protection: Protection; now: number; incidents: Incidents; ask: (ask: Ask) => void; refused: (code: string | null) => void }

/** What the court enters about a request. A moment may lie in the past; the register refuses one in the future. */
function Steps({ protection: p, now, incidents, ask, refused }: StepsProps) {
  const t = useText();
  const when: AskField = { name: 'at', label: t('clock.at'), kind: 'line', required: true, value: written(now) };
  const send = async (step: 'received' | 'decide' | 'served' | 'complaint', at: string, body: Record<string, unknown>): Promise<void> => {
    // Left as it stood, it means now, and now is the register's: a minute is too coarse for what was filed within it.
    const moment = at === when.value ? undefined : momentOf(at);
    if (moment === null) { refused('at_wrong'); return; }
    const request = p.request ?? await newest(incidents, p.incident);
    const told = request === null ? { ok: false as const, code: 'request_unknown' } : await incidents.step(p.incident, request, step, { ...(moment && { at: moment }), ...body });
    refused(told.ok ? null : told.code);
  };
  const why: AskField = { name: 'reason', label: t('reason'), kind: 'text', required: true };
  const step = (key: 'received' | 'granted' | 'refused' | 'served' | 'complaint', fields: AskField[], go: (v: Record<string, string>) => Promise<void>) => (
    <Button size="small" act={`protection.${key}`} press={() => ask({ title: t(`clock.step.${key}`), what: t(`clock.step.${key}.what`), go: t('save'), fields, done: (v) => void go(v) })}>{t(`clock.step.${key}`)}</Button>
  );
  return (
    <div class="buttons">
      {p.phase === 'filed' && step('received', [when], (v) => send('received', v['at']!, {}))}
      {(p.phase === 'received' || (p.phase === 'overdue' && p.next?.mark !== 'complaint_end')) && <>
        {step('granted', [when, why], (v) => send('decide', v['at']!, { granted: true, reason: v['reason'] }))}
        {step('refused', [when, why], (v) => send('decide', v['at']!, { granted: false, reason: v['reason'] }))}
      </>}
      {p.phase === 'refused' && step('served', [when], (v) => send('served', v['at']!, {}))}
      {p.phase === 'served' && step('complaint', [when], (v) => send('complaint', v['at']!, {}))}
    </div>
  );
}

async function newest(incidents: Incidents, incident: string): Promise<string | null> {
  const told = await incidents.incident(incident);
  return told.ok ? told.value.requests?.at(-1)?.request ?? null : null;
}
