// The court's audit: who came in, was refused, was given something, took something back or looked. It knows accounts, devices and hearings by their ids; and that
// it is being read is itself entered, before the first line is shown.
import { useState } from 'preact/hooks';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { clock, day } from '../text/time';
import { PartHead, type PartProps } from './home';
import type { AuditEvent, AuditPage } from './model';
import { Empty, Field, Refused, Select, useDoing, useLoaded, Waiting } from './parts';

const perPage = 100;

export function AuditPart({ api }: PartProps) {
  const t = useText();
  const first = useLoaded<AuditPage>(api, `/api/audit?limit=${perPage}`);
  const [older, setOlder] = useState<AuditPage[]>([]);
  const doing = useDoing();
  const [group, setGroup] = useState('');
  const [find, setFind] = useState('');
  const pages = first.value ? [first.value, ...older] : [];
  const events = pages.flatMap((p) => p.events);
  const last = pages.at(-1);
  const shown = events.filter((e) => (group === '' || groupOf(e) === group) && holds(t, e, find));
  const groups = [...new Set(events.map(groupOf))].sort();
  const more = (): void => void doing.run(() => api.get<AuditPage>(`/api/audit?before=${last!.events.at(-1)!.index}&limit=${perPage}`), (page) => setOlder((o) => [...o, page]));
  const reload = async (): Promise<void> => { setOlder([]); await first.reload(); };
  return (
    <>
      <PartHead title={t('part.audit')} what={t('audit.what')} aside={<div class="buttons"><Button size="large" press={() => void reload()} act="audit.reload">{t('account.reload')}</Button><a class="button button-plain button-large" href="/api/audit/export" download="parda-audit.jsonl" data-act="audit.export"><span class="button-text">{t('audit.export')}</span></a><a class="button button-plain button-large" href="/api/incidents-export" download="parda-register.jsonl" data-act="register.export"><span class="button-text">{t('register.export')}</span></a></div>} />
      <Notice tone="plain" glyph="list" id="viewing">{t('audit.viewing')}</Notice>
      <Refused refusal={first.refusal ?? doing.refusal} />
      {!first.value && !first.refusal && <Waiting />}
      {first.value && (
        <Panel title={t('audit.events')} class="part-panel" aside={<output class="quiet digits" aria-live="polite">{t('audit.count', { n: shown.length, all: events.length })}</output>}>
          <div class="form-grid">
            <Select name="group" label={t('audit.group')} value={group} change={setGroup} options={[{ value: '', text: t('audit.group.all') }, ...groups.map((g) => ({ value: g, text: t.code('audit.group', g, 'event.plain') }))]} />
            <Field name="find" label={t('audit.find')} hint={t('audit.find.what')} value={find} change={setFind} />
          </div>
          {shown.length === 0 ? <Empty>{t(events.length === 0 ? 'audit.none' : 'protocol.found.none')}</Empty> : <AuditTable events={shown} />}
          {last?.more && <div class="buttons"><Button press={doing.busy ? undefined : more} keep act="audit.older">{t('audit.older')}</Button></div>}
        </Panel>
      )}
    </>
  );
}

/** The part of a code before its dot: what it is about. */
const groupOf = (e: AuditEvent): string => e.code.split('.')[0]!;
const saying = (t: Translate, e: AuditEvent): string => (t.has(`audit.${e.code}`) ? t.code('audit', e.code, 'event.plain') : e.code);
const actorOf = (t: Translate, e: AuditEvent): string => (e.actor === 'system' ? t('role.system') : e.actor);

/** What else the event says, as it was entered: ids and codes. */
export const detail = (payload: AuditEvent['payload']): string =>
  Object.entries(payload ?? {}).filter(([, v]) => v !== '' && v !== null && v !== undefined).map(([k, v]) => `${k}: ${typeof v === 'object' ? JSON.stringify(v) : String(v)}`).join(', ');

function holds(t: Translate, e: AuditEvent, find: string): boolean {
  const wanted = find.trim().toLowerCase();
  return wanted === '' || `${e.code} ${saying(t, e)} ${actorOf(t, e)} ${detail(e.payload)}`.toLowerCase().includes(wanted);
}

function AuditTable({ events }: { events: AuditEvent[] }) {
  const t = useText();
  return (
    <table class="table table-audit">
      <thead><tr><th scope="col">{t('protocol.number')}</th><th scope="col">{t('audit.time')}</th><th scope="col">{t('audit.event')}</th><th scope="col">{t('audit.actor')}</th><th scope="col">{t('audit.detail')}</th></tr></thead>
      <tbody>
        {events.map((e) => (
          <tr key={e.index} data-code={e.code}>
            <td class="digits">{e.index}</td>
            <td class="digits nowrap">{day(e.at)} {clock(e.at)}</td>
            <th scope="row">{saying(t, e)}<span class="quiet block">{e.code}</span></th>
            <td class="digits nowrap">{actorOf(t, e)}</td>
            <td class="digits wrap">{detail(e.payload)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
