// Claiming an account with its one-time code: first what the code is for, then a way to sign in. The code is in memory and in the bodies of these requests, and
// never in an address.
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { useText } from '../text/context';
import { roleName } from '../text/say';
import type { Refusal } from './api';
import { ByPasswordAndApp } from './password';
import { Field, moment, Refused, useDoing, Waiting } from './parts';
import type { Claim } from './model';
import { leaveFor, type Shell } from './shell';
import { newPasskey, Submit } from './signin';

export function ClaimCode({ shell, code }: { shell: Shell; code: string }) {
  const t = useText();
  const [claim, setClaim] = useState<Claim | null>(null);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  useEffect(() => {
    let gone = false;
    void shell.api.send<Claim>('POST', '/api/account/claim', { code }).then((a) => { if (!gone) { if (a.ok) setClaim(a.value); else setRefusal(a); } });
    return () => { gone = true; };
  }, [shell.api, code]);
  return (
    <div class="entrance-card" data-claim={claim?.kind}>
      <h1>{t(claim ? `claim.${claim.kind}.title` : 'claim.title')}</h1>
      {!claim && !refusal && <Waiting />}
      {refusal && <><Refused refusal={refusal} /><p>{t('claim.refused.what')}</p></>}
      {claim && <ClaimForm shell={shell} code={code} claim={claim} />}
      <div class="buttons"><Button tone="quiet" press={() => shell.startClaim(null)} act="claim.leave">{t('claim.leave')}</Button></div>
    </div>
  );
}

function ClaimForm({ shell, code, claim }: { shell: Shell; code: string; claim: Claim }) {
  const t = useText();
  const doing = useDoing();
  const provided = useDoing();
  const [name, setName] = useState('');
  const [login, setLogin] = useState('');
  const [label, setLabel] = useState('');
  const [password, setPassword] = useState(false);
  const first = claim.kind === 'first';
  const who = first ? { name: name.trim(), login: login.trim() } : {};
  const go = (): void => void doing.run(() => newPasskey(shell.api, '/api/account/claim', { code, ...who }, { code, ...who, label: label.trim() || t('claim.label.default') }), shell.signedIn);
  return (
    <>
      <dl class="facts-list">
        {claim.person && <div><dt>{t('person.name')}</dt><dd>{claim.person.name}</dd></div>}
        <div><dt>{t('order.court')}</dt><dd>{t.code('court', claim.court, 'event.plain')}</dd></div>
        {claim.person && <div><dt>{t('person.roles')}</dt><dd>{claim.person.roles.map((r) => roleName(t, r)).join(', ') || t('person.roles.none')}</dd></div>}
        <div><dt>{t('claim.ends')}</dt><dd class="digits">{moment(claim.ends)}</dd></div>
      </dl>
      <p>{t(`claim.${claim.kind}.what`)}</p>
      {claim.person && <Notice tone="plain" glyph="warn">{t('claim.not_you')}</Notice>}
      <form class="form" data-form="claim" onSubmit={(e) => { e.preventDefault(); if (!password) go(); }}>
        {first && <Field name="name" label={t('person.name')} hint={t('person.name.what')} value={name} change={setName} complete="name" max={80} required />}
        {first && <Field name="login" label={t('person.login')} hint={t('person.login.what')} value={login} change={setLogin} complete="username" max={64} required />}
        {!password && <>
          <Field name="label" label={t('passkey.label')} hint={t('passkey.label.what')} value={label} change={setLabel} max={60} />
          <Refused refusal={doing.refusal} />
          <Submit doing={doing} act="claim.passkey">{t('claim.passkey')}</Submit>
          <p class="quiet">{t('claim.passkey.what')}</p>
        </>}
      </form>
      {shell.ways?.provider && !first && <div class="buttons"><Button press={() => void provided.run(() => shell.api.send<{ to: string }>('POST', '/api/account/provider/claim', { code }), leaveFor)} act="claim.provider">{t('claim.provider', { name: shell.ways.provider.name })}</Button></div>}
      <Refused refusal={provided.refusal} />
      {claim.password && <div class="buttons"><Button tone="quiet" pressed={password} press={() => setPassword(!password)} act="claim.password.open">{t(password ? 'claim.passkey.instead' : 'claim.password.instead')}</Button></div>}
      {password && <ByPasswordAndApp api={shell.api} begin="/api/account/claim/password" finish="/api/account/claim/password/finish" body={{ code, ...who }} done={shell.signedIn} />}
    </>
  );
}
