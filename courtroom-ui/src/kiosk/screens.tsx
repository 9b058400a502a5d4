// The kiosk's screens. While she testifies there are three things only: what the court sees of her now, the judge and the
// one who asks, and two buttons as large as a hand.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { LanguageSwitch } from '../components/language';
import { VideoTile } from '../components/videotile';
import { useText } from '../text/context';
import type { Key, Lang } from '../text/locale';
import type { Media } from '../session';
import { noticesOf } from '../text/say';
import { After } from './after';
import { Emergency } from './emergency';
import { Certified, OfficerButton, OfficerForm } from './officer';
import { Big, Choices, Foot, Listen, useWords } from './parts';
import { Pictogram, type PictogramName } from './pictograms';
import { Signs, type SignsProps } from './signs';
import { looksOf, officerMay, type Kiosk, type KioskCommand, type Stage, type Writing } from './state';

export interface KioskProps {
  kiosk: Kiosk;
  stage: Stage;
  media: Media;
  child: boolean;
  setChild: (child: boolean) => void;
  press: (command: KioskCommand) => void;
  /** A sign is kept until the station has it. */
  sign: SignsProps['sign'];
  /** What she is writing; null puts it away. */
  write: (writing: Kiosk['writing']) => void;
  say: (what: Writing, text: string, language: string) => void;
  enter: (code: string) => Promise<string | null>;
  /** Where her masked picture comes from; an address of the station. */
  self: string;
  clip: string;
  /** The officer's form is open from the start: for the examples. */
  officer?: boolean;
}

export function KioskScreen(props: KioskProps) {
  const { stage, kiosk, child, press, sign } = props;
  const [officer, setOfficer] = useState(props.officer ?? false);
  // A step of the testimony is hers: the officer's form does not stand before it.
  const phase = kiosk.state?.testimony.phase;
  useEffect(() => { if (!props.officer) setOfficer(false); }, [phase, stage === 'lost', stage === 'station_down']);
  if (stage === 'emergency') return <Emergency {...props} />;
  if (officer && stage !== 'enter' && officerMay(kiosk)) return <OfficerForm kiosk={kiosk} child={child} press={press} sign={sign} close={() => setOfficer(false)} />;
  return <Stages {...props} openOfficer={() => setOfficer(true)} />;
}

type StageProps = KioskProps & { openOfficer: () => void };

function Stages(props: StageProps) {
  const { stage } = props;
  if (stage === 'enter') return <Enter {...props} />;
  if (stage === 'after') return <After {...props} />;
  if (stage === 'live' || stage === 'paused' || stage === 'afraid') return <Court {...props} />;
  return <Before {...props} />;
}

/** The frame of every screen but the live one: one picture, one sentence, then what can be done. */
function Frame({ kiosk, stage, child, setChild, sign, openOfficer, picture, title, children }: StageProps & { picture: PictogramName; title: string; children?: ComponentChildren }) {
  return (
    <div class="screen kiosk" data-screen="kiosk" data-stage={stage}>
      <main id="main" class="kiosk-main">
        <div class="kiosk-say" role="status"><Pictogram name={picture} /><h1>{title}</h1><Listen stage={stage} child={child} /></div>
        {children}
      </main>
      <Foot kiosk={kiosk} child={child} setChild={setChild} sign={sign}><OfficerButton kiosk={kiosk} open={openOfficer} /></Foot>
    </div>
  );
}

const waits: Partial<Record<Stage, [PictogramName, Key]>> = {
  connecting: ['wait', 'kiosk.connecting'], station_down: ['nobody', 'kiosk.station_down'], lost: ['nobody', 'kiosk.lost'], before: ['wait', 'kiosk.before'],
  clear_room: ['break', 'kiosk.clear_room'], waiting: ['wait', 'kiosk.waiting'], refused: ['nobody', 'kiosk.refused'], released: ['end', 'kiosk.released'],
};

function Before(props: StageProps) {
  const { kiosk, stage, child, press } = props;
  const t = useText();
  const words = useWords(child);
  if (stage === 'rehearse') {
    return (
      <Frame {...props} picture="watch" title={words('kiosk.rehearse')}>
        <p class="kiosk-what">{words('kiosk.rehearse.what')}</p>
        <div class="kiosk-hands"><Big act="rehearse" tone="go" picture="speak" press={() => press({ type: 'rehearse' })}>{t('kiosk.rehearse.go')}</Big></div>
      </Frame>
    );
  }
  if (stage === 'recording') return <Frame {...props} picture="speak" title={t('kiosk.rehearse.recording')}><Speaker {...props} /><div class="kiosk-try"><Self {...props} /><Looks {...props} /></div></Frame>;
  if (stage === 'consent') return <Consent {...props} />;
  const [picture, key] = waits[stage] ?? ['wait', 'kiosk.before'];
  return (
    <Frame {...props} picture={picture} title={words(key)}>
      {(stage === 'lost' || stage === 'station_down') && <p class="kiosk-what">{words('kiosk.lost.what')}</p>}
      {stage === 'clear_room' && <p class="kiosk-what">{words('kiosk.clear_room.what')}</p>}
      {stage === 'clear_room' && <div class="kiosk-hands"><Big act="afraid" tone="afraid" picture="afraid" press={() => press({ type: 'afraid' })}>{words('kiosk.afraid')}</Big></div>}
      {stage === 'lost' && (
        // Both act in the station at once, link or no link, and are told to the court later.
        <div class="kiosk-hands">
          <Big act="break" tone="break" picture="break" press={() => press({ type: 'break' })}>{words('kiosk.break')}</Big>
          <Big act="afraid" tone="afraid" picture="afraid" press={() => press({ type: 'afraid' })}>{words('kiosk.afraid')}</Big>
        </div>
      )}
      {stage === 'refused' && <div class="kiosk-hands"><Big act="continue" tone="plain" picture="go" press={() => press({ type: 'continue' })}>{t('kiosk.continue')}</Big></div>}
      {stage === 'waiting' && <Certified kiosk={kiosk} />}
      {stage === 'waiting' && <div class="kiosk-hands"><Big act="rehearse" tone="plain" picture="watch" press={() => press({ type: 'rehearse' })}>{words('kiosk.rehearse')}</Big><Big act="afraid" tone="afraid" picture="afraid" press={() => press({ type: 'afraid' })}>{words('kiosk.afraid')}</Big></div>}
    </Frame>
  );
}

const spoken: readonly string[] = ['az', 'ru', 'en', 'tr', 'uk', 'uz'];

function Consent(props: StageProps) {
  const { child, press, clip } = props;
  const t = useText();
  const words = useWords(child);
  const [language, setLanguage] = useState<string>(t.lang);
  const [interpreter, setInterpreter] = useState(false);
  return (
    <Frame {...props} picture="watch" title={words('kiosk.rehearse.watch')}>
      <div class="kiosk-consent">
        <div class="kiosk-clip">
          <video src={clip} controls autoPlay playsInline data-rehearsal aria-label={words('kiosk.rehearse.watch')} />
          <button type="button" class="kiosk-choice" data-act="rehearse" onClick={() => press({ type: 'rehearse' })}>{t('kiosk.rehearse.again')}</button>
        </div>
        <div class="kiosk-ask">
          <Looks {...props} />
          <h2>{words('kiosk.consent')}</h2>
          <Choices label={t('kiosk.consent.language')} chosen={language} choose={setLanguage} options={spoken.map((l) => [l, t(`language.${l}` as Key), l as Lang])} />
          <Choices label={t('kiosk.consent.interpreter')} chosen={interpreter ? 'yes' : 'no'} choose={(v) => setInterpreter(v === 'yes')} options={[['yes', t('yes')], ['no', t('no')]]} />
          <div class="kiosk-hands">
            <Big act="consent.yes" tone="go" picture="yes" press={() => press({ type: 'consent', language, interpreter })}>{t('kiosk.consent.yes')}</Big>
            <Big act="consent.no" tone="plain" picture="no" press={() => press({ type: 'refuse' })}>{t('kiosk.consent.no')}</Big>
          </div>
          <p class="quiet">{t('kiosk.consent.no.what')}</p>
        </div>
      </div>
    </Frame>
  );
}

/** How the court shall see her: what the order gives, or less. It acts in the station at once; the judge is told which. */
function Looks({ kiosk, child, press }: KioskProps) {
  const words = useWords(child);
  const looks = looksOf(kiosk);
  if (looks.length === 0) return null;
  const most = looks.includes('blob') ? 'puppet' : 'blob';
  return (
    <div data-looks>
      <Choices label={words('kiosk.show')} chosen={kiosk.station?.tightened?.picture ?? ''} options={looks.map((l) => [l, words(`kiosk.show.${l === '' ? most : l}`)])}
        choose={(l) => press({ type: 'tighten', picture: l as '' | 'blob' | 'card' })} />
      <p class="quiet">{words('kiosk.show.what')}</p>
    </div>
  );
}

/** Whom the court hears, where it is not her. */
function Speaker({ kiosk, child }: KioskProps) {
  const t = useText();
  const who = kiosk.state?.order?.respeaker;
  if (!who) return null;
  return <p class="kiosk-speaker" data-respeaker={who}>{t(child ? 'kiosk.respeaker.child' : 'kiosk.respeaker', { who: t.code('respeaker', who, 'event.plain') })}</p>;
}

/** What the court sees of her: masked frames of the station, and a plain word when that is the card or silence. */
function Self({ kiosk, stage, self }: KioskProps) {
  const t = useText();
  const { mask, devices } = kiosk.station ?? {};
  const off = stage !== 'live' && stage !== 'recording';
  const trouble = [devices?.camera === 'lost' && t('kiosk.camera_lost'), devices?.microphone === 'lost' && t('kiosk.microphone_lost'),
    !off && mask?.picture === 'card' && devices?.camera !== 'lost' && t('kiosk.mask_card'), !off && mask?.voice === 'silence' && devices?.microphone !== 'lost' && t('kiosk.mask_silence'),
    ...(off ? [] : noticesOf(mask).filter((n) => t.has(`kiosk.notice.${n}`)).map((n) => t(`kiosk.notice.${n}` as Key)))].filter(Boolean);
  return (
    <figure class="kiosk-self" data-self={off ? 'off' : 'on'}>
      <img src={self} alt={t('kiosk.self')} />
      <figcaption>{off ? t('kiosk.self.off') : t('kiosk.self')} <span class="kiosk-figure">{t('tile.figure')}</span>{trouble.length > 0 && <strong class="kiosk-trouble">{trouble.join(' · ')}</strong>}</figcaption>
    </figure>
  );
}

function Court(props: StageProps) {
  const { kiosk, stage, media, child, press, sign, openOfficer } = props;
  const t = useText();
  const words = useWords(child);
  const live = stage === 'live';
  const own = kiosk.station?.paused ?? false;
  return (
    <div class="screen kiosk kiosk-court" data-screen="kiosk" data-stage={stage}>
      <main id="main" class="kiosk-live">
        <div>
          <div class={`kiosk-state kiosk-state-${live ? 'live' : 'off'}`} role="status">
            <Pictogram name={live ? 'live' : 'nobody'} /><h1>{words(live ? kiosk.state?.order?.respeaker ? 'kiosk.live.respeak' : 'kiosk.live' : stage === 'afraid' ? 'kiosk.afraid.sent' : 'kiosk.paused')}</h1><Listen stage={stage} child={child} />
          </div>
          <Speaker {...props} />
        </div>
        <div class="kiosk-pictures">
          <Self {...props} />
          <VideoTile slot="bench" name={t('kiosk.court')} media={media} slots={kiosk.state?.slots} />
          <VideoTile slot="floor" name={t('kiosk.floor')} media={media} slots={kiosk.state?.slots} />
        </div>
        <div class="kiosk-bar">
          <Looks {...props} />
          {live && looksOf(kiosk).includes('blob') && kiosk.station?.tightened?.picture === '' && (
            <button type="button" class="kiosk-choice" data-act="hand" aria-pressed={kiosk.station.hand ?? false} onClick={() => press({ type: 'hand', up: !kiosk.station?.hand })}>{words('kiosk.hand')}</button>
          )}
          <Certified kiosk={kiosk} />
          <OfficerButton kiosk={kiosk} open={openOfficer} />
          <Signs by="witness" sign={sign} />
        </div>
        <div class="kiosk-hands kiosk-hands-court">
          {own
            ? <Big act="continue" tone="go" picture="go" press={() => press({ type: 'continue' })}>{t('kiosk.continue')}</Big>
            : <Big act="break" tone="break" picture="break" press={() => press({ type: 'break' })}>{words('kiosk.break')}</Big>}
          <Big act="afraid" tone="afraid" picture="afraid" press={() => press({ type: 'afraid' })}>{words('kiosk.afraid')}</Big>
        </div>
      </main>
    </div>
  );
}

function Enter({ enter }: KioskProps) {
  const t = useText();
  const [wrong, setWrong] = useState<string | null>(null);
  return (
    <div class="screen kiosk" data-screen="kiosk" data-stage="enter">
      <main id="main" class="kiosk-main">
        <form class="kiosk-enter" onSubmit={(e) => { e.preventDefault(); void enter(String(new FormData(e.currentTarget).get('code')).trim()).then(setWrong); }}>
          <h1>{t('kiosk.enter.title')}</h1>
          <p>{t('kiosk.enter.what')}</p>
          <div class="field"><label for="kiosk-code">{t('kiosk.enter.code')}</label><input id="kiosk-code" name="code" type="text" autocomplete="off" aria-invalid={wrong !== null || undefined} /></div>
          {wrong && <p class="field-error" role="alert">{wrong === 'code_used' ? t('plain.code_used.title') : wrong === 'code_wrong' ? t('kiosk.code_wrong') : t.code('error', wrong, 'kiosk.station_down')}</p>}
          <button type="submit" class="button button-primary button-large" data-act="enter"><span class="button-text">{t('kiosk.enter.go')}</span></button>
        </form>
      </main>
      <footer class="kiosk-foot"><span /><LanguageSwitch /></footer>
    </div>
  );
}
