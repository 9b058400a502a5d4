// The register of incidents of the court (and, for whoever oversees it, of the courts): what was flagged in hearings and filed out of court, found by what a court
// asks: which case, which kind, when, from whom. It shows what the gateway lets this person know and nothing else.
import { useState } from 'preact/hooks';
import { Button } from '../../components/button';
import { Glyph } from '../../components/glyph';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { roleName } from '../../text/say';
import { PartHead, type PartProps } from '../home';
import { Empty, Field, moment, Refused, Select, useDoing, useLoaded, Waiting } from '../parts';
import { byMonth, monthRange, noFilter, queryOf, type Filter } from './filter';
import { Months } from './months';
import { PendingFilings } from './pending';
import { caseOf, files, kindName, kinds, phases, seesRegister, type Line, type RegisterPage, type Source } from './wire';

export function RegisterPart(props: PartProps) {
  const t = useText();
  const { me } = props;
  return (
    <>
      <PartHead title={t('part.incidents')} what={t(seesRegister(me) ? 'register.what' : 'register.what.files')}
        aside={files(me) && <a class="button button-primary button-large" href="#incidents/new" data-act="incident.new"><span class="button-text">{t('register.file')}</span></a>} />
      <PendingFilings api={props.api} me={me} />
      {seesRegister(me) && <Found {...props} />}
    </>
  );
}

function Found({ api, me, address }: PartProps) {
  const t = useText();
  // #incidents/source/s-...: where the register is opened from an incident's source.
  const [filter, setFilter] = useState<Filter>(() => (address.parts[1] === 'source' && address.parts[2] ? { ...noFilter, source: address.parts[2] } : noFilter));
  const first = useLoaded<RegisterPage>(api, queryOf(filter));
  const [older, setOlder] = useState<{ of: Filter; pages: RegisterPage[] }>({ of: filter, pages: [] });
  const doing = useDoing();
  const pages = first.value ? [first.value, ...(older.of === filter ? older.pages : [])] : [];
  const lines = pages.flatMap((p) => p.incidents);
  const last = pages.at(-1);
  const change = (to: Partial<Filter>): void => setFilter({ ...filter, ...to });
  const more = (): void => void doing.run(() => api.get<RegisterPage>(queryOf(filter, lines.at(-1)!.id)), (page) => setOlder((o) => ({ of: filter, pages: [...(o.of === filter ? o.pages : []), page] })));
  const filtered = filter !== noFilter && queryOf(filter) !== queryOf(noFilter);
  return (
    <>
      <FilterPanel filter={filter} change={change} clear={filtered ? () => setFilter(noFilter) : undefined} courts={me.rights.includes('incident.overview')} sources={first.value?.sources ?? []} />
      <Refused refusal={first.refusal ?? doing.refusal} />
      {!first.value && !first.refusal && <Waiting />}
      {first.value && (
        <>
          <Months months={first.value.months ?? byMonth(lines)} chosen={filter} choose={(month) => change(monthRange(filter, month))} partial={!first.value.months && Boolean(last?.more)} />
          <Sources sources={first.value.sources} chosen={filter.source} choose={(source) => change({ source })} />
          <Panel title={t('register.list')} class="part-panel" aside={<output class="quiet digits" aria-live="polite">{t(last?.more ? 'register.count.more' : 'register.count', { n: lines.length })}</output>}>
            {lines.length === 0 ? <Empty>{t(filtered ? 'register.none.found' : 'register.none')}</Empty> : <Lines lines={lines} courts={me.rights.includes('incident.overview')} />}
            {last?.more && <div class="buttons"><Button press={doing.busy ? undefined : more} keep act="register.older">{t('register.older')}</Button></div>}
          </Panel>
        </>
      )}
    </>
  );
}

const courts = ['baku', 'ganja', 'lankaran', 'shaki', 'nakhchivan'] as const;

interface FilterProps { filter: Filter; change: (to: Partial<Filter>) => void; clear: (() => void) | undefined; courts: boolean; sources: Source[] }

function FilterPanel({ filter, change, clear, courts: over, sources }: FilterProps) {
  const t = useText();
  const [text, setText] = useState(filter);
  const typed = (name: 'q' | 'from' | 'to') => (value: string): void => setText({ ...text, [name]: value });
  const wrong = (name: 'from' | 'to'): string | undefined => (filter[name] !== '' && queryOf(filter).includes(`${name}=`) === false ? t('register.day.wrong') : undefined);
  const all = (label: string): { value: string; text: string } => ({ value: '', text: label });
  return (
    <Panel title={t('register.filter')} class="part-panel" aside={clear && <Button press={() => { clear(); setText(noFilter); }} act="register.clear">{t('register.filter.clear')}</Button>}>
      <form class="form register-filter" role="search" data-form="register" onSubmit={(e) => { e.preventDefault(); change({ q: text.q, from: text.from, to: text.to }); }}>
        <div class="form-grid form-grid-3">
          {over && <Select name="court" label={t('order.court')} value={filter.court} change={(court) => change({ court })} options={[all(t('register.all.courts')), ...courts.map((c) => ({ value: c, text: t(`court.${c}`) }))]} />}
          <Select name="kind" label={t('register.kind')} value={filter.kind} change={(kind) => change({ kind })} options={[all(t('register.all.kinds')), ...kinds.map((k) => ({ value: k, text: kindName(t, k) }))]} />
          <Select name="phase" label={t('register.phase')} value={filter.phase} change={(phase) => change({ phase })} options={[all(t('register.all.phases')), ...phases.map((p) => ({ value: p, text: t(`register.phase.${p}`) }))]} />
          <Select name="source" label={t('register.source')} value={filter.source} change={(source) => change({ source })} options={[all(t('register.all.sources')), ...sources.map((s) => ({ value: s.source, text: s.label }))]} />
          <Field name="from" label={t('register.from')} hint={t('register.day')} value={text.from} change={typed('from')} error={wrong('from')} />
          <Field name="to" label={t('register.to')} hint={t('register.day')} value={text.to} change={typed('to')} error={wrong('to')} />
          <Field name="q" label={t('register.words')} hint={t('register.words.what')} value={text.q} change={typed('q')} />
        </div>
        <div class="buttons"><button type="submit" class="button button-plain button-large" data-act="register.find"><span class="button-text">{t('register.find')}</span></button></div>
      </form>
    </Panel>
  );
}

/** Who was behind more than one incident, as persons have confirmed it: what a single hearing cannot see. */
function Sources({ sources, chosen, choose }: { sources: Source[]; chosen: string; choose: (source: string) => void }) {
  const t = useText();
  const twice = sources.filter((s) => s.seen > 1).sort((a, b) => b.seen - a.seen);
  if (twice.length === 0) return null;
  return (
    <Panel title={t('register.twice')} tone="caution" count={twice.length} class="part-panel">
      <p class="quiet">{t('register.twice.what')}</p>
      <ul class="rows">
        {twice.map((s) => (
          <li key={s.source} class="row" data-source={s.source}>
            <div class="row-text"><strong>{s.label}</strong><span class="quiet digits">{t('register.seen', { n: s.seen, first: moment(s.first), last: moment(s.last) })}</span></div>
            <Button press={() => choose(chosen === s.source ? '' : s.source)} pressed={chosen === s.source} act="register.source" label={`${t('register.source.show')}: ${s.label}`}>{t('register.source.show')}</Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Lines({ lines, courts: over }: { lines: Line[]; courts: boolean }) {
  const t = useText();
  return (
    <table class="table table-register">
      <thead><tr>{[t('register.when'), t('register.incident'), t('register.case'), t('register.by'), t('register.phase')].map((h) => <th scope="col" key={h}>{h}</th>)}<th scope="col"><span class="visually-hidden">{t('register.open')}</span></th></tr></thead>
      <tbody>
        {lines.map((l) => (
          <tr key={l.id} data-incident={l.id} data-phase={l.phase}>
            <td class="digits nowrap">{moment(l.when)}</td>
            <th scope="row">
              {kindName(t, l.kind)}{l.discreet && <span class="tag tag-sealed"><Glyph name="lock" /> {t('register.discreet')}</span>}
              <span class="quiet block">{[l.endangered && t(`register.endangered.${l.endangered}`), l.source && t('register.source.of', { source: l.source }), (l.seen ?? 0) > 1 && t('register.seen.times', { n: l.seen! })].filter(Boolean).join(' · ')}</span>
            </th>
            <td class="digits">{caseOf(l) || <span class="quiet">{t('register.no_case')}</span>}{over && <span class="quiet block">{t.code('court', l.court, 'event.plain')}</span>}<span class="quiet block">{t(`register.origin.${l.origin}`)}</span></td>
            <td>{roleName(t, l.by.role)}{l.by.mine && <span class="quiet"> ({t('register.mine')})</span>}</td>
            <td><span class={`tag tag-phase-${l.phase}`}>{t(`register.phase.${l.phase}`)}</span>{l.protection && <span class={`tag tag-request-${l.protection}`}>{t(`protection.phase.${l.protection}`)}</span>}</td>
            <td><a class="link" href={`#incidents/${encodeURIComponent(l.id)}`} data-act="incident.open" aria-label={`${t('register.open')}: ${kindName(t, l.kind)}, ${moment(l.when)}`}>{t('register.open')}</a></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
