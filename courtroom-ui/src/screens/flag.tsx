// One flag, opened: what was said, what was ruled and what came of it, and at the bench the rulings, one press each. Whom a ruling weighs on is
// named before it goes; what it did is said in words, with the way back beside it.
import { useState } from 'preact/hooks';
import type { Flag, FlagPut, FlagRuling, GivenRuling, HeardHow, PutForm, State } from '../signaling/wire';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { KeyHint } from '../components/keyhint';
import type { Ask, AskField } from '../components/ask';
import { flagRulings, numberOf } from '../keys/keyboard';
import type { Actions } from '../state/actions';
import { adverse, holds, isDismissed, isUndecided, mustName, rulingsOf, targets, unheard, views } from '../state/flags';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { roleName, seatName } from '../text/say';
import { clock } from '../text/time';
import type { Incidents } from '../signaling/incidents';
import { EvidenceList } from './evidence';
import { kindOfFlag } from './flags';

export interface OpenFlagProps { flag: Flag; state: State; actions: Actions; ask: (ask: Ask) => void; incidents: Incidents; close: () => void; /** A ruling was given. */ ruled: () => void; /** False for a moment after the focus came here by itself. */ settled: () => boolean; details?: ((flag: string) => void) | undefined }

export function OpenFlag({ flag: f, state, actions, ask, incidents, close, ruled, settled, details }: OpenFlagProps) {
  const t = useText();
  const [reopened, setReopened] = useState(false);
  const [files, setFiles] = useState(false);
  const rule = rulingWith(t, f, state, actions, ask, ruled);
  const offered = rule && (!isDismissed(f) || reopened) ? rule : undefined;
  const late = Date.parse(f.received_at) - Date.parse(f.pressed_at) > 5000;
  const said = [f.target && `${t('flags.target')}: ${f.target}`, f.source && `${t('flags.source')}: ${f.source}`, f.note].filter(Boolean);
  return (
    <li
      class={isUndecided(f) ? 'flag flag-open' : 'flag'} data-flag={f.id} data-open="true" data-ruling={rulingsOf(f).at(-1)?.ruling ?? ''} data-urgency={f.urgency} tabIndex={offered ? 0 : undefined}
      onKeyDown={(e) => { const n = e.target === e.currentTarget && offered && !e.repeat && settled() ? numberOf(e) : null; const r = n === null ? undefined : flagRulings[n]; if (r) { e.preventDefault(); offered!(r); } }}
    >
      <div class="flag-head">
        <p class="flag-who"><Glyph name="flag" />{kindOfFlag(t, f)} · {t('flags.pressed', { who: roleName(t, f.role), time: clock(f.pressed_at) })}{f.discreet && <span class="flag-discreet"><Glyph name="lock" />{t('flags.discreet')}</span>}</p>
        <Button size="small" tone="quiet" glyph="less" label={t('close')} act="flag.close" press={close}>{''}</Button>
      </div>
      {late && <p class="quiet">{t('flags.received', { time: clock(f.received_at) })}</p>}
      {f.concerns && <p>{t('flags.concerns')}: <strong>{seatName(t, state.seats, f.concerns)}</strong></p>}
      {said.length > 0 && <p class="wrap">{said.join(' · ')}</p>}
      <Effects flag={f} state={state} actions={actions} ask={ask} />
      {f.put?.map((p) => <PutLine key={`${p.seat}${p.at}`} put={p} state={state} />)}
      {unheard(f).map((seat) => <p key={seat} class="flag-owed" data-unheard={seat}><Glyph name="warn" />{t('flags.unheard', { who: seatName(t, state.seats, seat) })}</p>)}
      {rule && isDismissed(f) && !reopened && <Button size="small" act="flag.reopen" press={() => setReopened(true)}>{t('flags.reopen')}</Button>}
      {offered && <Rulings give={offered} />}
      <FlagActs flag={f} state={state} actions={actions} ask={ask} details={details} files={f.incident ? () => setFiles(!files) : undefined} filesOpen={files} />
      {files && f.incident && <EvidenceList incident={f.incident} incidents={incidents} />}
    </li>
  );
}

/** The rulings as the numbers lie on a keyboard. */
function Rulings({ give }: { give: (r: FlagRuling) => void }) {
  const t = useText();
  return (
    <div class="flag-rulings" role="group" aria-label={t('flags.rulings')}>
      {flagRulings.map((r, i) => (
        <button key={r} type="button" class="choice" title={t(`ruling.${r}`)} data-act={`flag.rule.${r}`} aria-keyshortcuts={String(i + 1)} onClick={() => give(r)}><KeyHint name={String(i + 1)} /><span>{t(`flags.short.${r}`)}</span></button>
      ))}
    </div>
  );
}

/** A ruling takes one press. One that takes something from a person names that person, a dismissal says why, and so does any ruling on what was dismissed. */
function rulingWith(t: Translate, f: Flag, state: State, actions: Actions, ask: (ask: Ask) => void, ruled: () => void): ((r: FlagRuling) => void) | undefined {
  if (!actions.ruleFlag) return undefined;
  const give: NonNullable<Actions['ruleFlag']> = (...a) => { ruled(); return actions.ruleFlag!(...a); };
  const again = isDismissed(f);
  return (r) => {
    const whom = mustName(f, r);
    const why = r === 'dismiss' || again;
    if (!whom && !why) { void give(f.id, r, named(f, r)); return; }
    const fields: AskField[] = [
      ...(whom ? [{ name: 'seat', label: t('flags.whom'), kind: 'choice', required: true, options: targetsOf(t, state, r) } as const] : []),
      ...(why ? [{ name: 'reason', label: t('reason'), kind: 'text', required: true } as const] : []),
    ];
    ask({
      title: r === 'dismiss' ? t('dialog.dismiss') : `${t(`ruling.${r}`)}`, ...(adverse.has(r) && { what: t('flags.provisional') }), go: t(`ruling.${r}`), tone: r === 'remove' ? 'danger' : 'primary', fields,
      done: (v) => void give(f.id, r, { ...(v['seat'] ? { seat: v['seat'] } : named(f, r)), ...(v['reason'] && { reason: v['reason'] }) }),
    });
  };
}

const named = (f: Flag, r: FlagRuling): { seat?: string } => (adverse.has(r) && f.concerns ? { seat: f.concerns } : {});
const targetsOf = (t: Translate, state: State, r?: FlagRuling): { value: string; label: string }[] =>
  targets(state, r).map((id) => ({ value: id, label: seatName(t, state.seats, id) }));

/** What was ruled, what it did, whether that holds still, and how it is taken back. */
export function Effects({ flag: f, state, actions, ask, newest }: { flag: Flag; state: State; actions: Actions; ask: (ask: Ask) => void; newest?: boolean }) {
  const t = useText();
  const given = rulingsOf(f);
  if (given.length === 0) return isUndecided(f) ? null : <p class="quiet">{t('flags.open')}</p>;
  return <ul class="effects">{given.map((r, i) => (!newest || i === given.length - 1) && <Effect key={i} given={r} last={!given.slice(i + 1).some((x) => x.ruling === r.ruling && x.seat === r.seat)} state={state} actions={actions} ask={ask} />)}</ul>;
}

function Effect({ given: r, last, state, actions, ask }: { given: GivenRuling; last: boolean; state: State; actions: Actions; ask: (ask: Ask) => void }) {
  const t = useText();
  const held = last ? holds(r, state) : null;
  const who = r.seat ? seatName(t, state.seats, r.seat) : t('flags.all');
  const back = held === true ? backOf(t, r, state, actions, ask) : undefined;
  const words = held === false ? t.code('effect', `${r.ruling}.over`, 'event.plain', { who }) : t(`effect.${r.ruling}`, { who });
  return (
    <li data-effect={r.ruling} data-seat={r.seat} data-holds={held === null ? undefined : String(held)}>
      <p><Glyph name={held === false ? 'off' : 'ok'} />{words} <span class="quiet">({roleName(t, r.by)}, {clock(r.at)}{r.provisional && `, ${t('flags.provisional.short')}`})</span>{r.reason && ` – ${r.reason}`}</p>
      {back && <Button size="small" act="effect.back" press={back}>{t.code('effect', `${r.ruling}.back`, 'confirm')}</Button>}
    </li>
  );
}

/** The way back of a ruling: what loosens says why. */
function backOf(t: Translate, r: GivenRuling, state: State, a: Actions, ask: (ask: Ask) => void): (() => void) | undefined {
  const seat = r.seat;
  if (seat === undefined) return undefined;
  const why = (title: string, act: (reason: string) => unknown) => () =>
    ask({ title: `${seatName(t, state.seats, seat)}. ${title}`, what: t('dialog.loosen'), go: t('confirm'), fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (v) => void act(v['reason']!) });
  if (r.ruling === 'mute' && a.unmute) return why(t('dialog.unmute'), (reason) => a.unmute!(seat, reason));
  if (r.ruling === 'remove' && a.admit) return why(t('dialog.admit'), (reason) => a.admit!(seat, reason));
  if (r.ruling === 'hide' && a.showSeat) return () => void a.showSeat!(seat);
  return undefined;
}

function PutLine({ put: p, state }: { put: FlagPut; state: State }) {
  const t = useText();
  const who = seatName(t, state.seats, p.seat);
  return (
    <div class="flag-put" data-put-to={p.seat} data-form={p.form} data-answered={p.answer !== undefined} data-heard={p.heard?.how}>
      <p><Glyph name={p.answer || p.heard ? 'ok' : 'waiting'} />{t('flags.put.to', { who, form: t(`putform.${p.form}`), time: clock(p.at) })}{p.gist && `: ${p.gist}`}</p>
      {p.answer && <p class="flag-answer wrap"><span class="quiet">{t('flags.answered', { who, time: clock(p.answer.at) })}</span> {p.answer.text}</p>}
      {p.heard && <p class="flag-answer wrap"><span class="quiet">{t(`heard.${p.heard.how}`)}, {clock(p.heard.at)}</span>{p.heard.positions && ` ${p.heard.positions}`}</p>}
    </div>
  );
}

interface FlagActsProps { flag: Flag; state: State; actions: Actions; ask: (ask: Ask) => void; details?: ((flag: string) => void) | undefined; files: (() => void) | undefined; filesOpen: boolean }

function FlagActs({ flag: f, state, actions: a, ask, details, files, filesOpen }: FlagActsProps) {
  const t = useText();
  const mine = f.seat === state.you.seat;
  // The bench puts it to somebody who is here and is not the one who flagged it.
  const put = a.flagPut && !f.closed ? () => ask(putting(t, f, state, a)) : undefined;
  const heard = a.flagHeard && !f.closed ? () => ask(hearing(t, f, state, a)) : undefined;
  const request = a.flagRequest && !f.requested && (!f.discreet || a.ruleFlag) ? () => ask(requesting(t, f.id, a)) : undefined;
  return (
    <div class="buttons flag-acts">
      <Button size="small" act="flag.put" press={put}>{t('flags.put.short')}</Button>
      <Button size="small" act="flag.heard" press={heard}>{t('flags.heard')}</Button>
      <Button size="small" act="flag.request" press={request}>{t('flags.request.short')}</Button>
      {f.requested && <p class="flag-ruled" data-requested><Glyph name="ok" />{t('flags.requested')}</p>}
      {mine && details && !f.closed && <Button size="small" act="flag.detail" press={() => details(f.id)}>{t('flags.details')}</Button>}
      {files && <Button size="small" act="flag.evidence" pressed={filesOpen} press={files}>{t('evidence.short')}</Button>}
    </div>
  );
}

const forms: readonly PutForm[] = ['whole', 'gist', 'orally'];
const hows: readonly HeardHow[] = ['orally', 'declined', 'absent'];

/** Puts it to the person in the form that the judge allows. What is discreet, or the witness's own, is never shown whole. */
function putting(t: Translate, f: Flag, state: State, a: Actions): Ask {
  const open = forms.filter((x) => x !== 'whole' || (!f.discreet && f.role !== 'protected_witness'));
  const whom = unheard(f)[0] ?? f.concerns;
  return {
    title: t('flags.put'), what: t('flags.put.what'), go: t('flags.put'),
    fields: [
      { name: 'seat', label: t('flags.put.whom'), kind: 'choice', required: true, options: targetsOf(t, state).filter((o) => o.value !== f.seat), ...(whom && { value: whom }) },
      { name: 'form', label: t('flags.put.form'), kind: 'choice', required: true, value: open[0]!, options: open.map((x) => ({ value: x, label: t(`putform.${x}.what`) })) },
      { name: 'gist', label: t('flags.put.gist'), kind: 'text' },
    ],
    done: (v) => void a.flagPut!(f.id, v['seat']!, (views.includes(v['seat']!) ? 'orally' : v['form']) as PutForm, v['form'] === 'gist' ? v['gist'] : undefined),
  };
}

function hearing(t: Translate, f: Flag, state: State, a: Actions): Ask {
  const whom = unheard(f)[0] ?? f.put?.find((p) => !p.heard)?.seat ?? f.concerns;
  return {
    title: t('flags.heard'), what: t('flags.heard.what'), go: t('save'),
    fields: [
      { name: 'seat', label: t('flags.put.whom'), kind: 'choice', required: true, options: targetsOf(t, state), ...(whom && { value: whom }) },
      { name: 'how', label: t('flags.heard.how'), kind: 'choice', required: true, options: hows.map((h) => ({ value: h, label: t(`heard.${h}`) })) },
      { name: 'positions', label: t('flags.heard.positions'), kind: 'text' },
    ],
    done: (v) => void a.flagHeard!(f.id, v['seat']!, v['how'] as HeardHow, v['positions']),
  };
}

export const protectionMeasures = ['identity_hidden', 'voice_face_masked', 'closed_session', 'no_contact', 'escort', 'shelter', 'relatives', 'lawyer', 'removal_from_hall', 'other'] as const;

export const requesting = (t: Translate, flag: string, a: Actions): Ask => ({
  title: t('flags.request'), what: t(a.ruleFlag ? 'flags.request.own' : 'flags.request.what'), go: t('flags.request.go'),
  fields: [
    { name: 'measures', label: t('flags.request.measures'), kind: 'checks', options: protectionMeasures.map((m) => ({ value: m, label: t(`protectionmeasure.${m}`) })) },
    { name: 'note', label: t('flags.note'), kind: 'text' },
  ],
  done: (v) => void a.flagRequest!(flag, (v['measures'] ?? '').split(' ').filter(Boolean), v['note']),
});
