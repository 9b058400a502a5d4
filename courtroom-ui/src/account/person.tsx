// One person of the court, for an administrator: roles, the code of an account that nobody claimed yet, recovery by two, closing. Nobody does any of it to
// herself, and the page says why where a button is missing.
import { useState } from 'preact/hooks';
import { useAsk } from '../components/ask';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { useText } from '../text/context';
import { roleName } from '../text/say';
import { PartHead, type PartProps } from './home';
import { accountRoles, apart, may, type AccountRole, type Code, type Person, type Recovery } from './model';
import { Empty, moment, Refused, ShownOnce, useDoing, useLoaded, Waiting } from './parts';

export function PersonPart({ api, me, id }: PartProps & { id: string }) {
  const t = useText();
  const people = useLoaded<{ people: Person[] }>(api, '/api/people');
  const waiting = useLoaded<{ recoveries: Recovery[] }>(api, may(me, 'people.recover') ? '/api/recoveries' : '/api/account/me');
  const [once, setOnce] = useState<Code | null>(null);
  const [ask, dialog] = useAsk();
  const doing = useDoing();
  const person = people.value?.people.find((p) => p.person === id);
  const reload = async (): Promise<void> => { await Promise.all([people.reload(), waiting.reload()]); };
  const back = { href: '#people', text: t('part.people') };
  if (!person) {
    return <><PartHead title={t('part.people')} back={back} />{people.refusal ? <Refused refusal={people.refusal} /> : people.value ? <Empty>{t('error.person_unknown')}</Empty> : <Waiting />}</>;
  }
  const path = `/api/people/${encodeURIComponent(id)}`;
  const self = id === me.person.person;
  const acts = may(me, 'people.enrol') && !self && person.state !== 'closed';
  const asked = waiting.value?.recoveries?.find((r) => r.person === id);
  const role = (r: AccountRole, give: boolean): void => void doing.run(
    () => api.send<Person>(give ? 'POST' : 'DELETE', `${path}/roles/${r}`, give ? {} : undefined, { name: give ? 'role.grant' : 'role.take', args: { who: person.name, role: r } }), reload);
  const fresh = (): void => void doing.run(() => api.send<Code>('POST', `${path}/code`, {}, { name: 'person.code', args: { who: person.name } }), setOnce);
  const recover = (): void => ask({
    title: t('recovery.ask.title', { name: person.name }), what: t('recovery.ask.what'), go: t('recovery.ask'), fields: [],
    done: () => void doing.run(() => api.send('POST', `${path}/recover`, {}, { name: 'recovery.ask', args: { who: person.name } }), reload),
  });
  const close = (): void => ask({
    title: t('person.close.title', { name: person.name }), what: t('person.close.what'), go: t('person.close'), tone: 'danger', fields: [],
    done: () => void doing.run(() => api.send('POST', `${path}/close`, {}, { name: 'person.close', args: { who: person.name } }), reload),
  });
  return (
    <>
      <PartHead title={person.name} back={back} aside={<span class={`tag tag-person-${person.state}`}>{t(`person.state.${person.state}`)}</span>} />
      {once && <ShownOnce act="person" title={t('people.code', { name: person.name })} value={once.code} what={t('people.code.what', { ends: moment(once.ends) })} done={() => setOnce(null)} />}
      <Refused refusal={doing.refusal} close={doing.clear} />
      {self && <Notice tone="plain" glyph="lock" id="self">{t('person.self')}</Notice>}
      {person.state === 'closed' && <Notice tone="plain" glyph="lock">{t('person.closed.what')}</Notice>}
      <Panel title={t('person.roles')} class="part-panel"><Roles person={person} give={acts && !doing.busy ? (r) => role(r, true) : undefined} take={acts && !doing.busy ? (r) => role(r, false) : undefined} /></Panel>
      <Panel title={t('person.account')} class="part-panel">
        <dl class="facts-list">
          {person.login && <div><dt>{t('person.login')}</dt><dd>{person.login}</dd></div>}
          <div><dt>{t('person.id')}</dt><dd class="digits">{person.person}</dd></div>
          <div><dt>{t('order.court')}</dt><dd>{t.code('court', person.court, 'event.plain')}</dd></div>
        </dl>
        {asked && <Notice tone="caution" glyph="waiting" id="recovery">{t('recovery.asked', { time: moment(asked.asked), ends: moment(asked.ends) })} {t('recovery.second')}</Notice>}
        {acts && (
          <div class="buttons">
            <Button press={person.state === 'invited' ? fresh : undefined} act="person.code">{t('person.code')}</Button>
            <Button press={person.state === 'active' && !asked ? recover : undefined} act="recovery.ask">{t('recovery.ask')}</Button>
            <Button tone="danger" press={close} act="person.close">{t('person.close')}</Button>
          </div>
        )}
      </Panel>
      {dialog}
    </>
  );
}

/** The roles that are held, those that can be given, and for the rest the rule that stands against them, said once. */
function Roles({ person, give, take }: { person: Person; give: ((r: AccountRole) => void) | undefined; take: ((r: AccountRole) => void) | undefined }) {
  const t = useText();
  const others = accountRoles.filter((r) => !person.roles.includes(r));
  const rules = (['administrator', 'auditor', 'register', 'sides'] as const).map((why) => ({ why, roles: others.filter((r) => apart(person.roles, r) === why) })).filter(({ roles }) => roles.length > 0);
  const free = give ? others.filter((r) => apart(person.roles, r) === null) : [];
  return (
    <>
      {person.roles.length === 0 && <Empty>{t('person.roles.none')}</Empty>}
      <ul class="rows rows-roles">
        {person.roles.map((r) => (
          <li key={r} class="row" data-role={r} data-held="true">
            <div class="row-text"><strong>{roleName(t, r)}</strong></div>
            <Button tone="danger" press={take && (() => take(r))} act="role.take" label={`${t('roles.take')}: ${roleName(t, r)}`}>{t('roles.take')}</Button>
          </li>
        ))}
        {free.map((r) => (
          <li key={r} class="row" data-role={r} data-held="false">
            <div class="row-text">{roleName(t, r)}</div>
            <Button press={give && (() => give(r))} act="role.grant" label={`${t('roles.give')}: ${roleName(t, r)}`}>{t('roles.give')}</Button>
          </li>
        ))}
      </ul>
      {give && rules.length > 0 && (
        <dl class="apart">
          {rules.map(({ why, roles }) => <div key={why}><dt>{roles.map((r) => roleName(t, r)).join(', ')}</dt><dd>{t(`roles.apart.${why}`)}</dd></div>)}
        </dl>
      )}
    </>
  );
}
