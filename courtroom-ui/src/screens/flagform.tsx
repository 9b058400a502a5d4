// After the press: the flag is on its way with the time it was pressed, and what follows is a gift. A number names the kind and is sent at once; the rest is
// sent by its button. Without a link it is kept with the flag, over a reload too.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Flag, FlagKind, State } from '../signaling/wire';
import type { Incidents } from '../signaling/incidents';
import { afterRaise } from '../signaling/outbox';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { KeyHint } from '../components/keyhint';
import { Panel } from '../components/panel';
import type { Ask } from '../components/ask';
import { flagKinds, keyOf, numberOf } from '../keys/keyboard';
import type { Page, Waiting } from '../state/model';
import { hidesDiscreet, opensForm, shownFlags, targets } from '../state/flags';
import type { Actions, FlagDetail } from '../state/actions';
import { useText } from '../text/context';
import { seatName } from '../text/say';
import { clock } from '../text/time';
import { Attach } from './evidence';
import { requesting } from './flag';

/** The flag that a form is about: one that this page has just pressed, or one of one's own that was opened again. */
export interface FormOf { key: string; command?: string; flag?: string; at: string; discreet: boolean }

/** The form, and the flags of this seat as its screen shows them. */
export interface OwnFlags { of: FormOf | null; open: (flag: string) => void; close: () => void; /** With the flags that are to be seen now. */ state: State; /** Shows and hides the discreet ones; undefined where they are never hidden. */ asked: boolean; ask?: (() => void) | undefined }

/** Which form is open: the newest press opens it; it is closed by hand. A discreet press opens nothing by itself, and neither does a reload (A7). */
export function useFlagForm(page: Page, whole: State): OwnFlags {
  const [askedAfter, setAsked] = useState<string | null>(null);
  const newest = page.raised?.command ?? '';
  const asked = askedAfter === newest; // the next press hides them again
  const state = { ...whole, flags: [...shownFlags(whole, asked)] };
  const [closed, setClosed] = useState<string | null>(null);
  const [again, setAgain] = useState<{ flag: string; after: string | null } | null>(null);
  const { raised } = page;
  const reopened = again !== null && again.after === (raised?.command ?? null) ? state.flags.find((f) => f.id === again.flag) : undefined;
  const of = reopened ? { key: reopened.id, flag: reopened.id, at: reopened.pressed_at, discreet: reopened.discreet }
    : raised && opensForm(raised, state.you.role, asked) && (asked && raised.discreet || raised.command !== closed) ? { key: raised.command, command: raised.command, ...(raised.flag && { flag: raised.flag }), at: raised.at, discreet: raised.discreet } : null;
  return { of, open: (flag) => setAgain({ flag, after: raised?.command ?? null }), close: () => { if (raised) setClosed(raised.command); setAgain(null); setAsked(null); }, state, asked, ask: hidesDiscreet(state.you.role) ? () => setAsked(asked ? null : newest) : undefined };
}

/** Neutral words, and always there: that it is there tells nothing. */
export function OwnNotes({ own }: { own: OwnFlags }) {
  const t = useText();
  return own.ask ? <div class="buttons"><Button size="small" tone="quiet" act="own.notes" pressed={own.asked} press={own.ask}>{t('own.notes')}</Button></div> : null;
}

export interface FlagFormProps { of: FormOf; state: State; linked: boolean; waiting: readonly Waiting[]; actions: Actions; incidents: Incidents; ask: (ask: Ask) => void; close: () => void }

export function FlagForm({ of, state, linked, waiting, actions, incidents, ask, close }: FlagFormProps) {
  const t = useText();
  const held = state.flags?.find((f) => f.id === of.flag);
  const [detail, setDetail] = useState<FlagDetail>(() => unsent(waiting, of) ?? detailOf(held));
  const [sent, setSent] = useState(false);
  const [more, setMore] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  // Whoever was writing goes on writing; everybody else can press a number now.
  useEffect(() => { if (!document.activeElement?.matches('input, textarea, select')) box.current?.focus(); }, []);
  const send = (d: FlagDetail): void => { setDetail(d); setSent(true); void actions.flagDetail?.(of.flag ?? afterRaise(of.command!), d); };
  const change = (d: FlagDetail): void => { setDetail({ ...detail, ...d }); setSent(false); };
  const kind = (k: FlagKind): void => send({ ...detail, kind: k });
  const line = (name: 'target' | 'source' | 'note') => (
    <label class="field"><span>{t(`flags.${name}`)}</span><input type="text" name={name} autocomplete="off" value={detail[name] ?? ''} onInput={(e) => change({ [name]: e.currentTarget.value })} onKeyDown={(e) => { if (e.key === 'Enter' && !e.isComposing) { e.preventDefault(); send({ ...detail, [name]: e.currentTarget.value }); } }} /></label>
  );
  const where = of.flag ? (sent ? 'flagform.added' : 'flagform.sent') : linked ? 'protocol.saving' : 'flags.kept';
  return (
    <Panel title={t('flagform.title')} tone="incident" class="panel-flagform" aside={<Button size="small" act="flagform.close" press={close}>{t('close')}</Button>}>
      <div class="flagform" data-flagform={of.flag ?? 'kept'}>
        <p role="status"><Glyph name={of.flag ? 'ok' : 'waiting'} />{t(where)} · <span class="digits">{clock(of.at)}</span>{of.discreet && <span class="flag-discreet"><Glyph name="lock" />{t('flags.discreet')}</span>}</p>
        <div class="flagform-kinds" data-kinds tabIndex={0} ref={box} role="group" aria-label={t('flagform.kinds')} onKeyDown={(e) => { const n = numberOf(e); const k = n === null ? undefined : flagKinds[n]; if (k) { e.preventDefault(); kind(k); } }}>
          {flagKinds.map((k, i) => <button key={k} type="button" class="choice" title={t(`flagkind.${k}`)} aria-pressed={detail.kind === k} data-flagkind={k} onClick={() => kind(k)}><KeyHint name={String(i + 1)} /><span>{t(`flags.kind.${k}`)}</span></button>)}
        </div>
        {line('note')}
        {more && (
          <>
            <div class="form-grid">
              {line('source')}
              {line('target')}
            </div>
            <label class="field"><span>{t('flagform.concerns')}</span>
              <select name="concerns" value={detail.concerns ?? ''} onChange={(e) => change({ concerns: e.currentTarget.value })}>
                <option value="">–</option>
                {targets(state).map((id) => <option key={id} value={id} selected={id === detail.concerns}>{seatName(t, state.seats, id)}</option>)}
              </select>
            </label>
            {held?.incident ? <Attach incident={held.incident} incidents={incidents} /> : <p class="quiet">{t('evidence.attach.later')}</p>}
          </>
        )}
        <div class="buttons">
          <Button size="small" tone="primary" act="flagform.save" press={() => send(detail)}>{t('send')}</Button>
          <Button size="small" act="flagform.more" pressed={more} press={() => setMore(!more)}>{t('flagform.more')}</Button>
          {of.flag && !of.discreet && !held?.discreet && <Button size="small" glyph="lock" act="flagform.discreet" press={() => send({ ...detail, discreet: true })}>{t('flagform.discreet')}</Button>}
          {of.flag && actions.flagRequest && !held?.requested && !of.discreet && !held?.discreet && <Button size="small" act="flag.request" press={() => ask(requesting(t, of.flag!, actions))}>{t('flags.request')}</Button>}
        </div>
        <p class="quiet">{t('flagform.reach', { key: keyOf.flag, discreet: keyOf.discreet })}</p>
      </div>
    </Panel>
  );
}

/** What was written before a reload and still waits: a detail replaces the one before it, so nothing of it may be forgotten here. */
function unsent(waiting: readonly Waiting[], of: FormOf): FlagDetail | undefined {
  const last = waiting.filter((w) => w.name === 'flag.detail' && !w.refused && (w.args['flag'] === of.flag || (of.command !== undefined && w.args['flag'] === afterRaise(of.command)))).at(-1);
  if (!last) return undefined;
  const { flag: _flag, ...detail } = last.args;
  return detail as FlagDetail;
}

const detailOf = (f: Flag | undefined): FlagDetail => ({ ...(f?.kind && { kind: f.kind }), ...(f?.target && { target: f.target }), ...(f?.source && { source: f.source }), ...(f?.note && { note: f.note }), ...(f?.concerns && { concerns: f.concerns }) });
