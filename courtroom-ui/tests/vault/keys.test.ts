import { beforeAll, describe, expect, test } from 'vitest';
import { base64, fromBase64, utf8, VaultError } from '../../src/vault/bytes';
import { digest, heldOf, readEnvelope, step, type Envelope, type Particulars, type Seat } from '../../src/vault/envelope';
import { code, isHybrid, keyId, keyOf, readCard, sealTo, type Key } from '../../src/vault/key';
import { keys } from '../../src/vault/keys';
import { hardness, passphraseSecret, passphraseWrap, readWrap, unwrapSeed, wrapSeed } from '../../src/vault/wrap';

const refused = async (what: Promise<unknown> | (() => unknown)): Promise<string> => {
  try { await (typeof what === 'function' ? what() : what); } catch (e) { if (e instanceof VaultError) return e.code; throw e; }
  return 'nothing was refused';
};
const who: Particulars = { name: 'Mərcan Ələkbərova', birth: '1999-04-12', address: 'Şəki, Dağ küç. 7', documents: 'AZE 1234567', relatives: 'ana: Gövhər', text: '', photo: '' };
const subject = { person: 'v-abcdefghij', pseudonym: 'Daşlıq', court: 'baku', version: 1 };
const at = '2026-11-23T10:00:00.000Z';
let judge: Key, prosecutor: Key, recovery1: Key, recovery2: Key, reader: Key, gateway: Key;
let seats: Seat[];
let envelope: Envelope;

beforeAll(async () => {
  [judge, prosecutor, recovery1, recovery2, reader, gateway] = await Promise.all(Array.from({ length: 6 }, keys.make)) as [Key, Key, Key, Key, Key, Key];
  seats = [{ half: 1, holder: 'judge', card: judge.card }, { half: 2, holder: 'prosecutor', card: prosecutor.card }, { half: 1, holder: 'recovery', card: recovery1.card }, { half: 2, holder: 'recovery', card: recovery2.card }];
  envelope = await keys.seal(subject, who, seats, judge, at);
});

describe('two halves open, and nothing less', () => {
  const openBy = async (a: Key, b: Key): Promise<string> => {
    const halves = await Promise.all([a, b].map((k) => keys.release(heldOf(envelope), k, 'o-1', reader.card, 'Daşlıq')));
    return (await keys.open(envelope, halves, 'o-1', reader, 'Daşlıq')).record.name;
  };
  test('judge and prosecutor, the recovery pair, and one of each half open', async () => {
    for (const [a, b] of [[judge, prosecutor], [recovery1, recovery2], [judge, recovery2], [recovery1, prosecutor]] as const) expect(await openBy(a, b)).toBe(who.name);
  });
  test('two keys of the same half do not', async () => {
    expect(await refused(openBy(judge, recovery1))).toBe('not_both');
    expect(await refused(openBy(prosecutor, recovery2))).toBe('not_both');
  });
  test('one half alone does not, and the other half guessed does not', async () => {
    const one = await keys.release(heldOf(envelope), judge, 'o-1', reader.card, 'Daşlıq');
    expect(await refused(keys.open(envelope, [one], 'o-1', reader, 'Daşlıq'))).toBe('not_both');
    expect(await refused(keys.open(envelope, [one, one], 'o-1', reader, 'Daşlıq'))).toBe('not_both');
    const guessed = utf8(JSON.stringify({ parda_release: 1, opening: 'o-1', ...subject, half: 2, secret: base64(new Uint8Array(32)), payload: digest(fromBase64(envelope.payload)), reader: reader.id }));
    expect(await refused(keys.open(envelope, [one, { half: 2, share: base64(await sealTo(reader.card.recipient, guessed)) }], 'o-1', reader, 'Daşlıq'))).toBe('cannot_open');
  });
  test('a key that holds nothing gets nothing, and a release is of use to its reader alone', async () => {
    expect(await refused(keys.release(heldOf(envelope), gateway, 'o-1', gateway.card, 'Daşlıq'))).toBe('not_holder');
    const relabelled = { ...heldOf(envelope), shares: envelope.shares.map((s) => ({ ...s, key: gateway.id })) };
    expect(await refused(keys.release(relabelled, gateway, 'o-1', gateway.card, 'Daşlıq'))).toBe('cannot_open');
    const halves = await Promise.all([judge, prosecutor].map((k) => keys.release(heldOf(envelope), k, 'o-1', reader.card, 'Daşlıq')));
    expect(await refused(keys.open(envelope, halves, 'o-1', gateway, 'Daşlıq'))).toBe('cannot_open');
  });
});

describe('what a gateway swaps is found (A3)', () => {
  let other: Envelope, newer: Envelope;
  beforeAll(async () => {
    other = await keys.seal({ ...subject, person: 'v-other' }, who, seats, judge, at);
    newer = await keys.seal({ ...subject, version: 2 }, who, seats, judge, at);
  });
  test('another person under the pseudonym', async () => {
    expect(await refused(() => readEnvelope(other, subject))).toBe('other_person');
    expect(await refused(keys.release({ ...heldOf(other), person: subject.person }, judge, 'o-1', reader.card, 'Daşlıq'))).toBe('other_person');
    expect(await refused(keys.release({ ...heldOf(envelope), shares: other.shares }, judge, 'o-1', reader.card, 'Daşlıq'))).toBe('other_person');
  });
  test('the share of one person under the order for another: the pseudonym that it was sealed under tells', async () => {
    expect(await refused(keys.release(heldOf(envelope), judge, 'o-1', reader.card, 'Çaylaq'))).toBe('other_pseudonym');
    const halves = await Promise.all([judge, prosecutor].map((k) => keys.release(heldOf(envelope), k, 'o-1', reader.card, null)));
    expect(await refused(keys.open(envelope, halves, 'o-1', reader, 'Çaylaq'))).toBe('other_pseudonym');
  });
  test('an old version, and an old payload in a new envelope', async () => {
    expect(await refused(keys.release({ ...heldOf(envelope), version: 2 }, judge, 'o-1', reader.card, 'Daşlıq'))).toBe('other_version');
    expect(await refused(keys.release({ ...heldOf(newer), payload_sha256: digest(fromBase64(envelope.payload)) }, judge, 'o-1', reader.card, 'Daşlıq'))).toBe('other_version');
    const halves = await Promise.all([judge, prosecutor].map((k) => keys.release(heldOf(newer), k, 'o-1', reader.card, 'Daşlıq')));
    expect(await refused(keys.open({ ...newer, payload: envelope.payload }, halves, 'o-1', reader, 'Daşlıq'))).toBe('other_version');
  });
  test('a release of an earlier opening', async () => {
    const halves = await Promise.all([judge, prosecutor].map((k) => keys.release(heldOf(envelope), k, 'o-1', reader.card, 'Daşlıq')));
    expect(await refused(keys.open(envelope, halves, 'o-2', reader, 'Daşlıq'))).toBe('other_opening');
  });
  test('a person of its own making is entered by a key that nobody knows, and never by the one it names', async () => {
    const forged = await keys.seal(subject, { ...who, name: 'Another' }, seats, gateway, at);
    const halves = await Promise.all([judge, prosecutor].map((k) => keys.release(heldOf(forged), k, 'o-1', reader.card, 'Daşlıq')));
    expect((await keys.open(forged, halves, 'o-1', reader, 'Daşlıq')).enteredBy).toEqual({ key: gateway.id, verify: gateway.card.verify });
    const named = await keys.seal(subject, who, seats, { ...gateway, id: judge.id, card: judge.card, sign: gateway.sign.bind(gateway) }, at);
    const again = await Promise.all([judge, prosecutor].map((k) => keys.release(heldOf(named), k, 'o-1', reader.card, 'Daşlıq')));
    expect(await refused(keys.open(named, again, 'o-1', reader, 'Daşlıq'))).toBe('not_signed');
  });
  test('its own key in the place of a holder, twice, or none for a half', async () => {
    expect(await refused(keys.seal(subject, who, seats.map((s) => ({ ...s, card: gateway.card })), judge, at))).toBe('one_key_twice');
    expect(await refused(keys.seal(subject, who, seats.slice(0, 3), judge, at))).toBe('holders_missing');
    expect(await refused(keys.seal(subject, who, seats.filter((s) => s.holder === 'recovery'), judge, at))).toBe('holders_missing');
    // Not to a fifth, not both halves to one role, not one half twice.
    expect(await refused(keys.seal(subject, who, [...seats, { half: 1, holder: 'judge', card: gateway.card }], judge, at))).toBe('holders_missing');
    expect(await refused(keys.seal(subject, who, seats.map((s) => (s.holder === 'judge' ? { ...s, holder: 'prosecutor' as const } : s)), judge, at))).toBe('one_role_twice');
    expect(await refused(keys.seal(subject, who, seats.map((s) => (s.holder === 'judge' ? { ...s, half: 2 as const } : s)), judge, at))).toBe('holders_missing');
    expect(await refused(keys.seal(subject, who, seats.map((s) => (s.holder === 'recovery' ? { ...s, half: 2 as const } : s)), judge, at))).toBe('holders_missing');
  });
  test('a field more than the format has is refused', async () => {
    expect(await refused(() => readEnvelope({ ...envelope, note: '<img src=x>' }, subject))).toBe('unreadable');
    expect(await refused(() => readCard({ ...judge.card, recipient: 'age1tag1qwerty' }))).toBe('unreadable');
  });
});

describe('rotation and loss', () => {
  test('a half goes from the old key to the new one, and from the recovery of the same half, without the record being opened', async () => {
    const fresh = await keys.make();
    for (const from of [judge, recovery1]) {
      const share = await keys.rotate(heldOf(envelope), from, fresh.card, 'judge');
      expect(share).toMatchObject({ half: 1, holder: 'judge', key: fresh.id });
      const turned = { ...envelope, shares: [share, ...envelope.shares.filter((s) => s.key !== judge.id)] };
      const halves = await Promise.all([fresh, prosecutor].map((k) => keys.release(heldOf(turned), k, 'o-1', reader.card, 'Daşlıq')));
      expect((await keys.open(turned, halves, 'o-1', reader, 'Daşlıq')).record.name).toBe(who.name);
      expect(await refused(keys.release(heldOf(turned), judge, 'o-1', reader.card, 'Daşlıq'))).toBe('not_holder');
    }
  });
  test('a forgotten key opens nothing', async () => {
    const k = await keys.make();
    k.forget();
    expect(await refused(async () => k.open(fromBase64(envelope.payload)))).toBe('locked');
    expect(await refused(() => k.sign('parda-vault-act-v1', new Uint8Array()))).toBe('locked');
  });
});

test('the length of a sealed record says only how many times 64 KiB', async () => {
  const long = await keys.seal(subject, { ...who, text: 'x'.repeat(50_000) }, seats, judge, at);
  expect(fromBase64(long.payload).length).toBe(fromBase64(envelope.payload).length);
  const longer = await keys.seal(subject, { ...who, text: 'x'.repeat(step) }, seats, judge, at);
  expect(fromBase64(longer.payload).length).toBeGreaterThan(fromBase64(long.payload).length);
});

test('a code has 20 digits, is the same for the same card, and other digits are not it', () => {
  const c = keys.code(judge.card);
  expect(c).toMatch(/^\d{20}$/);
  expect(keys.codeIs(judge.card, ` ${c.slice(0, 4)}-${c.slice(4)} `)).toBe(true);
  for (const wrong of ['', c.slice(1), `${c}0`, code(prosecutor.card)]) expect(keys.codeIs(judge.card, wrong)).toBe(false);
  expect(keyId({ ...judge.card, verify: prosecutor.card.verify })).not.toBe(judge.id);
  expect(isHybrid(readCard(judge.card))).toBe(true);
});

describe('paper', () => {
  test('what is written off comes back, however it is typed', async () => {
    const sheet = keys.backup(judge);
    expect(sheet).toHaveLength(14);
    for (const typed of [sheet.join(' '), sheet.join('-').toLowerCase(), sheet.join('').replaceAll('0', 'O').replaceAll('1', 'l')]) expect((await keys.restore(typed)).id).toBe(judge.id);
  });
  test('one letter wrong and two letters changed about are found', async () => {
    const sheet = keys.backup(await keyOf(new Uint8Array(32).map((_, i) => (i * 41 + 7) % 256))).join(''); // fixed: the check is of 20 bits
    let tried = 0;
    for (let i = 0; i < 56; i++) {
      const slip = sheet.slice(0, i) + (sheet[i] === 'A' ? 'B' : 'A') + sheet.slice(i + 1);
      expect(await refused(keys.restore(slip))).toBe('paper_check');
      if (i > 0 && sheet[i] !== sheet[i - 1]) { tried++; expect(await refused(keys.restore(sheet.slice(0, i - 1) + sheet[i] + sheet[i - 1] + sheet.slice(i + 1)))).toBe('paper_check'); }
    }
    expect(tried).toBeGreaterThan(20);
    for (const wrong of ['', sheet.slice(1), `${sheet}A`, sheet.replace(/./, 'U'), sheet.replace(/./, 'ı')]) expect(await refused(keys.restore(wrong))).toBe('paper_letters');
  });
});

describe('at rest', () => {
  test('a seed comes back by its secret and for its own key only', async () => {
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const sealed = await wrapSeed(judge.seed(), judge.id, secret);
    expect(await unwrapSeed(sealed, judge.id, secret)).toEqual(judge.seed());
    expect(await refused(unwrapSeed(sealed, prosecutor.id, secret))).toBe('wrong_secret');
    secret[0]! ^= 1;
    expect(await refused(unwrapSeed(sealed, judge.id, secret))).toBe('wrong_secret');
  });
  test('a passphrase costs what RFC 9106 says, a short one is refused, and weaker settings are never read', async () => {
    expect(hardness).toEqual({ t: 3, m: 65536, p: 1 });
    const w = passphraseWrap();
    expect(await refused(passphraseSecret(w, 'short'))).toBe('passphrase_short');
    expect(await passphraseSecret(w, 'dörd söz bir yerdə')).toEqual(await passphraseSecret(w, 'do\u0308rd so\u0308z bir yerdə'));
    for (const weak of [{ ...w, t: 1 }, { ...w, m: 8 }, { ...w, kind: 'none' }]) expect(await refused(() => readWrap(weak))).toBe('unreadable');
  }, 60_000);
});
