// Rooms and cameras as enrolled devices: a code for a new one, the short code that is read out over the telephone and typed in here, revocation, and whether a
// device has been heard of. No picture and nobody's name stands here; a room is known by what the court calls it.
import { useState } from 'preact/hooks';
import { useAsk } from '../components/ask';
import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { Panel } from '../components/panel';
import { useText } from '../text/context';
import { PartHead, type PartProps } from './home';
import { may, type Device, type DeviceEnrolment, type Devices } from './model';
import { Empty, Field, moment, Refused, Select, ShownOnce, useDoing, useLoaded, Waiting } from './parts';
import type { Asks } from './shell';
import { Submit } from './signin';

export function DevicesPart({ api, me }: PartProps) {
  const t = useText();
  const { value, refusal, reload } = useLoaded<Devices>(api, '/api/devices');
  const [adding, setAdding] = useState(false);
  const [once, setOnce] = useState<{ code: string; until: string } | null>(null);
  const enrols = may(me, 'device.enrol');
  const waiting = value?.enrolments.filter((e) => e.state !== 'confirmed') ?? [];
  return (
    <>
      <PartHead title={t('part.devices')} what={t('devices.what')} aside={enrols && !adding && <Button tone="primary" size="large" press={() => { setAdding(true); setOnce(null); }} act="device.enrol.open">{t('devices.enrol')}</Button>} />
      <Refused refusal={refusal} />
      {adding && <NewDevice api={api} close={() => setAdding(false)} done={(made) => { setAdding(false); setOnce(made); void reload(); }} />}
      {once && <ShownOnce act="device" title={t('devices.code')} value={once.code} what={t('devices.code.what', { ends: moment(once.until) })} done={() => { setOnce(null); void reload(); }} />}
      {!value && !refusal && <Waiting />}
      {waiting.map((e) => <EnrolmentPanel key={e.enrolment} api={api} enrolment={e} enrols={enrols} reload={reload} />)}
      {value && (
        <Panel title={t('devices.list')} count={value.devices.length} class="part-panel" aside={<Button press={() => void reload()} act="devices.reload">{t('account.reload')}</Button>}>
          {value.devices.length === 0 ? <Empty>{t('devices.none')}</Empty> : <DeviceRows api={api} devices={value.devices} revokes={may(me, 'device.revoke')} reload={reload} />}
        </Panel>
      )}
    </>
  );
}

function NewDevice({ api, close, done }: { api: Asks; close: () => void; done: (made: { code: string; until: string }) => void }) {
  const t = useText();
  const doing = useDoing();
  const [label, setLabel] = useState('');
  const [kind, setKind] = useState('room');
  return (
    <Panel title={t('devices.enrol')} class="part-panel">
      <form class="form" data-form="device" onSubmit={(e) => { e.preventDefault(); void doing.run(() => api.send<{ code: string; until: string }>('POST', '/api/devices/enrolments', { label: label.trim(), kind }), done); }}>
        <div class="form-grid">
          <Field name="label" label={t('devices.label')} hint={t('devices.label.what')} value={label} change={setLabel} max={40} required />
          <Select name="kind" label={t('devices.kind')} hint={t('devices.kind.what')} value={kind} change={setKind} options={(['room', 'camera'] as const).map((k) => ({ value: k, text: t(`device.${k}`) }))} />
        </div>
        <Refused refusal={doing.refusal} />
        <div class="buttons"><Submit doing={doing} act="device.enrol">{t('devices.enrol.go')}</Submit><Button size="large" press={close}>{t('cancel')}</Button></div>
      </form>
    </Panel>
  );
}

/** How many digits a short code has; the page does not send fewer, because a wrong code ends the enrolment. */
const digits = 15;

/**
 * The comparison that keeps a stranger's machine out: what the room reads out is typed in, and never taken over from the screen. If somebody stands between
 * (A2), the two codes differ, and the enrolment ends.
 */
function EnrolmentPanel({ api, enrolment: e, enrols, reload }: { api: Asks; enrolment: DeviceEnrolment; enrols: boolean; reload: () => Promise<void> }) {
  const t = useText();
  const doing = useDoing();
  const [ask, dialog] = useAsk();
  const [typed, setTyped] = useState('');
  const [short, setShort] = useState(false);
  const path = `/api/devices/enrolments/${encodeURIComponent(e.enrolment)}`;
  const given = typed.replace(/\D/g, '');
  const confirm = (): void => {
    setShort(given.length !== digits);
    if (given.length === digits) void doing.run(() => api.send('POST', `${path}/confirm`, { short_code: given }, { name: 'device.confirm', args: { who: e.label } }), reload);
  };
  const end = (): void => ask({ title: t('devices.enrolment.end.title', { label: e.label }), what: t('devices.enrolment.end.what'), go: t('devices.enrolment.end'), tone: 'danger', fields: [], done: () => void doing.run(() => api.send('DELETE', path), reload) });
  return (
    <Panel title={t('devices.enrolment', { label: e.label })} tone="caution" class="part-panel">
      {e.state === 'open' && <p>{t('devices.enrolment.open', { ends: moment(e.until) })}</p>}
      {e.state === 'waiting' && e.short_code && (
        <form class="form" data-form="short-code" onSubmit={(ev) => { ev.preventDefault(); confirm(); }}>
          <p>{t('devices.compare')}</p>
          <div class="compare">
            <div><p class="field-label">{t('devices.compare.here')}</p><output class="once-value digits" data-short-code>{e.short_code}</output></div>
            {enrols && <Field name="short_code" label={t('devices.compare.heard')} hint={t('devices.compare.heard.what')} value={typed} change={(v) => { setTyped(v); setShort(false); }} mode="numeric" max={25} code error={short ? t('devices.compare.short', { n: digits }) : undefined} required />}
          </div>
          <p class="quiet">{e.kept && t.code('device.kept', e.kept, 'event.plain')} {t('devices.compare.differ')}</p>
          {enrols && <Submit doing={doing} act="device.confirm">{t('devices.confirm')}</Submit>}
        </form>
      )}
      <Refused refusal={doing.refusal} />
      {enrols && <div class="buttons"><Button press={() => void reload()} act="enrolment.reload">{t('account.reload')}</Button><Button tone="danger" press={end} act="enrolment.end">{t('devices.enrolment.end')}</Button></div>}
      {dialog}
    </Panel>
  );
}

const whys = ['stolen', 'lost', 'replaced', 'other'] as const;

function DeviceRows({ api, devices, revokes, reload }: { api: Asks; devices: Device[]; revokes: boolean; reload: () => Promise<void> }) {
  const t = useText();
  const doing = useDoing();
  const [ask, dialog] = useAsk();
  const revoke = (d: Device): void => ask({
    title: t('devices.revoke.title', { label: d.label }), what: t('devices.revoke.what'), go: t('devices.revoke'), tone: 'danger',
    fields: [{ name: 'why', label: t('devices.revoke.why'), kind: 'choice', options: whys.map((w) => ({ value: w, label: t(`device.why.${w}`) })) }],
    done: (v) => void doing.run(() => api.send('POST', `/api/devices/${encodeURIComponent(d.device)}/revoke`, { why: v['why'] }, { name: 'device.revoke', args: { who: d.label } }), reload),
  });
  return (
    <>
      <Refused refusal={doing.refusal} close={doing.clear} />
      <ul class="rows">
        {devices.map((d) => (
          <li key={d.device} class="row row-block" data-device={d.device} data-state={d.state}>
            <div class="row-text">
              <strong>{d.label}</strong><span>{t(`device.${d.kind}`)}</span>
              <span class={`tag tag-device-${d.state}`}>{t(`device.state.${d.state}`)}</span>
              <span class="quiet digits">{t('devices.health', { ...(d.last && { last: moment(d.last) }), until: moment(d.until) })}</span>
              <span class="quiet">{t.code('device.kept', d.kept, 'event.plain')}</span>
            </div>
            <Button tone="danger" press={revokes && d.state !== 'revoked' ? () => revoke(d) : undefined} act="device.revoke" label={`${t('devices.revoke')}: ${d.label}`}>{t('devices.revoke')}</Button>
          </li>
        ))}
      </ul>
      {devices.some((d) => d.state === 'certified' && d.kept === 'file') && <Notice tone="caution" id="kept_in_file">{t('devices.kept_in_file')}</Notice>}
      {dialog}
    </>
  );
}
