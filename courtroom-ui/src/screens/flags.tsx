// Threats flagged, in the gateway's order. At the bench one stands open, with its rulings; the others are rows below it, so that a new one never moves what is
// under a finger. Many of one seat and minute are one row, and what is on other pages is not drawn: five hundred cost what one page costs. At the other
// seats: one's own flags, and what became of each.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Flag, State } from '../signaling/wire';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Panel } from '../components/panel';
import type { Ask } from '../components/ask';
import type { Actions } from '../state/actions';
import { isDismissed, isUndecided, itemsOf, lastRuled, openOf, pageOf, rulingsOf } from '../state/flags';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { roleName, seatName } from '../text/say';
import { clock, shortClock } from '../text/time';
import type { Incidents } from '../signaling/incidents';
import { Effects, OpenFlag } from './flag';

export interface FlagsPanelProps { state: State; actions: Actions; ask: (ask: Ask) => void; incidents: Incidents; title?: string; /** Opens the form with what is known of one's own flag. */ details?: ((flag: string) => void) | undefined }

const rows = 8;
const settleMs = 600;

export function FlagsPanel({ state, actions, ask, incidents, title, details }: FlagsPanelProps) {
  const t = useText();
  const flags = state.flags ?? [];
  // By role: a lost link takes the rulings away, and moves nothing.
  const bench = state.you.role === 'presiding_judge';
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const [unfolded, setUnfolded] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const [focus, setFocus] = useState(0);
  const was = useRef<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const open = chosen !== undefined ? chosen : bench ? openOf(flags, was.current) : null;
  was.current = open;
  const show = (): void => list.current?.querySelector<HTMLElement>('[data-open]')?.focus();
  useEffect(() => { if (focus > 0) show(); }, [focus]);
  const hadFocus = list.current?.querySelector('[data-open]') === document.activeElement && list.current !== null;
  const shown = useRef(open);
  const movedAt = useRef(0);
  // Whoever rules by numbers goes on with the next by numbers; but the key that ruled on the one, pressed twice, does not rule on the other.
  useLayoutEffect(() => {
    if (shown.current !== open && hadFocus && document.activeElement === document.body) { movedAt.current = Date.now(); show(); }
    shown.current = open;
  });
  const openFlag = flags.find((f) => f.id === open);
  const last = lastRuled(flags);
  const undecided = flags.filter(isUndecided).length + (state.flags_more ?? 0);
  const items = itemsOf(flags.filter((f) => f !== openFlag));
  const page = pageOf(items, at, rows);
  const choose = (id: string): void => { setChosen(id); setFocus(focus + 1); };
  return (
    <Panel title={title ?? t('flags.title')} tone={undecided > 0 ? 'incident' : 'plain'} count={undecided} class="panel-flags" aside={page.pages > 1 && <Pager at={page.at} pages={page.pages} go={setAt} />}>
      {flags.length === 0 && <p class="quiet">{t('flags.none')}</p>}
      <ul class="flags" ref={list}>
        {openFlag && <OpenFlag key={openFlag.id} flag={openFlag} state={state} actions={actions} ask={ask} incidents={incidents} close={() => setChosen(null)} ruled={() => setChosen(undefined)} settled={() => Date.now() - movedAt.current > settleMs} details={details} />}
        {bench && last && last !== openFlag && <LastRuled flag={last} state={state} actions={actions} ask={ask} />}
        {page.shown.map((item) => ('flag' in item
          ? <FlagRow key={item.key} flag={item.flag} open={() => choose(item.flag.id)} />
          : <Many key={item.key} id={item.key} flags={item.many} state={state} actions={actions} ask={ask} unfolded={unfolded === item.key} unfold={() => setUnfolded(unfolded === item.key ? null : item.key)} open={choose} />))}
      </ul>
      {(state.flags_more ?? 0) > 0 && <p class="quiet" data-flags-left-out={state.flags_more}>{t('flags.more', { n: state.flags_more! })}</p>}
    </Panel>
  );
}

function Pager({ at, pages, go }: { at: number; pages: number; go: (at: number) => void }) {
  const t = useText();
  return (
    <span class="pager">
      <Button size="small" tone="quiet" keep glyph="less" press={at > 0 ? () => go(at - 1) : undefined} label={t('flags.newer')} act="flags.previous">{''}</Button>
      <span class="digits">{at + 1}/{pages}</span>
      <Button size="small" tone="quiet" keep glyph="more" press={at < pages - 1 ? () => go(at + 1) : undefined} label={t('flags.older')} act="flags.next">{''}</Button>
    </span>
  );
}

/** What became of a flag, in a few words. */
export function becameOf(t: Translate, f: Flag): string {
  if (isDismissed(f)) return t('effect.dismiss');
  const given = rulingsOf(f);
  return given.length === 0 ? t('flags.open') : [...new Set(given.map((r) => t(`flags.short.${r.ruling}`)))].join(', ');
}

export const kindOfFlag = (t: Translate, f: Pick<Flag, 'kind'>): string => (f.kind ? t(`flagkind.${f.kind}`) : t('flagkind.unknown'));

function FlagRow({ flag: f, open }: { flag: Flag; open: () => void }) {
  const t = useText();
  return (
    <li class={isUndecided(f) ? 'flag flag-row flag-open' : 'flag flag-row'} data-flag={f.id} data-ruling={rulingsOf(f).at(-1)?.ruling ?? ''} data-urgency={f.urgency}>
      <button type="button" class="flag-button" data-act="flag.open" aria-expanded="false" onClick={open}>
        <span class="flag-line"><Glyph name="flag" /><strong>{kindOfFlag(t, f)}</strong>{f.discreet && <><Glyph name="lock" /><span class="visually-hidden">{t('flags.discreet')}</span></>}<span class="digits">{clock(f.pressed_at)}</span></span>
        <span class="flag-line flag-quiet">{roleName(t, f.role)} · {becameOf(t, f)}</span>
      </button>
    </li>
  );
}

/** What the ruling of a moment ago did, while the next flag stands open. */
function LastRuled({ flag: f, state, actions, ask }: { flag: Flag; state: State; actions: Actions; ask: (ask: Ask) => void }) {
  const t = useText();
  return (
    <li class="flag flag-last" data-last-ruled={f.id}>
      <p class="quiet">{t('flags.last', { kind: kindOfFlag(t, f), time: clock(f.pressed_at) })}</p>
      <Effects flag={f} state={state} actions={actions} ask={ask} newest />
    </li>
  );
}

interface ManyProps { id: string; flags: readonly Flag[]; state: State; actions: Actions; ask: (ask: Ask) => void; unfolded: boolean; unfold: () => void; open: (id: string) => void }

/** Many flags of one seat and minute: each is kept, and each gets its ruling; they are only read together. */
function Many({ id, flags, state, actions, ask, unfolded, unfold, open }: ManyProps) {
  const t = useText();
  const [at, setAt] = useState(0);
  const give = actions.ruleFlag;
  const first = flags.at(-1)!;
  const page = pageOf(flags, at, rows);
  const told = flags.filter((f) => f.kind || f.note).length;
  const all = async (ruling: 'enter' | 'dismiss', reason?: string): Promise<void> => {
    for (const f of flags) if (!(await give!(f.id, ruling, reason === undefined ? {} : { reason })).ok) return;
  };
  return (
    <li class="flag flag-many flag-open" data-group={id} data-count={flags.length}>
      <button type="button" class="flag-button" data-act="group.open" aria-expanded={unfolded} onClick={unfold}>
        <span class="flag-line"><Glyph name="flag" /><strong>{t('flags.many', { n: flags.length })}</strong><span class="digits">{shortClock(first.pressed_at)}</span><Glyph name={unfolded ? 'less' : 'more'} /></span>
        <span class="flag-line flag-quiet">{seatName(t, state.seats, first.seat)}{told > 0 && ` · ${t('flags.told', { n: told })}`}</span>
      </button>
      {unfolded && give && (
        <div class="buttons">
          <Button size="small" act="group.enter" press={() => void all('enter')}>{t('flags.all.enter')}</Button>
          <Button size="small" act="group.dismiss" press={() => ask({ title: t('dialog.dismiss'), what: t('flags.all.what', { n: flags.length }), go: t('ruling.dismiss'), fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (v) => void all('dismiss', v['reason']!) })}>{t('flags.all.dismiss')}</Button>
          {page.pages > 1 && <Pager at={page.at} pages={page.pages} go={setAt} />}
        </div>
      )}
      {unfolded && <ul class="flags">{page.shown.map((f) => <FlagRow key={f.id} flag={f} open={() => open(f.id)} />)}</ul>}
    </li>
  );
}
