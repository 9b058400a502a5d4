// What every part of the account page is made of: something that is loaded, an act that is under way, a field, and words for a refusal.
import type { ComponentChildren } from 'preact';
import { useCallback, useEffect, useId, useRef, useState } from 'preact/hooks';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { written } from '../text/time';
import type { Answer, Refusal } from './api';
import type { Asks } from './shell';

export interface Loaded<T> { value: T | null; refusal: Refusal | null; reload: () => Promise<void> }

/** Asks the gateway for a path, and again when the path changes or `reload` is called; what was shown stays until the answer comes. */
export function useLoaded<T>(api: Asks, path: string): Loaded<T> {
  const [held, setHeld] = useState<{ path: string; value: T | null; refusal: Refusal | null }>({ path, value: null, refusal: null });
  const newest = useRef(path);
  newest.current = path;
  const reload = useCallback(async () => {
    const answer = await api.get<T>(path);
    if (newest.current !== path) return; // an answer to what is no longer asked
    setHeld((before) => (answer.ok ? { path, value: answer.value, refusal: null } : { path, value: before.path === path ? before.value : null, refusal: answer }));
  }, [api, path]);
  useEffect(() => { void reload(); }, [reload]);
  return held.path === path ? { ...held, reload } : { value: null, refusal: null, reload };
}

export interface Doing { busy: boolean; refusal: Refusal | null; run: <T>(act: () => Promise<Answer<T>>, done?: (value: T) => unknown) => Promise<void>; clear: () => void }

/** One act at a time: while it is under way it cannot be pressed again. Whoever cancels a touch has done nothing, and is told so. */
export function useDoing(): Doing {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const running = useRef(false);
  const run = useCallback(async <T,>(act: () => Promise<Answer<T>>, done?: (value: T) => unknown): Promise<void> => {
    if (running.current) return;
    running.current = true;
    setBusy(true);
    setRefusal(null);
    const answer = await act();
    running.current = false;
    setBusy(false);
    if (answer.ok) await done?.(answer.value); else setRefusal(answer);
  }, []);
  return { busy, refusal, run, clear: () => setRefusal(null) };
}

/** In the words of this page where it has its own: a seat's words speak of seats. */
const refusalText = (t: Translate, code: string): string => (t.has(`account.error.${code}`) ? t.code('account.error', code, 'error.unknown') : t.code('error', code, 'error.unknown'));

export function Refused({ refusal, close }: { refusal: Refusal | null; close?: (() => void) | undefined }) {
  const t = useText();
  if (!refusal) return null;
  const calm = refusal.code === 'step_up_cancelled' || refusal.code === 'passkey_cancelled';
  return (
    <Notice tone={calm ? 'plain' : 'caution'} glyph={calm ? 'off' : 'warn'} urgent id={`refused.${refusal.code}`} aside={close && <Button size="small" press={close}>{t('close')}</Button>}>
      {refusalText(t, refusal.code)}
      {refusal.retryAfter !== undefined && <> {t('account.wait', { s: refusal.retryAfter })}</>}
      {refusal.ref && <span class="quiet"> {t('error.ref', { ref: refusal.ref })}</span>}
    </Notice>
  );
}

export function Waiting() {
  const t = useText();
  return <p class="quiet" role="status">{t('account.loading')}</p>;
}

/** What a list says when there is nothing in it: that, and what to do. */
export const Empty = ({ children }: { children: ComponentChildren }) => <p class="empty">{children}</p>;

export interface FieldProps {
  name: string; label: string; value: string; change: (value: string) => void;
  type?: 'text' | 'password'; hint?: string; error?: string | undefined; complete?: string; mode?: 'numeric' | 'text'; max?: number; code?: boolean; required?: boolean;
}

export function Field({ name, label, value, change, type = 'text', hint, error, complete = 'off', mode, max, code, required }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-h`, error && `${id}-e`].filter(Boolean).join(' ') || undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && <p class="field-hint" id={`${id}-h`}>{hint}</p>}
      {error && <p class="field-error" id={`${id}-e`}>{error}</p>}
      <input
        id={id} name={name} type={type as 'text'} value={value} autocomplete={complete} inputMode={mode} maxLength={max} class={code ? 'field-code' : undefined}
        autocapitalize="off" spellcheck={false} required={required} aria-invalid={error ? true : undefined} aria-describedby={described} onInput={(e) => change(e.currentTarget.value)}
      />
    </div>
  );
}

export interface WordsProps { name: string; label: string; value: string; change: (value: string) => void; rows?: number; hint?: string | undefined; error?: string | undefined; max?: number; required?: boolean }
/** A field for several sentences. */
export function Words({ name, label, value, change, rows = 4, hint, error, max = 4000, required }: WordsProps) {
  const id = useId();
  const described = [hint && `${id}-h`, error && `${id}-e`].filter(Boolean).join(' ') || undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && <p class="field-hint" id={`${id}-h`}>{hint}</p>}
      {error && <p class="field-error" id={`${id}-e`}>{error}</p>}
      <textarea id={id} name={name} rows={rows} value={value} maxLength={max} required={required} aria-invalid={error ? true : undefined} aria-describedby={described} onInput={(e) => change(e.currentTarget.value)} />
    </div>
  );
}

export function Check({ name, label, checked, change, hint }: { name: string; label: string; checked: boolean; change: (checked: boolean) => void; hint?: string }) {
  const id = useId();
  return (
    <div class="field">
      <label class="check"><input type="checkbox" name={name} checked={checked} aria-describedby={hint ? id : undefined} onChange={(e) => change(e.currentTarget.checked)} />{label}</label>
      {hint && <p class="field-hint" id={id}>{hint}</p>}
    </div>
  );
}

export interface Option { value: string; text: string; disabled?: boolean }
export interface SelectProps { name: string; label: string; value: string; change: (value: string) => void; options: Option[]; hint?: string; error?: string | undefined }
export function Select({ name, label, value, change, options, hint, error }: SelectProps) {
  const id = useId();
  const described = [hint && `${id}-h`, error && `${id}-e`].filter(Boolean).join(' ') || undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {hint && <p class="field-hint" id={`${id}-h`}>{hint}</p>}
      {error && <p class="field-error" id={`${id}-e`}>{error}</p>}
      <select id={id} name={name} aria-invalid={error ? true : undefined} aria-describedby={described} onChange={(e) => change(e.currentTarget.value)}>
        {options.map((o) => <option key={o.value} value={o.value} selected={o.value === value} disabled={o.disabled}>{o.text}</option>)}
      </select>
    </div>
  );
}

/** 22.11.2026 14:03, in Baku. */
export const moment: (at: string) => string = written;

/** Something that is shown once, such as a code or a link: large, copied by one press, and gone with the next page. */
export function ShownOnce({ title, value, what, done, act }: { title: string; value: string; what: string; done: () => void; act: string }) {
  const t = useText();
  const [copied, setCopied] = useState(false);
  const box = useRef<HTMLElement>(null);
  useEffect(() => { box.current?.focus(); }, []);
  const copy = (): void => { void navigator.clipboard?.writeText(value).then(() => setCopied(true), () => setCopied(false)); };
  return (
    <section class="once" tabIndex={-1} ref={box} aria-label={title} data-once={act}>
      <h3>{title}</h3>
      <output class="once-value digits" data-once-value>{value}</output>
      <p>{what}</p>
      <div class="buttons">
        <Button press={copy} act="once.copy">{t(copied ? 'once.copied' : 'once.copy')}</Button>
        <Button tone="primary" press={done} act="once.done">{t('once.done')}</Button>
      </div>
    </section>
  );
}
