// The people of a court. An administrator enrols them; a clerk and a judge only see who there is, to invite them. Staff alone: no protected person has an
// account.
import { useState } from 'preact/hooks';
import { Button } from '../components/button';
import { Panel } from '../components/panel';
import { useAsk } from '../components/ask';
import { useText } from '../text/context';
import { roleName } from '../text/say';
import { PartHead, type PartProps } from './home';
import { accountRoles, apart, may, type AccountRole, type Code, type Me, type Person, type Recovery } from './model';
import { Empty, Field, moment, Refused, ShownOnce, useDoing, useLoaded, Waiting } from './parts';
import type { Asks } from './shell';
import { Submit } from './signin';

export function PeoplePart({ api, me }: PartProps) {
  const t = useText();
  const { value, refusal, reload } = useLoaded<{ people: Person[] }>(api, '/api/people');
  const [enrolling, setEnrolling] = useState(false);
  const [once, setOnce] = useState<(Code & { name: string }) | null>(null);
  const [find, setFind] = useState('');
  const enrols = may(me, 'people.enrol');
  const people = (value?.people ?? []).filter((p) => matches(p, find));
  return (
    <>
      <PartHead title={t('part.people')} what={t(enrols ? 'people.what' : 'people.see')}
        aside={enrols && !enrolling && <Button tone="primary" size="large" press={() => { setEnrolling(true); setOnce(null); }} act="people.enrol.open">{t('people.enrol')}</Button>} />
      <Refused refusal={refusal} />
      {once && <ShownOnce act="person" title={t('people.code', { name: once.name })} value={once.code} what={t('people.code.what', { ends: moment(once.ends) })} done={() => setOnce(null)} />}
      {enrolling && <EnrolForm api={api} close={() => setEnrolling(false)} done={(made, name) => { setEnrolling(false); setOnce({ ...made, name }); void reload(); }} />}
      {may(me, 'people.recover') && <Recoveries api={api} agreed={(code, name) => setOnce({ ...code, name })} />}
      {!value && !refusal && <Waiting />}
      {value && (
        <Panel title={t('people.list')} count={value.people.length} class="part-panel">
          {value.people.length > 6 && <Field name="find" label={t('people.find')} value={find} change={setFind} />}
          {people.length === 0 ? <Empty>{t(value.people.length === 0 ? 'people.none' : 'protocol.found.none')}</Empty> : <PeopleTable people={people} me={me} opens={enrols} />}
        </Panel>
      )}
    </>
  );
}

const matches = (p: Person, find: string): boolean => find.trim() === '' || `${p.name} ${p.login ?? ''}`.toLocaleLowerCase('az').includes(find.trim().toLocaleLowerCase('az'));

function PeopleTable({ people, me, opens }: { people: Person[]; me: Me; opens: boolean }) {
  const t = useText();
  return (
    <table class="table table-people">
      <thead><tr><th scope="col">{t('person.name')}</th><th scope="col">{t('person.roles')}</th><th scope="col">{t('person.state')}</th>{opens && <th scope="col"><span class="visually-hidden">{t('people.open')}</span></th>}</tr></thead>
      <tbody>
        {people.map((p) => (
          <tr key={p.person} data-person={p.person}>
            <th scope="row">{p.name}{p.person === me.person.person && <span class="quiet"> ({t('people.you')})</span>}{p.login && <span class="quiet block">{p.login}</span>}</th>
            <td>{p.roles.length > 0 ? p.roles.map((r) => roleName(t, r)).join(', ') : <span class="quiet">{t('person.roles.none')}</span>}</td>
            <td><span class={`tag tag-person-${p.state}`}>{t(`person.state.${p.state}`)}</span></td>
            {opens && <td><a class="link" href={`#people/${encodeURIComponent(p.person)}`} data-act="person.open" aria-label={`${t('people.open')}: ${p.name}`}>{t('people.open')}</a></td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function EnrolForm({ api, close, done }: { api: Asks; close: () => void; done: (code: Code, name: string) => void }) {
  const t = useText();
  const doing = useDoing();
  const [name, setName] = useState('');
  const [login, setLogin] = useState('');
  const [roles, setRoles] = useState<AccountRole[]>([]);
  const [missing, setMissing] = useState(false);
  const go = (): void => {
    setMissing(roles.length === 0);
    if (roles.length === 0) return;
    const body = { name: name.trim(), login: login.trim(), roles };
    void doing.run(() => api.send<Code>('POST', '/api/people', body, { name: 'people.enrol', args: { who: body.name, roles: roles.map((r) => roleName(t, r)).join(', ') } }), (made) => done(made, body.name));
  };
  return (
    <Panel title={t('people.enrol')} class="part-panel">
      <form class="form" data-form="enrol" onSubmit={(e) => { e.preventDefault(); go(); }}>
        <div class="form-grid">
          <Field name="name" label={t('person.name')} hint={t('person.name.what')} value={name} change={setName} max={80} required />
          <Field name="login" label={t('person.login')} hint={t('person.login.what')} value={login} change={setLogin} max={64} required />
        </div>
        <RoleBoxes roles={roles} change={(r) => { setRoles(r); setMissing(false); }} error={missing ? t('people.role.needed') : undefined} />
        <Refused refusal={doing.refusal} />
        <div class="buttons"><Submit doing={doing} act="people.enrol">{t('people.enrol.go')}</Submit><Button size="large" press={close}>{t('cancel')}</Button></div>
        <p class="quiet">{t('people.enrol.what')}</p>
      </form>
    </Panel>
  );
}

/** The roles to tick. One that cannot stand beside what is ticked is shown so, and the rule is said below once. */
function RoleBoxes({ roles, change, error }: { roles: AccountRole[]; change: (roles: AccountRole[]) => void; error: string | undefined }) {
  const t = useText();
  const why = new Set(accountRoles.filter((r) => !roles.includes(r)).map((r) => apart([...roles, r], r)).filter((w) => w !== null));
  return (
    <fieldset class="roles">
      <legend>{t('person.roles')}</legend>
      <div class="roles-grid">
        {accountRoles.map((r) => {
          const refused = !roles.includes(r) && apart([...roles, r], r) !== null;
          return <label key={r} class="check"><input type="checkbox" name={`role-${r}`} checked={roles.includes(r)} disabled={refused} onChange={(e) => change(e.currentTarget.checked ? [...roles, r] : roles.filter((x) => x !== r))} />{roleName(t, r)}</label>;
        })}
      </div>
      {error && <p class="field-error" role="alert">{error}</p>}
      {[...why].map((w) => <p key={w} class="quiet" role="status">{t(`roles.apart.${w}`)}</p>)}
    </fieldset>
  );
}

/** What waits for a second administrator. */
function Recoveries({ api, agreed }: { api: Asks; agreed: (code: Code, name: string) => void }) {
  const t = useText();
  const { value, reload } = useLoaded<{ recoveries: Recovery[] }>(api, '/api/recoveries');
  const [ask, dialog] = useAsk();
  const doing = useDoing();
  if (!value || value.recoveries.length === 0) return null;
  const agree = (r: Recovery): void => ask({
    title: t('recovery.agree.title', { name: r.name }), what: t('recovery.agree.what'), go: t('recovery.agree'), fields: [],
    done: () => void doing.run(() => api.send<Code>('POST', `/api/recoveries/${encodeURIComponent(r.recovery)}/agree`, {}, { name: 'recovery.agree', args: { who: r.name } }), async (code) => { agreed(code, r.name); await reload(); }),
  });
  const refuse = (r: Recovery): void => void doing.run(() => api.send('DELETE', `/api/recoveries/${encodeURIComponent(r.recovery)}`), reload);
  return (
    <Panel title={t('recovery.waiting')} tone="caution" count={value.recoveries.length} class="part-panel">
      <p>{t('recovery.what')}</p>
      <Refused refusal={doing.refusal} close={doing.clear} />
      <ul class="rows">
        {value.recoveries.map((r) => (
          <li key={r.recovery} class="row" data-recovery={r.recovery}>
            <div class="row-text"><strong>{r.name}</strong><span class="quiet digits">{t('recovery.asked', { time: moment(r.asked), ends: moment(r.ends) })}</span>{r.mine && <span class="tag">{t('recovery.mine')}</span>}</div>
            <div class="buttons">
              <Button press={r.mine ? undefined : () => agree(r)} keep tone="primary" act="recovery.agree" label={`${t('recovery.agree')}: ${r.name}`}>{t('recovery.agree')}</Button>
              <Button press={() => refuse(r)} act="recovery.refuse" label={`${t('recovery.refuse')}: ${r.name}`}>{t('recovery.refuse')}</Button>
            </div>
          </li>
        ))}
      </ul>
      {dialog}
    </Panel>
  );
}
