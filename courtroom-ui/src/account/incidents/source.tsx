// The same source seen twice. The gateway only finds what is alike; that two incidents have one source is said by a person, who has read both.
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { Field, moment, Refused, useDoing } from '../parts';
import type { IncidentProps } from './incident';
import { caseOf, kindName, mayDo, pathOf, type Line } from './wire';

const mostAlike = 8;

export function SourcePanel({ api, incident: i, reload }: IncidentProps) {
  const t = useText();
  const doing = useDoing();
  const [label, setLabel] = useState('');
  const [alike, setAlike] = useState<Line[] | null>(null);
  // To read another incident is an act of the person's, which the gateway enters: not before she asks for it.
  const read = (): void => void Promise.all(i.alike.slice(0, mostAlike).map((id) => api.get<Line>(pathOf(id)))).then((all) => setAlike(all.flatMap((a) => (a.ok ? [a.value] : []))));
  const may = mayDo(i, 'source');
  if (!may && !i.source_id) return null;
  const name = (id: string, source: string): Promise<{ ok: true; value: { source?: string } } | { ok: false; code: string }> => api.send<{ source?: string }>('POST', pathOf(id, 'source'), { source }, { name: 'incident.source', args: {} });
  // One of the two has a source that the court knows by an id, or this one gets it now from its own words.
  const same = (other: Line): void => void doing.run(async () => {
    if (other.source_id) return name(i.id, other.source_id);
    const own = i.source_id ? { ok: true as const, value: { source: i.source_id } } : await name(i.id, i.source || other.source || other.id);
    return own.ok && own.value.source ? name(other.id, own.value.source) : own;
  }, reload);
  const own = (): void => { if (label.trim()) void doing.run(() => name(i.id, label.trim()), async () => { setLabel(''); await reload(); }); };
  const suggested = (alike ?? []).filter((a) => i.alike.includes(a.id));
  return (
    <Panel title={t('register.source.title')} tone={(i.seen ?? 0) > 1 ? 'caution' : 'plain'} class="part-panel">
      <p data-seen={i.seen ?? 0}>{i.source_id ? t('register.source.known', { source: i.source ?? i.source_id, n: i.seen ?? 1 }) : t('register.source.unknown')}{i.source_id && (i.seen ?? 0) > 1 && <> <a class="link" href={`#incidents/source/${encodeURIComponent(i.source_id)}`} data-act="source.show">{t('register.source.all')}</a></>}</p>
      <Refused refusal={doing.refusal} close={doing.clear} />
      {may && i.alike.length > 0 && (
        <>
          <h3>{t('register.alike')} <span class="count">{i.alike.length}</span></h3>
          <p class="quiet">{t('register.alike.what')}</p>
          {alike === null && <div class="buttons"><Button press={read} act="source.alike">{t('register.alike.read')}</Button></div>}
          <ul class="rows">
            {suggested.map((a) => (
              <li key={a.id} class="row" data-alike={a.id}>
                <div class="row-text"><strong>{a.source || kindName(t, a.kind)}</strong><span class="quiet digits">{[kindName(t, a.kind), moment(a.when), caseOf(a)].filter(Boolean).join(' · ')}</span></div>
                <div class="buttons">
                  <a class="button button-plain button-normal" href={`#incidents/${encodeURIComponent(a.id)}`} aria-label={`${t('register.open')}: ${a.source || kindName(t, a.kind)}, ${moment(a.when)}`}><span class="button-text">{t('register.open')}</span></a>
                  <Button keep press={doing.busy ? undefined : () => same(a)} act="source.same" label={`${t('register.same')}: ${a.source || kindName(t, a.kind)}, ${moment(a.when)}`}>{t('register.same')}</Button>
                </div>
              </li>
            ))}
          </ul>
        </>
      )}
      {may && !i.source_id && (
        <form class="row-form" data-form="source" onSubmit={(e) => { e.preventDefault(); own(); }}>
          <Field name="label" label={t('register.source.name')} hint={t('register.source.name.what')} value={label} change={setLabel} max={200} required />
          <button type="submit" class="button button-plain button-large" data-act="source.name" aria-disabled={doing.busy ? 'true' : undefined}><span class="button-text">{t('save')}</span></button>
        </form>
      )}
    </Panel>
  );
}
