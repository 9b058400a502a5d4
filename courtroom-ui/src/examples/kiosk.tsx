// The kiosk's screens, without a station.
import { KioskScreen } from '../kiosk/screens';
import { emptyKiosk, stageOf, type Kiosk, type Sent, type StationReport } from '../kiosk/state';
import type { Room, State } from '../signaling/wire';
import { judgeLive } from './fixtures';
import { pictureOf } from './pictures';

const station: StationReport = { type: 'station', link: 'up', order_ok: true, key_code: '4821 0937', paused: false, rehearsal: 'none', mask: { picture: 'ok', voice: 'ok' }, devices: { camera: 'ok', microphone: 'ok' }, tightened: { picture: '', silence: false }, hand: false };
const state = (phase: State['testimony']['phase']): State => ({
  ...judgeLive, you: { seat: 'witness', role: 'protected_witness', can: [] }, testimony: { phase, since: judgeLive.now, pseudonym: 'Lalə', station: 'up' },
  slots: [{ slot: 'bench', media: 'video', on: true }, { slot: 'floor', media: 'video', on: phase === 'live' || phase === 'released' }],
});
const kiosk = (phase: State['testimony']['phase'], more: Partial<StationReport> = {}, rest: Partial<Kiosk> = {}): Kiosk => ({ ...emptyKiosk, door: 'open', station: { ...station, ...more }, state: state(phase), ...rest });

const pieces: Sent[] = [
  { id: 'k1', what: 'remark', text: 'Bu, may ayında yox, mart ayında olub.', state: 'saved' },
  { id: 'k2', what: 'question', text: 'Niyə qapı həmişə bağlı idi?', state: 'saved', request: 'q4', asked: true },
  { id: 'k3', what: 'remark', text: 'Telefonumu mənə qaytarmayıblar.', state: 'sending' },
];
const over: Kiosk = { ...kiosk('released'), state: { ...state('released'), hearing: { ...judgeLive.hearing, phase: 'closed' } } };

const speakerFor = (k: Kiosk): Kiosk => ({ ...k, state: { ...k.state!, order: { ...k.state!.order!, respeaker: 'interpreter' } } });

const card = { room: 'AB-12', telephone: '012 555 01 02', body: 'İnsan Alverinə qarşı Mübarizə Baş İdarəsi' };
const cleared = (): Kiosk => {
  const k = kiosk('paused');
  return { ...k, state: { ...k.state!, testimony: { ...k.state!.testimony, pause_code: 'clear_room' } } };
};

const roomed = (phase: State['testimony']['phase'], room: Room, more: Partial<StationReport> = {}): Kiosk => {
  const k = kiosk(phase, more);
  return { ...k, state: { ...k.state!, you: { ...k.state!.you, can: ['room.certify'] }, testimony: { ...k.state!.testimony, room } } };
};

export const kioskExamples: Record<string, { kiosk: Kiosk; child?: boolean; officer?: boolean }> = {
  'kiosk-enter': { kiosk: { ...emptyKiosk, door: 'shut' } },
  'kiosk-before': { kiosk: { ...kiosk('waiting', { order_ok: false }) } },
  'kiosk-rehearse': { kiosk: kiosk('waiting') },
  'kiosk-rehearse-child': { kiosk: kiosk('waiting'), child: true },
  'kiosk-recording': { kiosk: kiosk('rehearsal', { rehearsal: 'recording', tightened: { picture: 'blob', silence: false } }) },
  'kiosk-recording-child': { kiosk: kiosk('rehearsal', { rehearsal: 'recording' }), child: true },
  'kiosk-consent': { kiosk: kiosk('rehearsal', { rehearsal: 'ready' }) },
  'kiosk-waiting': { kiosk: kiosk('ready') },
  'kiosk-certified': { kiosk: roomed('ready', { certified: true, at: judgeLive.now, with: ['interpreter'], officer: true }) },
  'kiosk-officer': { kiosk: roomed('ready', { certified: false, officer: true }, { officer: { id: 'k9', state: 'refused', code: 'officer_code_wrong' } }), officer: true },
  'kiosk-officer-rests': { kiosk: roomed('paused', { certified: false, officer: true, rests_until: judgeLive.now }), officer: true },
  'kiosk-emergency': { kiosk: kiosk('paused', { emergency: { at: judgeLive.now, sent: true, alarm: true, card } }) },
  'kiosk-emergency-child': { kiosk: kiosk('paused', { emergency: { at: judgeLive.now, sent: true, alarm: false, card } }), child: true },
  'kiosk-emergency-lost': { kiosk: { ...emptyKiosk, door: 'down', card, calls: [{ type: 'emergency', id: 'k7', at: judgeLive.now, by: 'witness' }] } },
  'kiosk-emergency-nocard': { kiosk: kiosk('paused', { link: 'down', emergency: { at: judgeLive.now, sent: false, alarm: true, card: { room: '', telephone: '' } } }) },
  'kiosk-clear-room': { kiosk: cleared() },
  'kiosk-clear-room-child': { kiosk: cleared(), child: true },
  'kiosk-live': { kiosk: kiosk('live') },
  'kiosk-live-child': { kiosk: kiosk('live', { devices: { camera: 'lost', microphone: 'ok' }, mask: { picture: 'card', voice: 'ok' } }), child: true },
  'kiosk-respeak': { kiosk: speakerFor(kiosk('live', { devices: { camera: 'ok', speaker: 'lost' }, mask: { picture: 'ok', voice: 'silence', notice: 'speaker_lost', notices: ['far_voice'] } })) },
  'kiosk-afraid': { kiosk: kiosk('paused', { paused: true }, { pressed: 'afraid' }) },
  'kiosk-refused': { kiosk: kiosk('waiting', { paused: true }, { pressed: 'refuse' }) },
  'kiosk-lost': { kiosk: kiosk('live', { link: 'down' }) },
  'kiosk-after': { kiosk: kiosk('released', {}, { sent: pieces }) },
  'kiosk-after-child': { kiosk: kiosk('released'), child: true },
  'kiosk-after-write': { kiosk: kiosk('released', {}, { writing: { what: 'question', text: 'Niyə qapı həmişə bağlı idi? Açar kimdə olub?' } }) },
  'kiosk-after-lost': { kiosk: kiosk('released', { link: 'down' }, { sent: pieces.slice(0, 2).map((p): Sent => ({ ...p, state: 'sending' })) }) },
  'kiosk-released': { kiosk: over },
};

const self = 'data:image/svg+xml,' + encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 480"><rect width="640" height="480" fill="#dfe4e1"/><ellipse cx="320" cy="520" rx="230" ry="190" fill="#5b6b66"/><ellipse cx="320" cy="220" rx="105" ry="135" fill="#b9a48f"/><circle cx="280" cy="200" r="10"/><circle cx="360" cy="200" r="10"/><ellipse cx="320" cy="285" rx="34" ry="8" fill="#6e3b3b"/></svg>');

export function KioskExample({ name }: { name: string }) {
  const made = kioskExamples[name]!;
  const none = (): void => undefined;
  return (
    <KioskScreen
      kiosk={made.kiosk} stage={stageOf(made.kiosk)} child={made.child ?? false} officer={made.officer ?? false} setChild={none} press={none} sign={none} write={none} say={none} enter={() => Promise.resolve('code_wrong')}
      media={{ track: (slot, kind) => (kind === 'video' ? pictureOf(slot) : null), fresh: () => true, drew: none }} self={self} clip=""
    />
  );
}
