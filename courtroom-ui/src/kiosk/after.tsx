// After her testimony: she listens to the judge and to the one who asks, and has three things: a question through the
// court, a remark, and *I am afraid*. Nobody sees or hears her; what she writes is said to be saved only when it is.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { VideoTile } from '../components/videotile';
import { useText } from '../text/context';
import type { Key, Translate } from '../text/locale';
import { Big, Foot, Listen, useWords } from './parts';
import { Pictogram } from './pictograms';
import type { KioskProps } from './screens';
import { longest, type Kiosk, type Sent } from './state';

export function After(props: KioskProps) {
  const { kiosk, stage, media, child, setChild, press, sign, write } = props;
  const t = useText();
  const words = useWords(child);
  const lost = kiosk.station?.link !== 'up';
  const title = lost ? 'kiosk.lost' : kiosk.pressed === 'afraid' ? 'kiosk.afraid.sent' : 'kiosk.after';
  const afraid = <Big act="afraid" tone="afraid" picture="afraid" press={() => press({ type: 'afraid' })}>{words('kiosk.afraid')}</Big>;
  return (
    <div class="screen kiosk kiosk-after" data-screen="kiosk" data-stage={stage}>
      <main id="main" class="kiosk-after-main">
        <div class="kiosk-state" role="status" data-link={lost ? 'lost' : 'up'}><Pictogram name={lost ? 'nobody' : 'ear'} /><h1>{words(title)}</h1><Listen stage={stage} child={child} /></div>
        <div class="kiosk-after-hear">
          <VideoTile slot="bench" name={t('kiosk.court')} media={media} slots={kiosk.state?.slots} />
          <VideoTile slot="floor" name={t('kiosk.floor')} media={media} slots={kiosk.state?.slots} />
        </div>
        {kiosk.writing ? <Write {...props} writing={kiosk.writing}>{afraid}</Write> : (
          <div class="kiosk-after-do">
            <Big act="write.question" tone="plain" picture="ask" press={() => write({ what: 'question', text: '' })}>{words('kiosk.ask')}</Big>
            <Big act="write.remark" tone="plain" picture="pen" press={() => write({ what: 'remark', text: '' })}>{words('kiosk.remark')}</Big>
            <Pieces sent={kiosk.sent} lost={lost} child={child} />
            {afraid}
          </div>
        )}
      </main>
      <Foot kiosk={kiosk} child={child} setChild={setChild} sign={sign} />
    </div>
  );
}

function Write({ writing, write, say, child, children }: KioskProps & { writing: NonNullable<Kiosk['writing']>; children: ComponentChildren }) {
  const t = useText();
  const words = useWords(child);
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus(), []);
  const { what, text } = writing;
  const empty = text.trim() === '';
  return (
    <form class="kiosk-after-do kiosk-write" data-writing={what} onSubmit={(e) => { e.preventDefault(); if (!empty) say(what, text.trim(), t.lang); }}>
      <label for="kiosk-words">{words(`kiosk.write.${what}`)}</label>
      {/* No spelling service may read her words. */}
      <textarea
        id="kiosk-words" ref={box} value={text} maxLength={longest} autocomplete="off" spellcheck={false} aria-describedby="kiosk-words-who"
        onInput={(e) => write({ what, text: e.currentTarget.value })}
      />
      <p id="kiosk-words-who" class="kiosk-write-who">{words(`kiosk.write.${what}.who`)}</p>
      <div class="kiosk-write-go">
        <button type="submit" class="hand hand-go" data-act="say" disabled={empty}><Pictogram name="yes" /><span>{t('send')}</span></button>
        <button type="button" class="hand hand-plain" data-act="write.away" onClick={() => write(null)}><Pictogram name="no" /><span>{words('kiosk.write.away')}</span></button>
      </div>
      {children}
    </form>
  );
}

/** What is not saved yet, and then the newest that is, each with a word for how it stands. */
function Pieces({ sent, lost, child }: { sent: readonly Sent[]; lost: boolean; child: boolean }) {
  const t = useText();
  const words = useWords(child);
  return (
    <ul class="kiosk-said" aria-label={t('kiosk.said')} aria-live="polite">
      {foremost(sent).map((p) => (
        <li key={p.id} data-said={p.id} data-what={p.what} data-state={p.done ? 'done' : p.state}>
          <p><strong>{words(`kiosk.said.${p.what}`)}</strong> <span>{howItStands(t, words, p, lost)}</span></p>
          {p.text !== '' && <p class="kiosk-said-words">{p.text}</p>}
        </li>
      ))}
    </ul>
  );
}

export const foremost = (sent: readonly Sent[]): Sent[] =>
  [...sent.filter((p) => p.state !== 'saved').reverse(), ...sent.filter((p) => p.state === 'saved').reverse()].slice(0, 4);

/** In words, never only by a colour: saved is said when the court's record holds it and not before. */
export function howItStands(t: Translate, words: (key: Key) => string, p: Sent, lost: boolean): string {
  switch (p.state) {
    case 'unsent': return words('kiosk.said.unsent');
    case 'sending': return words(lost ? 'kiosk.said.kept' : 'kiosk.said.sending');
    case 'refused': return p.code === 'wrong_phase' ? words('kiosk.said.over') : t.code('error', p.code ?? 'internal', 'error.unknown');
    case 'saved': return words(p.what === 'remark' ? 'kiosk.said.saved.remark' : p.done ? 'kiosk.said.done' : 'kiosk.said.saved.question');
  }
}
