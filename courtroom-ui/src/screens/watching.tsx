// What each audience gets of the witness at this moment, in words: the bench must never have to guess.
import { company } from '../kiosk/officer';
import type { Likeness, Room, State } from '../signaling/wire';
import { Glyph, type GlyphName } from '../components/glyph';
import { useText } from '../text/context';
import type { Key } from '../text/locale';
import { noticesOf, pictureName, renderingName } from '../text/say';
import { clock } from '../text/time';

const nowGlyph: Record<'live' | 'card' | 'nothing', GlyphName> = { live: 'live', card: 'open', nothing: 'off' };

export function WatchingBand({ state }: { state: State }) {
  const t = useText();
  if (!state.watching) return null;
  return (
    <section class="watching" aria-label={t('watching.title')}>
      <h2>{t('watching.title')}</h2>
      <dl>
        {state.watching.map((w) => (
          <div key={w.audience} class={`watching-${w.now}`} data-audience={w.audience} data-now={w.now} title={renderingName(t, w)}>
            <dt>{t(`audience.${w.audience}`)}</dt>
            <dd><Glyph name={nowGlyph[w.now]} />{w.now === 'live' ? renderingName(t, w) : t(`now.${w.now}`)}{w.delay_s > 0 && ` (${t('watching.delay', { s: w.delay_s })})`}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What the station says of the mask, the consent and the identity: for bench and clerk. */
export function WitnessFacts({ state }: { state: State }) {
  const t = useText();
  const { mask, station, consent, identity_verified: verified, tightened, room, phase } = state.testimony;
  return (
    <ul class="facts">
      <li class={station === 'up' ? 'fact-ok' : 'fact-caution'}><Glyph name={station === 'up' ? 'link' : 'nolink'} />{t(`station.${station}`)}</li>
      {mask && <li class={mask.picture === 'ok' ? 'fact-ok' : 'fact-caution'}><Glyph name="masked" />{t(`mask.${mask.picture}`)}{mask.voice === 'silence' && `, ${t('mask.silence')}`}</li>}
      {noticesOf(mask).filter((n) => t.has(`notice.${n}`)).map((n) => <li key={n} class="fact-caution" data-mask-notice={n}><Glyph name="warn" />{t(`notice.${n}` as Key)}</li>)}
      {(tightened?.picture || tightened?.voice) && <li class="fact-caution"><Glyph name="lock" />{[tightened.picture && pictureName(t, tightened.picture), tightened.voice && t('mask.silence')].filter(Boolean).join(', ')} ({t('mask.tightened')}){tightened.picture && `. ${t(`picture.${tightened.picture}.what` as Key)}`}</li>}
      <li class={consent?.given ? 'fact-ok' : 'fact-caution'}><Glyph name={consent?.given ? 'ok' : 'waiting'} />{consent
        ? consent.given ? t('consent.given', { language: t.code('language', consent.language, 'event.plain'), interpreter: consent.interpreter ? t('said.interpreter') : '' }) : t('consent.refused')
        : t('consent.missing')}</li>
      {room && <RoomFacts room={room} waits={phase === 'ready' || phase === 'paused' || phase === 'live'} />}
      {verified !== undefined && <li class={verified ? 'fact-ok' : 'fact-caution'}><Glyph name={verified ? 'ok' : 'waiting'} />{t(verified ? 'identity.done' : 'identity.pending')}</li>}
    </ul>
  );
}

/** What the room officer certified, and what the station says of who is there: for bench and clerk. */
function RoomFacts({ room, waits }: { room: Room; waits: boolean }) {
  const t = useText();
  const who = company(t, room.with ?? []);
  const likeness = (is: Likeness | undefined): string => t(`likeness.${is ?? 'none'}`);
  return (
    <>
      {room.certified && room.at
        ? <li class="fact-ok" data-room="certified"><Glyph name="ok" />{t('room.certified', { time: clock(room.at), who })}</li>
        : waits && <li class="fact-caution" data-room={room.why_void ?? 'never'}><Glyph name="waiting" />{t('room.not', { why: t.code('void', room.why_void ?? 'never', 'event.plain') })}{room.passed_over && `. ${t('room.passed')}`}{!room.officer && `. ${t('room.no_officer')}`}</li>}
      {room.note && <li><Glyph name="open" />{t('room.note', { note: room.note })}</li>}
      {room.others?.map((o) => <li key={o.seen} class="fact-caution" data-room-other={o.seen}><Glyph name="warn" />{t(`room.${o.seen}.${o.listed ? 'listed' : 'unlisted'}`, { who })}</li>)}
      {room.person && <li class={room.person.voice === 'different' || room.person.face === 'different' ? 'fact-caution' : 'fact-ok'} data-room="person"><Glyph name="open" />{t('room.person', { voice: likeness(room.person.voice), face: likeness(room.person.face) })}</li>}
    </>
  );
}
