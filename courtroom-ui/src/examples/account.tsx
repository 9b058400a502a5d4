// The account page in the states that matter, with a gateway that answers from a table: signed out, claiming, and each part for whoever has it.
import { AccountPage } from '../account/page';
import { filingsOf } from '../account/incidents/filings';
import { Shell, type Asks, type Phase } from '../account/shell';
import { StepUpDialog } from '../components/stepup';
import * as r from './register';
import type { AuditEvent, Claim, Devices, Hearings, Invitations, Me, Person, Recovery, SignedIn, Ways } from '../account/model';

const at = (hour: number, minute = 0, day = 22): string => new Date(Date.UTC(2026, 10, day, hour - 4, minute)).toISOString();

const people: Person[] = [
  { person: 'p-4m2k7x9qaz', court: 'baku', name: 'Nərmin Qasımova', login: 'n.qasimova', roles: ['administrator'], state: 'active' },
  { person: 'p-8c3h5t1wne', court: 'baku', name: 'Elçin Məmmədov', login: 'e.memmedov', roles: ['administrator'], state: 'active' },
  { person: 'p-2b7n9d4rkf', court: 'baku', name: 'Rauf Əliyev', login: 'r.eliyev', roles: ['judge'], state: 'active' },
  { person: 'p-6v1s8g3ymp', court: 'baku', name: 'Günel İsmayılova', login: 'g.ismayilova', roles: ['court_clerk'], state: 'active' },
  { person: 'p-9x5j2l7hqc', court: 'baku', name: 'Tural Hüseynov', login: 't.huseynov', roles: ['prosecutor'], state: 'active' },
  { person: 'p-1f4z6u8bvt', court: 'baku', name: 'Aytən Rzayeva-Məhəmmədhüseynova', login: 'a.rzayeva', roles: ['defence_counsel', 'victims_lawyer'], state: 'invited' },
  { person: 'p-5w3e7y2ojd', court: 'baku', name: 'Kamran Səfərov', login: 'k.seferov', roles: [], state: 'closed' },
];
const administrator = people[0]!, judge = people[2]!, clerk = people[3]!;
const auditor: Person = { person: 'p-7q8r1t5xcb', court: 'baku', name: 'Lamiyə Babayeva', login: 'l.babayeva', roles: ['auditor'], state: 'active' };
const officer: Person = { person: 'p-3c9v5b1nmk', court: 'baku', name: 'Vüqar Abbasov', login: 'v.abbasov', roles: ['room_officer'], state: 'active' };
const lawyer: Person = { ...people[5]!, state: 'active' };
const victims: Person = { ...people[5]!, person: 'p-2v9k4t6zsa', roles: ['victims_lawyer'], state: 'active' };
// Their reports wait in the browser's storage, and must be nobody's else.
const sender: Person = { ...victims, person: 'p-6h1w3n8bqe' };
const overseer: Person = { person: 'p-0r5y8k2wte', court: 'baku', name: 'Sevda Cəfərova', login: 's.ceferova', roles: ['register_officer'], state: 'active' };

const rights: Partial<Record<string, string[]>> = {
  administrator: ['own_account', 'people.see', 'people.enrol', 'people.recover', 'seat.appoint', 'device.see', 'device.enrol', 'device.revoke'],
  judge: ['own_account', 'people.see', 'seat.invite', 'seat.take', 'device.see', 'device.revoke', 'device.assign', 'vault.key', 'vault.order', 'incident.see', 'incident.file', 'incident.rule', 'incident.clock', 'incident.ask', 'incident.agree', 'incident.refer', 'statistics.see'],
  court_clerk: ['own_account', 'people.see', 'seat.invite', 'seat.take', 'device.see', 'device.assign', 'incident.see', 'incident.file', 'incident.clock'],
  defence_counsel: ['own_account', 'seat.take', 'incident.see'], victims_lawyer: ['own_account', 'seat.take', 'incident.see', 'incident.file', 'incident.ask', 'incident.agree', 'incident.refer'],
  auditor: ['own_account', 'audit.read', 'statistics.see'], room_officer: ['own_account', 'room.certify'], register_officer: ['own_account', 'incident.see', 'incident.overview', 'statistics.see'],
};
const passkeys: Me['passkeys'] = [
  { passkey: 'k1', label: 'İş kompüteri', made: at(9, 5, 3), used: at(9, 41), backed_up: false },
  { passkey: 'k2', label: 'Seyfdəki ehtiyat açar', made: at(9, 12, 3), backed_up: false },
];
const meOf = (person: Person, more: Partial<Me> = {}): Me => ({
  person, rights: rights[person.roles[0] ?? ''] ?? ['own_account'], session: { session: 's1', how: 'passkey', since: at(9, 41), idle_ends: at(10, 30), ends: at(21, 41) },
  passkeys, password: false, provider: false, ...more,
});

const hearings: Hearings = { seats: 'person', hearings: [
  { id: 'demo', case_no: '1(101)-1/2026', court: 'baku', phase: 'open', mine: [{ seat: 'judge', role: 'presiding_judge', from: at(9), until: at(18), state: 'taken' }] },
  { id: 'h2', case_no: '1(101)-7/2026', court: 'baku', phase: 'scheduled', mine: [{ seat: 'judge-1', role: 'judge', from: at(14), until: at(18), state: 'open' }] },
  { id: 'h3', case_no: '1(103)-22/2026', court: 'baku', phase: 'scheduled', mine: [{ seat: 'judge-2', role: 'judge', from: at(10, 0, 24), until: at(18, 0, 24), state: 'early' }] },
  { id: 'h4', case_no: '1(103)-25/2026', court: 'baku', phase: 'scheduled', mine: [] },
] };
const invitations: Invitations = {
  invitations: [
    { seat: 'judge', role: 'presiding_judge', person: judge.person, name: judge.name, by: clerk.person, from: at(9), until: at(18), state: 'taken' },
    { seat: 'prosecutor', role: 'prosecutor', person: people[4]!.person, name: people[4]!.name, by: clerk.person, from: at(9), until: at(18), state: 'open' },
    { seat: 'gallery', role: 'gallery', by: clerk.person, from: at(9), until: at(18), state: 'open' },
    { seat: 'interpreter', role: 'interpreter', person: 'p-x', name: 'Samirə Vəliyeva', by: clerk.person, from: at(9, 0, 21), until: at(18, 0, 21), state: 'over' },
  ],
  seats: [
    { seat: 'judge', role: 'presiding_judge', of: 'judge' }, { seat: 'judge-1', role: 'judge', of: 'judge' }, { seat: 'judge-2', role: 'judge', of: 'judge' }, { seat: 'clerk', role: 'court_clerk', of: 'court_clerk' },
    { seat: 'prosecutor', role: 'prosecutor', of: 'prosecutor' }, { seat: 'defence', role: 'defence_counsel', of: 'defence_counsel' }, { seat: 'interpreter', role: 'interpreter', of: 'interpreter' },
    { seat: 'screen', role: 'courtroom_screen', of: '' }, { seat: 'gallery', role: 'gallery', of: '' },
  ],
};
const devices: Devices = {
  devices: [
    { device: 'd-3n8k2m5x7q1z4c6v', kind: 'room', label: 'Otaq 3', kept: 'tpm', enrolled: at(9, 0, 1), until: at(9, 0, 30), state: 'certified', last: at(9, 30), hearings: [{ hearing: 'demo', place: 'witness' }] },
    { device: 'd-9b4h6j1l3w5t7y2r', kind: 'camera', label: 'Zal 1, kürsü', kept: 'file', enrolled: at(9, 0, 2), until: at(9, 0, 30), state: 'certified', hearings: [] },
    { device: 'd-5g7s1d3f9k2p4u6e', kind: 'room', label: 'Otaq 1', kept: 'wrapped', enrolled: at(9, 0, 1), until: at(9, 0, 20), state: 'revoked', last: at(17, 2, 19), hearings: [] },
  ],
  enrolments: [{ enrolment: 'e1', kind: 'room', label: 'Otaq 4', state: 'waiting', until: at(9, 0, 23), short_code: '482 139 057 716 204', kept: 'tpm' }, { enrolment: 'e2', kind: 'camera', label: 'Zal 2', state: 'open', until: at(9, 0, 23) }],
};
const recoveries: Recovery[] = [{ recovery: 'r1', person: people[4]!.person, name: people[4]!.name, asked_by: people[1]!.person, asked: at(8, 50), ends: at(8, 50, 23), mine: false }];
const events: AuditEvent[] = [
  { index: 412, at: at(10, 4), code: 'audit.seen', actor: auditor.person, payload: { before: 0 } },
  { index: 411, at: at(9, 58), code: 'device.revoked', actor: administrator.person, payload: { device: 'd-5g7s1d3f9k2p4u6e', why: 'stolen' } },
  { index: 410, at: at(9, 41), code: 'device.entered', actor: 'd-3n8k2m5x7q1z4c6v', payload: { hearing: 'demo', place: 'witness' } },
  { index: 409, at: at(9, 12), code: 'device.enrolled', actor: administrator.person, payload: { device: 'd-9b4h6j1l3w5t7y2r' } },
];
const sessions: SignedIn[] = [{ session: 's1', how: 'passkey', since: at(9, 41), seen: at(10, 2), here: true }, { session: 's2', how: 'password', since: at(8, 10), seen: at(8, 55), here: false }];
const claims: Record<string, Claim> = {
  first: { kind: 'first', court: 'baku', ends: at(9, 0, 23), password: false },
  new: { kind: 'new', court: 'baku', person: { person: judge.person, name: judge.name, login: judge.login!, roles: judge.roles }, ends: at(9, 0, 23), password: true },
  recovery: { kind: 'recovery', court: 'baku', person: { person: people[4]!.person, name: people[4]!.name, login: people[4]!.login!, roles: people[4]!.roles }, ends: at(11), password: false },
};

/** Answers by method and path; what is not in the table is refused. */
function answering(me: Person, more: Record<string, unknown> = {}): Asks {
  const table: Record<string, unknown> = {
    'GET /api/hearings': { ...hearings, hearings: me.roles.includes('judge') || me.roles.includes('court_clerk') ? hearings.hearings : [] },
    'GET /api/hearings/demo/invitations': invitations, 'GET /api/hearings/demo/room': { places: [{ place: 'witness', device: devices.devices[0]!.device, since: at(9) }] },
    'GET /api/people': { people }, 'GET /api/recoveries': { recoveries }, 'GET /api/devices': devices, 'GET /api/account/sessions': { sessions },
    'GET /api/audit?limit=100': { court: 'baku', events, more: true },
    'GET /api/incidents': r.register, [`GET /api/incidents/${r.incident.id}`]: r.incident, [`GET /api/incidents/${r.lines[1]!.id}`]: r.lines[1], 'GET /api/referral/bodies': { bodies: r.bodies },
    'GET /api/protection': { protection: r.owed, now: new Date(r.exampleNow).toISOString() }, 'GET /api/statistics': r.statistics, ...more,
  };
  const answer = <T,>(asked: string) => Promise.resolve(asked).then((path) => (path.startsWith('GET /api/statistics?') ? 'GET /api/statistics' : path)).then((key) => key in table ? { ok: true as const, value: table[key] as T } : { ok: false as const, code: more['refuses'] === undefined ? 'sign_in_failed' : String(more['refuses']) });
  const nothing = () => Promise.resolve({ ok: false as const, code: 'unreachable' });
  return { get: <T,>(path: string) => answer<T>(`GET ${path}`), send: <T,>(method: string, path: string) => answer<T>(`${method} ${path}`), bytes: nothing, file: nothing };
}

/** A lawyer's report that waits: the gateway does not answer, or has refused it. */
function filing(code: string): Asks {
  const api = answering(sender, { 'GET /api/incidents': r.emptyRegister, refuses: code });
  const filings = filingsOf(api, sender.person);
  filings.pending = [{ key: 'k1', pressed: at(13, 2), filing: { kind: 'contact_outside', when: at(12, 40), endangered: 'relative', note: 'Zəng edilib.' }, sending: false, refused: code === 'unreachable' ? null : { ok: false, code } }];
  return api;
}

interface Example { phase: Phase; me?: Me; ways?: Ways; claim?: string; at?: string[]; api?: Asks; press?: string[]; fill?: Record<string, string> }
const allWays: Ways = { passkey: true, password: true, provider: { name: 'Ədliyyə Nazirliyi' } };
const passkeyOnly: Ways = { passkey: true, password: false, provider: null };
const none = { 'GET /api/hearings': { seats: 'person', hearings: [] }, 'GET /api/devices': { devices: [], enrolments: [] }, 'GET /api/people': { people: [] }, 'GET /api/recoveries': { recoveries: [] }, 'GET /api/audit?limit=100': { court: 'baku', events: [], more: false } };

const examples: Record<string, Example> = {
  'account-signin': { phase: 'out', ways: passkeyOnly },
  'account-signin-ways': { phase: 'ended', ways: allWays, press: ['signin.password.open'] },
  'account-signin-code': { phase: 'left', ways: passkeyOnly, press: ['signin.code.open'] },
  'account-signin-refused': { phase: 'out', ways: passkeyOnly, press: ['signin.passkey'] },
  'account-unreachable': { phase: 'unreachable' },
  'account-claim-first': { phase: 'out', claim: 'x', ways: allWays, api: answering(judge, { 'POST /api/account/claim': claims['first'] }) },
  'account-claim-new': { phase: 'out', claim: 'x', ways: allWays, api: answering(judge, { 'POST /api/account/claim': claims['new'] }) },
  'account-claim-recovery': { phase: 'out', claim: 'x', ways: allWays, api: answering(judge, { 'POST /api/account/claim': claims['recovery'] }) },
  'account-claim-refused': { phase: 'out', claim: 'x', ways: allWays },
  'account-hearings': { phase: 'in', me: meOf(judge), at: ['hearings'] },
  'account-hearings-none': { phase: 'in', me: meOf(lawyer), at: ['hearings'] },
  'account-officer': { phase: 'in', me: meOf(officer), at: ['hearings'], press: ['officer.draw'], api: answering(officer, { 'GET /api/hearings': { seats: 'person', hearings: hearings.hearings.slice(1).map((h) => ({ ...h, mine: [] })) }, 'POST /api/hearings/h2/officer-code': { code: '48213 90457' } }) },
  'account-own': { phase: 'in', me: meOf(judge, { password: true }), ways: allWays, at: ['own'] },
  'account-own-one': { phase: 'in', me: meOf(lawyer, { passkeys: passkeys.slice(0, 1) }), ways: passkeyOnly, at: ['own'], press: ['passkey.add.open'] },
  'account-people': { phase: 'in', me: meOf(administrator), at: ['people'] },
  'account-people-enrol': { phase: 'in', me: meOf(administrator), at: ['people'], press: ['people.enrol.open'], api: answering(administrator, { ...none, 'GET /api/people': { people: people.slice(0, 1) } }) },
  'account-people-clerk': { phase: 'in', me: meOf(clerk), at: ['people'] },
  'account-person': { phase: 'in', me: meOf(administrator), at: ['people', judge.person] },
  'account-person-self': { phase: 'in', me: meOf(administrator), at: ['people', administrator.person] },
  'account-devices': { phase: 'in', me: meOf(administrator), at: ['devices'] },
  'account-devices-none': { phase: 'in', me: meOf(administrator), at: ['devices'], api: answering(administrator, none) },
  'account-invitations': { phase: 'in', me: meOf(clerk), at: ['hearings', 'demo'] },
  'account-invite': { phase: 'in', me: meOf(clerk), at: ['hearings', 'demo'], press: ['invitation.open'] },
  'account-invitations-administrator': { phase: 'in', me: meOf(administrator), at: ['hearings', 'demo'] },
  'account-register': { phase: 'in', me: meOf(judge), at: ['incidents'] },
  'account-register-none': { phase: 'in', me: meOf(victims), at: ['incidents'], api: answering(victims, { 'GET /api/incidents': r.emptyRegister }) },
  'account-register-officer': { phase: 'in', me: meOf(overseer), at: ['incidents'] },
  'account-file': { phase: 'in', me: meOf(victims), at: ['incidents', 'new'] },
  'account-file-missing': { phase: 'in', me: meOf(victims), at: ['incidents', 'new'], press: ['incident.file'] },
  'account-file-saving': { phase: 'in', me: meOf(sender), at: ['incidents'], api: filing('unreachable') },
  'account-file-refused': { phase: 'in', me: meOf(sender), at: ['incidents', 'new'], api: filing('hearing_unknown') },
  'account-incident': { phase: 'in', me: meOf(judge), at: ['incidents', r.incident.id] },
  'account-incident-new': { phase: 'in', me: meOf(victims), at: ['incidents', r.incident.id], api: answering(victims, { [`GET /api/incidents/${r.incident.id}`]: r.incidentNew }), press: ['request.open', 'request.file'] },
  'account-incident-entered': { phase: 'in', me: meOf(lawyer), at: ['incidents', r.incident.id], api: answering(lawyer, { [`GET /api/incidents/${r.incident.id}`]: r.incidentEntered }) },
  'account-incident-refer': { phase: 'in', me: meOf(victims), at: ['incidents', r.incident.id], api: answering(victims, { [`GET /api/incidents/${r.incident.id}`]: { ...r.incident, requests: [], referrals: [], timeline: [], agreements: [], alike: [], may: r.incidentNew.may } }), press: ['referral.open', 'referral.go'] },
  'account-protection': { phase: 'in', me: meOf(clerk), at: ['protection'] },
  'account-protection-none': { phase: 'in', me: meOf(clerk), at: ['protection'], api: answering(clerk, { 'GET /api/protection': { protection: [], now: new Date(r.exampleNow).toISOString() } }) },
  'account-statistics': { phase: 'in', me: meOf(auditor), at: ['statistics'] },
  'account-statistics-none': { phase: 'in', me: meOf(auditor), at: ['statistics'], api: answering(auditor, { 'GET /api/statistics': r.noStatistics }) },
  'account-audit': { phase: 'in', me: meOf(auditor), at: ['audit'] },
  'account-audit-none': { phase: 'in', me: meOf(auditor), at: ['audit'], api: answering(auditor, none) },
};
const dialogs = ['account-stepup', 'account-stepup-again', 'account-stepup-failed'];
export const accountExamples: readonly string[] = [...Object.keys(examples), ...dialogs];

export function AccountExample({ name }: { name: string }) {
  const e = examples[name] ?? examples['account-person']!;
  const shell = new Shell({ claim: e.claim ?? null, onChange: () => undefined, api: e.api ?? answering(e.me?.person ?? judge) });
  Object.assign(shell, { phase: e.phase, me: e.me ?? null, ways: e.ways ?? passkeyOnly });
  const again = name === 'account-stepup-again', failed = name === 'account-stepup-failed';
  const stepUp = dialogs.includes(name) ? { n: 1, act: { name: again ? 'order.sign' : 'role.grant', args: { who: 'Rauf Əliyev', role: 'judge' } }, busy: false, failed: failed ? 'passkey_cancelled' as const : null, again, confirm: () => undefined, cancel: () => undefined } : null;
  return <><AccountPage shell={shell} address={{ parts: e.at ?? [], go: () => undefined }} /><StepUpDialog stepUp={stepUp} /></>;
}

/** What is pressed before the example is looked at. */
export const pressedFirst = (name: string): readonly string[] => examples[name]?.press ?? [];
