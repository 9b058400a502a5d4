// The ceremonies of a passkey, without an authenticator: what goes to the browser, what goes to the gateway, and what a person who cancels has done.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { makePasskey, proveBy, type Touched } from '../src/passkey/ask';
import { creationOptions, credentialJSON, fromBase64url, requestOptions, toBase64url, type CreationJSON, type RequestJSON } from '../src/passkey/json';
import { challengeOf, StepUps } from '../src/passkey/stepup';

const bytes = (...b: number[]): ArrayBuffer => new Uint8Array(b).buffer;
afterEach(() => vi.unstubAllGlobals());

describe('base64url', () => {
  test.each([[[]], [[0]], [[255, 254, 253]], [[251, 255, 190, 0]]])('%j comes back as it was, without padding or +/', (list) => {
    const text = toBase64url(new Uint8Array(list));
    expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
    expect([...fromBase64url(text)]).toEqual(list);
  });
  test.each(['a b', 'a+b/', '*'])('%s is refused', (text) => expect(() => fromBase64url(text)).toThrow());
});

describe('options of the gateway', () => {
  const hostile = { challenge: 'AAEC', rpId: 'court.example', userVerification: 'discouraged', allowCredentials: [{ type: 'public-key', id: 'Aw' }], extensions: { prf: { eval: { first: 'AA' } }, appid: 'x' }, mediation: 'silent' } as RequestJSON;
  test('an assertion always verifies the person, whatever they say, and takes no extension: a sign-in cannot ask for the secret of a vault key', () => {
    const o = requestOptions(hostile);
    expect(o.userVerification).toBe('required');
    expect(Object.keys(o).sort()).toEqual(['allowCredentials', 'challenge', 'rpId', 'userVerification']);
    expect([...new Uint8Array(o.challenge as ArrayBuffer)]).toEqual([0, 1, 2]);
  });
  test('a new passkey is found without a login name, verifies its owner and tells nothing of its maker', () => {
    const o = creationOptions({
      challenge: 'AA', attestation: 'direct', rp: { name: 'parda', id: 'court.example' }, user: { id: 'AQ', name: 'p', displayName: 'p' }, pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
      authenticatorSelection: { residentKey: 'discouraged', userVerification: 'discouraged' }, extensions: { prf: {} },
    } as CreationJSON);
    expect(o.authenticatorSelection).toEqual({ residentKey: 'required', requireResidentKey: true, userVerification: 'required' });
    expect(o.attestation).toBe('none');
    expect(o).not.toHaveProperty('extensions');
  });
  test('an answer carries what was signed, and no result of an extension', () => {
    const c = {
      id: 'AQ', rawId: bytes(1), type: 'public-key', authenticatorAttachment: 'platform', getClientExtensionResults: () => ({ prf: { results: { first: bytes(9) } } }),
      response: { clientDataJSON: bytes(2), authenticatorData: bytes(3), signature: bytes(4), userHandle: bytes(5) },
    } as unknown as PublicKeyCredential;
    expect(credentialJSON(c)).toEqual({ id: 'AQ', rawId: 'AQ', type: 'public-key', response: { clientDataJSON: 'Ag', authenticatorData: 'Aw', signature: 'BA', userHandle: 'BQ' }, clientExtensionResults: {} });
  });
});

describe('a ceremony answers, and throws nothing', () => {
  const browser = (name: string | null): void => {
    vi.stubGlobal('PublicKeyCredential', class {});
    const run = () => Promise.reject(Object.assign(new Error('x'), { name }));
    vi.stubGlobal('navigator', { credentials: { get: run, create: run } });
  };
  test.each([['NotAllowedError', 'passkey_cancelled'], ['AbortError', 'passkey_cancelled'], ['InvalidStateError', 'passkey_here'], ['SecurityError', 'passkey_none'], ['UnknownError', 'passkey_failed']])('%s is %s', async (name, code) => {
    browser(name);
    expect(await proveBy({ challenge: 'AA' })).toEqual({ ok: false, code });
    expect(await makePasskey({ challenge: 'AA', rp: { name: 'x' }, user: { id: 'AA', name: 'x', displayName: 'x' }, pubKeyCredParams: [] })).toEqual({ ok: false, code });
  });
  test('a challenge that cannot be read, and a browser without passkeys, are answers too', async () => {
    expect(await proveBy({ challenge: 'AA' })).toEqual({ ok: false, code: 'passkey_none' });
    browser('NotAllowedError');
    expect(await proveBy({ challenge: '***' })).toEqual({ ok: false, code: 'passkey_failed' });
  });
});

describe('a question for a touch', () => {
  const act = { name: 'order.sign', args: {} };
  const touch = (): { prove: typeof proveBy; answer: (t: Touched) => void; asked: () => number; aborted: () => boolean } => {
    let done: (t: Touched) => void = () => undefined, n = 0, signal: AbortSignal | undefined;
    return { prove: (_, s) => { n++; signal = s; return new Promise((r) => { done = r; }); }, answer: (t) => done(t), asked: () => n, aborted: () => signal?.aborted ?? false };
  };
  test('the authenticator is asked only when the person says so, and once', async () => {
    const t = touch();
    const ups = new StepUps(() => undefined, t.prove);
    const proof = ups.ask(act, { challenge: 'AA' });
    expect(t.asked()).toBe(0);
    ups.now!.confirm();
    ups.now!.confirm();
    expect(t.asked()).toBe(1);
    expect(ups.now!.busy).toBe(true);
    t.answer({ ok: true, credential: { id: 'x' } });
    await expect(proof).resolves.toEqual({ id: 'x' });
    expect(ups.now).toBeNull();
  });
  test('cancelled, it gives nothing, takes the browser’s question back, and a touch that comes later confirms nothing', async () => {
    const t = touch();
    const ups = new StepUps(() => undefined, t.prove);
    const proof = ups.ask(act, { challenge: 'AA' });
    const { confirm, cancel } = ups.now!;
    confirm();
    cancel();
    t.answer({ ok: true, credential: { id: 'late' } });
    await expect(proof).resolves.toBeNull();
    expect(t.aborted()).toBe(true);
  });
  test('a failed touch leaves the question open, so that the person tries again or leaves', async () => {
    const t = touch();
    const ups = new StepUps(() => undefined, t.prove);
    void ups.ask(act, { challenge: 'AA' });
    ups.now!.confirm();
    t.answer({ ok: false, code: 'passkey_cancelled' });
    await vi.waitFor(() => expect(ups.now!.failed).toBe('passkey_cancelled'));
    expect(ups.now!.busy).toBe(false);
  });
  test('two acts are asked one after the other, and the end of the page takes both back', async () => {
    const ups = new StepUps(() => undefined, touch().prove);
    const first = ups.ask(act, { challenge: 'AA' }), second = ups.ask({ name: 'seat.admit', args: {} }, { challenge: 'AQ' });
    expect(ups.now!.act.name).toBe('order.sign');
    ups.now!.cancel();
    expect(ups.now!.act.name).toBe('seat.admit');
    ups.close();
    expect(await Promise.all([first, second])).toEqual([null, null]);
  });
});

test.each([[{}, null], [{ step_up: {} }, null], [{ step_up: { publicKey: { challenge: 7 } } }, null], [{ step_up: { publicKey: { challenge: 'AA' } } }, { challenge: 'AA' }]])('the challenge of %j', (refusal, want) => expect(challengeOf(refusal)).toEqual(want));
