// Threats flagged: on the bench each with its rulings, one press each (and a number key when the flag has the focus); at
// the other seats one's own, with the details that can follow the press.
import type { Flag, FlagKind, FlagRuling, State } from '../signaling/wire';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Panel } from '../components/panel';
import type { Ask, AskField } from '../components/ask';
import { flagRulings, numberOf } from '../keys/keyboard';
import type { Actions } from '../state/actions';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { roleName, seatName } from '../text/say';
import { clock } from '../text/time';

export const flagKinds: readonly FlagKind[] = ['words', 'gesture', 'look', 'photographing', 'identify', 'contact_outside', 'threat_relative', 'threat_lawyer', 'other'];

export interface FlagsPanelProps { state: State; actions: Actions; ask: (ask: Ask) => void; title?: string }

export function FlagsPanel({ state, actions, ask, title }: FlagsPanelProps) {
  const t = useText();
  const flags = [...(state.flags ?? [])].sort((a, b) => Number(Boolean(a.ruling)) - Number(Boolean(b.ruling)) || b.received_at.localeCompare(a.received_at));
  const open = flags.filter((f) => !f.ruling).length;
  return (
    <Panel title={title ?? t('flags.title')} tone={open > 0 ? 'incident' : 'plain'} count={open} class="panel-flags">
      {flags.length === 0 && <p class="quiet">{t('flags.none')}</p>}
      <ul class="flags">{flags.map((f) => <FlagItem key={f.id} flag={f} state={state} actions={actions} ask={ask} />)}</ul>
    </Panel>
  );
}

function FlagItem({ flag: f, state, actions, ask }: { flag: Flag; state: State; actions: Actions; ask: (ask: Ask) => void }) {
  const t = useText();
  const rule = f.ruling ? undefined : ruling(t, f, state, actions, ask);
  const late = Date.parse(f.received_at) - Date.parse(f.pressed_at) > 5000;
  const about = [f.kind && t(`flagkind.${f.kind}`), f.target && `${t('flags.target')}: ${f.target}`, f.source && `${t('flags.source')}: ${f.source}`, f.note].filter(Boolean);
  return (
    <li
      class={f.ruling ? 'flag' : 'flag flag-open'} data-flag={f.id} data-ruling={f.ruling?.ruling} tabIndex={rule ? 0 : undefined}
      onKeyDown={(e) => { const n = e.target === e.currentTarget && rule ? numberOf(e) : null; const r = n === null ? undefined : flagRulings[n]; if (r) { e.preventDefault(); rule!(r); } }}
    >
      <p class="flag-who"><Glyph name="flag" />{t('flags.pressed', { who: roleName(t, f.role), time: clock(f.pressed_at) })}{f.discreet && <span class="flag-discreet"><Glyph name="lock" />{t('flags.discreet')}</span>}</p>
      {late && <p class="quiet">{t('flags.received', { time: clock(f.received_at) })}</p>}
      <p>{about.length > 0 ? about.join(' · ') : t('flagkind.unknown')}</p>
      {f.ruling
        ? <p class="flag-ruled"><Glyph name="ok" />{t('flags.ruled', { ruling: t(`ruling.${f.ruling.ruling}`), who: roleName(t, f.ruling.by), time: clock(f.ruling.at) })}{f.ruling.reason && ` – ${f.ruling.reason}`}</p>
        : !rule && <p class="quiet">{t('flags.open')}</p>}
      {rule && <div class="flag-rulings">{flagRulings.map((r, i) => <Button key={r} size="small" act={`flag.rule.${r}`} keyName={String(i + 1)} press={() => rule(r)}>{t(`ruling.${r}`)}</Button>)}</div>}
      {actions.flagDetail && f.seat === state.you.seat && !f.ruling && <Button size="small" act="flag.detail" press={() => ask(detail(t, f, actions))}>{t('flags.details')}</Button>}
    </li>
  );
}

/** A ruling takes one press; a removal must say who, a dismissal why. */
function ruling(t: Translate, f: Flag, state: State, actions: Actions, ask: (ask: Ask) => void): ((r: FlagRuling) => void) | undefined {
  const give = actions.ruleFlag;
  if (!give) return undefined;
  return (r) => {
    if (r === 'dismiss') ask({ title: t('dialog.dismiss'), go: t('ruling.dismiss'), fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (v) => void give(f.id, r, { reason: v['reason']! }) });
    else if (r === 'remove') ask({ title: t('dialog.remove.who'), what: t('dialog.remove'), tone: 'danger', go: t('ruling.remove'), fields: [{ name: 'seat', label: t('people.title'), kind: 'choice', required: true, options: removable(t, state) }], done: (v) => void give(f.id, r, { seat: v['seat']! }) });
    else void give(f.id, r);
  };
}

const removable = (t: Translate, state: State): { value: string; label: string }[] =>
  (state.seats ?? []).filter((s) => s.id !== state.you.seat && s.role !== 'protected_witness' && s.role !== 'courtroom_screen').map((s) => ({ value: s.id, label: seatName(t, state.seats, s.id) }));

function detail(t: Translate, f: Flag, actions: Actions): Ask {
  const fields: AskField[] = [
    { name: 'kind', label: t('flags.kind'), kind: 'choice', value: f.kind ?? 'words', options: flagKinds.map((k) => ({ value: k, label: t(`flagkind.${k}`) })) },
    { name: 'target', label: t('flags.target'), kind: 'line', value: f.target ?? '' },
    { name: 'source', label: t('flags.source'), kind: 'line', value: f.source ?? '' },
    { name: 'note', label: t('flags.note'), kind: 'text', value: f.note ?? '' },
  ];
  return { title: t('flags.details'), fields, go: t('save'), done: (v) => void actions.flagDetail!(f.id, { kind: v['kind'] as FlagKind, target: v['target'] ?? '', source: v['source'] ?? '', note: v['note'] ?? '' }) };
}
