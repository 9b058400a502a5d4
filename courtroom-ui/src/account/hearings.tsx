// The hearings that concern a person: her own seats first, each with when it is hers and the one button that takes it; for who invites, the way to a hearing's
// invitations.
import { useState } from 'preact/hooks';
import { Button } from '../components/button';
import { Panel } from '../components/panel';
import { Notice } from '../components/notice';
import { useText } from '../text/context';
import { roleName } from '../text/say';
import { PartHead, type PartProps } from './home';
import { may, mayInvite, type HearingLine, type Hearings, type Mine } from './model';
import { Empty, Field, moment, Refused, ShownOnce, useDoing, useLoaded, Waiting } from './parts';
import type { Asks } from './shell';

export function HearingsPart({ api, me }: PartProps) {
  const t = useText();
  const { value, refusal } = useLoaded<Hearings>(api, '/api/hearings');
  const own = value?.hearings.filter((h) => h.mine.length > 0) ?? [];
  const invites = mayInvite(me);
  const certifies = may(me, 'room.certify');
  return (
    <>
      <PartHead title={t('part.hearings')} what={t('hearings.what')} />
      <Refused refusal={refusal} />
      {!value && !refusal && <Waiting />}
      {value?.seats === 'link' && <Notice tone="caution" id="by_link">{t('hearings.by_link')}</Notice>}
      {value && own.length === 0 && (!(invites || certifies) || value.hearings.length === 0) && <Empty>{t('hearings.none')}</Empty>}
      {own.map((h) => <OwnHearing key={h.id} hearing={h} />)}
      {value && invites && value.hearings.length > 0 && <CourtHearings hearings={value.hearings} />}
      {value && certifies && value.hearings.length > 0 && <OfficerCodes api={api} hearings={value.hearings} />}
    </>
  );
}

const caseOf = (h: HearingLine): string => (h.case_no ? `№ ${h.case_no}` : h.id);

function OwnHearing({ hearing }: { hearing: HearingLine }) {
  const t = useText();
  return (
    <Panel title={caseOf(hearing)} class="part-panel" aside={<span class="tag">{t.code('hearing', hearing.phase, 'event.plain')}</span>}>
      <ul class="rows">{hearing.mine.map((m) => <OwnSeat key={m.seat} hearing={hearing.id} mine={m} />)}</ul>
    </Panel>
  );
}

/** What is written into the line: the whole link, or only the code at its end. */
export const codeIn = (text: string): string => (/[#&?]code=([^&\s]+)/.exec(text)?.[1] ?? text).trim();

function OwnSeat({ hearing, mine }: { hearing: string; mine: Mine }) {
  const t = useText();
  const [code, setCode] = useState('');
  const place = `/h/${encodeURIComponent(hearing)}/${encodeURIComponent(mine.seat)}`;
  const given = codeIn(code);
  const take = (): void => { if (given) location.assign(`${place}#code=${encodeURIComponent(given)}`); };
  return (
    <li class="row" data-seat={mine.seat} data-state={mine.state}>
      <div class="row-text">
        <strong>{roleName(t, mine.role)}</strong>
        <span class="quiet digits">{t('hearings.time', { from: moment(mine.from), until: moment(mine.until) })}</span>
        <span class={`tag tag-${mine.state}`}>{t(`invitation.${mine.state}`)}</span>
      </div>
      {mine.state === 'taken' && <a class="button button-primary button-large" href={place} data-act="seat.open"><span class="button-text">{t('hearings.open')}</span></a>}
      {mine.state === 'open' && (
        <form class="row-form" onSubmit={(e) => { e.preventDefault(); take(); }}>
          <Field name="code" label={t('hearings.code')} hint={t('hearings.code.what')} value={code} change={setCode} max={400} required />
          <button type="submit" class="button button-primary button-large" data-act="seat.take"><span class="button-text">{t('hearings.take')}</span></button>
        </form>
      )}
    </li>
  );
}

function CourtHearings({ hearings }: { hearings: HearingLine[] }) {
  const t = useText();
  return (
    <Panel title={t('hearings.court')} count={hearings.length} class="part-panel">
      <ul class="rows">
        {hearings.map((h) => (
          <li key={h.id} class="row">
            <div class="row-text"><strong>{caseOf(h)}</strong><span class="quiet">{t.code('hearing', h.phase, 'event.plain')}</span></div>
            <a class="button button-plain button-normal" href={`#hearings/${encodeURIComponent(h.id)}`} data-act="invitations.open" aria-label={`${t('invitations.open')}: ${caseOf(h)}`}><span class="button-text">{t('invitations.open')}</span></a>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** A room officer draws the code by which she certifies the room on its kiosk: for one hearing, shown once, by a touch of her own key. */
function OfficerCodes({ api, hearings }: { api: Asks; hearings: HearingLine[] }) {
  const t = useText();
  const doing = useDoing();
  const [once, setOnce] = useState<{ code: string; of: string } | null>(null);
  const draw = (h: HearingLine): void => void doing.run(() => api.send<{ code: string }>('POST', `/api/hearings/${encodeURIComponent(h.id)}/officer-code`, {}, { name: 'officer.code', args: { who: caseOf(h) } }), ({ code }) => setOnce({ code, of: caseOf(h) }));
  return (
    <Panel title={t('officer.title')} class="part-panel">
      <p>{t('officer.own')}</p>
      <Refused refusal={doing.refusal} close={doing.clear} />
      {once && <ShownOnce act="officer" title={once.of} value={once.code} what={t('officer.own.what')} done={() => setOnce(null)} />}
      <ul class="rows">
        {hearings.map((h) => (
          <li key={h.id} class="row" data-hearing={h.id}>
            <div class="row-text"><strong>{caseOf(h)}</strong><span class="quiet">{t.code('hearing', h.phase, 'event.plain')}</span></div>
            <Button press={() => draw(h)} act="officer.draw" label={`${t('officer.draw')}: ${caseOf(h)}`}>{t('officer.draw')}</Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
