// What the parts of the vault's page have in common: a field with its label, a code in groups, and the question for a passphrase.
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { useText } from '../../text/context';
import type { Key } from '../../text/locale';
import { code, grouped, type Card } from '../key';

export interface FieldProps { label: string; value: string; set: (v: string) => void; kind?: 'line' | 'text' | 'secret'; name: string; hint?: string }

/** Nothing that is typed here is kept by the browser or sent to a spelling service. */
export function Field({ label, value, set, kind = 'line', name, hint }: FieldProps) {
  const id = useId();
  const shared = { id, name, value, spellcheck: false, autocapitalize: 'off', 'aria-describedby': hint ? `${id}-h` : undefined } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && <p class="quiet" id={`${id}-h`}>{hint}</p>}
      {kind === 'text'
        ? <textarea {...shared} autocomplete="off" rows={3} onInput={(e) => set(e.currentTarget.value)} />
        : <input {...shared} {...(kind === 'secret' ? { type: 'password', autocomplete: 'new-password' } as const : { type: 'text', autocomplete: 'off' } as const)} onInput={(e) => set(e.currentTarget.value)} />}
    </div>
  );
}

export function Choice({ label, value, set, name, options }: { label: string; value: string; set: (v: string) => void; name: string; options: { value: string; label: string }[] }) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} value={value} onChange={(e) => set(e.currentTarget.value)}>
        {options.map((o) => <option key={o.value} value={o.value} selected={o.value === value}>{o.label}</option>)}
      </select>
    </div>
  );
}

/** A form whose Enter does what its button does. */
export function Form({ go, children }: { go: () => void; children: ComponentChildren }) {
  return <form class="form" noValidate onSubmit={(e) => { e.preventDefault(); go(); }}>{children}</form>;
}

export function Submit({ act, children }: { act: string; children: ComponentChildren }) {
  return <div><button type="submit" class="button button-primary button-normal" data-act={act}><span class="button-text">{children}</span></button></div>;
}

/** The code of a card, worked out a moment after it is drawn: it costs some work on purpose. */
export function CodeOf({ card }: { card: Card }) {
  const [digits, setDigits] = useState('');
  useEffect(() => { const wait = setTimeout(() => setDigits(grouped(code(card))), 0); return () => clearTimeout(wait); }, [card.recipient, card.verify]);
  return <span class="vault-code digits" data-code={digits}>{digits}</span>;
}

export const errorWords = (t: ReturnType<typeof useText>, fault: string): string =>
  t.has(`vault.error.${fault}`) ? t(`vault.error.${fault}` as Key) : t.code('error', fault, 'error.unknown');

/** The passphrase, for one act. It is the browser's own modal dialog. */
export function PassphraseDialog({ done }: { done: (passphrase: string | null) => void }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [value, set] = useState('');
  useEffect(() => { dialog.current?.showModal(); }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={() => done(null)}>
      <form method="dialog" noValidate onSubmit={(e) => { e.preventDefault(); done(value); }}>
        <h2 id={id}>{t('vault.unlock.title')}</h2>
        <p>{t('vault.unlock.what')}</p>
        <Field kind="secret" name="passphrase" label={t('vault.passphrase')} value={value} set={set} />
        <div class="dialog-buttons">
          <button type="submit" class="button button-primary button-normal" data-act="unlock.go"><span class="button-text">{t('vault.unlock.go')}</span></button>
          <Button press={() => done(null)} act="unlock.cancel">{t('cancel')}</Button>
        </div>
      </form>
    </dialog>
  );
}
