// The clock of a request, drawn: a bar for the hours of the decision with its warnings, and under it every step in words, so that the bar says nothing that the words
// do not. No colour means anything by itself: each state has a sign and a word.
import { Glyph, type GlyphName } from '../../components/glyph';
import { useText } from '../../text/context';
import type { Translate } from '../../text/locale';
import { day } from '../../text/time';
import { moment } from '../parts';
import { dueOf, left, run, stepsOf, warningsOf, type Left, type Step, type StepState } from './clock';
import type { Request } from './wire';

const glyphs: Record<StepState, GlyphName> = { done: 'ok', passed: 'off', missed: 'warn', ahead: 'waiting' };

export function ClockLine({ request: r, now }: { request: Request; now: number }) {
  const t = useText();
  const steps = stepsOf(r, now);
  const due = dueOf(r), done = Boolean(r.decided);
  return (
    <div class="clock" data-clock={r.phase}>
      {due !== null && !done && <p class="clock-left" role="timer" data-clock-left>{leftText(t, left(due, now))}</p>}
      {!r.received && <p class="clock-left">{t('protection.clock.not_yet')}</p>}
      <Bar request={r} now={now} />
      <ol class="clock-steps">
        {steps.map((s, n) => (
          <li key={n} class={`clock-step clock-${s.state}`} data-step={s.what} data-hours={s.hours} data-state={s.state}>
            <span class="clock-sign"><Glyph name={glyphs[s.state]} /></span>
            <span class="clock-what">{stepName(t, s)}</span>
            <span class="clock-at digits">{stepMoment(s)}</span>
            <span class="clock-state">{t(`protection.state.${s.state}`)}{s.state === 'ahead' && ` · ${leftText(t, left(Date.parse(s.at), now))}`}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The days to complain end with a day, and a court writes which: the last one, until 24:00, and not the first moment of the next. */
export function stepMoment(s: Pick<Step, 'what' | 'at'>): string {
  const written = moment(s.at);
  return s.what === 'complaint_end' && written.endsWith(' 00:00') ? `${day(Date.parse(s.at) - 1)} 24:00` : written;
}

export const stepName = (t: Translate, s: Pick<Step, 'what' | 'hours'>): string => t(`protection.step.${s.what}`, s.hours === undefined ? {} : { h: s.hours });

/** "in 23 h 10 min", "2 h 5 min late" */
export function leftText(t: Translate, l: Left): string {
  const time = l.days > 0 ? t('protection.left.days', { d: l.days, h: l.hours }) : l.hours > 0 ? t('protection.left.hours', { h: l.hours, m: l.minutes }) : t('protection.left.minutes', { m: l.minutes });
  return t(l.over ? 'protection.left.over' : 'protection.left', { time });
}

/** The hours that the law gives for the decision, at the end of the bar. */
const dueHours = (r: Request): number | undefined => [...r.plan, ...r.marks].find((m) => m.mark === 'overrun')?.hours;

const width = 1000, top = 22, thick = 14;

function Bar({ request: r, now }: { request: Request; now: number }) {
  const share = run(r, now);
  if (share === null) return null;
  const warnings = warningsOf(r);
  const over = share >= 1 && !r.decided;
  return (
    <svg class={`clock-bar${over ? ' clock-bar-over' : ''}`} viewBox={`0 0 ${width} 44`} aria-hidden="true" focusable="false">
      <rect class="clock-ground" x="1" y={top} width={width - 2} height={thick} />
      <rect class="clock-run" x="1" y={top} width={Math.round((width - 2) * share)} height={thick} />
      {warnings.map((w) => <g key={w.hours}><line class="clock-tick" x1={w.at * width} x2={w.at * width} y1={top - 6} y2={top + thick + 4} /><text class="clock-text" x={w.at * width} y="13" text-anchor="middle">{w.hours}</text></g>)}
      <text class="clock-text" x={width} y="13" text-anchor="end">{dueHours(r)}</text>
      {share < 1 && !r.decided && <path class="clock-now" d={`M${share * width - 7} ${top + thick + 8}h14l-7 -10z`} />}
    </svg>
  );
}
