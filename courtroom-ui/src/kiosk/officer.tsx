// The room officer's form. It is the officer's and not the witness's: it opens only while its button is held for two seconds, so that a child who presses about
// does not come into it, it closes by itself, and nothing of it reaches the court without the officer's code. Her own two buttons stay below it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useText } from '../text/context';
import type { Translate } from '../text/locale';
import { roleName } from '../text/say';
import { shortClock } from '../text/time';
import { Big, Choices, useWords } from './parts';
import { HoldButton, Signs, useHold, type SignsProps } from './signs';
import { digitsOf, officerMay, type Certificate, type Kiosk, type KioskCommand } from './state';

const holdMs = 2000;
const idleMs = 90_000;
const thanksMs = 4000;
const beside = ['interpreter', 'support_person', 'legal_representative', 'officer'] as const;

/** Opens the form while it is held. Keys work as the pointer does: down and held. */
export function OfficerButton({ kiosk, open }: { kiosk: Kiosk; open: () => void }) {
  const t = useText();
  const hold = useHold(holdMs, open);
  return officerMay(kiosk) ? <HoldButton act="officer" name={t('kiosk.officer.hold')} hold={hold}>{t('kiosk.officer')}</HoldButton> : null;
}

/** What the officer told the court of her room, in words for her; nothing while nothing stands, whatever the reason. */
export function Certified({ kiosk }: { kiosk: Kiosk }) {
  const t = useText();
  const room = kiosk.state?.testimony.room;
  const phase = kiosk.state?.testimony.phase;
  if (!room || (phase !== 'ready' && phase !== 'paused' && phase !== 'live')) return null;
  if (!room.certified || !room.at) return phase === 'live' ? null : <p class="kiosk-certified quiet" data-certified="no">{t('kiosk.uncertified')}</p>;
  return <p class="kiosk-certified quiet" data-certified="yes">{t('kiosk.certified', { time: shortClock(room.at), who: company(t, room.with ?? []) })}</p>;
}

/** Who is beside her, in words. */
export const company = (t: Translate, roles: readonly string[]): string =>
  (roles.length === 0 ? t('said.alone') : t('room.with', { who: roles.map((r) => roleName(t, r)).join(', ') }));

export interface OfficerFormProps { kiosk: Kiosk; child: boolean; press: (command: KioskCommand) => void; sign: SignsProps['sign']; close: () => void }

export function OfficerForm({ kiosk, child, press, sign, close }: OfficerFormProps) {
  const t = useText();
  const words = useWords(child);
  const [same, setSame] = useState<string>('');
  const [beside_, setBeside] = useState<readonly string[] | null>(null);
  const [free, setFree] = useState<string>('');
  const [code, setCode] = useState('');
  const [id, setID] = useState('');
  const sent = kiosk.station?.officer?.id === id ? kiosk.station.officer : undefined;
  const idle = useRef(0);
  const touch = (): void => { window.clearTimeout(idle.current); idle.current = window.setTimeout(close, idleMs); };
  useEffect(() => { touch(); return () => window.clearTimeout(idle.current); }, []);
  useEffect(() => { // a code that was refused is typed anew, whole
    if (sent?.state === 'refused') setCode('');
    if (sent?.state !== 'saved') return;
    const timer = window.setTimeout(close, thanksMs);
    return () => window.clearTimeout(timer);
  }, [sent?.state]);
  const room = kiosk.state?.testimony.room;
  const whole = same !== '' && beside_ !== null && free !== '';
  const may = kiosk.state?.you.can.includes('room.certify') === true && kiosk.station?.link === 'up';
  const ready = whole && digitsOf(code).length === 10 && may && sent?.state !== 'sending';
  const toggle = (role: string): void => setBeside(beside_?.includes(role) ? beside_.filter((r) => r !== role) : [...(beside_ ?? []), role]);
  const send = (): void => {
    if (!ready) return;
    const next = crypto.randomUUID();
    setID(next);
    const c: Certificate = { type: 'certify', id: next, same: same === 'yes', with: [...beside_!], free: free === 'yes', code: digitsOf(code) };
    press(c);
  };
  const yesNo: [string, string][] = [['yes', t('yes')], ['no', t('no')]];
  return (
    <div class="screen kiosk kiosk-officer" data-screen="kiosk" data-stage="officer" onPointerDown={touch} onKeyDown={touch}>
      <main id="main" class="kiosk-officer-main">
        <h1>{t('kiosk.officer.title')}</h1>
        {sent?.state === 'saved' ? <p class="kiosk-what" role="status" data-officer="saved">{t('kiosk.officer.sent')}</p> : (
          <form class="kiosk-officer-form" onSubmit={(e) => { e.preventDefault(); send(); }}>
            <div class="kiosk-officer-ask">
              <div data-ask="same"><Choices label={t('kiosk.officer.same')} chosen={same} choose={setSame} options={yesNo} /></div>
              <div class="kiosk-choices" role="group" aria-label={t('kiosk.officer.with')} data-ask="with">
                <p>{t('kiosk.officer.with')}</p>
                <button type="button" class="kiosk-choice" data-choice="nobody" aria-pressed={beside_?.length === 0} onClick={() => setBeside([])}>{t('kiosk.officer.nobody')}</button>
                {beside.map((r) => <button key={r} type="button" class="kiosk-choice" data-choice={r} aria-pressed={beside_?.includes(r) ?? false} onClick={() => toggle(r)}>{roleName(t, r)}</button>)}
              </div>
              <div data-ask="free"><Choices label={t('kiosk.officer.free')} chosen={free} choose={setFree} options={yesNo} /></div>
              {whole && (
                <div class="kiosk-officer-says" data-officer="says"><p>{t('kiosk.officer.says')}</p>
                  <ul>
                    <li>{t(same === 'yes' ? 'kiosk.officer.same.yes' : 'kiosk.officer.same.no')}</li>
                    <li>{beside_!.length === 0 ? t('kiosk.officer.alone') : t('kiosk.officer.beside', { who: beside_!.map((r) => roleName(t, r)).join(', ') })}</li>
                    <li>{t(free === 'yes' ? 'kiosk.officer.free.yes' : 'kiosk.officer.free.no')}</li>
                  </ul>
                </div>
              )}
            </div>
            <div class="kiosk-officer-code">
              <div class="field"><label for="officer-code">{t('kiosk.officer.code')}</label>
                <input id="officer-code" name="code" type="password" inputMode="numeric" autocomplete="off" maxLength={12} value={code} onInput={(e) => setCode(e.currentTarget.value)} /></div>
              <Pad code={code} set={setCode} />
              {room?.officer === false && <p class="field-error">{t('kiosk.officer.none')}</p>}
              {room?.rests_until && <p class="field-error" role="alert">{t('kiosk.officer.rests', { time: shortClock(Date.parse(room.rests_until) + 59_000) })}</p>}
              {sent?.state === 'refused' && !room?.rests_until && <p class="field-error" role="alert" data-officer="refused">{t.code('error', sent.code ?? 'internal', 'error.unknown')}</p>}
              <div class="kiosk-officer-go">
                <button type="submit" class="button button-primary button-large" data-act="officer.send" disabled={!ready}><span class="button-text">{t(sent?.state === 'sending' ? 'kiosk.officer.sending' : 'kiosk.officer.send')}</span></button>
                <button type="button" class="button button-plain button-large" data-act="officer.close" onClick={close}><span class="button-text">{t('cancel')}</span></button>
              </div>
            </div>
          </form>
        )}
      </main>
      <footer class="kiosk-officer-foot">
        <Big act="break" tone="break" picture="break" press={() => { close(); press({ type: 'break' }); }}>{words('kiosk.break')}</Big>
        <Big act="afraid" tone="afraid" picture="afraid" press={() => { close(); press({ type: 'afraid' }); }}>{words('kiosk.afraid')}</Big>
        <Signs by="officer" sign={sign} />
      </footer>
    </div>
  );
}

/** Digits for a screen without a keyboard. */
function Pad({ code, set }: { code: string; set: (code: string) => void }) {
  const t = useText();
  return (
    <div class="kiosk-pad" role="group" aria-label={t('kiosk.officer.code')}>
      {['1', '2', '3', '4', '5', '6', '7', '8', '9', '0'].map((d) => <button key={d} type="button" class="kiosk-choice" data-digit={d} onClick={() => set(digitsOf(code + d).slice(0, 10))}>{d}</button>)}
      <button type="button" class="kiosk-choice" data-digit="delete" aria-label={t('kiosk.officer.delete')} onClick={() => set(code.slice(0, -1))}>⌫</button>
    </div>
  );
}
