// Where the protocol is written. One key opens it, one letter chooses the kind, one number the speaker, then text and
// Enter; Escape goes back to the letters without losing a word. The letters are told by their place on the keyboard.
import { useRef, useState } from 'preact/hooks';
import { Glyph } from '../components/glyph';
import { Panel } from '../components/panel';
import { kindOf, keyOf, numberOf, speakersOf, writtenKinds, type WrittenKind } from '../keys/keyboard';
import { KeyHint } from '../components/keyhint';
import type { Actions } from '../state/actions';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { speakerName } from '../text/say';
import type { State } from '../signaling/wire';

const lettersOf = (t: Translate): Record<WrittenKind, string> =>
  Object.fromEntries(writtenKinds.map((k) => [k, t(`compose.letter.${k}`)])) as Record<WrittenKind, string>;

/** Who most likely speaks, so that the usual entry needs no number. */
function usualSpeaker(kind: WrittenKind, state: State): string {
  if (kind === 'answer') return 'witness';
  if (kind === 'question') return state.seats?.find((s) => s.id === state.testimony.floor)?.role ?? 'presiding_judge';
  if (kind === 'objection') return 'defence_counsel';
  return kind === 'ruling' ? 'presiding_judge' : '';
}

export interface ComposerProps { state: State; add: NonNullable<Actions['addEntry']>; focusRef: { current: HTMLElement | null } }

export function Composer({ state, add, focusRef }: ComposerProps) {
  const t = useText();
  const [kind, setKind] = useState<WrittenKind>('question');
  const [chosen, setChosen] = useState<string | null>(null);
  const [text, setText] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  const strip = useRef<HTMLDivElement>(null);
  const speaker = chosen ?? usualSpeaker(kind, state);
  const offered = speakersOf(kind);
  const pseudonym = state.testimony.pseudonym;
  const pickKind = (k: WrittenKind): void => { setKind(k); setChosen(null); };
  const submit = (): void => {
    const said = text.trim();
    if (said === '') return;
    void add({ kind, text: said, lang: t.lang, ...(speaker && { speaker }) });
    setText('');
    setChosen(null);
    strip.current?.focus();
  };
  const stripKey = (e: KeyboardEvent): void => {
    if (e.target !== strip.current) return;
    const k = kindOf(e, lettersOf(t));
    const n = numberOf(e);
    if (k) pickKind(k);
    else if (n !== null && offered[n]) setChosen(offered[n]);
    else if (e.code !== 'Enter' && e.code !== 'Space') return;
    e.preventDefault();
    // A letter is followed by a number or by the text: the text is one more key away, and any other key starts it.
    if (e.code === 'Enter' || e.code === 'Space' || n !== null) input.current?.focus();
  };
  return (
    <Panel title={t('compose.title')} aside={<span class="quiet compose-how">{t('compose.how', { key: keyOf.compose })}</span>} class="panel-compose">
      <div class="compose-strip" tabIndex={0} role="group" aria-label={t('compose.how', { key: keyOf.compose })} data-compose="strip" onKeyDown={stripKey} ref={(el) => { strip.current = el; focusRef.current = el; }}>
        <div class="compose-kinds" role="group" aria-label={t('compose.kind')}>
          {writtenKinds.map((k) => (
            <button key={k} type="button" class="choice" title={t(`kind.${k}`)} aria-pressed={k === kind} data-kind={k} onClick={() => { pickKind(k); input.current?.focus(); }}>
              <KeyHint name={t(`compose.letter.${k}`)} /><span>{t(`compose.short.${k}`)}</span>
            </button>
          ))}
        </div>
        <div class="compose-speakers" role="group" aria-label={t('compose.speaker')}>
          {offered.map((s, i) => (
            <button key={s} type="button" class="choice" title={speakerName(t, s, pseudonym)} aria-pressed={s === speaker} data-speaker={s} onClick={() => { setChosen(s !== speaker ? s : kind === 'ruling' ? null : ''); input.current?.focus(); }}>
              <KeyHint name={String(i + 1)} /><span>{s === 'witness' ? speakerName(t, s, pseudonym) : t(`compose.short.${s}`)}</span>
            </button>
          ))}
        </div>
      </div>
      <div class="compose-line">
        <textarea
          ref={input} rows={1} value={text} aria-label={t('compose.text')} data-compose="text" lang={t.lang}
          onInput={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); submit(); }
            if (e.key === 'Escape') { e.preventDefault(); strip.current?.focus(); }
          }}
        />
        <button type="button" class="button button-primary button-normal" data-act="entry.add" aria-disabled={text.trim() === '' || undefined} onClick={submit}><Glyph name="ok" /><span class="button-text">{t('compose.add')}</span><KeyHint name="Enter" /></button>
      </div>
    </Panel>
  );
}
