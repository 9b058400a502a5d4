// What the person filed and the gateway has not yet said it keeps, and what it has just kept.
import { useEffect, useMemo } from 'preact/hooks';
import { useChanges } from '../../app';
import { Button } from '../../components/button';
import { Glyph } from '../../components/glyph';
import { Notice } from '../../components/notice';
import { Panel } from '../../components/panel';
import { useText } from '../../text/context';
import type { Me } from '../model';
import { moment, Refused } from '../parts';
import type { Asks } from '../shell';
import { filingsOf, waits, type Filings } from './filings';
import { kindName } from './wire';

const againMs = 10_000;

/** The person's filings, drawn anew at each change. */
export function useFilings(api: Asks, me: Me): Filings {
  const filings = useMemo(() => filingsOf(api, me.person.person), [api, me.person.person]);
  useChanges(filings.subscribe);
  return filings;
}

/** Sends what waits while the person is signed in, whatever part of the page is open. */
export function useSending(api: Asks, me: Me): Filings {
  const filings = useFilings(api, me);
  useEffect(() => {
    const again = (): void => { if (filings.pending.length > 0) void filings.send(); };
    again();
    window.addEventListener('online', again);
    const timer = window.setInterval(again, againMs);
    return () => { window.removeEventListener('online', again); window.clearInterval(timer); };
  }, [filings]);
  return filings;
}

export function PendingFilings({ api, me, correct }: { api: Asks; me: Me; correct?: (key: string) => void }) {
  const t = useText();
  const filings = useFilings(api, me);
  return (
    <>
      {filings.saved.map((s) => (
        <Notice key={s.key} tone="ok" glyph="ok" id="filing.saved" aside={<Button size="small" press={() => filings.seen(s.key)} act="filing.seen">{t('close')}</Button>}>
          {t('register.saved')} <a class="link" href={`#incidents/${encodeURIComponent(s.id)}`} data-act="filing.open" data-id={s.id}>{t('register.saved.open')}</a>
        </Notice>
      ))}
      {filings.pending.length > 0 && (
        <Panel title={t('register.pending')} tone="caution" count={filings.pending.length} class="part-panel">
          <p>{t(filings.kept ? 'register.pending.what' : 'register.pending.unkept')}</p>
          <ul class="rows">
            {filings.pending.map((p) => (
              <li key={p.key} class="row row-block" data-pending={p.key} data-state={waits(p) ? 'saving' : 'refused'}>
                <div class="row-text">
                  <strong>{kindName(t, p.filing.kind)}</strong>
                  <span class="quiet digits">{t('register.pending.pressed', { when: moment(p.filing.when), pressed: moment(p.pressed) })}</span>
                  <span class={waits(p) ? 'filing-saving' : 'filing-refused'} role="status"><Glyph name={waits(p) ? 'waiting' : 'warn'} /> {t(waits(p) ? 'register.saving' : 'register.refused')}</span>
                </div>
                {!waits(p) && (correct ? <Button press={() => correct(p.key)} act="filing.correct">{t('register.correct')}</Button> : <a class="button button-plain button-normal" href="#incidents/new" data-act="filing.correct"><span class="button-text">{t('register.correct')}</span></a>)}
                {p.refused && <div class="row-note"><Refused refusal={p.refused} /></div>}
              </li>
            ))}
          </ul>
          <div class="buttons"><Button press={() => void filings.send()} act="filing.again">{t('register.again')}</Button></div>
        </Panel>
      )}
    </>
  );
}
