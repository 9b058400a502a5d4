// Where the protocol is written. One key opens it, one letter chooses the kind, one number the speaker, then text and
// Enter; Escape goes back to the letters without losing a word. The letters are told by their place on the keyboard.
// 0 shows the court's formulas in place of the speakers, and one more letter opens the interpreter's line below the text.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Glyph } from '../components/glyph';
import { Panel } from '../components/panel';
import { kindOf, keyOf, isLetter, isZero, numberOf, speakersOf, writtenKinds, type WrittenKind } from '../keys/keyboard';
import { KeyHint } from '../components/keyhint';
import type { Actions } from '../state/actions';
import { blank, filled } from '../state/formulas';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { languageName, speakerName } from '../text/say';
import type { Formula, State } from '../signaling/wire';

/** The most characters of an entry; the gateway refuses a longer one. */
const mostText = 20_000;
export const spokenLanguages = ['az', 'en', 'ru', 'tr', 'uk', 'uz'] as const;

const lettersOf = (t: Translate): Record<WrittenKind, string> =>
  Object.fromEntries(writtenKinds.map((k) => [k, t(`compose.letter.${k}`)])) as Record<WrittenKind, string>;

/** Who most likely speaks, so that the usual entry needs no number. */
function usualSpeaker(kind: WrittenKind, state: State): string {
  if (kind === 'answer') return 'witness';
  if (kind === 'question') return state.seats?.find((s) => s.id === state.testimony.floor)?.role ?? 'presiding_judge';
  if (kind === 'objection') return 'defence_counsel';
  return kind === 'ruling' ? 'presiding_judge' : '';
}

/** The witness speaks the language of the consent, unless the clerk has chosen another; everybody else the page's. */
function usualLanguage(speaker: string, state: State, page: string): string {
  const own = speaker === 'witness' ? state.testimony.consent?.language : undefined;
  return own && (spokenLanguages as readonly string[]).includes(own) ? own : page;
}

/** How a speaker is written down; kept for the next entry of the same speaker. */
interface Manner { lang?: string; interpreted?: boolean; into?: string }

export interface ComposerProps { state: State; formulas: readonly Formula[]; add: NonNullable<Actions['addEntry']>; focusRef: { current: HTMLElement | null } }

export function Composer({ state, formulas, add, focusRef }: ComposerProps) {
  const t = useText();
  const [kind, setKind] = useState<WrittenKind>('question');
  const [chosen, setChosen] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');
  const [number, setNumber] = useState('');
  const [seal, setSeal] = useState('');
  const [manners, setManners] = useState<Record<string, Manner>>({});
  const [listing, setListing] = useState(false);
  const [begun, setBegun] = useState(0);
  const input = useRef<HTMLTextAreaElement>(null);
  const strip = useRef<HTMLDivElement>(null);
  const speaker = chosen ?? usualSpeaker(kind, state);
  const offered = speakersOf(kind);
  const pseudonym = state.testimony.pseudonym;
  const manner = manners[speaker] ?? {};
  const lang = manner.lang ?? usualLanguage(speaker, state, t.lang);
  const into = manner.into ?? (lang === t.lang ? spokenLanguages.find((l) => l !== lang)! : t.lang);
  const letters = lettersOf(t);
  const longest = Math.max([...text].length, manner.interpreted ? [...said].length : 0);
  const ready = text.trim() !== '' && longest <= mostText;
  const set = (more: Manner): void => setManners({ ...manners, [speaker]: { ...manner, ...more } });
  const pickKind = (k: WrittenKind): void => { setKind(k); setChosen(null); setListing(false); };
  const write = (): void => input.current?.focus();
  const begin = (f: Formula): void => {
    setKind(f.kind as WrittenKind); setChosen(f.speaker ?? null); setListing(false);
    setText(filled(t, f, lang, state)); setBegun(begun + 1);
  };
  // A formula is edited before it is sent: its first blank is marked, and what is typed takes its place.
  useLayoutEffect(() => {
    const el = input.current;
    if (begun === 0 || !el) return;
    el.focus();
    const gap = el.value.indexOf(blank);
    if (gap < 0) el.setSelectionRange(el.value.length, el.value.length);
    else el.setSelectionRange(gap, gap + blank.length);
  }, [begun]);
  const submit = (): void => {
    if (!ready) return;
    const rendered = manner.interpreted ? said.trim() : '';
    const back = (): void => { setKind(kind); setChosen(chosen); setText(text); setSaid(said); setNumber(number); setSeal(seal); write(); };
    void add({ kind, text: text.trim(), lang, ...(speaker && { speaker }), ...(rendered && { interpreted: { text: rendered, lang: into } }), ...(kind === 'exhibit' && number.trim() && { number: number.trim() }), ...(seal && { sealed: seal }) })
      .then((a) => { if (!a.ok && a.code === 'name_guarded' && input.current?.value === '') back(); });
    for (const clear of [setText, setSaid, setNumber, setSeal]) clear('');
    setChosen(null);
    strip.current?.focus();
  };
  const stripKey = (e: KeyboardEvent): void => {
    if (e.target !== strip.current) return;
    const k = kindOf(e, letters);
    const n = numberOf(e);
    if (e.code === 'Escape' && listing) setListing(false);
    else if (isZero(e)) setListing(!listing);
    else if (listing && n !== null && formulas[n]) { e.preventDefault(); begin(formulas[n]); return; }
    else if (isLetter(e, t('compose.letter.interpreted'))) set({ interpreted: !manner.interpreted });
    else if (k) pickKind(k);
    else if (!listing && n !== null && offered[n]) setChosen(offered[n]);
    else if (e.code !== 'Enter' && e.code !== 'Space') return;
    e.preventDefault();
    // A letter is followed by a number or by the text: the text is one more key away, and any other key starts it.
    if (e.code === 'Enter' || e.code === 'Space' || (!listing && n !== null)) write();
  };
  const lineKey = (e: KeyboardEvent): void => {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); submit(); }
    if (e.key === 'Escape') { e.preventDefault(); strip.current?.focus(); }
  };
  const how = (
    <div class="compose-manner">
      <KeyHint name={keyOf.compose} />
      <button type="button" class="choice choice-wide" aria-pressed={listing} data-compose="formulas" onClick={() => setListing(!listing)}><KeyHint name="0" /><span>{t('compose.formulas')}</span></button>
      <button type="button" class="choice choice-wide" aria-pressed={manner.interpreted ?? false} data-compose="interpreted" onClick={() => set({ interpreted: !manner.interpreted })}><KeyHint name={t('compose.letter.interpreted')} /><span>{t('compose.interpreted')}</span></button>
      <Tongue label={t('compose.language')} value={lang} change={(l) => set({ lang: l })} name="language" />
      <select class="compose-select" aria-label={t('compose.seal')} value={seal} data-compose="seal" onChange={(e) => setSeal(e.currentTarget.value)}>
        {(['', 'parties', 'bench'] as const).map((s) => <option key={s} value={s} selected={s === seal}>{s === '' ? t('compose.seal.open') : t(`protocol.sealed.${s}`)}</option>)}
      </select>
    </div>
  );
  return (
    <Panel title={t('compose.title')} aside={how} class="panel-compose">
      <div class="compose-strip" tabIndex={0} role="group" aria-label={t('compose.how', { key: keyOf.compose })} data-compose="strip" onKeyDown={stripKey} ref={(el) => { strip.current = el; focusRef.current = el; }}>
        <div class="compose-kinds" role="group" aria-label={t('compose.kind')}>
          {writtenKinds.map((k) => (
            <button key={k} type="button" class="choice" title={t(`kind.${k}`)} aria-pressed={k === kind} data-kind={k} onClick={() => { pickKind(k); write(); }}>
              <KeyHint name={t(`compose.letter.${k}`)} /><span>{t(`compose.short.${k}`)}</span>
            </button>
          ))}
        </div>
        {listing ? <Formulas formulas={formulas} lang={t.lang} begin={begin} /> : (
          <div class="compose-speakers" role="group" aria-label={t('compose.speaker')}>
            {offered.map((s, i) => (
              <button key={s} type="button" class="choice" title={speakerName(t, s, pseudonym)} aria-pressed={s === speaker} data-speaker={s} onClick={() => { setChosen(s !== speaker ? s : kind === 'ruling' ? null : ''); write(); }}>
                <KeyHint name={String(i + 1)} /><span>{s === 'witness' ? speakerName(t, s, pseudonym) : t(`compose.short.${s}`)}</span>
              </button>
            ))}
          </div>
        )}
      </div>
      <div class={`compose-line${kind === 'exhibit' ? ' compose-line-number' : ''}`}>
        {kind === 'exhibit' && <input class="compose-number" type="text" value={number} maxLength={20} aria-label={t('compose.number')} placeholder={t('compose.number.next')} autocomplete="off" data-compose="number" onInput={(e) => setNumber(e.currentTarget.value)} onKeyDown={lineKey} />}
        <textarea ref={input} rows={1} value={text} aria-label={t('compose.text')} data-compose="text" lang={lang} onInput={(e) => setText(e.currentTarget.value)} onKeyDown={lineKey} />
        <button type="button" class="button button-primary button-normal" data-act="entry.add" aria-disabled={!ready || undefined} onClick={submit}><Glyph name="ok" /><span class="button-text">{t('compose.add')}</span><KeyHint name="Enter" /></button>
      </div>
      {manner.interpreted && (
        <div class="compose-line">
          <textarea rows={1} value={said} aria-label={t('compose.interpreted.text')} placeholder={t('compose.interpreted.text')} data-compose="said" lang={into} onInput={(e) => setSaid(e.currentTarget.value)} onKeyDown={lineKey} />
          <Tongue label={t('compose.interpreted.language')} value={into} change={(l) => set({ into: l })} name="into" />
        </div>
      )}
      {longest > mostText && <p class="field-error" role="alert">{t('compose.too_long', { n: longest, most: mostText })}</p>}
    </Panel>
  );
}

function Tongue({ label, value, change, name }: { label: string; value: string; change: (lang: string) => void; name: string }) {
  const t = useText();
  return (
    <select class="compose-select" aria-label={label} value={value} data-compose={name} onChange={(e) => change(e.currentTarget.value)}>
      {spokenLanguages.map((l) => <option key={l} value={l} selected={l === value}>{languageName(t, l)}</option>)}
    </select>
  );
}

/** The court's formulas, the first nine by number. */
function Formulas({ formulas, lang, begin }: { formulas: readonly Formula[]; lang: string; begin: (f: Formula) => void }) {
  const t = useText();
  return (
    <div class="compose-speakers compose-formulas" role="group" aria-label={t('compose.formulas')}>
      {formulas.length === 0 && <p class="quiet">{t('compose.formulas.none')}</p>}
      {formulas.map((f, i) => (
        <button key={f.id} type="button" class="choice" title={f.text[lang]} data-formula={f.id} onClick={() => begin(f)}>
          {i < 9 && <KeyHint name={String(i + 1)} />}<span>{f.title[lang]}</span>
        </button>
      ))}
    </div>
  );
}
