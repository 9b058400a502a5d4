// What several of the kiosk's screens are made of.
import type { ComponentChildren } from 'preact';
import { LanguageSwitch } from '../components/language';
import { useText } from '../text/context';
import type { Key } from '../text/locale';
import { Pictogram, type PictogramName } from './pictograms';
import { playPrompt, promptOf } from './prompts';
import { Signs, type SignsProps } from './signs';
import type { Kiosk, Stage } from './state';

/** A text in words for a child where there are such. */
export function useWords(child: boolean): (key: Key) => string {
  const t = useText();
  return (key) => (child && t.has(`${key}.child`) ? t(`${key}.child` as Key) : t(key));
}

const promptNames: Partial<Record<Stage, string>> = {
  before: 'before', rehearse: 'rehearse', recording: 'recording', consent: 'consent', waiting: 'waiting', live: 'live', paused: 'paused', afraid: 'afraid', refused: 'refused', lost: 'lost', after: 'after', released: 'released',
};

export function Listen({ stage, child }: { stage: Stage; child: boolean }) {
  const t = useText();
  const name = promptNames[stage];
  const url = name ? promptOf(t.lang, name, child) : null;
  return url ? <button type="button" class="kiosk-listen" data-act="listen" onClick={() => playPrompt(url)}><Pictogram name="speak" /><span>{t('kiosk.listen')}</span></button> : null;
}

/** The code of the judge's key, the two signs, the words for a child, and the languages. */
export function Foot({ kiosk, child, setChild, sign, children }: { kiosk: Kiosk; child: boolean; setChild: (child: boolean) => void; sign: SignsProps['sign']; children?: ComponentChildren }) {
  const t = useText();
  return (
    <footer class="kiosk-foot">
      <p class="quiet" data-key-code={kiosk.station?.key_code ?? ''}>{kiosk.station?.order_ok && kiosk.station.key_code ? t('kiosk.code', { code: kiosk.station.key_code }) : t('kiosk.code.none')}</p>
      {children}
      <Signs by="witness" sign={sign} />
      <button type="button" class="kiosk-child" aria-pressed={child} data-act="child" onClick={() => setChild(!child)}>{t('kiosk.child')}</button>
      <LanguageSwitch />
    </footer>
  );
}

export function Big({ act, tone, picture, press, children }: { act: string; tone: 'go' | 'plain' | 'break' | 'afraid'; picture: PictogramName; press: () => void; children: ComponentChildren }) {
  return <button type="button" class={`hand hand-${tone}`} data-act={act} onClick={press}><Pictogram name={picture} /><span>{children}</span></button>;
}

export function Choices({ label, chosen, choose, options }: { label: string; chosen: string; choose: (v: string) => void; options: [string, string, string?][] }) {
  return (
    <div class="kiosk-choices" role="group" aria-label={label}>
      <p>{label}</p>
      {options.map(([value, text]) => <button key={value} type="button" class="kiosk-choice" aria-pressed={value === chosen} data-choice={value} onClick={() => choose(value)}>{text}</button>)}
    </div>
  );
}
