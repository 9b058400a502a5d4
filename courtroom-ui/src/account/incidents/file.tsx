// Filing an incident out of court: before or after a hearing, or after the judgment, for the protected person, a relative or a lawyer. Nothing is asked that the
// person may not know; who it is stays with the vault: a pseudonym and never a name.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { momentOf } from '../../text/time';
import { PartHead, type PartProps } from '../home';
import type { Hearings } from '../model';
import { Check, Field, Select, useLoaded, Words } from '../parts';
import type { Filing } from './filings';
import { PendingFilings, useFilings } from './pending';
import { caseOf, endangered, kindName, kinds, type Endangered, type Kind } from './wire';
import { written } from '../../text/time';

export interface Draft { kind: string; when: string; endangered: string; hearing: string; case_no: string; pseudonym: string; source: string; note: string; discreet: boolean }
export const noDraft: Draft = { kind: '', when: '', endangered: 'witness', hearing: '', case_no: '', pseudonym: '', source: '', note: '', discreet: false };

export type Missing = 'kind' | 'when' | 'future' | 'note';
/** What is still needed; nothing else is: who flags a threat must not be sent away for a case number. */
export function missingIn(d: Draft, now: number): Missing[] {
  const at = momentOf(d.when);
  return [
    ...(d.kind === '' ? ['kind' as const] : []),
    ...(at === null ? ['when' as const] : Date.parse(at) > now ? ['future' as const] : []),
    ...(d.note.trim() === '' ? ['note' as const] : []),
  ];
}

export function filingOf(d: Draft): Filing {
  const given = (name: 'hearing' | 'case_no' | 'pseudonym' | 'source'): object => (d[name].trim() === '' ? {} : { [name]: d[name].trim() });
  return { kind: d.kind as Kind, when: momentOf(d.when)!, endangered: d.endangered as Endangered, ...given('hearing'), ...given('case_no'), ...given('pseudonym'), ...given('source'), note: d.note.trim(), ...(d.discreet && { discreet: true }) };
}

export const draftOf = (f: Filing): Draft => ({ ...noDraft, kind: f.kind, when: written(f.when), endangered: f.endangered, hearing: f.hearing ?? '', case_no: f.case_no ?? '', pseudonym: f.pseudonym ?? '', source: f.source ?? '', note: f.note, discreet: f.discreet ?? false });

// What is being written lives in this tab alone: a session that ended while somebody wrote takes nothing with it, and the next person at this computer finds nothing.
const draftAt = (person: string): string => `parda.filing.${person}`;
function heldDraft(person: string): Draft {
  try {
    const held = window.sessionStorage.getItem(draftAt(person));
    return held === null ? noDraft : { ...noDraft, ...(JSON.parse(held) as Partial<Draft>) };
  } catch { return noDraft; }
}
function holdDraft(person: string, d: Draft | null): void {
  try { if (d) window.sessionStorage.setItem(draftAt(person), JSON.stringify(d)); else window.sessionStorage.removeItem(draftAt(person)); } catch { /* The draft lasts as long as the page. */ }
}

export function FilePart({ api, me, address }: PartProps) {
  const t = useText();
  const person = me.person.person;
  const filings = useFilings(api, me);
  const hearings = useLoaded<Hearings>(api, '/api/hearings');
  const [draft, setDraft] = useState(() => heldDraft(person));
  const [missing, setMissing] = useState<Missing[]>([]);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => holdDraft(person, draft === noDraft ? null : draft), [person, draft]);
  const set = <K extends keyof Draft>(name: K) => (value: Draft[K]): void => { setDraft((d) => ({ ...d, [name]: value })); setMissing([]); };
  // Whoever sends what is not whole is taken to the first thing that is missing.
  useEffect(() => { if (missing.length > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(); }, [missing]);
  const wrong = (...any: Missing[]): string | undefined => { const m = missing.find((x) => any.includes(x)); return m && t(`register.missing.${m}`); };
  const go = (): void => {
    const lacks = missingIn(draft, Date.now());
    setMissing(lacks);
    if (lacks.length > 0) return;
    filings.file(filingOf(draft));
    setDraft(noDraft);
    address.go('incidents');
  };
  const correct = (key: string): void => { const f = filings.take(key); if (f) setDraft(draftOf(f)); };
  const mine = (hearings.value?.hearings ?? []).filter((h) => h.mine.length > 0);
  return (
    <>
      <PartHead title={t('register.file')} what={t('register.file.what')} back={{ href: '#incidents', text: t('part.incidents') }} />
      <PendingFilings api={api} me={me} correct={correct} />
      <Panel title={t('register.file.form')} class="part-panel">
        <Notice tone="plain" glyph="masked" id="no_names">{t('register.no_names')}</Notice>
        <form class="form" data-form="incident" noValidate ref={form} onSubmit={(e) => { e.preventDefault(); go(); }}>
          <div class="form-grid">
            <Select name="kind" label={t('register.kind')} value={draft.kind} change={set('kind')} error={wrong('kind')} options={[{ value: '', text: t('register.choose') }, ...kinds.map((k) => ({ value: k, text: kindName(t, k) }))]} />
            <Field name="when" label={t('register.when')} hint={t('register.when.what')} value={draft.when} change={set('when')} error={wrong('when', 'future')} required />
            <Select name="endangered" label={t('register.endangered')} value={draft.endangered} change={set('endangered')} options={endangered.map((e) => ({ value: e, text: t(`register.endangered.${e}`) }))} />
            <Field name="pseudonym" label={t('register.pseudonym')} hint={t('register.pseudonym.what')} value={draft.pseudonym} change={set('pseudonym')} max={80} />
            {mine.length > 0 && <Select name="hearing" label={t('register.hearing')} value={draft.hearing} change={set('hearing')} options={[{ value: '', text: t('register.hearing.none') }, ...mine.map((h) => ({ value: h.id, text: caseOf({ case_no: h.case_no, hearing: h.id }) }))]} />}
            {draft.hearing === '' && <Field name="case_no" label={t('register.case')} hint={t('register.case.what')} value={draft.case_no} change={set('case_no')} max={60} />}
          </div>
          <Words name="note" label={t('register.note')} hint={t('register.note.what')} value={draft.note} change={set('note')} rows={6} error={wrong('note')} required />
          <Field name="source" label={t('register.source')} hint={t('register.source.what')} value={draft.source} change={set('source')} max={200} />
          <Check name="discreet" label={t('register.discreet.ask')} hint={t('register.discreet.what')} checked={draft.discreet} change={set('discreet')} />
          <div class="buttons">
            <button type="submit" class="button button-primary button-large" data-act="incident.file"><span class="button-text">{t('register.file.go')}</span></button>
            <a class="button button-plain button-large" href="#incidents"><span class="button-text">{t('cancel')}</span></a>
            {draft !== noDraft && <Button size="large" tone="quiet" press={() => { setDraft(noDraft); setMissing([]); }} act="incident.empty">{t('register.empty_form')}</Button>}
          </div>
          <p class="quiet">{t('register.file.kept')}</p>
        </form>
      </Panel>
    </>
  );
}
