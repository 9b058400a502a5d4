// Incidents over the months: a bar for each, with its number, that also chooses the month. Bars are buttons: whoever sees no bars hears the same.
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import { filled, inMonth, monthText, type Filter, type Month } from './filter';

export function Months({ months, chosen, choose, partial }: { months: readonly Month[]; chosen: Filter; choose: (month: string) => void; partial: boolean }) {
  const t = useText();
  const all = filled(months);
  if (all.length < 2 && !all.some((m) => inMonth(chosen, m.month))) return null;
  const most = Math.max(1, ...all.map((m) => m.n));
  return (
    <Panel title={t('register.months')} class="part-panel">
      {partial && <p class="quiet">{t('register.months.partial')}</p>}
      <ol class="months">
        {all.map(({ month, n }) => (
          <li key={month}>
            <button type="button" class="month" aria-pressed={inMonth(chosen, month)} data-month={month} data-n={n} onClick={() => choose(month)}>
              <span class="month-n digits">{n}</span>
              <svg class="month-bar" viewBox="0 0 10 100" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <rect class="bar-ground" x="0" y="99" width="10" height="1" />
                <rect class="bar" x="0" y={100 - bar(n, most)} width="10" height={bar(n, most)} />
              </svg>
              <span class="month-name digits">{monthText(month)}</span><span class="visually-hidden">{t('register.month.choose')}</span>
            </button>
          </li>
        ))}
      </ol>
    </Panel>
  );
}

/** Height of a bar in percent: what is not nothing is seen. */
export const bar = (n: number, most: number): number => (n <= 0 ? 0 : Math.max(4, Math.round((n / most) * 100)));
