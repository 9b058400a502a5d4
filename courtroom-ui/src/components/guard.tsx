// The name guard's two dialogs: the list that a person keeps in this page's memory, and the question before a text that may hold a name is sent. Both are the
// browser's own modal dialogs, as in ask.tsx; the keys for pause and flag work on behind them.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Warning } from '../guard/watch';
import { useText } from '../text/context';
import { Button } from './button';
import { Notice } from './notice';

export interface GuardView { watched: number; now: Warning | null; watch: (list: string) => readonly string[] }

export function GuardDialog({ guard }: { guard: GuardView }) { return guard.now && <Open key={guard.now.n} warning={guard.now} />; }

function Open({ warning: w }: { warning: Warning }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [texts, setTexts] = useState(w.suspects.map((s) => s.text));
  useEffect(() => { dialog.current?.showModal(); }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} aria-describedby={`${id}-what`} data-guard="warning" onClose={w.back}>
      <form method="dialog" onSubmit={(e) => { e.preventDefault(); w.send(texts); }}>
        <h2 id={id}>{t('guard.warn.title')}</h2>
        <p id={`${id}-what`}>{t('guard.warn.what')}</p>
        {w.suspects.map((s, i) => (
          <div class="field" key={s.path.join('.')}>
            <p class="stepup-act">{[...new Set(s.hits.map((h) => h.word))].join(', ')}</p>
            <label for={`${id}-${i}`}>{t('guard.warn.text')}</label>
            <textarea id={`${id}-${i}`} rows={4} value={texts[i]} onInput={(e) => { const { value } = e.currentTarget; setTexts((all) => all.map((x, j) => (j === i ? value : x))); }} />
          </div>
        ))}
        <div class="dialog-buttons">
          <Button keep tone="primary" act="guard.send" press={() => w.send(texts)}>{t('guard.send')}</Button>
          <Button act="guard.back" press={w.back}>{t('guard.back')}</Button>
          <Button tone="danger" act="guard.anyway" press={w.anyway}>{t('guard.anyway')}</Button>
        </div>
      </form>
    </dialog>
  );
}

/** How many words are watched, and the way to the list. */
export function GuardButton({ guard }: { guard: GuardView }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" tone="quiet" act="guard.open" press={() => setOpen(true)}>{guard.watched > 0 ? t('guard.watched', { count: guard.watched }) : t('guard.off')}</Button>
      {open && <ListDialog guard={guard} close={() => setOpen(false)} />}
    </>
  );
}

function ListDialog({ guard, close }: { guard: GuardView; close: () => void }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [list, setList] = useState('');
  const [short, setShort] = useState<readonly string[] | null>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  const save = (): void => { const left = guard.watch(list); if (left.length > 0) setShort(left); else close(); };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} aria-describedby={`${id}-what`} data-guard="list" onClose={close}>
      <form method="dialog" onSubmit={(e) => { e.preventDefault(); save(); }}>
        <h2 id={id}>{t('guard.title')}</h2>
        <p id={`${id}-what`}>{t('guard.what')}</p>
        <div class="field">
          <label for={`${id}-l`}>{t('guard.list')}</label>
          <textarea id={`${id}-l`} rows={6} autocomplete="off" spellcheck={false} value={list} onInput={(e) => setList(e.currentTarget.value)} />
          <p class="quiet">{t('guard.replaces')}</p>
        </div>
        {short && <Notice tone="caution">{t('guard.short', { words: short.join(', ') })}</Notice>}
        <div class="dialog-buttons">
          <Button keep tone="primary" act="guard.save" press={save}>{t('guard.save')}</Button>
          {guard.watched > 0 && <Button tone="danger" act="guard.clear" press={() => { guard.watch(''); close(); }}>{t('guard.clear')}</Button>}
          <Button act="guard.close" press={close}>{t('close')}</Button>
        </div>
      </form>
    </dialog>
  );
}
