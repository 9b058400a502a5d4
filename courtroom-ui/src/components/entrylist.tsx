// The protocol, as it is being written: saved entries first, then what is not saved yet, each with a word for its state.
// It stays at the newest entry unless the reader has scrolled away, and redraws only the rows that changed.
import { Component } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Entry, State } from '../signaling/wire';
import type { Waiting } from '../state/model';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { besideText, entryText, judgeName, roleName, speakerName } from '../text/say';
import { clock } from '../text/time';
import { Button } from './button';
import { Glyph } from './glyph';

export interface EntryListProps {
  entries: readonly Entry[];
  waiting: readonly Waiting[];
  state: State | null;
  linked: boolean;
  amend?: ((entry: Entry) => void) | undefined;
  dismiss: (id: string) => void;
}

export function EntryList({ entries, waiting, state, linked, amend, dismiss }: EntryListProps) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const mine = waiting.filter((w) => w.name === 'entry.add' || w.name === 'entry.amend');
  useLayoutEffect(() => { if (!away && box.current) box.current.scrollTop = box.current.scrollHeight; }, [entries.length, mine.length, away]);
  const amendedBy = new Map(entries.filter((e) => e.amends !== undefined).map((e) => [e.amends!, e.index]));
  const pseudonym = state?.testimony.pseudonym;
  return (
    <div class="entries-frame">
      <div
        class="entries" ref={box} role="log" aria-label={t('protocol.title')} tabIndex={0}
        onScroll={(e) => { const b = e.currentTarget; setAway(b.scrollHeight - b.scrollTop - b.clientHeight > 48); }}
      >
        {entries.length === 0 && mine.length === 0 && <p class="quiet">{t('protocol.empty')}</p>}
        {entries.map((e) => <Row key={e.index} entry={e} t={t} pseudonym={pseudonym} state={state} amendedBy={amendedBy.get(e.index)} amend={amend} />)}
        {mine.map((w) => <Unsaved key={w.id} waiting={w} t={t} pseudonym={pseudonym} linked={linked} dismiss={dismiss} />)}
      </div>
      {away && <div class="entries-newest"><Button size="small" press={() => setAway(false)}>{t('protocol.newest')}</Button></div>}
    </div>
  );
}

interface RowProps { entry: Entry; t: Translate; pseudonym: string | undefined; state: State | null; amendedBy: number | undefined; amend: ((entry: Entry) => void) | undefined }

// An entry never changes, so a row is drawn again only for another language, another pseudonym, or when it is amended.
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { entry, t, pseudonym, amendedBy, amend } = this.props;
    return next.entry !== entry || next.t !== t || next.pseudonym !== pseudonym || next.amendedBy !== amendedBy || !next.amend !== !amend;
  }

  override render({ entry: e, t, pseudonym, state, amendedBy, amend }: RowProps) {
    const own = e.system !== undefined && e.text === undefined;
    const judge = own ? judgeName(t, e, state?.seats) : null;
    const beside = besideText(t, e, state);
    return (
      <article class={`entry entry-${e.kind}${own ? ' entry-own' : ''}`} data-entry={e.index} data-kind={e.kind} data-code={e.system?.code}>
        <div class="entry-head">
          <span class="entry-number digits">{e.index}</span>
          <time class="digits" dateTime={e.at}>{clock(e.at)}</time>
          {!(own && e.kind === 'system') && <span class="entry-kind">{e.kind === 'incident' && <Glyph name="flag" />}{t.code('kind', e.kind, 'kind.note')}</span>}
          {!own && <span class="entry-speaker">{e.speaker ? speakerName(t, e.speaker, pseudonym) : roleName(t, e.by)}</span>}
          {judge !== null && <span class="entry-speaker" data-by={e.by_seat}>{judge}</span>}
          {e.sealed && <span class="entry-sealed"><Glyph name="lock" />{t.code('protocol.sealed', e.sealed, 'protocol.sealed.bench')}</span>}
          {amend && !own && <span class="entry-amend"><Button size="small" tone="quiet" press={() => amend(e)} act="entry.amend" label={`${t('protocol.amend')}: ${e.index}`}>{t('protocol.amend')}</Button></span>}
        </div>
        <p class="entry-text" lang={e.lang}>{entryText(t, e, state)}</p>
        {beside !== null && <p class="entry-mark">{beside}</p>}
        {e.amends !== undefined && <p class="entry-mark">{t('protocol.amends', { index: e.amends })}</p>}
        {amendedBy !== undefined && <p class="entry-mark">{t('protocol.amended', { index: amendedBy })}</p>}
        {e.written_at && Math.abs(Date.parse(e.written_at) - Date.parse(e.at)) > 5000 && <p class="entry-mark">{t('protocol.written', { time: clock(e.written_at) })}</p>}
      </article>
    );
  }
}

function Unsaved({ waiting: w, t, pseudonym, linked, dismiss }: { waiting: Waiting; t: Translate; pseudonym: string | undefined; linked: boolean; dismiss: (id: string) => void }) {
  const { kind, speaker, text } = w.args as { kind?: string; speaker?: string; text?: string };
  const state = w.refused ? 'refused' : linked ? 'saving' : 'unsent';
  return (
    <article class={`entry entry-unsaved unsaved-${state}`} data-waiting={w.id}>
      <div class="entry-head">
        <span class="entry-number">–</span>
        <time class="digits" dateTime={w.at}>{clock(w.at)}</time>
        <span class="entry-kind">{kind ? t.code('kind', kind, 'kind.note') : t('protocol.amend')}</span>
        {speaker && <span class="entry-speaker">{speakerName(t, speaker, pseudonym)}</span>}
        <span class="entry-saving"><Glyph name={w.refused ? 'warn' : 'waiting'} />{t(`protocol.${state}`)}</span>
      </div>
      <p class="entry-text">{text}</p>
      {w.refused && (
        <p class="entry-mark">{t.code('error', w.refused.code, 'error.unknown')} {w.refused.ref && t('error.ref', { ref: w.refused.ref })} <Button size="small" press={() => dismiss(w.id)}>{t('close')}</Button></p>
      )}
    </article>
  );
}
