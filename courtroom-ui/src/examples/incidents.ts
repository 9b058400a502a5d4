// Intimidation as the gateway would tell it: a desk with flags in every state, five hundred of them, duress, emergency, a clock that runs, and what the other seats see.
import type { Evidence, Incidents } from '../signaling/incidents';
import type { Flag, FlagKind, Protection, Role, State } from '../signaling/wire';
import type { Page, Waiting } from '../state/model';
import { clerkLive, defenceLive, interpreterLive, judgeLive, lawyerClosed, pageOf, supportLive } from './fixtures';

const at = (hms: string): string => `2026-11-22T${hms}.000Z`;
const flag = (id: string, seat: string, role: Role, pressed: string, more: Partial<Flag> = {}): Flag =>
  ({ id, seat, role, pressed_at: at(pressed), received_at: at(pressed), discreet: false, urgency: 'now', closed: false, incident: `i-${id.padEnd(16, '0')}`, ...more });

const deskFlags: Flag[] = [
  flag('f9', 'witness', 'protected_witness', '10:14:55', { discreet: true }),
  flag('f8', 'lawyer', 'victims_lawyer', '10:14:02', { kind: 'gesture', source: 'müdafiəçinin arxasında oturan şəxs', target: 'Lalə', note: 'barmağını boğazına çəkdi', concerns: 'defence' }),
  flag('f7', 'support', 'support_person', '10:12:30', {
    kind: 'look', concerns: 'interpreter', urgency: 'soon',
    rulings: [{ ruling: 'enter', by: 'presiding_judge', at: at('10:12:40') }, { ruling: 'mute', seat: 'support', provisional: true, by: 'presiding_judge', at: at('10:12:44') }, { ruling: 'hide', seat: 'interpreter', provisional: true, by: 'presiding_judge', at: at('10:12:50') }, { ruling: 'mute', seat: 'dock', provisional: true, by: 'presiding_judge', at: at('10:12:58') }],
    put: [{ seat: 'interpreter', form: 'gist', gist: 'Tərcümə zamanı müdafiə olunan şəxsə baxışınız barədə bildiriş var.', at: at('10:13:10'), answer: { text: 'Mən yalnız ekrana baxırdım, tərcümə üçün dodaqlarını izləyirdim.', at: at('10:13:40') } }], requested: true,
  }),
  flag('f6', 'prosecutor', 'prosecutor', '10:05:02', { kind: 'photographing', urgency: 'done', closed: true, rulings: [{ ruling: 'dismiss', reason: 'şəxs saata baxırdı', by: 'presiding_judge', at: at('10:05:40') }] }),
];
const seats = judgeLive.seats!.map((s) => (s.id === 'interpreter' ? { ...s, present: true, hidden: true } : s.id === 'defence' ? { ...s, stop: false } : s));
const running: Protection = { incident: 'i-f700000000000000', request: 'r-1', flag: 'f7', phase: 'received', received: at('10:13:00'), due: '2026-11-25T10:13:00.000Z', marks: [], next: { mark: 'warn', hours: 48, at: '2026-11-24T10:13:00.000Z' } };
const late: Protection = {
  incident: 'i-aa00000000000000', request: 'r-2', phase: 'overdue', received: '2026-11-19T06:00:00.000Z', due: '2026-11-22T06:00:00.000Z',
  marks: [{ mark: 'warn', hours: 48, at: '2026-11-21T06:00:00.000Z' }, { mark: 'warn', hours: 66, at: '2026-11-22T00:00:00.000Z' }, { mark: 'overrun', hours: 72, at: '2026-11-22T06:00:00.000Z' }], next: { mark: 'court_route', at: '2026-11-25T20:00:00.000Z' },
};

export const judgeDesk: State = { ...judgeLive, seats, views: [{ view: 'dock', muted: true, hidden: false }], flags: deskFlags, pending: [{ id: 'p3', about: 'flag', seat: 'interpreter', flag: 'f7', ruling: 'hide', since: at('10:12:50'), due: at('10:27:50'), overdue: false }], requests: [], protection: [running, late] };
/** The flag of the lawyer alone: whom it concerns is known, so that each ruling is one press. */
export const judgeRuling: State = { ...judgeDesk, flags: deskFlags.slice(1), requests: judgeLive.requests! };
export const judgeRuled: State = { ...judgeDesk, flags: deskFlags.slice(2) };
export const judgeDismissed: State = { ...judgeDesk, flags: deskFlags.slice(3), flags_more: 0 };

export const judgeDuress: State = {
  ...judgeDesk, you: { ...judgeLive.you, can: [...judgeLive.you.can, 'duress.answer'] }, duress: { since: at('10:14:40'), means: 'key', do: [{ do: 'pause', at: at('10:14:52') }] },
  testimony: { ...judgeLive.testimony, phase: 'paused', pause_code: 'technical', paused_by: 'support_person', paused_seat: 'support', since: at('10:14:52') },
};
export const judgeEmergency: State = {
  ...judgeLive, you: { ...judgeLive.you, can: [...judgeLive.you.can.filter((c) => c !== 'emergency.raise'), 'emergency.end'] },
  emergency: { since: at('10:14:58'), by: 'officer' }, alarms: [{ code: 'emergency', since: at('10:14:58') }],
  testimony: { ...judgeLive.testimony, phase: 'paused', pause_code: 'emergency', paused_by: 'protected_witness', since: at('10:14:58') },
};

const flaggers: readonly [string, Role][] = [['defence', 'defence_counsel'], ['lawyer', 'victims_lawyer'], ['prosecutor', 'prosecutor'], ['support', 'support_person'], ['interpreter', 'interpreter']];
const kinds: readonly FlagKind[] = ['words', 'gesture', 'look', 'other'];
/** As many flags as five seats press in one bad quarter of an hour. */
export const manyFlags = (n: number): Flag[] => Array.from({ length: n }, (_, i) => {
  const [seat, role] = flaggers[Math.floor(i / 7) % flaggers.length]!;
  const pressed = new Date(Date.parse(at('10:14:59')) - i * 1800).toISOString();
  return { ...flag(`g${i}`, seat, role, '10:00:00'), pressed_at: pressed, received_at: pressed, ...(i % 3 === 0 && { kind: kinds[i % 4]!, note: `müşahidə ${i}` }), ...(i > 440 && { urgency: 'done' as const, closed: true, rulings: [{ ruling: 'enter' as const, by: 'presiding_judge' as const, at: pressed }] }) };
});
export const judgeMany: State = { ...judgeDesk, flags: manyFlags(500), protection: [] };
export const clerkMany: State = { ...clerkLive, flags: manyFlags(500) };
export const clerkDesk: State = { ...clerkLive, flags: deskFlags.filter((f) => !f.discreet), protection: [late] };

const own = (flags: Flag[], seat: string): Flag[] => flags.filter((f) => f.seat === seat);
export const lawyerFlags: State = { ...lawyerClosed, hearing: { ...lawyerClosed.hearing, kind: 'public' }, you: { ...lawyerClosed.you, can: [...lawyerClosed.you.can.filter((c) => c !== 'undertaking.sign'), 'flag.request'] }, flags: own(deskFlags, 'lawyer') };
export const supportFlags: State = { ...supportLive, flags: own(deskFlags, 'support') };
export const defencePut: State = {
  ...defenceLive, you: { ...defenceLive.you, can: [...defenceLive.you.can, 'flag.answer'] },
  put: [{ flag: 'f8', form: 'whole', kind: 'gesture', source: 'müdafiəçinin arxasında oturan şəxs', note: 'barmağını boğazına çəkdi', at: at('10:14:30'), answered: false }],
};
export const interpreterPut: State = { ...interpreterLive, you: { ...interpreterLive.you, can: [...interpreterLive.you.can, 'flag.answer'] }, put: [{ flag: 'f7', form: 'gist', text: 'Tərcümə zamanı müdafiə olunan şəxsə baxışınız barədə bildiriş var.', at: at('10:13:10'), answered: true }, { flag: 'f8', form: 'orally', at: at('10:14:35'), answered: false }] };

/** This page pressed a flag a moment ago; without a link the gateway has not named it. */
export const pressed = (state: State, more: Partial<Page> = {}): Page => pageOf(state, { raised: { command: 'c1', at: at('10:15:08'), discreet: false, ...(!more.waiting && { flag: state.flags?.find((f) => f.seat === state.you.seat)?.id ?? 'f10' }) }, ...more });
export const keptFlag: Waiting[] = [{ id: 'c1', name: 'flag.raise', args: {}, at: at('10:15:08') }];
export const keptEmergency: Waiting[] = [{ id: 'c2', name: 'emergency.raise', args: {}, at: at('10:15:08') }];

const hash = '8d2e6c1b7a90f3345d1ce0b7a4419c6f2f1f0a8a7ab1b9a3d0b7dd91e1f0c2aa';
const evidence: Evidence[] = [
  { evidence: 'e-1', what: 'clip', type: 'video/webm', size: 3_412_000, sha256: hash, from: at('10:13:02'), to: at('10:15:02'), track: 'court/hall', at: at('10:15:02'), state: 'kept', may: ['view', 'export'] },
  { evidence: 'e-2', what: 'attachment', type: 'image/jpeg', size: 812_400, sha256: hash, copy: { type: 'image/png', size: 640_100, sha256: hash }, at: at('10:16:11'), state: 'kept', may: ['view', 'export', 'copy'] },
  { evidence: 'e-3', what: 'attachment', type: 'application/pdf', size: 90_200, sha256: hash, no_copy: 'pdf', at: at('10:17:40'), state: 'erased', may: [] },
];
export const incidentDouble: Incidents = {
  incident: (id) => Promise.resolve({ ok: true, value: { id, requests: [{ request: 'r-1', phase: 'received' }] } }),
  evidence: () => Promise.resolve({ ok: true, value: { evidence } }),
  attach: () => Promise.resolve({ ok: true, value: { sha256: hash } }),
  step: () => Promise.resolve({ ok: true, value: {} }),
  fileOf: (id, e, what) => `#${id}/${e}/${what}`,
};
