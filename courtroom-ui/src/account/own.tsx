// One's own account: the keys that sign in, a password where the court allows one, and the browsers in which one is signed in now.
import { useState } from 'preact/hooks';
import { useAsk } from '../components/ask';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { useText } from '../text/context';
import { roleName } from '../text/say';
import { PartHead, type PartProps } from './home';
import type { Passkey, SignedIn } from './model';
import { ByPasswordAndApp } from './password';
import { Field, moment, Refused, useDoing, useLoaded, Waiting } from './parts';
import { leaveFor } from './shell';
import { newPasskey, Submit } from './signin';

export function OwnPart(props: PartProps) {
  const t = useText();
  const { person, session } = props.me;
  return (
    <>
      <PartHead title={t('part.own')} />
      <div class="part-columns">
        <Passkeys {...props} />
        <div class="part-column">
          <Panel title={t('own.who')} class="part-panel">
            <dl class="facts-list">
              <div><dt>{t('person.name')}</dt><dd>{person.name}</dd></div>
              <div><dt>{t('person.login')}</dt><dd>{person.login}</dd></div>
              <div><dt>{t('person.roles')}</dt><dd>{person.roles.map((r) => roleName(t, r)).join(', ') || t('person.roles.none')}</dd></div>
              <div><dt>{t('own.session')}</dt><dd class="digits">{t('own.session.until', { how: t.code('own.how', session.how, 'event.plain'), ends: moment(session.ends) })}</dd></div>
            </dl>
            <p class="quiet">{t('own.change')}</p>
          </Panel>
          <Password {...props} />
          <Provider {...props} />
          <Sessions {...props} />
        </div>
      </div>
    </>
  );
}

function Passkeys({ api, me, shell }: PartProps) {
  const t = useText();
  const doing = useDoing();
  const [ask, dialog] = useAsk();
  const [label, setLabel] = useState('');
  const [adding, setAdding] = useState(false);
  const add = (): void => void doing.run(() => newPasskey(api, '/api/account/passkeys', {}, { label: label.trim() || t('claim.label.default') }), async () => { setAdding(false); setLabel(''); await shell.refresh(); });
  const rename = (k: Passkey): void => ask({
    title: t('passkey.rename.title'), go: t('save'), fields: [{ name: 'label', label: t('passkey.label'), kind: 'line', required: true, value: k.label }],
    done: (v) => void doing.run(() => api.send('POST', `/api/account/passkeys/${encodeURIComponent(k.passkey)}/label`, { label: v['label'] }), shell.refresh),
  });
  const remove = (k: Passkey): void => ask({
    title: t('passkey.delete.title', { label: k.label }), what: t('passkey.delete.what'), go: t('passkey.delete'), tone: 'danger', fields: [],
    done: () => void doing.run(() => api.send('DELETE', `/api/account/passkeys/${encodeURIComponent(k.passkey)}`, undefined, { name: 'passkey.delete', args: { who: k.label } }), shell.refresh),
  });
  const only = me.passkeys.length === 1 && !me.password && !me.provider;
  return (
    <Panel title={t('passkeys.title')} count={me.passkeys.length} class="part-panel" aside={!adding && <Button press={() => setAdding(true)} act="passkey.add.open">{t('passkey.add')}</Button>}>
      <p class="quiet">{t('passkeys.what')}</p>
      {me.passkeys.length === 1 && <Notice tone="caution" glyph="key" id="one_passkey">{t('passkeys.one')}</Notice>}
      <Refused refusal={doing.refusal} close={doing.clear} />
      {adding && (
        <form class="form form-boxed" data-form="passkey" onSubmit={(e) => { e.preventDefault(); add(); }}>
          <Field name="label" label={t('passkey.label')} hint={t('passkey.label.what')} value={label} change={setLabel} max={60} />
          <div class="buttons"><Submit doing={doing} act="passkey.add">{t('passkey.add.go')}</Submit><Button size="large" press={() => setAdding(false)}>{t('cancel')}</Button></div>
        </form>
      )}
      <ul class="rows">
        {me.passkeys.map((k) => (
          <li key={k.passkey} class="row" data-passkey={k.passkey}>
            <Glyph name="key" />
            <div class="row-text">
              <strong>{k.label}</strong>
              <span class="quiet digits">{t('passkey.made', { made: moment(k.made), ...(k.used && { used: moment(k.used) }) })}</span>
              <span class="quiet">{t(k.backed_up ? 'passkey.backed_up' : 'passkey.bound')}</span>
            </div>
            <div class="buttons">
              <Button press={() => rename(k)} act="passkey.rename" label={`${t('passkey.rename')}: ${k.label}`}>{t('passkey.rename')}</Button>
              <Button tone="danger" keep press={only ? undefined : () => remove(k)} act="passkey.delete" label={`${t('passkey.delete')}: ${k.label}`}>{t('passkey.delete')}</Button>
            </div>
          </li>
        ))}
      </ul>
      {only && <p class="quiet">{t('error.last_way')}</p>}
      {dialog}
    </Panel>
  );
}

function Password({ api, me, shell }: PartProps) {
  const t = useText();
  const doing = useDoing();
  const [ask, dialog] = useAsk();
  const [open, setOpen] = useState(false);
  if (!shell.ways?.password && !me.password) return null;
  const only = me.passkeys.length === 0 && !me.provider;
  const remove = (): void => ask({
    title: t('password.delete.title'), what: t('password.delete.what'), go: t('password.delete'), tone: 'danger', fields: [],
    done: () => void doing.run(() => api.send('DELETE', '/api/account/password', undefined, { name: 'password.delete', args: {} }), shell.refresh),
  });
  return (
    <Panel title={t('password.title')} class="part-panel">
      <p>{t(me.password ? 'password.there' : 'password.none')}</p>
      <Refused refusal={doing.refusal} close={doing.clear} />
      <div class="buttons">
        <Button press={shell.ways?.password ? () => setOpen(!open) : undefined} pressed={open} act="password.open">{t(me.password ? 'password.change' : 'password.make')}</Button>
        <Button tone="danger" press={me.password && !only ? remove : undefined} act="password.delete">{t('password.delete')}</Button>
      </div>
      {open && <ByPasswordAndApp api={api} begin="/api/account/password/begin" finish="/api/account/password/finish" body={{}} done={async () => { setOpen(false); await shell.refresh(); }} />}
      {dialog}
    </Panel>
  );
}

/** The ministry's provider, where there is one: a link to it is one more way in. */
function Provider({ api, me, shell }: PartProps) {
  const t = useText();
  const doing = useDoing();
  const provider = shell.ways?.provider;
  if (!provider) return null;
  const only = me.passkeys.length === 0 && !me.password;
  const link = (): void => void doing.run(() => api.send<{ to: string }>('POST', '/api/account/provider/link', {}, { name: 'provider.link', args: {} }), leaveFor);
  const unlink = (): void => void doing.run(() => api.send('DELETE', '/api/account/provider/link', undefined, { name: 'provider.unlink', args: {} }), shell.refresh);
  return (
    <Panel title={t('provider.title')} class="part-panel">
      <p>{t(me.provider ? 'provider.linked' : 'provider.none', { name: provider.name })}</p>
      <Refused refusal={doing.refusal} close={doing.clear} />
      <div class="buttons">
        <Button press={me.provider ? undefined : link} act="provider.link">{t('provider.link')}</Button>
        <Button tone="danger" press={me.provider && !only ? unlink : undefined} act="provider.unlink">{t('provider.unlink')}</Button>
      </div>
    </Panel>
  );
}

function Sessions({ api, shell }: PartProps) {
  const t = useText();
  const { value, refusal, reload } = useLoaded<{ sessions: SignedIn[] }>(api, '/api/account/sessions');
  const doing = useDoing();
  const end = (s: SignedIn): void => void (s.here ? shell.signOut() : doing.run(() => api.send('DELETE', `/api/account/sessions/${encodeURIComponent(s.session)}`), reload));
  return (
    <Panel title={t('sessions.title')} class="part-panel">
      <Refused refusal={refusal ?? doing.refusal} />
      {!value && !refusal && <Waiting />}
      <ul class="rows">
        {value?.sessions.map((s) => (
          <li key={s.session} class="row" data-session={s.here ? 'here' : 'other'}>
            <div class="row-text">
              <strong>{t(s.here ? 'sessions.here' : 'sessions.other')}</strong>
              <span class="quiet digits">{t('sessions.since', { how: t.code('own.how', s.how, 'event.plain'), since: moment(s.since), seen: moment(s.seen) })}</span>
            </div>
            <Button press={() => end(s)} act={s.here ? 'session.end.here' : 'session.end'}>{t(s.here ? 'account.sign_out' : 'sessions.end')}</Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
