// The judge's first act: the order as a page that can be read, and one signature. Nothing flows before. The same screen
// signs a variation of the order in force, with its reason.
import { useEffect, useState } from 'preact/hooks';
import { audiences, type DraftOrder, type Order, type Renderings, type State } from '../signaling/wire';
import type { Snapshot } from '../session';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { keyCode, signWith } from '../signing/sign';
import { signingKey } from '../signing/keys';
import { useText } from '../text/context';
import type { Key } from '../text/locale';
import { pictureName, roleName, voiceName } from '../text/say';
import { clock, day } from '../text/time';
import { Measures } from './measures';

export function OrderTable({ renderings }: { renderings: Renderings }) {
  const t = useText();
  return (
    <table class="table table-order">
      <caption>{t('order.renderings')}</caption>
      <thead><tr><th scope="col">{t('pdf.audience')}</th><th scope="col">{t('pdf.picture')}</th><th scope="col">{t('pdf.voice')}</th><th scope="col">{t('order.delay')}</th></tr></thead>
      <tbody>
        {audiences.map((a) => {
          const r = renderings[a];
          return (
            <tr key={a}>
              <th scope="row">{t(`audience.${a}`)}</th>
              {r ? <><td>{pictureName(t, r.picture)}</td><td>{voiceName(t, r.voice, r.voice_strength)}</td><td>{r.delay_s ? t('watching.delay', { s: r.delay_s }) : '–'}</td></> : <td colSpan={3}>{t('watching.nothing')}</td>}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** What each mode that the order names protects, and what the court loses by it. */
function ModesNamed({ renderings }: { renderings: Renderings }) {
  const t = useText();
  const given = audiences.map((a) => renderings[a]).filter((r) => r !== null && r !== undefined);
  const once = (modes: string[]): string[] => [...new Set(modes)];
  return (
    <dl class="modes-named">
      {once(given.map((r) => r.picture)).filter((m) => t.has(`picture.${m}.what`)).map((m) => <div key={m}><dt>{pictureName(t, m)}</dt><dd>{t(`picture.${m}.what` as Key)}</dd></div>)}
      {once(given.map((r) => r.voice)).filter((m) => t.has(`voice.${m}.what`)).map((m) => <div key={m}><dt>{voiceName(t, m)}</dt><dd>{t(`voice.${m}.what` as Key)}</dd></div>)}
    </dl>
  );
}

function OrderFacts({ order, state }: { order: DraftOrder | Order; state: State }) {
  const t = useText();
  const draft = order as DraftOrder;
  const rows: [string, string | undefined][] = [
    [t('order.case'), state.hearing.case_no], [t('order.court'), state.hearing.court && t.code('court', state.hearing.court, 'event.plain')],
    [t('order.pseudonym'), order.pseudonym],
    [t('order.template'), order.template && t.code('template', order.template, 'event.plain')],
    [t('order.session'), order.session && t.code('session', order.session, 'event.plain')],
    [t('reason'), order.reason],
    [t('order.questioners'), draft.questioners?.map((r) => roleName(t, r)).join(', ')],
    [t('order.respeaker'), draft.respeaker && `${t.code('respeaker', draft.respeaker.who, 'event.plain')}${draft.respeaker.reason ? `. ${draft.respeaker.reason}` : ''}`],
    [t('order.valid_until'), order.valid_until && `${day(order.valid_until)} ${clock(order.valid_until).slice(0, 5)}`],
    [t('order.version'), order.version === undefined ? undefined : String(order.version)],
  ];
  return <dl class="facts-list">{rows.filter(([, v]) => v).map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>;
}

export interface OrderScreenProps { snap: Snapshot; state: State; place: { hearing: string; seat: string }; back?: (() => void) | undefined }

export function OrderScreen({ snap, state, place, back }: OrderScreenProps) {
  const t = useText();
  const [editing, setEditing] = useState(false);
  const draft = state.draft;
  if (editing || (back && !draft)) return <Measures snap={snap} state={state} done={() => setEditing(false)} back={back} />;
  return (
    <main id="main" class="page">
      <Panel title={t('order.title')} class="page-panel">
        {!draft && <p>{t(snap.actions.draftOrder ? 'order.none' : 'order.waiting')}</p>}
        {!draft && <Button press={snap.actions.draftOrder && (() => setEditing(true))} act="order.draft">{t('order.make')}</Button>}
        {draft && <>
          <p class="lead">{t('order.read')}</p>
          <div class="order-grid">
            <OrderFacts order={draft.order} state={state} />
            <div>
              {draft.order.renderings && <><OrderTable renderings={draft.order.renderings} /><ModesNamed renderings={draft.order.renderings} /></>}
              <Notice tone="plain" glyph="masked">{t('watching.bench_masked')} {t('tile.figure')}</Notice>
            </div>
          </div>
          <SignOrder snap={snap} state={state} place={place} bytes={draft.bytes} edit={snap.actions.draftOrder && (() => setEditing(true))} back={back} />
        </>}
      </Panel>
    </main>
  );
}

interface SignOrderProps extends OrderScreenProps { bytes: string; edit: (() => void) | undefined }

function SignOrder({ snap, state, place, bytes, edit, back }: SignOrderProps) {
  const t = useText();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const [confirm, setConfirm] = useState(false);
  const varies = Boolean(state.order);
  const { signOrder } = snap.actions;
  const press = async (): Promise<void> => {
    setBusy(true);
    const answer = await signWith(place, snap.actions, bytes, (signature) => signOrder!(bytes, signature, reason.trim(), confirm));
    setBusy(false);
    setFailed(answer.ok ? null : answer.code);
    if (answer.ok) back?.();
  };
  return (
    <div class="sign">
      <KeyCodeLine place={place} />
      {varies && <div class="field"><label for="vary-reason">{t('order.vary.reason')}</label><textarea id="vary-reason" rows={2} value={reason} onInput={(e) => setReason(e.currentTarget.value)} /></div>}
      {failed && <Notice tone="caution" urgent>{t.code('error', failed, 'error.unknown')}</Notice>}
      {failed === 'confirm_required' && <label class="check"><input type="checkbox" checked={confirm} onChange={(e) => setConfirm(e.currentTarget.checked)} />{t('dialog.loosen')}</label>}
      <div class="buttons">
        <Button keep tone="primary" size="large" glyph="ok" act="order.sign" press={signOrder && !busy ? () => void press() : undefined}>{t(busy ? 'order.signing' : varies ? 'order.sign.vary' : 'order.sign')}</Button>
        <Button size="large" act="order.draft" press={edit}>{t('order.edit')}</Button>
        <Button size="large" tone="quiet" press={back} act="order.back">{t('order.back')}</Button>
      </div>
    </div>
  );
}

/** The code of this browser's key, to be compared aloud with the shielded room. */
export function KeyCodeLine({ place }: { place: { hearing: string; seat: string } }) {
  const t = useText();
  const [code, setCode] = useState<string | null>(null);
  useEffect(() => {
    let gone = false;
    signingKey(place.hearing, place.seat).then((k) => keyCode(k.publicKey)).then((c) => { if (!gone) setCode(c); }, () => undefined);
    return () => { gone = true; };
  }, [place.hearing, place.seat]);
  return (
    <div class="keycode">
      <p><span class="keycode-name">{t('order.key')}</span> <output class="keycode-code digits" data-key-code={code ?? ''}>{code ?? '…'}</output></p>
      <p class="quiet">{t('order.key.what')} {t('order.key.browser')}</p>
    </div>
  );
}
