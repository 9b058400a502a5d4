// The account page's rules that are not a screen: requests and touches, addresses and codes, times as the court writes them, roles that stay apart.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Api } from '../src/account/api';
import { claimOf, partsOf } from '../src/account/address';
import { codeIn } from '../src/account/hearings';
import { accountRoles, apart, partsFor, type AccountRole, type Me } from '../src/account/model';
import { detail } from '../src/account/audit';
import { mayExtend, mayFill } from '../src/account/invitations';
import { Shell } from '../src/account/shell';
import { actText } from '../src/components/stepup';
import { fromBase64url, type RequestJSON } from '../src/passkey/json';
import type { Act, Proof } from '../src/passkey/stepup';
import { translator, type Texts } from '../src/text/locale';
import { momentOf, written } from '../src/text/time';
import az from '../locales/az.json';

interface Sent { path: string; method: string; body: string | undefined; headers: Record<string, string>; init: RequestInit }
function gateway(answers: { status: number; body?: unknown; headers?: Record<string, string> }[], stepUp: (act: Act, o: RequestJSON, again: boolean) => Promise<Proof | null> = () => Promise.resolve(null)) {
  const sent: Sent[] = [];
  let ended = 0;
  const api = new Api({
    stepUp, onSignedOut: () => { ended++; },
    fetch: ((path: string, init: RequestInit) => {
      sent.push({ path, method: init.method!, body: init.body as string | undefined, headers: init.headers as Record<string, string>, init });
      const a = answers.shift();
      return a ? Promise.resolve(new Response(a.status === 204 ? null : JSON.stringify(a.body ?? {}), { status: a.status, headers: a.headers ?? {} })) : Promise.reject(new Error('no network'));
    }) as typeof fetch,
  });
  return { api, sent, ended: () => ended };
}
const wants = { status: 403, body: { code: 'step_up_required', step_up: { publicKey: { challenge: 'AA' } } } };

describe('a request', () => {
  test('goes by the session’s cookie to this origin alone, follows no redirect and leaves nothing in a cache', async () => {
    const { api, sent } = gateway([{ status: 200, body: { people: [] } }]);
    expect(await api.get('/api/people')).toEqual({ ok: true, value: { people: [] } });
    expect(sent[0]!.init).toMatchObject({ credentials: 'same-origin', redirect: 'error', cache: 'no-store' });
  });
  test('that needs a touch goes again, the same, with the proof', async () => {
    const asked: [string, boolean][] = [];
    const { api, sent } = gateway([wants, { status: 201, body: { link: 'x' } }], (act, _, again) => { asked.push([act.name, again]); return Promise.resolve({ id: 'touch' }); });
    expect(await api.send('POST', '/api/people', { name: 'N' }, { name: 'people.enrol', args: {} })).toEqual({ ok: true, value: { link: 'x' } });
    expect(asked).toEqual([['people.enrol', false]]);
    expect(sent.map((s) => [s.method, s.path, s.body])).toEqual([['POST', '/api/people', '{"name":"N"}'], ['POST', '/api/people', '{"name":"N"}']]);
    expect(sent[0]!.headers).not.toHaveProperty('Parda-Proof');
    expect(JSON.parse(new TextDecoder().decode(fromBase64url(sent[1]!.headers['Parda-Proof']!)))).toEqual({ id: 'touch' });
  });
  test('whose touch is cancelled is not sent again', async () => {
    const { api, sent } = gateway([wants]);
    expect(await api.send('POST', '/api/people', {})).toEqual({ ok: false, code: 'step_up_cancelled' });
    expect(sent).toHaveLength(1);
  });
  test('is not asked to be touched for without end: a gateway that never takes a touch is collecting them', async () => {
    let touches = 0;
    const { api } = gateway([wants, wants, wants, wants, wants, wants], () => { touches++; return Promise.resolve({ id: 'x' }); });
    expect(await api.send('POST', '/api/people', {})).toMatchObject({ ok: false, code: 'step_up_required' });
    expect(touches).toBe(3);
  });
  test('refused says the code, the reference and how long to wait; without a network it says so', async () => {
    const { api } = gateway([{ status: 429, body: { code: 'too_many', ref: 'e-1' }, headers: { 'Retry-After': '30' } }, { status: 502, body: null }]);
    expect(await api.send('POST', '/api/account/password', {})).toMatchObject({ ok: false, code: 'too_many', ref: 'e-1', retryAfter: 30 });
    expect(await api.get('/x')).toMatchObject({ ok: false, code: 'internal' });
    expect(await api.get('/x')).toEqual({ ok: false, code: 'unreachable' });
  });
});

test('a session that ended is a state with the way back, and no error; whoever was never signed in is only asked to sign in', async () => {
  const answer = (ok: boolean) => Promise.resolve(ok ? { ok: true as const, value: { rights: ['own_account'] } as never } : { ok: false as const, code: 'sign_in_required' });
  let signedIn = false;
  const shell = new Shell({ claim: null, onChange: () => undefined, api: { get: () => answer(signedIn), send: () => answer(true), bytes: () => answer(false), file: () => answer(false) } });
  await shell.start();
  expect(shell.phase).toBe('out');
  signedIn = true;
  await shell.signedIn();
  expect(shell.phase).toBe('in');
  await shell.signOut();
  expect([shell.phase, shell.me]).toEqual(['left', null]);

  const { api, ended } = gateway([{ status: 401, body: { code: 'sign_in_required' } }, { status: 401, body: { code: 'sign_in_failed' } }]);
  await api.get('/api/people');
  await api.send('POST', '/api/account/password', {});
  expect(ended()).toBe(1);
});

describe('addresses', () => {
  test.each([['#code=K7QM-2XPA', 'K7QM-2XPA'], ['#people', null], ['', null]])('the code of %s', (hash, want) => expect(claimOf(hash)).toBe(want));
  test.each([['#people/p-1', ['people', 'p-1']], ['#hearings/h%201', ['hearings', 'h 1']], ['#%zz', ['']], ['', []]])('the parts of %s', (hash, want) => expect(partsOf(hash)).toEqual(want));
  test.each([['https://c.example/h/demo/judge#code=AB-CD', 'AB-CD'], ['  AB-CD ', 'AB-CD'], ['#code=AB', 'AB'], ['', '']])('the code in what was pasted: %s', (text, want) => expect(codeIn(text)).toBe(want));
});

describe('times are written as a court writes them, in Baku', () => {
  test.each([
    ['22.11.2026 18:00', '2026-11-22T14:00:00.000Z'], [' 1.1.2027  0:30', '2026-12-31T20:30:00.000Z'], ['03.04.2026 09.05', '2026-04-03T05:05:00.000Z'],
    ['31.02.2026 10:00', null], ['22.13.2026 10:00', null], ['22.11.2026 24:00', null], ['22.11.2026', null], ['11/22/2026 10:00', null], ['', null],
  ])('%s', (text, want) => expect(momentOf(text)).toBe(want));
  test('what is written is read as it was', () => expect(momentOf(written('2026-11-22T14:03:00.000Z'))).toBe('2026-11-22T14:03:00.000Z'));
});

describe('roles', () => {
  test('those that the page keeps apart are those that the gateway keeps apart, for every pair', () => {
    const source = readFileSync(new URL('../../gateway/access/account/duties.go', import.meta.url), 'utf8');
    const names = new Map([...readFileSync(new URL('../../gateway/access/rights/rights.go', import.meta.url), 'utf8').matchAll(/(\w+)\s+Role = "(\w+)"/g)].map((m) => [m[1]!, m[2]! as AccountRole]));
    const pairs = [.../together = \[\]\[2\]rights\.Role\{([\s\S]*?)\n\}/.exec(source)![1]!.matchAll(/\{rights\.(\w+), rights\.(\w+)\}/g)].map((m) => [names.get(m[1]!)!, names.get(m[2]!)!].sort().join());
    expect(pairs.length).toBeGreaterThan(0);
    expect([...names.values()].sort()).toEqual([...accountRoles].sort());
    for (const a of accountRoles) for (const b of accountRoles.filter((r) => r !== a)) expect([a, b, apart([a], b) === null]).toEqual([a, b, pairs.includes([a, b].sort().join())]);
  });
  test('a third role is refused for each of the two that it cannot stand beside', () => expect(apart(['defence_counsel', 'victims_lawyer'], 'interpreter')).toBe('sides'));
  const me = (...rights: string[]): Me => ({ rights } as Me);
  const seat = (of: AccountRole | '', role: Parameters<typeof mayFill>[1]['role'] = 'judge'): Parameters<typeof mayFill>[1] => ({ seat: 's', role, of });
  const empty = { begun: false, taken: false, inside: undefined };
  test('an administrator fills the empty seats of judges and clerks before the hearing begins, and no other', () => {
    const administrator = { rights: ['seat.appoint'], person: { roles: ['administrator'] } } as unknown as Me;
    expect((['judge', 'court_clerk', 'prosecutor', 'interpreter', ''] as const).map((of) => mayFill(administrator, seat(of), empty))).toEqual([true, true, false, false, false]);
    expect([mayFill(administrator, seat('judge'), { ...empty, taken: true }), mayFill(administrator, seat('judge'), { ...empty, begun: true })]).toEqual([false, false]);
    expect(mayFill(me('people.see'), seat('judge'), empty)).toBe(false);
  });
  test('a coerced clerk is offered no way to put a judge out, only to give her more time (A6)', () => {
    const clerk = { rights: ['seat.invite'], person: { roles: ['court_clerk'] } } as unknown as Me;
    const judge = { rights: ['seat.invite'], person: { roles: ['judge'] } } as unknown as Me;
    expect([clerk, judge].map((m) => mayFill(m, seat('judge'), { ...empty, taken: true }))).toEqual([false, true]);
    const begun = { begun: true, taken: true };
    expect(mayFill(clerk, seat('judge'), { ...begun, inside: 'court_clerk' })).toBe(false);
    expect(mayFill(clerk, seat('prosecutor', 'prosecutor'), { ...begun, inside: 'court_clerk' })).toBe(true);
    expect(mayFill(judge, seat('judge'), { ...begun, inside: 'presiding_judge' })).toBe(true);
    expect(mayFill(judge, seat('judge'), { ...begun, inside: undefined })).toBe(false);
    expect([mayExtend(clerk, { begun: true, inside: 'court_clerk' }), mayExtend(clerk, { begun: true, inside: undefined }), mayExtend(me('seat.appoint'), empty)]).toEqual([true, false, false]);
  });
  test('a part of the page is there for who has its right, and for nobody else', () => {
    expect(partsFor(me('own_account'))).toEqual(['hearings', 'own']);
    expect(partsFor(me('own_account', 'audit.read'))).toEqual(['hearings', 'audit', 'own']);
    expect(partsFor(me())).toEqual([]);
  });
});

describe('what is confirmed by a touch', () => {
  const t = translator('az', az as Texts);
  test.each(['order.sign', 'protocol.sign', 'session.kind', 'seat.admit', 'flag.rule', 'testimony.call', 'people.enrol', 'person.code', 'role.grant', 'role.take', 'person.close', 'recovery.ask', 'recovery.agree', 'device.confirm', 'passkey.add', 'passkey.delete', 'password.set'])('%s has a sentence of its own', (name) => {
    expect(actText(t, name, { who: 'N', role: 'judge', kind: 'public', reason: 'r', seat: 's', roles: 'x' })).not.toContain(name);
  });
  test('an act without one is named, so that nothing is confirmed unseen', () => expect(actText(t, 'new.act', {})).toContain('new.act'));
  test('the order that is signed says whom it is about, out of the signed bytes', () => {
    expect(actText(t, 'order.sign', { bytes: btoa(JSON.stringify({ pseudonym: 'Lala' })), signature: 'x' })).toContain('Lala');
    expect(actText(t, 'order.sign', { bytes: '***' })).toBe(actText(t, 'order.sign', {}));
  });
  test('what is passed over is said', () => expect(actText(t, 'testimony.call', { without_certificate: true })).not.toBe(actText(t, 'testimony.call', {})));
});

test('an audit’s detail is what was entered, in order, without what is empty', () => expect(detail({ hearing: 'h1', seats: ['a'], why: '', n: 0 })).toBe('hearing: h1, seats: ["a"], n: 0'));

test('every code of the audit has words, and so has what it is about', () => {
  const codes = [...readFileSync(new URL('../../gateway/access/audit/codes.go', import.meta.url), 'utf8').matchAll(/Code\s+= "([a-z_.]+)"/g)].map((m) => m[1]!);
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((c) => !(`audit.${c}` in az))).toEqual([]);
  expect([...new Set(codes.map((c) => c.split('.')[0]!))].filter((g) => !(`audit.group.${g}` in az))).toEqual([]);
});
