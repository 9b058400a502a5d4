// Evidence of an incident: clips that the flag froze and files that somebody attached, each by its hash, with who has looked. An original is never drawn in this page:
// a picture or a text is shown from the copy that the gateway made anew, a clip from the gateway's own recording, everything else is only ever saved as a file.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Glyph } from '../../components/glyph';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { recordedName, roleName } from '../../text/say';
import type { Answer } from '../api';
import { moment, Refused, useDoing } from '../parts';
import type { Asks } from '../shell';
import { save, shownFrom, sha256Of, sizeText, type Shown } from './bytes';
import type { IncidentProps } from './incident';
import { mayDo, pathOf, type Evidence } from './wire';

export function EvidencePanel(props: IncidentProps) {
  const t = useText();
  const { incident: i } = props;
  const attaches = mayDo(i, 'attach');
  return (
    <Panel title={t('register.evidence')} count={i.evidence.length} class="part-panel">
      <p class="quiet">{t('register.evidence.what_for')}</p>
      {i.evidence.length === 0 && <p class="quiet">{t(attaches ? 'register.evidence.none' : 'register.evidence.none.see')}</p>}
      <ul class="rows">{i.evidence.map((e) => <Item key={e.evidence} {...props} evidence={e} />)}</ul>
      {attaches && <Attach {...props} />}
    </Panel>
  );
}

type Purpose = 'view' | 'export' | 'copy';
const placeOf = (id: string, e: Evidence, purpose: Purpose): string =>
  (purpose === 'copy' ? pathOf(id, 'evidence', e.evidence, 'copy') : `${pathOf(id, 'evidence', e.evidence)}?purpose=${purpose}`);
const seenHere = (e: Evidence): boolean => e.what === 'clip' && /^(video|audio)\/webm/.test(e.type ?? '');
const copyShown = (e: Evidence): boolean => e.copy !== undefined && /^(image\/png|text\/plain)/.test(e.copy.type);

function Item({ api, incident: i, reload, evidence: e }: IncidentProps & { evidence: Evidence }) {
  const t = useText();
  const doing = useDoing();
  const [shown, setShown] = useState<Shown | null>(null);
  const take = (purpose: Purpose, done: (bytes: Blob) => unknown): void => void doing.run(() => api.bytes(placeOf(i.id, e, purpose)), async (bytes) => { await done(bytes); await reload(); });
  const look = (purpose: Purpose, type: string): void => { if (shown) { setShown(null); return; } take(purpose, async (bytes) => setShown(await shownFrom(bytes, type))); };
  const keep = (purpose: Purpose): void => take(purpose, (bytes) => save(bytes, `${i.id}-${e.evidence}${purpose === 'copy' ? '-copy' : ''}`));
  const can = (p: Purpose): boolean => e.state === 'kept' && e.may.includes(p);
  const name = t(`register.evidence.what.${e.what}`);
  return (
    <li class="row row-block" data-evidence={e.evidence} data-state={e.state}>
      <div class="row-text">
        <strong>{name}{e.track && `: ${recordedName(t, e.track, i.pseudonym)}`}</strong>
        <span class="quiet digits">{e.from && e.to ? t('register.evidence.span', { from: moment(e.from), to: moment(e.to) }) : moment(e.at)}{e.type && ` · ${e.type}`} · {sizeText(t, e.size)}</span>
        {e.state !== 'kept' && <span class="tag tag-gone">{t(`register.evidence.${e.state}`)}{e.why && `: ${t.code('register.evidence.why', e.why, 'event.plain')}`}</span>}
      </div>
      <div class="buttons">
        {seenHere(e) && <Button press={can('view') && !doing.busy ? () => look('view', e.type ?? '') : undefined} pressed={shown !== null} act="evidence.view">{t(shown ? 'register.evidence.hide' : 'register.evidence.view')}</Button>}
        {copyShown(e) && <Button press={can('copy') && !doing.busy ? () => look('copy', e.copy!.type) : undefined} pressed={shown !== null} act="evidence.copy">{t(shown ? 'register.evidence.hide' : 'register.evidence.copy')}</Button>}
        <Button press={can('export') && !doing.busy ? () => keep('export') : undefined} act="evidence.export">{t('register.evidence.export')}</Button>
      </div>
      {doing.refusal && <div class="row-note"><Refused refusal={doing.refusal} close={doing.clear} /></div>}
      {shown && <Look shown={shown} name={name} />}
      <details class="row-note custody">
        <summary>{t(e.custody ? 'register.custody' : 'register.hashes', { n: e.custody?.length ?? 0 })}</summary>
        <dl class="hashes">
          {e.sha256 && <div><dt>{t('register.hash')}</dt><dd class="hash">{e.sha256}</dd></div>}
          {e.sealed_sha256 && <div><dt>{t('register.hash.sealed')}</dt><dd class="hash">{e.sealed_sha256}</dd></div>}
          {e.copy && <div><dt>{t('register.hash.copy')}</dt><dd class="hash">{e.copy.sha256}</dd></div>}
        </dl>
        {!e.copy && e.what === 'attachment' && <p class="quiet">{t.code('register.no_copy', e.no_copy ?? '', 'register.no_copy')}</p>}
        <ol class="happened">{(e.custody ?? []).map((c, n) => <li key={n} class="happened-event" data-custody={c.what}><span class="happened-at digits">{moment(c.at)}</span><span class="happened-what">{t.code('register.custody', c.what, 'event.plain')}{c.copy && ` (${t('register.custody.of_copy')})`}</span><span class="quiet">{roleName(t, c.by.role)}</span></li>)}</ol>
      </details>
    </li>
  );
}

function Look({ shown, name }: { shown: Shown; name: string }) {
  const t = useText();
  useEffect(() => () => shown.drop(), [shown]);
  return (
    <div class="row-note evidence-shown" data-shown={shown.as}>
      {shown.as === 'clip' && <video class="evidence-clip" src={shown.at} controls controlsList="nodownload noremoteplayback" disablePictureInPicture aria-label={name} />}
      {shown.as === 'picture' && <img class="evidence-picture" src={shown.at} alt={t('register.evidence.picture')} />}
      {shown.as === 'text' && <pre class="evidence-text" tabIndex={0}>{shown.text}</pre>}
    </div>
  );
}

export const mostBytes = 20 * 1024 * 1024;
type Attached = { id: string; sha256: string };

/** A file goes up as it is and without its name; what the gateway says it hashed must be what was sent. */
export async function attach(api: Pick<Asks, 'file'>, id: string, file: Blob): Promise<Answer<Attached>> {
  if (file.size === 0) return { ok: false, code: 'attachment_empty' };
  if (file.size > mostBytes) return { ok: false, code: 'attachment_too_large' };
  const own = await sha256Of(file).catch(() => null);
  if (own === null) return { ok: false, code: 'attachment_unreadable' };
  const answer = await api.file<Attached>(pathOf(id, 'attachments'), file, file.type || 'application/octet-stream');
  return answer.ok && answer.value.sha256 !== own ? { ok: false, code: 'attachment_changed' } : answer;
}

function Attach({ api, incident: i, reload }: IncidentProps) {
  const t = useText();
  const doing = useDoing();
  const input = useRef<HTMLInputElement>(null);
  const [saved, setSaved] = useState<string | null>(null);
  const go = (): void => {
    const file = input.current?.files?.[0];
    if (!file) { input.current?.focus(); return; }
    setSaved(null);
    void doing.run(() => attach(api, i.id, file), async (a) => { setSaved(a.sha256); if (input.current) input.current.value = ''; await reload(); });
  };
  return (
    <form class="form form-boxed" data-form="attachment" onSubmit={(e) => { e.preventDefault(); go(); }}>
      <div class="field">
        <label for="attachment">{t('register.attach')}</label>
        <p class="field-hint" id="attachment-what">{t('register.attach.what')}</p>
        <input ref={input} id="attachment" type="file" name="attachment" aria-describedby="attachment-what" />
      </div>
      <Refused refusal={doing.refusal} close={doing.clear} />
      {saved && <Notice tone="ok" glyph="ok" id="attached">{t('register.attached')} <span class="hash">{saved}</span></Notice>}
      <div class="buttons">
        <button type="submit" class="button button-plain button-large" data-act="incident.attach" aria-disabled={doing.busy ? 'true' : undefined}><span class="button-text">{doing.busy ? <><Glyph name="waiting" /> {t('register.attaching')}</> : t('register.attach.go')}</span></button>
      </div>
    </form>
  );
}
