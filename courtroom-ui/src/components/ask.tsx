// A dialog that asks for words, a choice, or only for a yes, before an act that loosens or ends something. Protecting acts
// never come through here. It is the browser's own modal dialog: focus stays inside, Escape leaves, and the page below is
// inert to every assistive technology.
import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks';
import { useText } from '../text/context';
import { Button } from './button';

/** checks: any number of the options; their values come joined by a space. A choice without a value starts with none, so that nobody is named by accident. */
export interface AskField { name: string; label: string; kind: 'line' | 'text' | 'choice' | 'checks'; required?: boolean; options?: { value: string; label: string }[]; value?: string; placeholder?: string }
export interface Ask { title: string; what?: string; /** Something to be read out or written down, large. */ shown?: string; fields: AskField[]; go: string; tone?: 'primary' | 'danger'; done: (values: Record<string, string>) => void }

/** Holds at most one question; returns how to ask and what to draw. Each question has a dialog of its own: the browser tells of a closed dialog a moment
 * later, and by then the next may be open. */
export function useAsk(): [(ask: Ask) => void, ComponentChild] {
  const [now, setNow] = useState<{ n: number; ask: Ask } | null>(null);
  const asked = useRef(0);
  const ask = useCallback((question: Ask) => setNow({ n: ++asked.current, ask: question }), []);
  return [ask, now && <AskDialog key={now.n} ask={now.ask} close={() => setNow((open) => (open?.n === now.n ? null : open))} />];
}
type ComponentChild = preact.JSX.Element | null;

export function AskDialog({ ask, close }: { ask: Ask; close: () => void }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [missing, setMissing] = useState<string | null>(null);
  useEffect(() => { dialog.current?.showModal(); }, []);
  const submit = (form: HTMLFormElement): void => {
    const given = new FormData(form);
    const values = Object.fromEntries([...new Set(given.keys())].map((k) => [k, given.getAll(k).map((v) => String(v).trim()).join(' ')]));
    const empty = ask.fields.find((f) => f.required && !values[f.name]);
    if (empty) { setMissing(empty.name); (form.elements.namedItem(empty.name) as HTMLElement | null)?.focus(); return; }
    close();
    ask.done(values);
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={close}>
      <form method="dialog" noValidate onSubmit={(e) => { e.preventDefault(); submit(e.currentTarget); }}>
        <h2 id={id}>{ask.title}</h2>
        {ask.shown && <output class="dialog-shown">{ask.shown}</output>}
        {ask.what && <p>{ask.what}</p>}
        {ask.fields.map((f) => <AskInput key={f.name} field={f} missing={missing === f.name} />)}
        <div class="dialog-buttons">
          <button type="submit" class={`button button-${ask.tone ?? 'primary'} button-normal`} data-act="dialog.go"><span class="button-text">{ask.go}</span></button>
          <Button press={close} act="dialog.cancel">{t('cancel')}</Button>
        </div>
      </form>
    </dialog>
  );
}

function AskInput({ field, missing }: { field: AskField; missing: boolean }) {
  const t = useText();
  const id = useId();
  if (field.kind === 'checks') return (
    <fieldset class="ask-checks">
      <legend>{field.label}</legend>
      {field.options?.map((o) => <label key={o.value} class="check"><input type="checkbox" name={field.name} value={o.value} />{o.label}</label>)}
    </fieldset>
  );
  const shared = { id, name: field.name, 'aria-required': field.required, 'aria-invalid': missing || undefined, 'aria-describedby': missing ? `${id}-e` : undefined };
  return (
    <div class="field">
      <label for={id}>{field.label}</label>
      {field.kind === 'text' && <textarea {...shared} rows={3} defaultValue={field.value ?? ''} placeholder={field.placeholder} />}
      {field.kind === 'line' && <input {...shared} type="text" autocomplete="off" defaultValue={field.value ?? ''} placeholder={field.placeholder} />}
      {field.kind === 'choice' && <select {...shared}>{field.value === undefined && <option value="">–</option>}{field.options?.map((o) => <option key={o.value} value={o.value} selected={o.value === field.value}>{o.label}</option>)}</select>}
      {missing && <p class="field-error" id={`${id}-e`}>{t(field.kind === 'choice' ? 'choice.needed' : 'reason.needed')}</p>}
    </div>
  );
}
