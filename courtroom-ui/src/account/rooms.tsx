// Which enrolled room testifies in a hearing, and which cameras show the court. No picture, and nobody's name: a room is known by what the court calls it.
import { useState } from 'preact/hooks';
import { useAsk } from '../components/ask';
import { Button } from '../components/button';
import { Panel } from '../components/panel';
import { useText } from '../text/context';
import { may, type Devices, type Me, type Place } from './model';
import { Refused, Select, useDoing, useLoaded, Waiting } from './parts';
import type { Asks } from './shell';

const places = ['witness', 'court/bench', 'court/counsel', 'court/hall', 'court/dock'] as const;
const kindOf = (place: string): 'room' | 'camera' => (place === 'witness' ? 'room' : 'camera');

export function RoomsOfHearing({ api, me, hearing }: { api: Asks; me: Me; hearing: string }) {
  const t = useText();
  const path = `/api/hearings/${encodeURIComponent(hearing)}/room`;
  const placed = useLoaded<{ places: Place[] }>(api, path);
  const devices = useLoaded<Devices>(api, '/api/devices');
  const [ask, dialog] = useAsk();
  const doing = useDoing();
  const all = devices.value?.devices ?? [];
  const labelOf = (id: string): string => all.find((d) => d.device === id)?.label ?? id;
  const assign = may(me, 'device.assign');
  const put = (place: string, device: string): void => void doing.run(() => api.send('PUT', path, { place, device }, { name: 'device.assign', args: { who: labelOf(device) } }), placed.reload);
  const clear = (p: Place): void => ask({
    title: t('rooms.clear.title', { label: labelOf(p.device) }), what: t('rooms.clear.what'), go: t('rooms.clear'), tone: 'danger', fields: [],
    done: () => void doing.run(() => api.send('DELETE', `${path}?place=${encodeURIComponent(p.place)}`), placed.reload),
  });
  return (
    <Panel title={t('rooms.title')} class="part-panel">
      <Refused refusal={placed.refusal ?? doing.refusal} close={doing.refusal ? doing.clear : undefined} />
      {!placed.value && !placed.refusal && <Waiting />}
      {placed.value && (
        <ul class="rows">
          {places.map((place) => {
            const p = placed.value!.places.find((x) => x.place === place);
            const fit = all.filter((d) => d.kind === kindOf(place) && d.state === 'certified' && !placed.value!.places.some((x) => x.device === d.device));
            return (
              <li key={place} class="row row-block" data-place={place}>
                <div class="row-text"><strong>{t(`place.${place}`)}</strong><span class={p ? undefined : 'quiet'}>{p ? labelOf(p.device) : t('rooms.empty')}</span></div>
                {assign && p && <Button tone="danger" press={() => clear(p)} act="room.clear" label={`${t('rooms.clear')}: ${t(`place.${place}`)}`}>{t('rooms.clear')}</Button>}
                {assign && !p && fit.length > 0 && <Assign place={place} options={fit.map((d) => ({ value: d.device, text: d.label }))} put={put} />}
                {assign && !p && fit.length === 0 && <span class="quiet">{t(`rooms.no_${kindOf(place)}`)}</span>}
              </li>
            );
          })}
        </ul>
      )}
      {dialog}
    </Panel>
  );
}

function Assign({ place, options, put }: { place: string; options: { value: string; text: string }[]; put: (place: string, device: string) => void }) {
  const t = useText();
  const [device, setDevice] = useState('');
  const chosen = device || options[0]!.value;
  return (
    <form class="row-form" onSubmit={(e) => { e.preventDefault(); put(place, chosen); }}>
      <Select name="device" label={t('rooms.device')} value={chosen} change={setDevice} options={options} />
      <button type="submit" class="button button-plain button-large" data-act="room.assign"><span class="button-text">{t('rooms.assign')}</span></button>
    </form>
  );
}
