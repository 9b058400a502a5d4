// The draft of an order: what each audience sees and hears, each choice with a sentence on what it protects and what the court loses. What cannot be
// chosen stays in its place, with the reason.
import { useState } from 'preact/hooks';
import type { Snapshot } from '../session';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { audiences, type Audience, type DraftOrder, type Order, type Respeaker, type State } from '../signaling/wire';
import type { NewDraft } from '../state/actions';
import { changed, choicesOf, heard, measured, pictures, renderingsOf, respeaks, speakers, startOf, strengthAllowed, strengths, voiceRefused, voices, type Choice, type Choices } from '../state/choices';
import { useText } from '../text/context';
import type { Key, Translate } from '../text/locale';
import { pictureName, voiceName } from '../text/say';

const templates = ['no_confrontation', 'identity_hidden', 'anonymous_to_defence'] as const;
const sessions = ['public', 'private', 'closed'] as const;

export interface MeasuresProps { snap: Snapshot; state: State; done: () => void; back?: (() => void) | undefined }

export function Measures({ snap, state, done, back }: MeasuresProps) {
  const t = useText();
  const base: DraftOrder | Order | undefined = state.draft?.order ?? state.order ?? undefined;
  const [template, setTemplate] = useState<string>(base?.template ?? templates[0]);
  const [session, setSession] = useState<string>(base?.session ?? startOf(template).session);
  const [choices, setChoices] = useState<Choices>(base?.renderings ? choicesOf(base.renderings) : startOf(template).choices);
  const [failed, setFailed] = useState<string | null>(null);
  const startFrom = (name: string): void => {
    setTemplate(name);
    setSession(startOf(name).session);
    setChoices(startOf(name).choices);
  };
  const submit = async (form: FormData): Promise<void> => {
    const draft: NewDraft = { template, session: session as NonNullable<NewDraft['session']>, reason: String(form.get('reason')).trim(), pseudonym: String(form.get('pseudonym')).trim(), renderings: renderingsOf(choices) };
    if (respeaks(choices)) draft.respeaker = { who: String(form.get('respeaker')), reason: String(form.get('respeaker-why')).trim() };
    const answer = await snap.actions.draftOrder?.(draft);
    if (answer?.ok) done(); else setFailed(answer?.code ?? 'link_lost');
  };
  return (
    <main id="main" class="page">
      <Panel title={t('act.measures')} class="page-panel">
        <form class="form" data-form="measures" onSubmit={(e) => { e.preventDefault(); void submit(new FormData(e.currentTarget)); }}>
          <div class="form-grid form-grid-start">
            <Select name="template" label={t('order.template')} value={template} choose={startFrom} options={templates.map((x) => ({ value: x, text: t(`template.${x}`) }))} />
            <Select name="session" label={t('order.session')} value={session} choose={setSession} options={sessions.map((x) => ({ value: x, text: t(`session.${x}`) }))} />
            <div class="field"><label for="d-pseudonym">{t('order.pseudonym')}</label><input id="d-pseudonym" name="pseudonym" defaultValue={base?.pseudonym ?? ''} autocomplete="off" /></div>
          </div>
          {audiences.map((a) => <AudienceChoice key={a} audience={a} choice={choices[a]} choose={(part) => setChoices((c) => changed(c, a, part))} />)}
          <Refused />
          {respeaks(choices) && <SwornSpeaker base={draftSpeaker(base)} />}
          <div class="field"><label for="d-reason">{t('reason')}</label><textarea id="d-reason" name="reason" rows={3} required defaultValue={base?.reason ?? ''} /></div>
          {failed && <Notice tone="caution" urgent>{t.code('error', failed, 'error.unknown')}</Notice>}
          <div class="buttons">
            <button type="submit" class="button button-primary button-large" data-act="order.draft.go"><span class="button-text">{t('order.make')}</span></button>
            <Button size="large" press={state.draft ? done : back ?? done}>{t('cancel')}</Button>
          </div>
        </form>
      </Panel>
    </main>
  );
}

const draftSpeaker = (base: DraftOrder | Order | undefined): Respeaker | undefined =>
  (typeof base?.respeaker === 'string' ? { who: base.respeaker } : base?.respeaker);

interface Option { value: string; text: string; refused?: boolean }
interface SelectProps { name: string; label: string; value: string; choose: (value: string) => void; options: Option[]; what?: string; disabled?: boolean }

function Select({ name, label, value, choose, options, what, disabled }: SelectProps) {
  const t = useText();
  return (
    <div class="field">
      <label for={`d-${name}`}>{label}</label>
      <select id={`d-${name}`} name={name} disabled={disabled} aria-describedby={what ? `d-${name}-what` : undefined} onChange={(e) => choose(e.currentTarget.value)}>
        {options.map((o) => <option key={o.value} value={o.value} selected={o.value === value} disabled={o.refused}>{o.refused ? t('order.refused', { mode: o.text }) : o.text}</option>)}
      </select>
      {what && <p id={`d-${name}-what`} class="choice-what">{what}</p>}
    </div>
  );
}

function AudienceChoice({ audience, choice, choose }: { audience: Audience; choice: Choice; choose: (part: Partial<Choice>) => void }) {
  const t = useText();
  const { picture, voice, strength } = choice;
  const speaks = heard(voice);
  return (
    <fieldset class="audience-choice" data-audience={audience}>
      <legend>{t(`audience.${audience}`)}</legend>
      <div class="form-grid form-grid-3">
        <Select name={`${audience}-picture`} label={t('pdf.picture')} value={picture} choose={(v) => choose({ picture: v })} what={t(`picture.${picture}.what` as Key)}
          options={[...pictures.map((p) => ({ value: p, text: pictureName(t, p) })), { value: 'natural', text: pictureName(t, 'natural'), refused: true }]} />
        <Select name={`${audience}-voice`} label={t('pdf.voice')} value={voice} choose={(v) => choose({ voice: v })} what={t(`voice.${voice}.what` as Key)}
          options={[...voices.map((v) => ({ value: v, text: voiceName(t, v), refused: voiceRefused(audience, v) !== null })), { value: 'natural', text: voiceName(t, 'natural'), refused: true }]} />
        <Select name={`${audience}-strength`} label={t('order.strength')} value={strength} choose={(v) => choose({ strength: v })} disabled={!speaks} {...(speaks && { what: t(`strength.${strength}.what` as Key) })}
          options={strengths.map((s) => ({ value: s, text: t(`strength.${s}`), refused: !strengthAllowed(voice, s) }))} />
      </div>
    </fieldset>
  );
}

/** Every choice that stands there disabled, with its reason: nobody has to guess why. */
function Refused() {
  const t = useText();
  const unproven = measured.filter((c) => !c.allowed).map((c) => voiceName(t, c.voice, c.strength === 'standard' ? undefined : c.strength));
  return (
    <div class="refused-choices">
      <h3>{t('order.refused.title')}</h3>
      <ul>
        {unproven.length > 0 && <li data-refused="voice_unproven"><strong>{unproven.join(', ')}:</strong> {t('error.voice_unproven')}</li>}
        <li data-refused="must_hear"><strong>{mustHear(t)}:</strong> {t('order.refused.must_hear')}</li>
        <li data-refused="natural">{t('order.refused.natural')}</li>
      </ul>
    </div>
  );
}

const mustHear = (t: Translate): string => [voiceName(t, 'silence'), voiceName(t, 'none')].join(', ');

function SwornSpeaker({ base }: { base: Respeaker | undefined }) {
  const t = useText();
  const [who, setWho] = useState(base?.who ?? 'interpreter');
  return (
    <fieldset class="audience-choice" data-audience="respeaker">
      <legend>{t('order.respeaker')}</legend>
      <div class="form-grid">
        <Select name="respeaker" label={t('order.respeaker')} value={who} choose={setWho} what={t('order.respeaker.what')} options={speakers.map((s) => ({ value: s, text: t(`respeaker.${s}`) }))} />
        <div class="field"><label for="d-respeaker-why">{t('order.respeaker.reason')}</label><textarea id="d-respeaker-why" name="respeaker-why" rows={2} required={who !== 'interpreter'} defaultValue={base?.reason ?? ''} /></div>
      </div>
    </fieldset>
  );
}
