// The register of incidents in the states that matter: answers as the gateway gives them (signaling/ACCOUNTS.md, Incidents), for the examples alone.
import type { Body, Incident, Line, Owed, RegisterPage, Statistics } from '../account/incidents/wire';

// The court's clock in the examples: 24.11.2026 13:00 in Baku.
export const exampleNow = Date.UTC(2026, 10, 24, 9);
const at = (day: number, hour: number, minute = 0, month = 11): string => new Date(Date.UTC(2026, month - 1, day, hour - 4, minute)).toISOString();

export const lines: Line[] = [
  { id: 'i-3f9a51c07be2d846', court: 'baku', origin: 'filed', case_no: '1(101)-1/2026', hearing: 'demo', kind: 'contact_outside', endangered: 'relative', pseudonym: 'Lalə', when: at(22, 19, 40), filed_at: at(22, 20, 5), by: { role: 'victims_lawyer', mine: true }, source: 'Təqsirləndirilən şəxsin qardaşı', source_id: 's-8d2k', seen: 2, note: 'Zərər çəkmiş şəxsin anasına zəng edilib: ifadə verilməsin.', phase: 'open', protection: 'received', due: at(25, 20, 15), evidence: 1 },
  { id: 'i-a07be2d8463f9a51', court: 'baku', origin: 'hearing', hearing: 'demo', flag: 'f-3', case_no: '1(101)-1/2026', kind: 'gesture', endangered: 'witness', pseudonym: 'Lalə', when: at(22, 14, 3), filed_at: at(22, 14, 3), by: { role: 'prosecutor', seat: 'prosecutor' }, source: 'Zalda oturan şəxs, qara gödəkçə', phase: 'entered', evidence: 3 },
  { id: 'i-51c07be2d8463f9a', court: 'baku', origin: 'hearing', hearing: 'demo', flag: 'f-2', case_no: '1(101)-1/2026', kind: 'look', endangered: 'witness', pseudonym: 'Lalə', when: at(22, 13, 41), filed_at: at(22, 13, 41), by: { role: 'protected_witness', seat: 'witness' }, discreet: true, phase: 'open', evidence: 2 },
  { id: 'i-7be2d8463f9a51c0', court: 'baku', origin: 'filed', case_no: '1(103)-22/2026', kind: 'threat_lawyer', endangered: 'lawyer', when: at(30, 9, 15, 10), filed_at: at(30, 11, 0, 10), by: { role: 'victims_lawyer' }, source: 'Təqsirləndirilən şəxsin qardaşı', source_id: 's-8d2k', seen: 2, phase: 'referred', protection: 'served', evidence: 0 },
  { id: 'i-d8463f9a51c07be2', court: 'baku', origin: 'filed', when: at(12, 18, 0, 8), filed_at: at(13, 9, 30, 8), kind: 'photographing', endangered: 'witness', by: { role: 'support_person' }, phase: 'dismissed', evidence: 0 },
];

export const register: RegisterPage = {
  incidents: lines, more: true, sources: [{ source: 's-8d2k', label: 'Təqsirləndirilən şəxsin qardaşı', seen: 2, first: at(30, 9, 15, 10), last: at(22, 19, 40) }],
  months: [{ month: '2026-05', n: 2 }, { month: '2026-06', n: 4 }, { month: '2026-08', n: 1 }, { month: '2026-09', n: 3 }, { month: '2026-10', n: 7 }, { month: '2026-11', n: 5 }],
};
export const emptyRegister: RegisterPage = { incidents: [], sources: [], months: [], more: false };

const every = ['note', 'rule', 'source', 'request', 'own_motion', 'receive', 'decide', 'serve', 'complain', 'agree', 'attach', 'evidence', 'refer', 'send', 'acknowledge', 'identity'] as const;
const articles = { decide: 'CİPM, m. 123', complain: 'CİPM, m. 123', court: 'CİPM, m. 123' };
const hash = (n: number): string => `${n}f9a51c07be2d8463f9a51c07be2d8463f9a51c07be2d8463f9a51c07be2d84`;

const running: Incident['requests'][number] = {
  request: 'r-1', phase: 'received', measures: ['no_contact', 'relatives', 'Telefon nömrəsinin dəyişdirilməsi'], note: 'Hədə ifadədən bir gün əvvəl olub.', filed: at(22, 20, 10), by: { role: 'victims_lawyer' },
  received: at(22, 20, 15), due: at(25, 20, 15), marks: [], next: { mark: 'warn', hours: 48, at: at(24, 20, 15) },
  plan: [{ mark: 'warn', hours: 48, at: at(24, 20, 15) }, { mark: 'warn', hours: 66, at: at(25, 14, 15) }, { mark: 'overrun', hours: 72, at: at(25, 20, 15) }, { mark: 'court_route', at: at(29, 0) }],
};
const refused: Incident['requests'][number] = {
  request: 'r-0', phase: 'served', measures: ['escort'], filed: at(12, 10), by: { role: 'prosecutor' }, received: at(12, 10, 30), decided: at(15, 16), granted: false, reason: 'Təhlükə konkret göstərilməyib.', served: at(19, 11),
  due: at(15, 10, 30), marks: [{ mark: 'warn', hours: 48, at: at(14, 10, 30) }, { mark: 'warn', hours: 66, at: at(15, 4, 30) }, { mark: 'overrun', hours: 72, at: at(15, 10, 30) }, { mark: 'court_route', at: at(19, 0) }], next: { mark: 'complaint_end', at: at(25, 0) },
  plan: [{ mark: 'warn', hours: 48, at: at(14, 10, 30) }, { mark: 'warn', hours: 66, at: at(15, 4, 30) }, { mark: 'overrun', hours: 72, at: at(15, 10, 30) }, { mark: 'court_route', at: at(19, 0) }, { mark: 'complaint_end', at: at(25, 0) }],
};

export const incident: Incident = {
  ...lines[0]!, depth: 'whole', rulings: [{ ruling: 'enter', reason: 'Faktlar uyğundur.', by: { role: 'judge' }, at: at(23, 10) }], requests: [running, refused],
  agreements: [{ agree: true, by: 'person', role: 'victims_lawyer', at: at(22, 20, 8) }],
  referrals: [
    { referral: 'f-1', number: 'B-2026-14', to: 'iaqmi', lang: 'az', measures: ['no_contact', 'relatives'], do_not_warn: true, danger_to_life: false, way: 'mail', evidence: ['e-1'], state: 'acknowledged', made: at(23, 10, 20), by: { role: 'judge' }, sent: at(23, 10, 21), acknowledged: at(23, 15), reference: '14/882' },
    { referral: 'f-2', number: 'B-2026-15', to: 'police', lang: 'az', measures: ['escort'], do_not_warn: true, danger_to_life: true, reason: 'Evin qarşısında gözləyirlər.', way: 'mail', evidence: [], state: 'failed', tries: 6, why: 'refused', made: at(23, 11), by: { role: 'judge' } },
    { referral: 'f-3', to: 'police', lang: 'az', measures: ['escort'], do_not_warn: true, danger_to_life: true, reason: 'Evin qarşısında gözləyirlər.', way: 'print', evidence: [], state: 'made', made: at(23, 11, 30), by: { role: 'judge' } },
  ],
  evidence: [
    { evidence: 'e-1', what: 'clip', type: 'video/webm', size: 3_911_002, sha256: hash(3), sealed_sha256: hash(4), from: at(22, 14, 2), to: at(22, 14, 4), track: 'court/hall', at: at(22, 14, 4), state: 'kept', may: ['view', 'export'], custody: [{ what: 'frozen', at: at(22, 14, 4), by: { role: 'system' } }, { what: 'viewed', at: at(23, 9, 50), by: { role: 'judge' } }] },
    { evidence: 'e-2', what: 'attachment', type: 'image/jpeg', size: 812_443, sha256: hash(5), sealed_sha256: hash(6), copy: { type: 'image/png', size: 1_204_100, sha256: hash(7) }, at: at(22, 20, 6), state: 'kept', may: ['view', 'export', 'copy'], custody: [{ what: 'attached', at: at(22, 20, 6), by: { role: 'victims_lawyer' } }, { what: 'copied', copy: true, at: at(22, 20, 6), by: { role: 'system' } }] },
    { evidence: 'e-3', what: 'clip', type: 'video/webm', size: 0, at: at(22, 14, 4), track: 'court/dock', state: 'failed', why: 'older_than_ring', may: [], custody: [] },
  ],
  timeline: [
    { at: at(22, 20, 5), code: 'incident.filed', by: { role: 'victims_lawyer' } }, { at: at(22, 20, 6), code: 'evidence.attached', by: { role: 'victims_lawyer' }, params: { evidence: 'e-2' } },
    { at: at(22, 20, 8), code: 'agreement.said', by: { role: 'victims_lawyer' }, params: { agreeing: 'person', agree: true } }, { at: at(22, 20, 10), code: 'request.filed', by: { role: 'victims_lawyer' }, params: { request: 'r-1' } },
    { at: at(22, 20, 16), code: 'request.received', by: { role: 'court_clerk' }, params: { request: 'r-1', received: at(22, 20, 15) } }, { at: at(23, 10), code: 'incident.ruled', by: { role: 'judge' }, params: { ruling: 'enter', reason: 'Faktlar uyğundur' } },
    { at: at(23, 10, 20), code: 'referral.made', by: { role: 'judge' }, params: { referral: 'f-1', to: 'iaqmi' } }, { at: at(23, 10, 21), code: 'referral.sent', by: { role: 'system' }, params: { state: 'sent' } }, { at: at(23, 15), code: 'referral.acknowledged', by: { role: 'court_clerk' } },
    { at: at(24, 9), code: 'incident.noted', by: { role: 'victims_lawyer' }, params: { text: 'Zəng təkrar olunub, nömrə eynidir.' } },
  ],
  alike: ['i-a07be2d8463f9a51'], articles, confirmed_by: '', zone: 'Asia/Baku', now: new Date(exampleNow).toISOString(), may: [...every],
};
/** As a defence counsel sees an entered one: what was flagged and how it was ruled. */
export const incidentEntered: Incident = {
  ...incident, by: { role: 'prosecutor' }, depth: 'entered', requests: [], agreements: [], referrals: [], evidence: [], alike: [], may: [], timeline: [incident.timeline[0]!, incident.timeline[5]!],
};
/** A new one, before anything was done; the lawyer may ask, agree, attach and refer. */
export const incidentNew: Incident = {
  ...incident, phase: 'open', rulings: [], requests: [], agreements: [], referrals: [], evidence: [], alike: [], timeline: [incident.timeline[0]!], may: ['note', 'request', 'agree', 'attach', 'refer', 'send', 'acknowledge'],
};

export const bodies: Body[] = [
  { id: 'iaqmi', name: { az: 'İnsan Alverinə Qarşı Mübarizə Baş İdarəsi', en: 'Main Department on Combating Trafficking in Human Beings', ru: 'Главное управление по борьбе с торговлей людьми' }, telephone: '+994 12 000 00 00', ways: ['mail', 'file', 'print'], encrypted: true },
  { id: 'police', name: { az: 'Bakı Şəhər Baş Polis İdarəsi', en: 'Baku City Main Police Department', ru: 'Главное управление полиции города Баку' }, ways: ['file', 'print', 'mail_clear'], encrypted: false },
];

export const owed: Owed[] = [
  { incident: lines[3]!.id, request: 'r-9', case_no: '1(103)-22/2026', phase: 'overdue', received: at(20, 11), due: at(23, 11), marks: [{ mark: 'warn', hours: 48, at: at(22, 11) }, { mark: 'warn', hours: 66, at: at(23, 5) }, { mark: 'overrun', hours: 72, at: at(23, 11) }], next: { mark: 'court_route', at: at(27, 0) } },
  { incident: lines[0]!.id, request: 'r-1', hearing: 'demo', case_no: '1(101)-1/2026', pseudonym: 'Lalə', phase: 'received', received: at(22, 11), due: at(25, 11), marks: [{ mark: 'warn', hours: 48, at: at(24, 11) }], next: { mark: 'warn', hours: 66, at: at(25, 5) } },
  { incident: lines[1]!.id, request: 'r-3', hearing: 'demo', case_no: '1(101)-7/2026', phase: 'received', received: at(24, 12), due: at(27, 12), marks: [], next: { mark: 'warn', hours: 48, at: at(26, 12) } },
  { incident: lines[2]!.id, request: 'r-4', phase: 'filed', filed: at(24, 10), marks: [] },
];

const quarters = ['2025Q4', '2026Q1', '2026Q2', '2026Q3'];
const row = (court: string | undefined, name: object, table: 'incidents' | 'measures', n: (number | null)[]): Statistics['cells'] =>
  quarters.map((quarter, i) => ({ table, ...(court !== undefined && { court }), ...name, quarter, n: n[i] ?? null, suppressed: (n[i] ?? null) === null }));
export const statistics: Statistics = {
  from: '2025Q4', to: '2026Q3', k: 5, noise: { kind: 'discrete_laplace', ratio: '2/3', most: 12 }, published: quarters,
  cells: [
    ...row('baku', { kind: 'words' }, 'incidents', [9, 14, 11, 17]), ...row('baku', { kind: 'look' }, 'incidents', [null, 6, 7, null]), ...row('baku', { kind: 'contact_outside' }, 'incidents', [8, 9, null, 12]), ...row('baku', { kind: 'threat_lawyer' }, 'incidents', [null, null, null, 5]),
    ...row('baku', {}, 'incidents', [22, 31, 24, 38]), ...row(undefined, { kind: 'words' }, 'incidents', [15, 20, 18, 29]), ...row(undefined, { kind: 'look' }, 'incidents', [null, 9, 11, 8]), ...row(undefined, { kind: 'threat_lawyer' }, 'incidents', [null, null, 6, 7]), ...row(undefined, {}, 'incidents', [40, 52, 47, 66]),
    ...row('baku', { measure: 'session_closed' }, 'measures', [6, 8, 5, 9]), ...row(undefined, { measure: 'session_closed' }, 'measures', [12, 15, 11, 19]),
  ],
};
export const noStatistics: Statistics = { from: '2026Q1', to: '2026Q4', k: 5, noise: { kind: 'discrete_laplace', most: 12 }, published: [], cells: [] };
