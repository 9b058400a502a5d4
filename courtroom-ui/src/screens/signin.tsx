// A seat whose person is not signed in: the passkey is asked for on the seat's own page, and the seat is taken at once, so that a judge whose session ended in
// the middle of a hearing is back with one touch.
import { useState } from 'preact/hooks';
import { byPasskey } from '../account/signin';
import { Api } from '../account/api';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { enter, type Place } from '../signaling/enter';
import { useText } from '../text/context';
import { Plain } from './plain';

const api = new Api({ stepUp: () => Promise.resolve(null), onSignedOut: () => undefined });

export interface SeatSignInProps { code: 'sign_in_required' | 'signed_out'; place: Place; link: string | null; entered?: () => void }

/** link is the one-time code of the seat's link, held in memory until somebody is signed in; null for a seat that one takes again. */
export function SeatSignIn({ code, place, link, entered = () => location.reload() }: SeatSignInProps) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const go = async (): Promise<void> => {
    setBusy(true);
    setFailed(null);
    const signed = await byPasskey(api);
    const taken = signed.ok ? await enter(place, link).catch(() => ({ ok: false, code: 'unreachable' }) as const) : signed;
    setBusy(false);
    if (taken.ok) entered(); else setFailed(taken.code);
  };
  return (
    <Plain code={code}>
      {failed && <Notice tone="caution" urgent>{t.code('error', failed, 'error.unknown')}</Notice>}
      <div class="buttons">
        <Button keep tone="primary" size="large" glyph="key" act="signin.passkey" press={busy ? undefined : () => void go()}>{t(busy ? 'stepup.waiting' : 'signin.passkey')}</Button>
        <a class="button button-plain button-large" href="/account#hearings" data-act="account.open"><span class="button-text">{t('plain.account')}</span></a>
      </div>
    </Plain>
  );
}
