// The protocol, as it is being written: saved entries first, then what is not saved yet, each with a word for its state.
// It stays at the newest entry unless the reader has scrolled away, redraws only the rows that changed, and lets the browser skip the rows
// that nobody sees (content-visibility in entries.css), so that thousands of entries cost no more than a screenful.
import { Component } from 'preact';
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Entry, State } from '../signaling/wire';
import type { Waiting } from '../state/model';
import { found } from '../state/search';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { besideText, entryText, judgeName, languageName, roleName, speakerName, whoName } from '../text/say';
import { clock } from '../text/time';
import { Button } from './button';
import { Glyph } from './glyph';
import { Search } from './search';

/** What may be done to an entry; each is absent where this seat may not do it. */
export interface EntryActs { amend?: ((e: Entry) => void) | undefined; strike?: ((e: Entry) => void) | undefined; restore?: ((e: Entry) => void) | undefined; /** Whether this seat may strike this one. */ marks?: (e: Entry) => boolean }

export interface EntryListProps {
  entries: readonly Entry[];
  waiting: readonly Waiting[];
  state: State | null;
  linked: boolean;
  acts?: EntryActs;
  dismiss: (id: string) => void;
  /** Set while the protocol is searched; F3 opens it. */
  searching: boolean;
  endSearch: () => void;
}

/** What later entries say of an entry: what amends it, and what struck it out or restored it, in order. */
interface After { amendedBy?: number; marks: readonly Entry[] }

function afterwards(entries: readonly Entry[]): Map<number, After> {
  const after = new Map<number, After>();
  for (const e of entries) {
    const about = e.amends ?? e.strikes ?? e.restores;
    if (about === undefined) continue;
    const held = after.get(about) ?? { marks: [] };
    after.set(about, e.amends !== undefined ? { ...held, amendedBy: e.index } : { ...held, marks: [...held.marks, e] });
  }
  return after;
}

const noActs: EntryActs = {};

export function EntryList({ entries, waiting, state, linked, acts = noActs, dismiss, searching, endSearch }: EntryListProps) {
  const t = useText();
  const box = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const top = useRef(0);
  const [query, setQuery] = useState('');
  const [here, setHere] = useState<number | null>(null);
  const mine = waiting.filter((w) => w.name.startsWith('entry.'));
  useLayoutEffect(() => { if (!away && box.current) box.current.scrollTop = box.current.scrollHeight; }, [entries.length, mine.length, away]);
  const after = useMemo(() => afterwards(entries), [entries]);
  const pseudonym = state?.testimony.pseudonym;
  const hits = useMemo(() => (searching ? found(t, entries, query, state) : []), [searching, entries, query, t, pseudonym]);
  const hit = useMemo(() => new Set(hits), [hits]);
  const at = here === null ? -1 : hits.indexOf(here);
  const show = (index: number | undefined): void => {
    setHere(index ?? null);
    if (index === undefined) return;
    setAway(true);
    box.current?.querySelector(`[data-entry="${index}"]`)?.scrollIntoView({ block: 'center' });
  };
  const look = (text: string): void => { setQuery(text); show(found(t, entries, text, state).at(-1)); };
  const step = (by: 1 | -1): void => { if (hits.length > 0) show(hits[(Math.max(at, 0) + by + hits.length) % hits.length]); };
  const close = (): void => { setQuery(''); setHere(null); endSearch(); box.current?.focus(); };
  return (
    <div class="entries-frame">
      {searching && <Search query={query} at={at} all={hits.length} change={look} step={step} close={close} />}
      <div
        class="entries" ref={box} role="log" aria-label={t('protocol.title')} tabIndex={0}
        onScroll={(e) => {
          const b = e.currentTarget;
          // Only who scrolls up goes away from the newest: a band above that takes room, or rows that are laid out late, do not.
          if (b.scrollHeight - b.scrollTop - b.clientHeight <= 48) setAway(false); else if (b.scrollTop < top.current) setAway(true);
          top.current = b.scrollTop;
        }}
      >
        {entries.length === 0 && mine.length === 0 && <p class="quiet">{t('protocol.empty')}</p>}
        {blocksOf(entries).map((block) => <Block key={block[0]!.index} entries={block} t={t} pseudonym={pseudonym} state={state} after={after} acts={acts} hit={hit} here={here} />)}
        {mine.map((w) => <Unsaved key={w.id} waiting={w} t={t} pseudonym={pseudonym} linked={linked} dismiss={dismiss} />)}
      </div>
      {away && <div class="entries-newest"><Button size="small" press={() => { setHere(null); setAway(false); }} act="entries.newest">{t('protocol.newest')}</Button></div>}
    </div>
  );
}

// A new entry must not cost a look at each of the thousands before it while somebody types: rows stand in blocks, and a block in which nothing can have changed is
// not looked into.
const blockSize = 100;

function blocksOf(entries: readonly Entry[]): (readonly Entry[])[] {
  const blocks: (readonly Entry[])[] = [];
  for (let from = 0; from < entries.length; from += blockSize) blocks.push(entries.slice(from, from + blockSize));
  return blocks;
}

interface BlockProps { entries: readonly Entry[]; t: Translate; pseudonym: string | undefined; state: State | null; after: Map<number, After>; acts: EntryActs; hit: ReadonlySet<number>; here: number | null }

class Block extends Component<BlockProps> {
  override shouldComponentUpdate(next: BlockProps): boolean {
    const { entries, t, pseudonym, acts, hit, here, after } = this.props;
    return next.t !== t || next.pseudonym !== pseudonym || has(next.acts) !== has(acts) || next.here !== here || (next.hit !== hit && next.hit.size + hit.size > 0)
      || next.entries.length !== entries.length || next.entries.some((e, i) => e !== entries[i] || said(next.after.get(e.index)) !== said(after.get(e.index)));
  }

  override render({ entries, t, pseudonym, state, after, acts, hit, here }: BlockProps) {
    return entries.map((e) => <Row key={e.index} entry={e} t={t} pseudonym={pseudonym} state={state} after={after.get(e.index)} acts={acts} found={hit.has(e.index) ? (e.index === here ? 'here' : 'yes') : 'no'} />);
  }
}

// What later entries say of an entry only grows.
const said = (after: After | undefined): number => (after ? after.marks.length + (after.amendedBy ?? 0) * 1_000 : 0);

interface RowProps { entry: Entry; t: Translate; pseudonym: string | undefined; state: State | null; after: After | undefined; acts: EntryActs; found: 'no' | 'yes' | 'here' }

const has = (a: EntryActs): number => (a.amend ? 1 : 0) + (a.strike ? 2 : 0) + (a.restore ? 4 : 0);

// An entry never changes, so a row is drawn again only for another language, another pseudonym, another act, or for what later entries say of it.
class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { entry, t, pseudonym, after, acts, found: was } = this.props;
    return next.entry !== entry || next.t !== t || next.pseudonym !== pseudonym || next.found !== was || has(next.acts) !== has(acts)
      || next.after?.amendedBy !== after?.amendedBy || next.after?.marks.length !== after?.marks.length;
  }

  override render({ entry: e, t, pseudonym, state, after, acts, found: hit }: RowProps) {
    const own = e.system !== undefined && e.text === undefined;
    const judge = own ? judgeName(t, e, state?.seats) : null;
    const beside = besideText(t, e, state);
    const struck = after?.marks.at(-1)?.strikes !== undefined;
    const words = entryText(t, e, state);
    return (
      <article class={`entry entry-${e.kind}${own ? ' entry-own' : ''}${hit === 'no' ? '' : ` entry-found-${hit}`}`} data-entry={e.index} data-kind={e.kind} data-code={e.system?.code} data-struck={struck || undefined} aria-current={hit === 'here' || undefined}>
        <div class="entry-head">
          <span class="entry-number digits">{e.index}</span>
          <time class="digits" dateTime={e.at}>{clock(e.at)}</time>
          {!(own && e.kind === 'system') && <span class="entry-kind">{e.kind === 'incident' && <Glyph name="flag" />}{t.code('kind', e.kind, 'kind.note')}{e.number && ` ${t('protocol.number')} ${e.number}`}</span>}
          {!own && <span class="entry-speaker">{e.speaker ? speakerName(t, e.speaker, pseudonym) : roleName(t, e.by)}</span>}
          {judge !== null && <span class="entry-speaker" data-by={e.by_seat}>{judge}</span>}
          {e.interpreted && e.lang && <span>{languageName(t, e.lang)}</span>}
          {e.sealed && <span class="entry-sealed"><Glyph name="lock" />{t.code('protocol.sealed', e.sealed, 'protocol.sealed.bench')}</span>}
          {!own && <RowActs entry={e} t={t} acts={acts} struck={struck} />}
        </div>
        <p class="entry-text" lang={own ? undefined : e.lang}>{struck ? <s>{words}</s> : words}</p>
        {e.interpreted && <p class="entry-text entry-interpreted"><span class="entry-language">{t('protocol.interpreted', { language: languageName(t, e.interpreted.lang) })}</span> <span lang={e.interpreted.lang}>{struck ? <s>{e.interpreted.text}</s> : e.interpreted.text}</span></p>}
        {beside !== null && <p class="entry-mark">{beside}</p>}
        {e.amends !== undefined && <p class="entry-mark">{t('protocol.amends', { index: e.amends })}</p>}
        {after?.amendedBy !== undefined && <p class="entry-mark">{t('protocol.amended', { index: after.amendedBy })}</p>}
        {after?.marks.map((m) => <p key={m.index} class="entry-mark entry-struck">{t(m.strikes !== undefined ? 'protocol.struck' : 'protocol.restored', { by: whoName(t, m, state?.seats), time: clock(m.at), index: m.index, reason: reasonOf(m) })}</p>)}
        {e.written_at && Math.abs(Date.parse(e.written_at) - Date.parse(e.at)) > 5000 && <p class="entry-mark">{t('protocol.written', { time: clock(e.written_at) })}</p>}
      </article>
    );
  }
}

// The sentence brings its own full stop.
const reasonOf = (m: Entry): string => String(m.system?.params?.['reason'] ?? '').replace(/\.$/, '');

function RowActs({ entry: e, t, acts, struck }: { entry: Entry; t: Translate; acts: EntryActs; struck: boolean }) {
  const marks = acts.marks?.(e) ?? false;
  const offered: [act: string, label: string, press: ((e: Entry) => void) | undefined][] = struck
    ? [['entry.restore', t('protocol.restore'), marks ? acts.restore : undefined]]
    : [['entry.strike', t('protocol.strike'), marks ? acts.strike : undefined], ['entry.amend', t('protocol.amend'), acts.amend]];
  if (offered.every(([, , press]) => !press)) return null;
  return <span class="entry-acts">{offered.map(([act, label, press]) => <Button key={act} size="small" tone="quiet" press={press && (() => press(e))} act={act} label={`${label}: ${e.index}`}>{label}</Button>)}</span>;
}

function Unsaved({ waiting: w, t, pseudonym, linked, dismiss }: { waiting: Waiting; t: Translate; pseudonym: string | undefined; linked: boolean; dismiss: (id: string) => void }) {
  const { kind, speaker, text, number, interpreted, entry, reason } = w.args as { kind?: string; speaker?: string; text?: string; number?: string; interpreted?: { text: string; lang: string }; entry?: number; reason?: string };
  const state = w.refused ? 'refused' : linked ? 'saving' : 'unsent';
  const act = { 'entry.amend': 'protocol.amend', 'entry.strike': 'protocol.strike', 'entry.restore': 'protocol.restore' } as const;
  const what = kind ? t.code('kind', kind, 'kind.note') : `${t(act[w.name as keyof typeof act] ?? 'protocol.amend')}: ${entry}`;
  return (
    <article class={`entry entry-unsaved unsaved-${state}`} data-waiting={w.id}>
      <div class="entry-head">
        <span class="entry-number">–</span>
        <time class="digits" dateTime={w.at}>{clock(w.at)}</time>
        <span class="entry-kind">{what}{number && ` ${t('protocol.number')} ${number}`}</span>
        {speaker && <span class="entry-speaker">{speakerName(t, speaker, pseudonym)}</span>}
        <span class="entry-saving"><Glyph name={w.refused ? 'warn' : 'waiting'} />{t(`protocol.${state}`)}</span>
      </div>
      <p class="entry-text">{text ?? reason}</p>
      {interpreted && <p class="entry-text entry-interpreted" lang={interpreted.lang}>{interpreted.text}</p>}
      {w.refused && (
        <p class="entry-mark">{t.code('error', w.refused.code, 'error.unknown')} {w.refused.ref && t('error.ref', { ref: w.refused.ref })} <Button size="small" press={() => dismiss(w.id)}>{t('close')}</Button></p>
      )}
    </article>
  );
}
