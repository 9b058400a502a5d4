// Signing in. A passkey first: one press, no name to type. What else the court allows comes after it. Whatever was wrong, the answer is one and the same, so
// that a stranger learns of no account (A4).
import { useState } from 'preact/hooks';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import { Notice } from '../components/notice';
import { makePasskey, passkeysHere, proveBy } from '../passkey/ask';
import type { CreationJSON, RequestJSON } from '../passkey/json';
import { useText } from '../text/context';
import type { Answer } from './api';
import { Field, Refused, useDoing, type Doing } from './parts';
import type { Asks, Shell } from './shell';

export function SignIn({ shell }: { shell: Shell }) {
  const t = useText();
  const doing = useDoing();
  const [other, setOther] = useState<'password' | 'code' | null>(null);
  const { ways, api } = shell;
  const provider = ways?.provider;
  return (
    <div class="entrance-card">
      <h1>{t('signin.title')}</h1>
      {shell.phase === 'ended' && <Notice tone="plain" glyph="lock" id="signed_out">{t('signin.ended')}</Notice>}
      {shell.phase === 'left' && <Notice tone="ok" glyph="ok" id="left">{t('signin.left')}</Notice>}
      {!passkeysHere() && <Notice tone="caution" id="no_passkeys">{t('error.passkey_none')}</Notice>}
      <Refused refusal={doing.refusal} />
      <Button keep size="large" tone="primary" glyph="key" act="signin.passkey" press={doing.busy ? undefined : () => void doing.run(() => byPasskey(api), shell.signedIn)}>
        {t(doing.busy ? 'stepup.waiting' : 'signin.passkey')}
      </Button>
      <p class="quiet">{t('signin.passkey.what')}</p>
      {provider && <a class="button button-plain button-large" href="/api/account/provider/start" data-act="signin.provider"><span class="button-text">{t('signin.provider', { name: provider.name })}</span></a>}
      <div class="entrance-other">
        {ways?.password && <Button tone="quiet" pressed={other === 'password'} press={() => setOther(other === 'password' ? null : 'password')} act="signin.password.open">{t('signin.password.open')}</Button>}
        <Button tone="quiet" pressed={other === 'code'} press={() => setOther(other === 'code' ? null : 'code')} act="signin.code.open">{t('signin.code.open')}</Button>
      </div>
      {other === 'password' && <ByPassword shell={shell} />}
      {other === 'code' && <ByCode shell={shell} />}
      <p class="entrance-help"><Glyph name="warn" /> {t('signin.help')}</p>
    </div>
  );
}

/** The whole ceremony: a challenge, the authenticator, and the answer to the gateway. */
export async function byPasskey(api: Asks): Promise<Answer<unknown>> {
  const begun = await api.send<{ publicKey: RequestJSON }>('POST', '/api/account/passkey/begin', {});
  if (!begun.ok) return begun;
  const touched = await proveBy(begun.value.publicKey);
  return touched.ok ? api.send('POST', '/api/account/passkey/finish', { credential: touched.credential }) : touched;
}

/** Makes a passkey between a path's begin and its finish. */
export async function newPasskey<T>(api: Asks, path: string, begin: object, finish: object): Promise<Answer<T>> {
  const begun = await api.send<{ publicKey: CreationJSON }>('POST', `${path}/begin`, begin, { name: 'passkey.add', args: {} });
  if (!begun.ok) return begun;
  const made = await makePasskey(begun.value.publicKey);
  return made.ok ? api.send<T>('POST', `${path}/finish`, { ...finish, credential: made.credential }, { name: 'passkey.add', args: {} }) : made;
}

function ByPassword({ shell }: { shell: Shell }) {
  const t = useText();
  const doing = useDoing();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const go = (): void => void doing.run(() => shell.api.send('POST', '/api/account/password', { login: login.trim(), password, code: code.replaceAll(' ', '') }), shell.signedIn);
  return (
    <form class="form" data-form="password" onSubmit={(e) => { e.preventDefault(); go(); }}>
      <Field name="login" label={t('signin.login')} value={login} change={setLogin} complete="username" required />
      <Field name="password" label={t('signin.password')} value={password} change={setPassword} type="password" complete="current-password" required />
      <Field name="code" label={t('signin.totp')} hint={t('signin.totp.what')} value={code} change={setCode} complete="one-time-code" mode="numeric" max={7} code required />
      <Refused refusal={doing.refusal} />
      <Submit doing={doing} act="signin.password">{t('signin.go')}</Submit>
    </form>
  );
}

function ByCode({ shell }: { shell: Shell }) {
  const t = useText();
  const [code, setCode] = useState('');
  const given = code.trim();
  return (
    <form class="form" data-form="code" onSubmit={(e) => { e.preventDefault(); if (given) shell.startClaim(given); }}>
      <Field name="code" label={t('signin.code')} hint={t('signin.code.what')} value={code} change={setCode} max={40} code required />
      <div class="buttons"><button type="submit" class="button button-primary button-large" data-act="signin.code"><span class="button-text">{t('signin.code.go')}</span></button></div>
    </form>
  );
}

/** A form's own button: it shows that it was pressed, and cannot be pressed twice. */
export function Submit({ doing, act, children, tone = 'primary' }: { doing: Doing; act: string; children: preact.ComponentChildren; tone?: 'primary' | 'danger' }) {
  const t = useText();
  return (
    <div class="buttons">
      <button type="submit" class={`button button-${tone} button-large`} data-act={act} aria-disabled={doing.busy ? 'true' : undefined}><span class="button-text">{doing.busy ? t('account.busy') : children}</span></button>
    </div>
  );
}
