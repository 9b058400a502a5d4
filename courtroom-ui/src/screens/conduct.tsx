// The acts by which the presiding judge runs the hearing. What protects happens at one press; what loosens or ends asks
// first. Which acts exist at all is the gateway's word (you.can).
import type { Ask } from '../components/ask';
import { Button } from '../components/button';
import { keyOf } from '../keys/keyboard';
import type { SessionKind, State } from '../signaling/wire';
import type { Actions, PassedOver } from '../state/actions';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';

const rank: Record<SessionKind, number> = { public: 0, private: 1, closed: 2 };
const kinds: readonly SessionKind[] = ['public', 'private', 'closed'];

export interface ConductProps { state: State; actions: Actions; ask: (ask: Ask) => void; measures: () => void }

export function Conduct({ state, actions: a, ask, measures }: ConductProps) {
  const t = useText();
  const { phase } = state.testimony;
  const sure = (title: 'dialog.release' | 'dialog.close', go: string, act: () => unknown) => () => ask({ title: t(title), go, tone: 'danger', fields: [], done: () => void act() });
  return (
    <>
      <div class="deck-group" role="group" aria-label={t('console.testimony')}>
        <Button press={a.identity && !state.testimony.identity_verified ? () => ask(identity(t, a)) : undefined} act="identity.verified">{t('act.identity')}</Button>
        <Button press={a.rehearse && (() => a.rehearse!())} act="testimony.rehearse">{t('act.rehearse')}</Button>
        <Button press={a.issueOfficer && state.testimony.room && phase !== 'released' ? () => void issueOfficer(t, a, ask) : undefined} act="officer.issue">{t('act.officer')}</Button>
        <Button press={a.call && (() => void callWitness(t, a, ask))} tone="primary" glyph="live" keyName={keyOf.call} act="testimony.call">{t(phase === 'paused' ? 'act.resume_testimony' : 'act.call')}</Button>
        <Button press={clearsRoom(state.you.role) && a.pause ? () => ask(clearing(t, a)) : undefined} act="testimony.clear_room">{t('act.clear_room')}</Button>
        <Button press={a.release && sure('dialog.release', t('act.release'), a.release)} act="testimony.release">{t('act.release')}</Button>
      </div>
      <div class="deck-group" role="group" aria-label={t('console.hearing')}>
        {a.kind && kinds.filter((k) => k !== state.hearing.kind).map((k) => (
          <Button key={k} act={`session.kind.${k}`} press={() => changeKind(t, a, ask, state.hearing.kind, k)} {...(rank[k] > rank[state.hearing.kind] && { glyph: 'lock' as const })}>{t(`act.${k}`)}</Button>
        ))}
        <Button press={a.draftOrder && state.order ? measures : undefined} act="measures">{t('act.measures')}</Button>
        <Button press={a.open && (() => a.open!())} tone="primary" act="hearing.open">{t('act.open')}</Button>
        <Button press={a.resume && (() => a.resume!())} tone="primary" act="hearing.resume">{t('act.resume')}</Button>
        <Button press={a.suspend && (() => a.suspend!())} act="hearing.suspend">{t('act.suspend')}</Button>
        <Button press={a.close && sure('dialog.close', t('act.close'), a.close)} act="hearing.close">{t('act.close')}</Button>
      </div>
    </>
  );
}

/** Calls; where the gateway says that a safeguard would be passed over, asks why and sends it again with the reason. The one may stand behind the other. */
export async function callWitness(t: Translate, a: Actions, ask: (ask: Ask) => void, over?: PassedOver): Promise<void> {
  const answer = await a.call?.(over);
  if (!answer || answer.ok) return;
  const room = answer.code === 'room_not_certified';
  if (!room && !(answer.code === 'defence_absent' && !over?.reason)) return;
  ask({
    title: t(room ? 'error.room_not_certified' : 'error.defence_absent'), what: t(room ? 'dialog.uncertified' : 'dialog.loosen'), go: t(room ? 'act.without_certificate' : 'confirm'), tone: 'danger',
    fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true, value: over?.reason ?? '' }],
    done: (v) => void callWitness(t, a, ask, { ...over, reason: v['reason']!, ...(room && { without_certificate: true }) }),
  });
}

/** The officer's code is shown once, to who asked for it. */
async function issueOfficer(t: Translate, a: Actions, ask: (ask: Ask) => void): Promise<void> {
  const answer = await a.issueOfficer?.();
  const code = answer?.ok && answer.result?.['code'];
  if (typeof code === 'string') ask({ title: t('officer.title'), shown: code, what: t('officer.what'), go: t('close'), fields: [], done: () => undefined });
}

function changeKind(t: Translate, a: Actions, ask: (ask: Ask) => void, from: SessionKind, to: SessionKind): void {
  if (rank[to] > rank[from]) { void a.kind!(to); return; }
  ask({ title: t(`act.${to}`), what: t('dialog.loosen'), go: t('confirm'), tone: 'danger', fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (v) => void a.kind!(to, v['reason'], true) });
}

/** Who may have everybody but the witness leave the room; the gateway decides in any case. */
export const clearsRoom = (role: string): boolean => ['presiding_judge', 'judge', 'reserve_judge'].includes(role);

/** An ordinary act, asked for on any day: so that nobody in the room reads a sign of duress in it. */
export const clearing = (t: Translate, a: Actions): Ask => ({
  title: t('duress.clear_room'), what: t('clear_room.what'), go: t('act.clear_room'), fields: [], done: () => void a.pause!('clear_room'),
});

const identity = (t: Translate, a: Actions): Ask => ({
  title: t('identity.title'), what: t('identity.what'), go: t('save'),
  fields: [{ name: 'how', label: t('identity.how'), kind: 'text', required: true, placeholder: t('identity.example') }],
  done: (v) => void a.identity!(v['how']!),
});
