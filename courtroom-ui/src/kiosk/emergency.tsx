// In an emergency the whole screen is what one reads out on the telephone: the room's code and the number. It needs no gateway, and no station either. The room's code says nothing of
// the place: who answers holds the address under seal.
import { useText } from '../text/context';
import { LanguageSwitch } from '../components/language';
import { useWords } from './parts';
import { Pictogram } from './pictograms';
import type { KioskProps } from './screens';
import { HoldButton, holdMs, useHold } from './signs';

export function Emergency({ kiosk, child, press }: KioskProps) {
  const t = useText();
  const words = useWords(child);
  const quiet = useHold(holdMs, () => press({ type: 'alarm.quiet' }));
  const now = kiosk.station?.emergency;
  const card = now?.card.telephone ? now.card : kiosk.card;
  return (
    <div class="screen kiosk kiosk-emergency" data-screen="kiosk" data-stage="emergency">
      <main id="main" class="kiosk-main">
        <div class="kiosk-say" role="alert"><Pictogram name="nobody" /><h1>{words('kiosk.emergency.title')}</h1></div>
        <p class="kiosk-what" role="status" data-emergency-sent={now?.sent ?? false}>{words(now?.sent ? 'kiosk.emergency.sent' : 'kiosk.emergency.kept')}</p>
        {card?.telephone ? (
          <dl class="kiosk-card">
            <div><dt>{t('kiosk.emergency.telephone')}</dt><dd data-card="telephone">{card.telephone}</dd>{card.body && <dd class="kiosk-card-body" data-card="body">{card.body}</dd>}</div>
            {card.room && <div><dt>{t('kiosk.emergency.room')}</dt><dd data-card="room">{card.room}</dd></div>}
          </dl>
        ) : <p class="kiosk-what" data-card="none">{t('kiosk.emergency.nocard')}</p>}
        {card?.telephone && <p class="kiosk-what">{t('kiosk.emergency.say')}</p>}
      </main>
      <footer class="kiosk-foot"><span>{now?.alarm && <HoldButton act="alarm.quiet" name={t('kiosk.alarm.quiet.hold')} hold={quiet}>{t('kiosk.alarm.quiet')}</HoldButton>}</span><LanguageSwitch /></footer>
    </div>
  );
}
