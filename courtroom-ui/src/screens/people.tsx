// Who is in the hearing, and what may be done about each. Muting and removing protect, and take one press; letting in and
// unmuting are rulings, and ask for a reason.
import { useState } from 'preact/hooks';
import type { CourtView, Seat, State } from '../signaling/wire';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Panel } from '../components/panel';
import type { Ask } from '../components/ask';
import type { Actions } from '../state/actions';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { seatName } from '../text/say';

export interface PeoplePanelProps { state: State; actions: Actions; links: Readonly<Record<string, string>>; ask: (ask: Ask) => void }

export function PeoplePanel({ state, actions, links, ask }: PeoplePanelProps) {
  const t = useText();
  const [open, setOpen] = useState<string | null>(null);
  const seats = state.seats?.filter((s) => s.id !== state.you.seat) ?? [];
  return (
    <Panel title={t('people.title')} count={seats.filter((s) => s.present).length} grow>
      <ul class="people">
        {seats.map((s) => (
          <li key={s.id} class={s.present ? 'person' : 'person person-absent'} data-seat={s.id} data-present={s.present}>
            <div class="person-head">
              <div class="person-who"><span class="person-name">{seatName(t, seats, s.id)}</span><PersonState seat={s} floor={state.testimony.floor} /></div>
              {canActOn(s, actions) && (
                <button type="button" class="button button-plain button-small" aria-expanded={open === s.id} aria-label={t('people.more', { who: seatName(t, seats, s.id) })} data-act="person.more" onClick={() => setOpen(open === s.id ? null : s.id)}><Glyph name={open === s.id ? 'less' : 'more'} /></button>
              )}
            </div>
            {open === s.id && <PersonActs seat={s} state={state} actions={actions} ask={ask} />}
            {links[s.id] && <p class="person-link">{t('people.link')} <output>{links[s.id]}</output></p>}
          </li>
        ))}
      </ul>
      {state.views?.map((v) => <ViewTaken key={v.view} view={v} actions={actions} ask={ask} />)}
    </Panel>
  );
}

/** What was taken from a view of the court by a ruling, and the way back. */
function ViewTaken({ view: v, actions: a, ask }: { view: CourtView; actions: Actions; ask: (ask: Ask) => void }) {
  const t = useText();
  const who = seatName(t, undefined, v.view);
  return (
    <div class="person" data-view={v.view} data-muted={v.muted} data-hidden={v.hidden}>
      <div class="person-who"><span class="person-name">{who}</span><span class="person-state"><Glyph name="lock" />{[v.muted && t('people.muted'), v.hidden && t('people.hidden')].filter(Boolean).join(' · ')}</span></div>
      <div class="person-acts">
        {v.muted && <Button size="small" act="seat.unmute" press={a.unmute && (() => ask({ title: `${who}. ${t('dialog.unmute')}`, what: t('dialog.loosen'), go: t('people.unmute'), fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (x) => void a.unmute!(v.view, x['reason']) }))}>{t('people.unmute')}</Button>}
        {v.hidden && <Button size="small" act="seat.show" press={a.showSeat && (() => a.showSeat!(v.view))}>{t('people.show')}</Button>}
      </div>
    </div>
  );
}

const passive = (s: Seat): boolean => s.role === 'courtroom_screen' || s.role === 'gallery' || s.role === 'protected_witness';
const canActOn = (s: Seat, a: Actions): boolean => Boolean(a.reissue || (!passive(s) && (a.mute || a.unmute || a.remove || a.admit || a.giveFloor || a.takeStop)));

function PersonState({ seat, floor }: { seat: Seat; floor: string | undefined }) {
  const t = useText();
  const words = [
    t(seat.present ? 'people.present' : 'people.absent'),
    seat.admitted === false && t('people.not_admitted'), seat.muted && t('people.muted'),
    seat.hidden && t('people.hidden'), seat.stop === false && t('people.stop_taken'),
    seat.publishing?.sound && !seat.muted && t('people.speaking'), seat.id === floor && t('people.floor'), seat.undertaking && t('people.undertaking'),
  ].filter(Boolean);
  return <span class="person-state"><Glyph name={seat.muted || seat.hidden || seat.admitted === false ? 'lock' : seat.present ? 'ok' : 'off'} />{words.join(' · ')}</span>;
}

/** The stop of the witness herself is never taken: the gateway offers none, and this page asks for none. */
export const takingStop = (t: Translate, state: State, seat: string, a: Actions): Ask => ({
  title: `${seatName(t, state.seats, seat)}. ${t('people.stop.take')}`, what: t('people.stop.what'), go: t('people.stop.take'),
  fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (v) => void a.takeStop!(seat, v['reason']!),
});

function PersonActs({ seat, state, actions: a, ask }: { seat: Seat; state: State; actions: Actions; ask: (ask: Ask) => void }) {
  const t = useText();
  const who = seatName(t, state.seats, seat.id);
  const withReason = (title: 'dialog.unmute' | 'dialog.admit', go: string, act: (seat: string, reason?: string) => unknown) => () =>
    ask({ title: `${who}. ${t(title)}`, what: t('dialog.loosen'), go, fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (v) => void act(seat.id, v['reason']) });
  const floor = state.testimony.floor === seat.id;
  const judged = !passive(seat);
  return (
    <div class="person-acts">
      {judged && <Button size="small" act="floor.give" press={a.giveFloor && (() => a.giveFloor!(floor ? '' : seat.id))}>{t(floor ? 'people.floor.take' : 'people.floor.give')}</Button>}
      {judged && (seat.muted
        ? <Button size="small" act="seat.unmute" press={a.unmute && withReason('dialog.unmute', t('people.unmute'), a.unmute)}>{t('people.unmute')}</Button>
        : <Button size="small" act="seat.mute" press={a.mute && (() => a.mute!(seat.id))}>{t('people.mute')}</Button>)}
      {judged && seat.hidden && <Button size="small" act="seat.show" press={a.showSeat && (() => a.showSeat!(seat.id))}>{t('people.show')}</Button>}
      {judged && (seat.stop === false
        ? <Button size="small" act="seat.give_stop" press={a.giveStop && (() => a.giveStop!(seat.id))}>{t('people.stop.give')}</Button>
        : seat.stop && <Button size="small" act="seat.take_stop" press={a.takeStop && (() => ask(takingStop(t, state, seat.id, a)))}>{t('people.stop.take')}</Button>)}
      {seat.admitted === false
        ? <Button size="small" act="seat.admit" press={a.admit && withReason('dialog.admit', t('people.admit'), a.admit)}>{t('people.admit')}</Button>
        : judged && <Button size="small" tone="danger" act="seat.remove" press={a.remove && (() => ask({ title: `${who}. ${t('people.remove')}`, what: t('dialog.remove'), tone: 'danger', go: t('people.remove'), fields: [], done: () => void a.remove!(seat.id) }))}>{t('people.remove')}</Button>}
      <Button size="small" act="seat.reissue" press={a.reissue && (() => a.reissue!(seat.id))}>{t('people.reissue')}</Button>
    </div>
  );
}
