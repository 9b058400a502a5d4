// Everything that needs the person's attention, in one place above the screen, for as long as it holds.
import type { Snapshot } from '../session';
import type { Alarm, State } from '../signaling/wire';
import { useEffect, useState } from 'preact/hooks';
import type { Raised, Waiting } from '../state/model';
import type { Ask } from '../components/ask';
import type { Actions } from '../state/actions';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Notice } from '../components/notice';
import { Running } from '../components/timer';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { seatName } from '../text/say';
import { clock } from '../text/time';
import { takingStop } from './people';

export function Notices({ snap, ask }: { snap: Snapshot; ask?: ((ask: Ask) => void) | undefined }) {
  const t = useText();
  const { page, actions, sound } = snap;
  const refused = page.waiting.filter((w) => w.refused && !w.name.startsWith('entry.') && w.name !== 'flag.raise');
  const flags = page.waiting.filter((w) => w.refused && w.name === 'flag.raise');
  const unsaved = page.waiting.filter((w) => !w.refused && w.name.startsWith('entry.')).length;
  const many = (page.state?.alarms?.length ?? 0) + refused.length + flags.length > 3; // they scroll then, and the keyboard must reach them
  return (
    <div class="notices" {...(many ? { tabIndex: 0 } : {})}>
      {page.link !== 'open' && page.link !== 'connecting' && (
        <Notice tone="incident" glyph="nolink" urgent id="link_lost"><strong>{t('link.lost.title')}</strong> <Running since={page.linkSince} say={(time) => t('link.lost.what', { time })} /></Notice>
      )}
      {page.state?.alarms?.filter((a) => a.code !== 'emergency' || !page.state?.emergency).map((a) => (
        <Notice key={a.code + (a.detail ?? '')} tone="incident" urgent id={`alarm.${a.code}`}>{t.code('alarm', a.code, 'alarm.unknown')} {unsteady(t, page.state, a)}<span class="quiet">{t('alarm.since', { time: clock(a.since) })}</span></Notice>
      ))}
      {ask && page.state && <StoppedBy state={page.state} actions={actions} ask={ask} />}
      {unsaved > 0 && page.link !== 'open' && <Notice tone="caution" id="unsaved">{t('protocol.unsaved', { n: unsaved })}</Notice>}
      {page.waiting.filter(isFlag).map((w) => <FlagOnItsWay key={w.id} waiting={w} linked={page.link === 'open'} />)}
      {page.raised?.discreet && page.raised.flag && <Sent key={page.raised.command} raised={page.raised} />}
      {flags.map((w) => <FlagRefused key={w.id} waiting={w} putAway={() => actions.dismiss(w.id)} />)}
      {[...alike(refused)].map(([code, all]) => [all.at(-1)!, all, code] as const).map(([w, all, code]) => (
        <Notice key={code} tone="caution" urgent id="refused" aside={<Button size="small" press={() => { for (const one of all) actions.dismiss(one.id); }}>{t('close')}</Button>}>
          {t.code('error', code, 'error.unknown')}{all.length > 1 && ` (${all.length})`} {w.refused!.ref && <span class="quiet">{t('error.ref', { ref: w.refused!.ref })}</span>}
        </Notice>
      ))}
      {sound.blocked && <Notice tone="plain" glyph="sound" id="sound" aside={<Button tone="primary" act="sound.on" press={sound.unlock}>{t('sound.on')}</Button>}>{t('sound.off')}</Notice>}
    </div>
  );
}

/** The same refusal several times is one notice, with the newest one's reference. */
function alike(refused: readonly Waiting[]): Map<string, Waiting[]> {
  const by = new Map<string, Waiting[]>();
  for (const w of refused) by.set(w.refused!.code, [...(by.get(w.refused!.code) ?? []), w]);
  return by;
}

/** Who pressed the stop, for as long as testimony stands still for it: the bench sees the seat, and what it can do about one that is pressed to harm. */
function StoppedBy({ state, actions: a, ask }: { state: State; actions: Actions; ask: (ask: Ask) => void }) {
  const t = useText();
  const seat = state.testimony.phase === 'paused' ? state.testimony.paused_seat : undefined;
  if (!seat) return null;
  const held = state.seats?.find((s) => s.id === seat);
  const acts = held && held.role !== 'protected_witness' && seat !== state.you.seat;
  return (
    <div class="notice notice-plain" role="status" data-notice="stopped_by" data-seat={seat}>
      <Glyph name="paused" />
      <div class="notice-text">{t('stop.by', { who: seatName(t, state.seats, seat), time: clock(state.testimony.since) })}</div>
      {acts && <div class="notice-aside buttons">
        {!held.muted && <Button size="small" act="stop.mute" press={a.mute && (() => a.mute!(seat))}>{t('people.mute')}</Button>}
        {held.stop === false
          ? <Button size="small" act="seat.give_stop" press={a.giveStop && (() => a.giveStop!(seat))}>{t('people.stop.give')}</Button>
          : <Button size="small" act="seat.take_stop" press={a.takeStop && (() => ask(takingStop(t, state, seat, a)))}>{t('people.stop.take')}</Button>}
      </div>}
    </div>
  );
}

/** Whose link it is that keeps breaking, and how often it broke. */
function unsteady(t: Translate, state: State | null, alarm: Alarm): string {
  if (alarm.code !== 'link_unsteady') return '';
  const [seat = '', times = ''] = (alarm.detail ?? '').split(' ');
  return `${seatName(t, state?.seats, seat)} (${times}), `;
}

const isDiscreet = (w: Waiting): boolean => w.args['discreet'] === true;
const isFlag = (w: Waiting): boolean => w.name === 'flag.raise' && !w.refused;

/** Of a discreet one, what any act says: whoever looks at this screen must not learn that a threat was flagged. */
function FlagOnItsWay({ waiting, linked }: { waiting: Waiting; linked: boolean }) {
  const t = useText();
  if (isDiscreet(waiting)) return <Notice tone="plain" glyph="waiting" id="act_kept">{linked ? t('protocol.saving') : t('act.kept')} · {clock(waiting.at)}</Notice>;
  return <Notice tone="incident" glyph="flag" id="flag_kept">{linked ? t('protocol.saving') : t('flags.kept')} · {clock(waiting.at)}</Notice>;
}

const sentMs = 4_000;

/** The court has what was pressed discreetly. It goes away by itself: nothing of it is to stand on this screen. */
function Sent({ raised }: { raised: Raised }) {
  const t = useText();
  const [over, setOver] = useState(false);
  useEffect(() => { const timer = window.setTimeout(() => setOver(true), sentMs); return () => window.clearTimeout(timer); }, []);
  return over ? null : <Notice tone="plain" glyph="ok" id="act_sent">{t('act.sent')} · {clock(raised.at)}</Notice>;
}

/** A flag that the gateway will not take stays, with what was written of it, until it is put away by hand (I6). */
function FlagRefused({ waiting: w, putAway }: { waiting: Waiting; putAway: () => void }) {
  const t = useText();
  const kind = w.args['kind'];
  const said = [typeof kind === 'string' && t.code('flagkind', kind, 'flagkind.unknown'), ...['target', 'source', 'note'].map((f) => w.args[f])].filter((x): x is string => typeof x === 'string' && x !== '').join(' · ');
  const discreet = isDiscreet(w);
  return (
    <Notice tone={discreet ? 'plain' : 'incident'} glyph={discreet ? 'warn' : 'flag'} urgent={!discreet} id={discreet ? 'act_refused' : 'flag_refused'} aside={<Button size="small" act="refused.close" press={putAway}>{t('close')}</Button>}>
      {t('act.not_taken', { why: t.code('error', w.refused!.code, 'error.unknown') })} {t('act.pressed_at', { time: clock(w.at) })} {w.refused!.ref && <span class="quiet">{t('error.ref', { ref: w.refused!.ref })}</span>}
      {said && (discreet ? <details><summary>{t('flagform.more')}</summary><p class="wrap">{said}</p></details> : <p class="wrap">{said}</p>)}
    </Notice>
  );
}
