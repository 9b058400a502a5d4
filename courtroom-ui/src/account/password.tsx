// A password together with an app that counts codes (TOTP, RFC 6238), where the court allows it: first the password, then the app's secret as a picture and as
// text, then the first code, by which both sides know that it works.
import { useState } from 'preact/hooks';
import { Notice } from '../components/notice';
import { useText } from '../text/context';
import type { Enrolment } from './model';
import { Field, Refused, useDoing } from './parts';
import type { Asks } from './shell';
import { Submit } from './signin';

export interface ByPasswordAndAppProps { api: Asks; begin: string; finish: string; body: object; done: (value: unknown) => unknown; enrolled?: Enrolment }

/** The least length that the gateway takes (NIST SP 800-63B-4, section 3.1.1). */
const least = 12;

export function ByPasswordAndApp({ api, begin, finish, body, done, enrolled }: ByPasswordAndAppProps) {
  const t = useText();
  const doing = useDoing();
  const [password, setPassword] = useState('');
  const [enrolment, setEnrolment] = useState<Enrolment | null>(enrolled ?? null);
  const [totp, setTotp] = useState('');
  const short = password !== '' && [...password].length < least;
  const act = { name: 'password.set', args: {} };
  const start = (): void => { if (!short) void doing.run(() => api.send<Enrolment>('POST', begin, { ...body, password }, act), setEnrolment); };
  const end = (): void => void doing.run(() => api.send('POST', finish, { ...body, password, enrolment: enrolment!.enrolment, totp: totp.replaceAll(' ', '') }, act), done);
  if (!enrolment) {
    return (
      <form class="form" data-form="password-new" onSubmit={(e) => { e.preventDefault(); start(); }}>
        <Notice tone="plain" glyph="lock">{t('password.weaker')}</Notice>
        <Field name="password" label={t('password.new')} hint={t('password.new.what', { n: least })} value={password} change={setPassword} type="password" complete="new-password" error={short ? t('error.password_weak') : undefined} required />
        <Refused refusal={doing.refusal} />
        <Submit doing={doing} act="password.next">{t('password.next')}</Submit>
      </form>
    );
  }
  return (
    <form class="form" data-form="totp" onSubmit={(e) => { e.preventDefault(); end(); }}>
      <p>{t('password.app')}</p>
      <div class="totp">
        {enrolment.qr.startsWith('data:image/png;base64,') && <img class="totp-qr" src={enrolment.qr} alt={t('password.qr')} />}
        <div><p>{t('password.secret')}</p><output class="once-value digits">{inGroups(enrolment.secret)}</output></div>
      </div>
      <Field name="totp" label={t('signin.totp')} hint={t('password.first')} value={totp} change={setTotp} complete="one-time-code" mode="numeric" max={7} code required />
      <Refused refusal={doing.refusal} />
      <Submit doing={doing} act="password.go">{t('password.go')}</Submit>
    </form>
  );
}

/** Four and four, so that it can be read aloud and typed. */
export const inGroups = (text: string): string => text.replace(/(.{4})(?=.)/g, '$1 ');
