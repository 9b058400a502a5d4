// How often there was intimidation and how often protection was used, so that the country can say it without exposing anyone. Small numbers are held back and every
// number carries a little noise; what that means stands above the table and not in a footnote.
import { useState } from 'preact/hooks';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import type { Translate } from '../../text/locale';
import { PartHead, type PartProps } from '../home';
import { Empty, Refused, Select, useLoaded, Waiting } from '../parts';
import { courtsOf, isQuarter, mostIn, quarterOf, quartersBack, quartersOf, rowsOf, tableOf, type About, type Row } from './cells';
import { bar } from './months';
import { kindName, measureName, type Cell, type Statistics } from './wire';

const backward = 20; // quarters that can be chosen: five years

export function StatisticsPart({ api }: PartProps) {
  const t = useText();
  const choices = quartersBack(quarterOf(Date.now()), backward);
  const [from, setFrom] = useState(choices.at(-5)!);
  const [to, setTo] = useState(choices.at(-1)!);
  const [about, setAbout] = useState<About>('kind');
  const [court, setCourt] = useState<string | null>(null);
  const asked = `from=${from}&to=${to}`;
  const { value, refusal } = useLoaded<Statistics>(api, `/api/statistics?${asked}`);
  const cells = value ? tableOf(value.cells, about) : [];
  const courts = courtsOf(cells);
  const of = court !== null && courts.includes(court) ? court : courts[0] ?? '';
  const quarters = quartersOf(cells);
  const rows = rowsOf(cells, about, of, quarters);
  const option = (q: string): { value: string; text: string } => ({ value: q, text: quarterText(t, q) });
  return (
    <>
      <PartHead title={t('part.statistics')} what={t('statistics.what')} aside={<a class="button button-plain button-large" href={`/api/statistics.csv?${asked}`} download="parda-statistics.csv" data-act="statistics.csv"><span class="button-text">{t('statistics.csv')}</span></a>} />
      <Refused refusal={refusal} />
      {value && <Meaning statistics={value} />}
      <Panel title={t('statistics.choose')} class="part-panel">
        <div class="form-grid form-grid-4">
          <Select name="about" label={t('statistics.about')} value={about} change={(a) => setAbout(a as About)} options={(['kind', 'measure'] as const).map((a) => ({ value: a, text: t(`statistics.about.${a}`) }))} />
          <Select name="court" label={t('order.court')} value={of} change={setCourt} options={courts.map((c) => ({ value: c, text: courtText(t, c) }))} />
          <Select name="from" label={t('statistics.from')} value={from} change={(q) => { setFrom(q); if (q > to) setTo(q); }} options={choices.map(option)} />
          <Select name="to" label={t('statistics.to')} value={to} change={(q) => { setTo(q); if (q < from) setFrom(q); }} options={choices.map(option)} />
        </div>
      </Panel>
      {!value && !refusal && <Waiting />}
      {value && rows.length === 0 && <Empty>{t('statistics.none')}</Empty>}
      {rows.length > 0 && value && (
        <>
          <Plot rows={rows} quarters={quarters} about={about} k={value.k} title={t(`statistics.about.${about}`)} />
          <Panel title={t('statistics.table')} class="part-panel"><Table rows={rows} quarters={quarters} about={about} k={value.k} caption={`${t(`statistics.about.${about}`)}: ${courtText(t, of)}`} /></Panel>
        </>
      )}
    </>
  );
}

const courtText = (t: Translate, c: string): string => (c === '' ? t('statistics.all.courts') : t.code('court', c, 'event.plain'));
export const quarterText = (t: Translate, q: string): string => (isQuarter(q) ? t('statistics.quarter', { year: q.slice(0, 4), q: q.slice(5) }) : q);
const rowName = (t: Translate, r: Row, about: About): string => (r.total ? t('statistics.all.kinds') : about === 'kind' ? kindName(t, r.code) : statisticName(t, r.code));
/** A measure as orders name it: a template, a rendering, a kind of session. */
export const statisticName = (t: Translate, code: string): string => (t.has(`statistics.measure.${code}`) ? t.code('statistics.measure', code, 'event.plain') : measureName(t, code));

function Meaning({ statistics: s }: { statistics: Statistics }) {
  const t = useText();
  return (
    <Notice tone="plain" glyph="lock" id="meaning">
      <p>{t('statistics.k', { k: s.k })}</p>
      <p>{t(s.noise && s.noise.kind !== 'none' ? 'statistics.noise' : 'statistics.no_noise', { most: s.noise?.most ?? '' })}</p>
      <p class="quiet">{t('statistics.late')}</p>
    </Notice>
  );
}

/** A number, or in words why there is none. */
function Number({ cell, k }: { cell: Cell | undefined; k: number }) {
  const t = useText();
  if (!cell) return <span class="quiet" data-cell="none">{t('statistics.cell.none')}</span>;
  return cell.suppressed || cell.n === null ? <span class="held" data-cell="suppressed">{t('statistics.cell.suppressed', { k })}</span> : <span class="digits" data-cell="n">{cell.n}</span>;
}

function Table({ rows, quarters, about, k, caption }: { rows: Row[]; quarters: string[]; about: About; k: number; caption: string }) {
  const t = useText();
  return (
    <table class="table table-statistics">
      <caption>{caption}</caption>
      <thead><tr><th scope="col">{t(`statistics.row.${about}`)}</th>{quarters.map((q) => <th scope="col" key={q} class="digits">{quarterText(t, q)}</th>)}</tr></thead>
      <tbody>{rows.map((r) => <tr key={r.code} data-row={r.code || 'all'}><th scope="row">{rowName(t, r, about)}</th>{r.cells.map((c, n) => <td key={quarters[n]}><Number cell={c} k={k} /></td>)}</tr>)}</tbody>
    </table>
  );
}

const plotHeight = 96, step = 96, barWidth = 52;

/** One small plot for each row, all to one scale: bars of the quarters with their numbers; what is held back is a hatched box that says so. The table says the same. */
function Plot({ rows, quarters, about, k, title }: { rows: Row[]; quarters: string[]; about: About; k: number; title: string }) {
  const t = useText();
  const most = mostIn(rows.filter((r) => !r.total));
  const shown = rows.filter((r) => !r.total && r.cells.some(Boolean));
  return (
    <Panel title={title} class="part-panel">
      <p class="quiet">{t('statistics.plot.what', { k })}</p>
      <div class="plots">
        {shown.map((r, n) => (
          <figure key={r.code} class="plot" data-plot={r.code}>
            <figcaption>{rowName(t, r, about)}</figcaption>
            <svg viewBox={`0 0 ${quarters.length * step} ${plotHeight + 44}`} role="img" aria-label={plotText(t, r, quarters, k)}>
              <defs><pattern id={`held-${n}`} width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="8" height="8" /><rect class="hatch" width="3" height="8" /></pattern></defs>
              {r.cells.map((c, q) => <Bar key={quarters[q]} cell={c} at={q} most={most} k={k} hatch={`held-${n}`} name={(quarters[q] ?? '').replace('Q', '/')} />)}
              <line class="plot-axis" x1="0" x2={quarters.length * step} y1={plotHeight + 20} y2={plotHeight + 20} />
            </svg>
          </figure>
        ))}
      </div>
    </Panel>
  );
}

function Bar({ cell, at, most, k, hatch, name }: { cell: Cell | undefined; at: number; most: number; k: number; hatch: string; name: string }) {
  const middle = at * step + step / 2, x = middle - barWidth / 2;
  const held = cell !== undefined && (cell.suppressed || cell.n === null);
  const height = held ? 22 : (bar(cell?.n ?? 0, most) / 100) * plotHeight;
  return (
    <g>
      {held && <rect class="plot-held" x={x} y={plotHeight + 20 - height} width={barWidth} height={height} fill={`url(#${hatch})`} />}
      {!held && height > 0 && <rect class="bar" x={x} y={plotHeight + 20 - height} width={barWidth} height={height} />}
      {cell && <text class="plot-number" x={middle} y={plotHeight + 14 - height} text-anchor="middle">{held ? `< ${k}` : cell.n}</text>}
      <text class="plot-name" x={middle} y={plotHeight + 38} text-anchor="middle">{name}</text>
    </g>
  );
}

const plotText = (t: Translate, r: Row, quarters: string[], k: number): string =>
  r.cells.flatMap((c, n) => (c ? [`${quarterText(t, quarters[n]!)}: ${c.suppressed || c.n === null ? t('statistics.cell.suppressed', { k }) : c.n}`] : [])).join('; ');
