// Who sits where in one hearing, and from when until when. An invitation binds a seat to one account; its link is shown once and works for that account alone.
import { useState } from 'preact/hooks';
import { useAsk } from '../components/ask';
import { Button } from '../components/button';
import { Panel } from '../components/panel';
import type { Role } from '../signaling/wire';
import { useText } from '../text/context';
import { roleName } from '../text/say';
import { momentOf, written } from '../text/time';
import { PartHead, type PartProps } from './home';
import { may, type Hearings, type Invitation, type Invitations, type Me, type Person, type SeatToFill } from './model';
import { Empty, Field, moment, Refused, Select, ShownOnce, useDoing, useLoaded, Waiting, type Doing } from './parts';
import { RoomsOfHearing } from './rooms';
import { Submit } from './signin';

interface Made { link: string; invitation: Invitation }

export function InvitationsPart({ api, me, hearing }: PartProps & { hearing: string }) {
  const t = useText();
  const path = `/api/hearings/${encodeURIComponent(hearing)}/invitations`;
  const { value, refusal, reload } = useLoaded<Invitations>(api, path);
  const hearings = useLoaded<Hearings>(api, '/api/hearings');
  const people = useLoaded<{ people: Person[] }>(api, '/api/people');
  const [open, setOpen] = useState<string | null>(null);
  const [once, setOnce] = useState<{ seat: string; link: string } | null>(null);
  const [ask, dialog] = useAsk();
  const doing = useDoing();
  const line = hearings.value?.hearings.find((h) => h.id === hearing);
  const made = async (m: Made): Promise<void> => { setOpen(null); setOnce({ seat: m.invitation.seat, link: m.link }); await reload(); };
  const invite = (seat: string, body: object): void => void doing.run(() => api.send<Made>('POST', path, { seat, ...body }, { name: 'seat.invite', args: { seat } }), made);
  const revoke = (i: Invitation): void => ask({
    title: t('invitations.revoke.title', { role: roleName(t, i.role) }), what: t('invitations.revoke.what'), go: t('invitations.revoke'), tone: 'danger', fields: [],
    done: () => void doing.run(() => api.send('DELETE', `${path}/${encodeURIComponent(i.seat)}`), reload),
  });
  const extend = (i: Invitation, until: string): void => void doing.run(() => api.send('POST', `${path}/${encodeURIComponent(i.seat)}/extend`, { until }), async () => { setOpen(null); await reload(); });
  return (
    <>
      <PartHead title={t('invitations.title', { case: line?.case_no ? `№ ${line.case_no}` : hearing })} what={t('invitations.what')} back={{ href: '#hearings', text: t('part.hearings') }} />
      <Refused refusal={refusal ?? doing.refusal} close={doing.refusal ? doing.clear : undefined} />
      {once && <ShownOnce act="invitation" title={t('invitations.link')} value={once.link} what={t('invitations.link.what')} done={() => setOnce(null)} />}
      {!value && !refusal && <Waiting />}
      {value && value.seats.length === 0 && <Empty>{t('invitations.none')}</Empty>}
      {value && value.seats.length > 0 && (
        <Panel title={t('invitations.seats')} class="part-panel">
          <ul class="rows">
            {value.seats.map((s) => (
              <SeatRow key={s.seat} seat={s} me={me} begun={line !== undefined && line.phase !== 'scheduled'} inside={line?.mine.find((m) => m.held || m.state === 'taken')?.role} people={people.value?.people ?? []} doing={doing} numbered={value.seats.filter((x) => x.role === s.role).indexOf(s) + 1} many={value.seats.filter((x) => x.role === s.role).length > 1}
                invitation={value.invitations.find((i) => i.seat === s.seat && i.state !== 'revoked')} open={open === s.seat} toggle={() => setOpen(open === s.seat ? null : s.seat)} acts={{ invite, revoke, extend }} />
            ))}
          </ul>
        </Panel>
      )}
      {may(me, 'device.see') && <RoomsOfHearing api={api} me={me} hearing={hearing} />}
      {dialog}
    </>
  );
}

interface Acts { invite: (seat: string, body: object) => void; revoke: (i: Invitation) => void; extend: (i: Invitation, until: string) => void }
interface SeatRowProps { seat: SeatToFill; me: Me; begun: boolean; inside: Role | undefined; people: Person[]; doing: Doing; invitation: Invitation | undefined; open: boolean; toggle: () => void; numbered: number; many: boolean; acts: Acts }

const onBench = (role: Role | undefined): boolean => role === 'presiding_judge' || role === 'judge' || role === 'reserve_judge';

/**
 * May this person fill the seat, or take it back? The gateway decides (rights.MayFill); here a button is not offered that it would refuse. A hearing that has begun is filled by its
 * own bench and clerk, and its bench by a judge on it. Before that the administrator fills the empty seats of judges and clerks, and a judge's taken seat is a judge's to give.
 */
export function mayFill(me: Me, seat: SeatToFill, at: { begun: boolean; taken: boolean; inside: Role | undefined }): boolean {
  const invites = may(me, 'seat.invite');
  if (!invites && !(may(me, 'seat.appoint') && (seat.of === 'judge' || seat.of === 'court_clerk'))) return false;
  if (at.begun) return onBench(at.inside) || (at.inside === 'court_clerk' && !onBench(seat.role));
  if (at.taken) return invites && (!onBench(seat.role) || me.person.roles.includes('judge'));
  return true;
}

/** More time harms nobody: a clerk gives it to a judge too. */
export const mayExtend = (me: Me, at: { begun: boolean; inside: Role | undefined }): boolean =>
  may(me, 'seat.invite') && (!at.begun || onBench(at.inside) || at.inside === 'court_clerk');

function SeatRow({ seat, me, begun, inside, people, doing, invitation, open, toggle, numbered, many, acts }: SeatRowProps) {
  const t = useText();
  const fills = mayFill(me, seat, { begun, inside, taken: invitation?.state === 'taken' });
  const allowed = fills || (invitation !== undefined && invitation.person !== me.person.person && mayExtend(me, { begun, inside }));
  const anybody = seat.of === '';
  const name = many ? `${roleName(t, seat.role)} ${numbered}` : roleName(t, seat.role);
  return (
    <li class="row row-block" data-seat={seat.seat} data-state={invitation?.state ?? 'none'}>
      <div class="row-text">
        <strong>{name}</strong>
        {invitation ? <span>{anybody ? t('invitations.anybody') : invitation.name ?? invitation.person}</span> : <span class="quiet">{t(anybody ? 'invitations.no_link' : 'invitations.nobody')}</span>}
        {invitation && <span class="quiet digits">{t('hearings.time', { from: moment(invitation.from), until: moment(invitation.until) })}</span>}
        {invitation && <span class={`tag tag-${invitation.state}`}>{t(`invitation.${invitation.state}`)}</span>}
      </div>
      {allowed ? (
        <div class="buttons">
          <Button press={toggle} pressed={open} act="invitation.open" label={`${t(invitation ? 'invitations.change' : 'invitations.invite')}: ${name}`}>{t(invitation ? 'invitations.change' : 'invitations.invite')}</Button>
          <Button tone="danger" press={invitation && fills ? () => acts.revoke(invitation) : undefined} act="invitation.revoke" label={`${t('invitations.revoke')}: ${name}`}>{t('invitations.revoke')}</Button>
        </div>
      ) : <span class="quiet">{t('invitations.not_yours')}</span>}
      {open && allowed && <InviteForm seat={seat} me={me} fills={fills} people={people} doing={doing} invitation={invitation} acts={acts} />}
    </li>
  );
}

const hour = 3_600_000;

function InviteForm({ seat, me, fills, people, doing, invitation, acts }: Omit<SeatRowProps, 'open' | 'toggle' | 'numbered' | 'many' | 'begun' | 'inside'> & { fills: boolean }) {
  const t = useText();
  const fit = people.filter((p) => p.state !== 'closed' && p.person !== me.person.person && seat.of !== '' && p.roles.includes(seat.of));
  const [person, setPerson] = useState(invitation?.person ?? fit[0]?.person ?? '');
  const [from, setFrom] = useState(written(invitation ? invitation.from : Date.now()));
  const [until, setUntil] = useState(written(invitation ? invitation.until : Date.now() + 8 * hour));
  const starts = momentOf(from), ends = momentOf(until);
  const wrongFrom = starts === null ? t('invitations.no_time') : undefined;
  const wrong = ends === null ? t('invitations.no_time') : starts !== null && ends <= starts ? t('invitations.order') : undefined;
  if (fills && seat.of !== '' && fit.length === 0) return <p class="empty row-wide">{t('invitations.nobody_fits', { role: roleName(t, seat.of) })}</p>;
  const go = (): void => { if (fills && starts && ends && !wrong) acts.invite(seat.seat, { ...(seat.of !== '' && { person: person || fit[0]!.person }), from: starts, until: ends }); };
  return (
    <form class="row-wide form" data-form="invite" onSubmit={(e) => { e.preventDefault(); go(); }}>
      <div class="form-grid form-grid-3 form-grid-times">
        {fills && seat.of !== '' && <Select name="person" label={t('invitations.person')} value={person} change={setPerson} options={fit.map((p) => ({ value: p.person, text: p.name }))} />}
        {fills && <Field name="from" label={t('invitations.from')} value={from} change={setFrom} error={wrongFrom} required />}
        <Field name="until" label={t('invitations.until')} value={until} change={setUntil} error={wrong} required />
      </div>
      <p class="quiet">{t('invitations.baku')} {fills && invitation && t('invitations.again.what')}</p>
      <div class="buttons">
        {fills && <Submit doing={doing} act="invitation.go">{t(invitation ? 'invitations.again' : seat.of === '' ? 'invitations.make_link' : 'invitations.go')}</Submit>}
        {invitation && <Button size="large" press={ends && !wrong && !doing.busy ? () => acts.extend(invitation, ends) : undefined} keep act="invitation.extend">{t('invitations.extend')}</Button>}
      </div>
    </form>
  );
}
