// One hearing in several moments, as the gateway would tell it to each seat.
import type { Entry, Role, Slot, State } from '../signaling/wire';
import type { Page, Waiting } from '../state/model';
import { emptyPage } from '../state/model';

const at = (hms: string): string => `2026-11-22T${hms}.000Z`;

export const entries: Entry[] = [
  { index: 0, id: 's0', kind: 'system', by: 'system', at: at('10:00:00'), system: { code: 'hearing.created', params: { case_no: '1(101)-214/2026', court: 'baku' } } },
  { index: 4, id: 's4', kind: 'system', by: 'system', at: at('10:02:11'), system: { code: 'order.signed', params: { version: 1, key_code: '4821 0937', loosens: false } } },
  { index: 5, id: 's5', kind: 'system', by: 'system', at: at('10:03:02'), system: { code: 'hearing.opened', params: {} } },
  { index: 7, id: 's7', kind: 'system', by: 'presiding_judge', at: at('10:06:40'), system: { code: 'identity.verified', params: { how: 'qorunan otaqda məsul şəxs sənədi möhürlənmiş məlumatla tutuşdurdu' } } },
  { index: 9, id: 's9', kind: 'system', by: 'system', at: at('10:08:00'), system: { code: 'consent.given', params: { language: 'az', interpreter: false } } },
  { index: 11, id: 's11', kind: 'system', by: 'presiding_judge', at: at('10:09:30'), system: { code: 'testimony.live', params: { resumed: false } } },
  { index: 12, id: 'e1', kind: 'question', speaker: 'prosecutor', by: 'court_clerk', lang: 'az', at: at('10:10:04'), text: 'Həmin gün sizi evdən kim apardı və haraya getdiniz?' },
  { index: 13, id: 'e2', kind: 'answer', speaker: 'witness', by: 'court_clerk', lang: 'az', at: at('10:10:41'), text: 'Axşam saat doqquza yaxın idi. Maşında iki nəfər vardı, sənədlərimi yolda aldılar və geri qaytarmadılar.' },
  { index: 14, id: 'e3', kind: 'question', speaker: 'defence_counsel', by: 'court_clerk', lang: 'az', at: at('10:12:20'), text: 'Maşının rəngini xatırlayırsınızmı?' },
  { index: 15, id: 'e4', kind: 'objection', speaker: 'victims_lawyer', by: 'victims_lawyer', at: at('10:12:33'), text: 'Sual artıq verilib və cavablandırılıb.' },
  { index: 16, id: 'e5', kind: 'ruling', speaker: 'presiding_judge', by: 'presiding_judge', lang: 'az', at: at('10:12:58'), text: 'Etiraz rədd edilir, müdafiə olunan şəxs cavab versin.' },
  { index: 17, id: 'e6', kind: 'answer', speaker: 'witness', by: 'court_clerk', lang: 'az', at: at('10:13:20'), text: 'Tünd göy rəngdə idi.' },
  { index: 18, id: 'f1', kind: 'incident', by: 'system', at: at('10:14:02'), system: { code: 'flag.raised', params: { role: 'victims_lawyer', pressed_at: at('10:14:02'), kind: 'gesture', source: 'zalda, ikinci cərgə' } } },
  { index: 19, id: 'e7', kind: 'answer', speaker: 'witness', by: 'court_clerk', lang: 'az', at: at('10:14:30'), amends: 17, text: 'Tünd göy və ya qara rəngdə idi, dəqiq deyə bilmirəm.' },
];

/** What a clerk has written in Russian and in Azerbaijani, what was struck out and what was restored. */
export const writtenEntries: Entry[] = [
  ...entries,
  { index: 20, id: 'e8', kind: 'answer', speaker: 'witness', by: 'court_clerk', lang: 'ru', at: at('10:15:02'), text: 'Он стоял у окна, за дверью были слышны голоса.', interpreted: { text: 'O, pəncərənin yanında durmuşdu, qapının arxasından səslər gəlirdi.', lang: 'az' } },
  { index: 21, id: 'e9', kind: 'exhibit', by: 'court_clerk', lang: 'az', number: '2/14', at: at('10:15:20'), text: 'Pəncərənin fotoşəkli, bir vərəq. Tərəflərə göstərildi.' },
  { index: 22, id: 'e10', kind: 'note', by: 'court_clerk', lang: 'az', at: at('10:15:31'), text: 'Zalda oturan şəxs yerini dəyişdi.', sealed: 'parties' },
  { index: 23, id: 's23', kind: 'system', by: 'court_clerk', by_seat: 'clerk', at: at('10:15:44'), strikes: 14, system: { code: 'entry.struck', params: { entry: 14, by: 'court_clerk', reason: 'sual geri götürüldü' } } },
  { index: 24, id: 's24', kind: 'system', by: 'court_clerk', by_seat: 'clerk', at: at('10:15:50'), strikes: 20, sealed: 'parties', system: { code: 'entry.struck', params: { entry: 20, by: 'court_clerk', reason: 'təkrar yazılıb' } } },
  { index: 25, id: 's25', kind: 'system', by: 'presiding_judge', by_seat: 'judge', at: at('10:15:58'), restores: 20, system: { code: 'entry.restored', params: { entry: 20, by: 'presiding_judge', reason: 'belə deyilib' } } },
];

/** The name guard holds an answer back; the name in it is made up. */
export const guardWarns = {
  watched: 12, watch: () => [],
  now: { n: 1, name: 'entry.add', suspects: [{ path: ['text'], text: 'Onda Aytənə dedim ki, geri qayıtmasın.', hits: [{ word: 'Aytənə', at: 5 }] }], send: () => undefined, anyway: () => undefined, back: () => undefined },
};

/** As many entries as a long hearing has. */
export const manyEntries = (n: number): Entry[] => Array.from({ length: n }, (_, i) => {
  const of = writtenEntries[8 + (i % 8)]!;
  return { ...of, index: i + 1, id: `e${i + 1}`, at: new Date(Date.parse(at('08:00:00')) + i * 2000).toISOString() };
});

const watching: NonNullable<State['watching']> = [
  { audience: 'bench', picture: 'puppet', voice: 'neutral', delay_s: 0, now: 'live' },
  { audience: 'prosecution', picture: 'puppet', voice: 'neutral', delay_s: 0, now: 'live' },
  { audience: 'defence', picture: 'puppet', voice: 'neutral', delay_s: 0, now: 'live' },
  { audience: 'hall', picture: 'card', voice: 'neutral', delay_s: 0, now: 'card' },
  { audience: 'public', picture: 'none', voice: 'none', delay_s: 0, now: 'nothing' },
];

const renderings = {
  bench: { picture: 'puppet', voice: 'neutral', delay_s: 0 }, prosecution: { picture: 'puppet', voice: 'neutral', delay_s: 0 },
  defence: { picture: 'puppet', voice: 'neutral', delay_s: 0 }, hall: { picture: 'card', voice: 'neutral', delay_s: 0 }, public: null,
};

const person = (id: string, role: Role, more: Partial<NonNullable<State['seats']>[number]> = {}): NonNullable<State['seats']>[number] =>
  ({ id, role, present: true, admitted: true, muted: false, undertaking: false, publishing: { sound: false, picture: false }, stop: true, hidden: false, ...more });

const seats: NonNullable<State['seats']> = [
  person('judge', 'presiding_judge'), person('judge2', 'judge', { present: false }), person('clerk', 'court_clerk'),
  person('prosecutor', 'prosecutor', { publishing: { sound: true, picture: false } }), person('defence', 'defence_counsel', { publishing: { sound: true, picture: true } }),
  person('lawyer', 'victims_lawyer'), person('interpreter', 'interpreter', { present: false }), person('support', 'support_person', { muted: true }),
  person('witness', 'protected_witness'), person('screen', 'courtroom_screen'), person('gallery', 'gallery', { present: true }),
];

const slot = (name: string, on = true): Slot[] => [{ slot: name, media: 'video', on }, { slot: name, media: 'audio', on }];
const benchSlots: Slot[] = [...slot('witness'), ...slot('bench'), ...slot('counsel'), ...slot('hall'), ...slot('dock')];

const benchCan = [
  'key.enrol', 'order.draft', 'hearing.suspend', 'hearing.close', 'testimony.pause', 'testimony.release', 'floor.give', 'session.kind', 'seat.mute', 'seat.unmute',
  'seat.remove', 'seat.admit', 'ruling.give', 'seat.reissue', 'entry.add', 'entry.amend', 'entry.strike', 'request.done', 'flag.raise', 'flag.detail', 'flag.rule', 'flag.put', 'flag.heard', 'flag.request',
  'seat.show', 'seat.take_stop', 'seat.give_stop', 'emergency.raise', 'duress.raise',
];

export const judgeLive: State = {
  type: 'state', rev: 41, now: at('10:15:10'), you: { seat: 'judge', role: 'presiding_judge', can: benchCan },
  hearing: { id: 'h1', case_no: '1(101)-214/2026', court: 'baku', phase: 'open', kind: 'public', phase_since: at('10:03:02'), kind_since: at('10:03:02') },
  order: { version: 1, template: 'identity_hidden', reason: 'Müdafiə olunan şəxs və ailəsi hədələnib.', pseudonym: 'Lalə', session: 'public', valid_until: '2026-12-22T10:00:00.000Z', signed_by: 'presiding_judge', signed_at: at('10:02:11'), key_code: '4821 0937', renderings },
  testimony: {
    phase: 'live', since: at('10:09:30'), pseudonym: 'Lalə', station: 'up', identity_verified: true, floor: 'defence',
    consent: { given: true, language: 'az', interpreter: false, at: at('10:08:00') }, mask: { picture: 'ok', voice: 'ok' }, tightened: {},
    room: { certified: true, at: at('10:09:10'), with: ['support_person'], officer: true, proof: 'code', person: { voice: 'same', face: 'unsure' } },
  },
  watching, seats,
  flags: [
    { id: 'f1', seat: 'lawyer', role: 'victims_lawyer', pressed_at: at('10:14:02'), received_at: at('10:14:02'), kind: 'gesture', source: 'zalda, ikinci cərgə', discreet: false, urgency: 'now', closed: false, incident: 'i-0c5d0a9be1f2437c' },
    { id: 'f0', seat: 'prosecutor', role: 'prosecutor', pressed_at: at('10:05:02'), received_at: at('10:05:02'), kind: 'look', discreet: false, concerns: 'defence', urgency: 'soon', incident: 'i-33b0c6d1e2f40a17', rulings: [{ ruling: 'warn', seat: 'defence', provisional: true, by: 'presiding_judge', at: at('10:05:40') }] },
  ],
  pending: [{ id: 'p1', about: 'mute', seat: 'support', since: at('10:11:00'), due: at('10:26:00'), overdue: false }],
  requests: [{ id: 'q1', seat: 'defence', role: 'defence_counsel', what: 'question', text: 'Sənədlər barədə', at: at('10:14:40') }],
  health: { ledger: 'ok', recording: 'on', checkpoint: { size: 42, at: at('10:15:08') } }, alarms: [], slots: benchSlots,
  emergency_card: { room: 'BA-07', telephone: '+994 12 102 00 00', body: 'İnsan Alverinə Qarşı Mübarizə Baş İdarəsi' },
};

export const judgePaused: State = {
  ...judgeLive, you: { ...judgeLive.you, can: [...benchCan, 'testimony.call', 'testimony.rehearse'] },
  hearing: { ...judgeLive.hearing, kind: 'closed' },
  testimony: { ...judgeLive.testimony, phase: 'paused', since: at('10:15:00'), pause_code: 'station_lost', paused_by: 'system', station: 'down', mask: { picture: 'card', voice: 'silence' } },
  watching: watching.map((w) => ({ ...w, now: 'nothing' as const })),
  pending: [{ id: 'p2', about: 'kind', kind: 'closed', since: at('09:50:00'), due: at('10:05:00'), overdue: true }, ...judgeLive.pending!],
  alarms: [{ code: 'station_lost', since: at('10:15:00') }], health: { ledger: 'ok', recording: 'failed' },
  slots: benchSlots.map((s) => (s.slot === 'witness' ? { ...s, on: false } : s)),
};

const { order: _order, ...withoutOrder } = judgeLive;
export const judgeOrder: State = {
  ...withoutOrder, you: { ...judgeLive.you, can: ['key.enrol', 'order.draft', 'order.sign', 'entry.add', 'flag.raise', 'seat.reissue'] },
  hearing: { ...judgeLive.hearing, phase: 'scheduled' },
  watching: watching.map((w) => ({ ...w, now: 'nothing' as const })), testimony: { phase: 'waiting', since: at('10:00:00'), station: 'down' }, flags: [], pending: [], requests: [],
  draft: { bytes: 'e30=', order: { version: 1, template: 'identity_hidden', reason: 'Müdafiə olunan şəxs və ailəsi hədələnib; zalda təqsirləndirilən şəxsin yaxınları olacaq.', pseudonym: 'Lalə', session: 'public', valid_from: at('10:00:00'), valid_until: '2026-12-22T10:00:00.000Z', renderings, questioners: ['presiding_judge', 'prosecutor', 'defence_counsel', 'victims_lawyer'] } },
  health: { ledger: 'ok', recording: 'off' }, slots: benchSlots.map((s) => ({ ...s, on: false })),
};

const repeated = { picture: 'puppet', voice: 'respeak', delay_s: 0, voice_strength: 'gentle' };
const repeatedToAll = { bench: repeated, prosecution: repeated, defence: repeated, hall: { ...repeated, picture: 'blob' }, public: { ...repeated, picture: 'card' } };
export const judgeRespeakDraft: State = {
  ...judgeOrder, draft: { bytes: 'e30=', order: { ...judgeOrder.draft!.order, renderings: repeatedToAll, respeaker: { who: 'support_person', reason: 'Şahidin dilini ondan başqa bilən andlı şəxs tapılmayıb.' } } },
};
/** A sworn speaker repeats the answers, the witness has asked for the plain figure, and the room has something to say. */
export const judgeRespeak: State = {
  ...judgeLive, order: { ...judgeLive.order!, renderings: repeatedToAll, respeaker: 'interpreter' },
  testimony: { ...judgeLive.testimony, figure: 'answering', tightened: { picture: 'blob' }, mask: { picture: 'ok', voice: 'ok', notices: ['far_voice', 'session_unsealed'] } },
  watching: watching.map((w) => ({ ...w, picture: w.picture === 'puppet' ? 'blob' : w.picture, voice: 'respeak', voice_strength: 'gentle' })),
};

export const judgeClosing: State = {
  ...judgeLive, you: { ...judgeLive.you, can: ['protocol.sign', 'key.enrol', 'flag.raise'] }, hearing: { ...judgeLive.hearing, phase: 'closed' },
  testimony: { ...judgeLive.testimony, phase: 'released' }, pending: [], requests: [],
  signing: { statement: btoa('parda protocol statement 1\nhearing h1\ncheckpoint 118 3f7c...\npdf_sha256 8d2e...\njson_sha256 51aa...\n'), signed: [{ role: 'court_clerk', at: at('11:02:00') }] },
};

export const judgeSealed: State = {
  ...judgeClosing, you: { ...judgeLive.you, can: [] }, hearing: { ...judgeLive.hearing, phase: 'sealed' },
  bundle: { name: 'parda-h1-2026-11-22.zip', sha256: '8d2e6c1b7a90f3345d1ce0b7a4419c6f2f1f0a8a7ab1b9a3d0b7dd91e1f0c2aa', size: 48_213_504 },
};

export const clerkLive: State = {
  ...judgeLive, you: { seat: 'clerk', role: 'court_clerk', can: ['testimony.pause', 'flag.raise', 'flag.detail', 'entry.add', 'entry.amend', 'entry.strike', 'entry.restore', 'seat.reissue', 'key.enrol'] },
};

const lawyerBase = ({ watching: _w, alarms: _a, pending: _p, emergency_card: _e, ...rest }: State): State => rest;
export const defenceLive: State = {
  ...lawyerBase(judgeLive), you: { seat: 'defence', role: 'defence_counsel', can: ['testimony.pause', 'flag.raise', 'flag.detail', 'objection.raise', 'question.request'] },
  requests: judgeLive.requests!, flags: [],
};
export const lawyerClosed: State = {
  ...lawyerBase(judgeLive), you: { seat: 'lawyer', role: 'victims_lawyer', can: ['testimony.pause', 'flag.raise', 'flag.detail', 'objection.raise', 'question.request', 'undertaking.sign'] },
  hearing: { ...judgeLive.hearing, kind: 'closed' }, flags: [judgeLive.flags![0]!], requests: [],
};
export const interpreterLive: State = {
  ...lawyerBase(judgeLive), you: { seat: 'interpreter', role: 'interpreter', can: ['testimony.pause', 'flag.raise'] }, flags: [], requests: [],
};
export const supportLive: State = {
  ...lawyerBase(judgeLive), you: { seat: 'support', role: 'support_person', can: ['testimony.pause', 'flag.raise'] }, flags: [], requests: [], slots: [...slot('witness'), ...slot('bench'), ...slot('floor')],
};

const passive = (role: Role, slots: Slot[], phase: State['testimony']['phase'], kind: State['hearing']['kind'], order = true): State => ({
  type: 'state', rev: 3, now: at('10:15:10'), you: { seat: role === 'gallery' ? 'gallery' : 'screen', role, can: [] },
  hearing: { ...judgeLive.hearing, kind }, testimony: { phase, since: at('10:09:30'), station: 'up', ...(order && { pseudonym: 'Lalə' }), ...(phase === 'paused' && { pause_code: 'break' }) }, slots,
});
export const screenLive = passive('courtroom_screen', [...slot('witness'), ...slot('bench'), ...slot('floor')], 'live', 'public');
export const screenPaused = passive('courtroom_screen', [...slot('witness', false), ...slot('bench'), ...slot('floor', false)], 'paused', 'public');
export const galleryLive = passive('gallery', [...slot('witness'), ...slot('bench'), { slot: 'hall', media: 'video', on: true }], 'live', 'public');
export const galleryClosed = passive('gallery', [...slot('witness', false), ...slot('bench', false), { slot: 'hall', media: 'video', on: false }], 'live', 'closed');

export const pageOf = (state: State | null, more: Partial<Page> = {}): Page => ({ ...emptyPage, link: 'open', state, clockOffset: Date.parse(at('10:15:10')) - Date.now(), entries: state && state.health ? entries : [], ...more });

export const unsaved: Waiting[] = [
  { id: 'w1', name: 'entry.add', args: { kind: 'answer', speaker: 'witness', text: 'Sonra bizi başqa evə apardılar.' }, at: at('10:15:02') },
  { id: 'w2', name: 'entry.add', args: { kind: 'note', text: 'Zalda səs-küy.' }, at: at('10:15:06'), refused: { code: 'bad_argument', message: '', ref: 'e-7Q2M4K' } },
  { id: 'w3', name: 'flag.raise', args: {}, at: at('10:15:08') },
];

export const unsavedMarks: Waiting[] = [
  { id: 'w4', name: 'entry.add', args: { kind: 'exhibit', number: '3', text: 'Qapının fotoşəkli.', interpreted: { text: 'Фотография двери.', lang: 'ru' } }, at: at('10:16:02') },
  { id: 'w5', name: 'entry.strike', args: { entry: 13, reason: 'səhv yazılıb' }, at: at('10:16:06') },
];
