// Which measures are asked for: those that have a name, to tick, and any other in words.
import { useText } from '../../text/context';
import { Words } from '../parts';
import { measures, measureName } from './wire';

/** Ticked ones in their order, then each line that was written. */
export const measuresOf = (chosen: readonly string[], other: string): string[] => [...chosen, ...other.split('\n').map((l) => l.trim()).filter(Boolean)];

export interface MeasureProps { chosen: string[]; choose: (chosen: string[]) => void; other: string; write: (other: string) => void; error: string | undefined; from?: readonly string[] }

export function MeasureFields({ chosen, choose, other, write, error, from = measures }: MeasureProps) {
  const t = useText();
  return (
    <>
      <fieldset class="roles" data-measures>
        <legend>{t('protection.measures')}</legend>
        <div class="roles-grid">
          {from.map((m) => <label key={m} class="check"><input type="checkbox" name={`measure-${m}`} checked={chosen.includes(m)} onChange={(e) => choose(e.currentTarget.checked ? from.filter((x) => x === m || chosen.includes(x)) : chosen.filter((x) => x !== m))} />{measureName(t, m)}</label>)}
        </div>
        {error && <p class="field-error" role="alert">{error}</p>}
      </fieldset>
      <Words name="other" label={t('protection.measures.other')} hint={t('protection.measures.other.what')} value={other} change={write} rows={2} max={1200} />
    </>
  );
}
