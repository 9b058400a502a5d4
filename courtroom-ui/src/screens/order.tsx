// The judge's first act: the order as a page that can be read, and one signature. Nothing flows before. The same screen
// signs a variation of the order in force, with its reason.
import { useEffect, useState } from 'preact/hooks';
import { audiences, type Audience, type DraftOrder, type Order, type Rendering, type Renderings, type State } from '../signaling/wire';
import type { Snapshot } from '../session';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { keyCode, signWith } from '../signing/sign';
import { signingKey } from '../signing/keys';
import type { NewDraft } from '../state/actions';
import { useText } from '../text/context';
import type { Key } from '../text/locale';
import { pictureName, roleName, voiceName } from '../text/say';
import { clock, day } from '../text/time';

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
              {r ? <><td>{pictureName(t, r.picture)}</td><td>{voiceName(t, r.voice)}</td><td>{r.delay_s ? t('watching.delay', { s: r.delay_s }) : '–'}</td></> : <td colSpan={3}>{t('watching.nothing')}</td>}
            </tr>
          );
        })}
      </tbody>
    </table>
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
  if (editing || (back && !draft)) return <DraftForm snap={snap} state={state} done={() => setEditing(false)} back={back} />;
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
              {draft.order.renderings && <OrderTable renderings={draft.order.renderings} />}
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

const templates = ['no_confrontation', 'identity_hidden', 'anonymous_to_defence'] as const;
const modes = ['puppet+neutral', 'card+neutral', 'card+silence', ''] as const;
const asMode = (r: Rendering | null | undefined): string => (r ? `${r.picture}+${r.voice}` : '');

function DraftForm({ snap, state, done, back }: { snap: Snapshot; state: State; done: () => void; back?: (() => void) | undefined }) {
  const t = useText();
  const base: DraftOrder | Order | undefined = state.draft?.order ?? state.order ?? undefined;
  const [failed, setFailed] = useState<string | null>(null);
  const submit = async (form: FormData): Promise<void> => {
    const renderings: Renderings = {};
    for (const a of audiences) renderings[a] = fromMode(String(form.get(a)));
    const draft: NewDraft = { template: String(form.get('template')), reason: String(form.get('reason')).trim(), session: form.get('session') as NonNullable<NewDraft['session']>, pseudonym: String(form.get('pseudonym')).trim(), renderings };
    const answer = await snap.actions.draftOrder?.(draft);
    if (answer?.ok) done(); else setFailed(answer?.code ?? 'link_lost');
  };
  const choice = (name: string, label: string, value: string | undefined, options: [string, string][]) => (
    <div class="field" key={name}><label for={`d-${name}`}>{label}</label><select id={`d-${name}`} name={name}>{options.map(([v, l]) => <option key={v} value={v} selected={v === value}>{l}</option>)}</select></div>
  );
  return (
    <main id="main" class="page">
      <Panel title={t('act.measures')} class="page-panel">
        <form class="form" onSubmit={(e) => { e.preventDefault(); void submit(new FormData(e.currentTarget)); }}>
          {choice('template', t('order.template'), base?.template, templates.map((x) => [x, t(`template.${x}`)]))}
          {choice('session', t('order.session'), base?.session, (['public', 'private', 'closed'] as const).map((x) => [x, t(`session.${x}`)]))}
          <div class="field"><label for="d-pseudonym">{t('order.pseudonym')}</label><input id="d-pseudonym" name="pseudonym" defaultValue={base?.pseudonym ?? ''} autocomplete="off" /></div>
          <div class="form-grid">{audiences.map((a: Audience) => choice(a, t(`audience.${a}` as Key), asMode(base?.renderings?.[a]), modes.map((m) => [m, m === '' ? t('watching.nothing') : `${pictureName(t, m.split('+')[0]!)}, ${voiceName(t, m.split('+')[1]!)}`])))}</div>
          <div class="field"><label for="d-reason">{t('reason')}</label><textarea id="d-reason" name="reason" rows={3} required defaultValue={base?.reason ?? ''} /></div>
          {failed && <Notice tone="caution" urgent>{t.code('error', failed, 'error.unknown')}</Notice>}
          <div class="buttons">
            <button type="submit" class="button button-primary button-large" data-act="order.draft.go"><span class="button-text">{t('order.make')}</span></button>
            <Button size="large" press={state.draft ? done : back ?? done}>{t('cancel')}</Button>
          </div>
        </form>
      </Panel>
    </main>
  );
}

function fromMode(mode: string): Rendering | null {
  const [picture, voice] = mode.split('+');
  return picture && voice ? { picture, voice, delay_s: 0 } : null;
}
