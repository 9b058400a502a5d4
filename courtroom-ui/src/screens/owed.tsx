// What the bench owes an answer to: rulings on provisional restrictions, and requests of the parties.
import type { Pending, Request, State } from '../signaling/wire';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Panel } from '../components/panel';
import type { Ask } from '../components/ask';
import type { Actions } from '../state/actions';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { seatName, speakerName } from '../text/say';
import { clock, shortClock } from '../text/time';

export function PendingPanel({ state, actions, ask }: { state: State; actions: Actions; ask: (ask: Ask) => void }) {
  const t = useText();
  const owed = state.pending ?? [];
  if (owed.length === 0) return null;
  return (
    <Panel title={t('pending.title')} tone={owed.some((p) => p.overdue) ? 'incident' : 'caution'} count={owed.length} class="panel-owed">
      <ul class="owed">
        {owed.map((p) => (
          <li key={p.id} data-pending={p.id} data-overdue={p.overdue}>
            <div><p class="owed-what">{pendingName(t, p, state)}</p><p class="quiet">{p.overdue ? <strong><Glyph name="warn" />{t('pending.overdue')}</strong> : <><Glyph name="waiting" />{t('pending.due', { time: shortClock(p.due) })}</>}</p></div>
            <Button size="small" act="ruling.give" press={actions.rule && (() => ask(rulingOn(t, p, state, actions)))}>{t('pending.give')}</Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const pendingName = (t: Translate, p: Pending, state: State): string =>
  [t.code('about', p.about, 'event.plain'), p.kind && t(`session.${p.kind}`), p.ruling && t(`flags.short.${p.ruling}`), p.seat && seatName(t, state.seats, p.seat)].filter(Boolean).join(': ');

const rulingOn = (t: Translate, p: Pending, state: State, actions: Actions): Ask => ({
  title: pendingName(t, p, state), go: t('pending.give'),
  fields: [{ name: 'positions', label: t('pending.positions'), kind: 'text', required: true }, { name: 'reason', label: t('reason'), kind: 'text', required: true }],
  done: (v) => void actions.rule!(p.id, v['reason']!, v['positions']!),
});

export function RequestsPanel({ state, actions, title }: { state: State; actions: Actions; title?: string }) {
  const t = useText();
  const requests = state.requests ?? [];
  return (
    <Panel title={title ?? t('requests.title')} tone={requests.length > 0 ? 'caution' : 'plain'} count={requests.length} class="panel-requests">
      {requests.length === 0 && <p class="quiet">{t('requests.none')}</p>}
      <ul class="owed">{requests.map((r) => <RequestItem key={r.id} request={r} actions={actions} pseudonym={state.testimony.pseudonym} />)}</ul>
    </Panel>
  );
}

function RequestItem({ request: r, actions, pseudonym }: { request: Request; actions: Actions; pseudonym: string | undefined }) {
  const t = useText();
  const done = actions.requestDone;
  const [yes, no] = r.what === 'objection' ? (['sustained', 'overruled'] as const) : (['allowed', 'refused'] as const);
  return (
    <li data-request={r.id} data-what={r.what}>
      <div><p class="owed-what">{t.code('request', r.what, 'event.plain')} · {speakerName(t, r.role, pseudonym)} · <span class="digits">{clock(r.at)}</span></p>{r.text && <p>{r.text}</p>}</div>
      {done && <div class="owed-buttons">
        <Button size="small" act="request.yes" press={() => done(r.id, yes)}>{t(yes === 'sustained' ? 'requests.sustain' : 'requests.allow')}</Button>
        <Button size="small" act="request.no" press={() => done(r.id, no)}>{t(no === 'overruled' ? 'requests.overrule' : 'requests.refuse')}</Button>
      </div>}
    </li>
  );
}
