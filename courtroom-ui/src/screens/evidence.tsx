// What belongs to an incident: the clip that its flag froze, and what was handed in. Nothing of it is drawn here: a file is saved, each time is entered first, and
// the hash beside it says what it is. And the field that hands a file in.
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Notice } from '../components/notice';
import { mostAttached, sha256Of, type Evidence, type Incidents, type Told } from '../signaling/incidents';
import { useText } from '../text/context';
import type { Key, Translate } from '../text/locale';
import { clock, written } from '../text/time';

export function EvidenceList({ incident, incidents }: { incident: string; incidents: Incidents }) {
  const t = useText();
  const [told, setTold] = useState<Told<{ evidence: Evidence[] }> | null>(null);
  const load = (): void => { void incidents.evidence(incident).then(setTold); };
  useEffect(load, [incident]);
  if (!told) return <p class="quiet"><Glyph name="waiting" />{t('evidence.loading')}</p>;
  if (!told.ok) return <Notice tone="caution" urgent>{t.code('error', told.code, 'error.unknown')}</Notice>;
  const list = told.value.evidence ?? [];
  return (
    <div class="evidence">
      {list.length === 0 && <p class="quiet">{t('evidence.none')}</p>}
      <ul>{list.map((e) => <EvidenceItem key={e.evidence} evidence={e} incident={incident} incidents={incidents} />)}</ul>
      <div class="buttons"><Button size="small" tone="quiet" act="evidence.reload" press={load}>{t('evidence.reload')}</Button></div>
    </div>
  );
}

function EvidenceItem({ evidence: e, incident, incidents }: { evidence: Evidence; incident: string; incidents: Incidents }) {
  const t = useText();
  const links: ['view' | 'export' | 'copy', Key][] = [['view', 'evidence.view'], ['export', 'evidence.export'], ['copy', 'evidence.copy']];
  return (
    <li data-evidence={e.evidence} data-state={e.state}>
      <p><Glyph name={e.state === 'kept' ? 'lock' : 'warn'} /><strong>{t(`evidence.${e.what}`)}</strong>{e.track && ` · ${trackName(t, e.track)}`} <span class="quiet">{e.from && e.to ? `${clock(e.from)} – ${clock(e.to)}` : written(e.at)}{e.size !== undefined && `, ${kilobytes(e.size)}`}</span></p>
      {e.state !== 'kept' && <p class="quiet">{t(`evidence.${e.state}`)}</p>}
      {e.why && <p class="quiet">{t.code('evidencewhy', e.why, 'event.plain')}</p>}
      {e.sha256 && <p class="quiet wrap">{t('evidence.sha256')} <span class="hash">{e.sha256}</span></p>}
      {e.copy && <p class="quiet wrap">{t('evidence.copy.sha256')} <span class="hash">{e.copy.sha256}</span></p>}
      {e.no_copy && <p class="quiet">{t('evidence.no_copy')}</p>}
      <p class="evidence-links">{links.filter(([what]) => e.may?.includes(what)).map(([what, key]) => <a key={what} class="link" href={incidents.fileOf(incident, e.evidence, what)} download="" rel="noreferrer" data-act={`evidence.${what}`}>{t(key)}</a>)}</p>
    </li>
  );
}

const trackName = (t: Translate, label: string): string => t.code('tile', label.split('/').at(-1)!.split('+')[0]!, 'evidence.track');
const kilobytes = (n: number): string => (n < 1_000_000 ? `${Math.max(1, Math.round(n / 1000))} kB` : `${(n / 1_000_000).toFixed(1)} MB`);

type Attaching = { state: 'none' } | { state: 'sending' | 'kept' | 'differs'; sha256: string } | { state: 'refused'; code: string };

/** Hands a file in. Its name stays here; its hash is reckoned before it is sent, and must be the one that the gateway entered. */
export function Attach({ incident, incidents }: { incident: string; incidents: Incidents }) {
  const t = useText();
  const [now, setNow] = useState<Attaching>({ state: 'none' });
  const take = async (input: HTMLInputElement): Promise<void> => {
    const file = input.files?.[0];
    if (!file) return;
    input.value = '';
    if (file.size > mostAttached) { setNow({ state: 'refused', code: 'attachment_too_large' }); return; }
    const sha256 = await sha256Of(file);
    setNow({ state: 'sending', sha256 });
    const told = await incidents.attach(incident, file, file.type);
    setNow(told.ok ? { state: told.value.sha256 === sha256 ? 'kept' : 'differs', sha256 } : { state: 'refused', code: told.code });
  };
  return (
    <div class="field" data-attach-state={now.state} {...('sha256' in now && { 'data-attached': now.sha256 })}>
      <label class="attach"><span>{t('evidence.attach')}</span><input type="file" name="attachment" data-act="flagform.attach" onChange={(e) => void take(e.currentTarget)} /></label>
      <p class="quiet">{t('evidence.attach.what')}</p>
      {now.state === 'refused' && <p class="field-error" role="alert">{t.code('error', now.code, 'error.unknown')}</p>}
      {'sha256' in now && <p class="wrap" role="status"><Glyph name={now.state === 'kept' ? 'ok' : now.state === 'sending' ? 'waiting' : 'warn'} />{t(`evidence.attach.${now.state}`)} <span class="hash">{now.sha256}</span></p>}
    </div>
  );
}
