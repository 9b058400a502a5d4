// What only the bench has: the sign that somebody beside the witness forces her, and the emergency. The first is told calmly and to the bench alone, with what can be
// done without anybody in the room learning why; the second says whom to call and what to say. What the page last knew of it stays when the link is lost.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { EmergencyCard, State } from '../signaling/wire';
import type { Page } from '../state/model';
import { Button } from '../components/button';
import { Glyph } from '../components/glyph';
import type { Ask } from '../components/ask';
import type { Actions } from '../state/actions';
import { useText } from '../text/context';
import { clock } from '../text/time';

export interface BandProps { page: Page; state: State; actions: Actions; ask: (ask: Ask) => void }

export function DuressBand({ page, state, actions: a, ask }: BandProps) {
  const t = useText();
  const d = state.duress;
  const kept = page.waiting.some((w) => w.name === 'duress.raise' && !w.refused);
  if (!d) return kept ? <section class="band band-duress" role="alert" data-duress="kept"><p class="band-title"><Glyph name="lock" />{t('duress.kept')}</p></section> : null;
  const done = (what: string): string | undefined => d.do?.filter((x) => x.do === what).at(-1)?.at;
  const act = (what: 'pause' | 'clear_room', name: string) => {
    const at = done(what);
    return <Button tone={what === 'clear_room' ? 'primary' : 'plain'} act={name} press={a.duressAnswer && (() => a.duressAnswer!(what))}>{t(`duress.${what}`)}{at && ` (${clock(at)})`}</Button>;
  };
  return (
    <section class="band band-duress" role="alert" aria-label={t('duress.title')} data-duress="open">
      <div class="band-said">
        <p class="band-title"><Glyph name="lock" />{t('duress.title')} <span class="digits">{clock(d.since)}</span></p>
        <p>{t(d.means === 'phrase' ? 'duress.phrase' : 'duress.key')} {t('duress.only')}</p>
        <p>{t('duress.say')} <q>{t('duress.formula')}</q></p>
      </div>
      <div class="buttons">
        {act('pause', 'duress.pause')}
        {act('clear_room', 'duress.clear_room')}
        <Button act="duress.stand_down" press={a.duressAnswer && (() => ask({ title: t('duress.stand_down'), what: t('duress.stand_down.what'), go: t('duress.stand_down'), fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (v) => void a.duressAnswer!('stand_down', v['reason']!) }))}>{t('duress.stand_down')}</Button>
      </div>
    </section>
  );
}

export function EmergencyBand({ page, state, actions: a, ask }: BandProps) {
  const t = useText();
  const kept = page.waiting.find((w) => w.name === 'emergency.raise' && !w.refused);
  const e = state.emergency;
  const over = Boolean(e?.ended);
  if (!kept && !e) return null;
  if (!kept && over) return <section class="band band-over" role="status" data-emergency="ended"><p><Glyph name="waiting" />{t('emergency.end.what')}</p></section>;
  return (
    <section class="band band-emergency" role="alert" aria-label={t('emergency.title')} data-emergency={e && !over ? 'open' : 'kept'}>
      <div class="band-said">
        <p class="band-title"><Glyph name="warn" />{t('emergency.title')} <span class="digits">{clock(e && !over ? e.since : kept!.at)}</span>{e && !over && <span class="band-by">{t('emergency.by', { who: t.code('pressedby', e.by, 'event.plain') })}</span>}</p>
        <p>{kept && page.link !== 'open' ? t('emergency.kept') : kept ? t('protocol.saving') : t('emergency.cut')}</p>
      </div>
      <Card card={state.emergency_card} large />
      {e && !over && <div class="buttons"><Button act="emergency.end" press={a.emergencyEnd && (() => ask({ title: t('emergency.end'), what: t('emergency.end.what'), go: t('emergency.end'), fields: [{ name: 'reason', label: t('reason'), kind: 'text', required: true }], done: (v) => void a.emergencyEnd!(v['reason']!) }))}>{t('emergency.end')}</Button></div>}
    </section>
  );
}

/** Whom to call, and the code of the room, which says nothing of the place to who does not hold the sealed address. */
export function Card({ card, large }: { card: EmergencyCard | undefined; large?: boolean }) {
  const t = useText();
  const none = t('emergency.card.none');
  return (
    <dl class={large ? 'emergency-card emergency-card-large' : 'emergency-card'} data-emergency-card>
      <div><dt>{t(large ? 'emergency.room' : 'emergency.room.short')}</dt><dd class="digits" data-card="room">{card?.room ?? none}</dd></div>
      <div><dt>{t(large ? 'emergency.telephone' : 'emergency.telephone.short')}</dt><dd class="digits" data-card="telephone">{card?.telephone ?? none}</dd></div>
      <div class="emergency-body"><dt>{t('emergency.body')}</dt><dd data-card="body">{card?.body ?? none}</dd></div>
    </dl>
  );
}

/** Always in its place beside the witness's picture; a press asks once more, in a dialog that says what it does. */
export function EmergencyButton({ state, actions: a }: { state: State; actions: Actions }) {
  const t = useText();
  const [open, setOpen] = useState(false);
  if (!a.emergency && !a.duress && !state.emergency_card) return null;
  return (
    <div class="emergency-foot">
      <Button keep tone="danger" size="small" glyph="warn" act="emergency.open" press={a.emergency || a.duress ? () => setOpen(true) : undefined}>{t('emergency.short')}</Button>
      <Card card={state.emergency_card} />
      {open && <EmergencyDialog state={state} actions={a} close={() => setOpen(false)} />}
    </div>
  );
}

function EmergencyDialog({ state, actions: a, close }: { state: State; actions: Actions; close: () => void }) {
  const t = useText();
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => { dialog.current?.showModal(); }, []);
  const now = (act: () => unknown) => () => { close(); void act(); };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={close} data-emergency-dialog>
      <form method="dialog" onSubmit={(e) => e.preventDefault()}>
        <h2 id={id}>{t('emergency.ask')}</h2>
        <p>{t('emergency.what')}</p>
        <Card card={state.emergency_card} large />
        <div class="dialog-buttons dialog-buttons-stacked">
          <Button tone="danger" act="emergency.raise" press={a.emergency && now(() => a.emergency!())}>{t('emergency.raise')}</Button>
          <Button act="duress.raise" press={a.duress && now(() => a.duress!())}>{t('duress.raise')}</Button>
          <Button press={close} act="dialog.cancel">{t('cancel')}</Button>
        </div>
        <p class="quiet">{t('duress.raise.what')}</p>
      </form>
    </dialog>
  );
}
