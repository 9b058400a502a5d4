// The same vectors are read here and by Go with filippo.io/age (courtroom-ui/companion/vectors_test.go): what the seat seals Go opens, and the other
// way round. WRITE_VECTORS=1 writes this side's file anew; the seeds in it are of nobody.
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { fromBase64, hex, utf8 } from '../../src/vault/bytes';
import { heldOf, readEnvelope, type Envelope } from '../../src/vault/envelope';
import { code, keyId, keyOf, readCard, signedBy, type Card, type Key } from '../../src/vault/key';
import { keys } from '../../src/vault/keys';

interface Vectors {
  keys: Record<'judge' | 'prosecutor' | 'recovery1' | 'recovery2' | 'reader', { seed: string; card: Card; key: string; code: string; paper: string; act: string }>;
  record: Record<string, string>; opening: string; envelope: Envelope; releases: { half: 1 | 2; share: string }[];
}
const file = (side: string) => new URL(`../../../gateway/identity/testdata/${side}.json`, import.meta.url);
const read = (side: string): Vectors => JSON.parse(readFileSync(file(side), 'utf8')) as Vectors;
const names = ['judge', 'prosecutor', 'recovery1', 'recovery2', 'reader'] as const;
const act = utf8('challenge\nbody');
const seedOf = (text: string) => Uint8Array.from(text.match(/../g)!, (h) => parseInt(h, 16));

if (process.env['WRITE_VECTORS']) beforeAll(async () => {
  const k = Object.fromEntries(await Promise.all(names.map(async (n, i) => [n, await keyOf(new Uint8Array(32).map((_, j) => (i * 50 + j * 7 + 1) % 256))] as const))) as Record<typeof names[number], Key>;
  const record = { name: 'Mərcan Ələkbərova', birth: '1999-04-12', address: 'Şəki, Dağ küç. 7', documents: 'AZE 1234567', relatives: 'ana: Gövhər', text: '«<b>»', photo: '' };
  const envelope = await keys.seal({ person: 'v-vector0001', pseudonym: 'Daşlıq', court: 'baku', version: 1 }, record,
    [{ half: 1, holder: 'judge', card: k.judge.card }, { half: 2, holder: 'prosecutor', card: k.prosecutor.card }, { half: 1, holder: 'recovery', card: k.recovery1.card }, { half: 2, holder: 'recovery', card: k.recovery2.card }],
    k.judge, '2026-11-23T10:00:00.000Z');
  const releases = [await keys.release(heldOf(envelope), k.judge, 'o-vector', k.reader.card, 'Daşlıq'), await keys.release(heldOf(envelope), k.prosecutor, 'o-vector', k.reader.card, 'Daşlıq')];
  const out = { keys: Object.fromEntries(names.map((n) => [n, { seed: hex(k[n].seed()), card: k[n].card, key: k[n].id, code: code(k[n].card), paper: keys.backup(k[n]).join(' '), act: k[n].sign('parda-vault-act-v1', act) }])), record, opening: 'o-vector', envelope, releases };
  writeFileSync(file('vectors-seat'), `${JSON.stringify(out, null, 1)}\n`);
});

test.each(['vectors-seat', 'vectors-go'])('%s: keys, codes, paper and signatures come out as they stand', async (side) => {
  const v = read(side);
  for (const n of names) {
    const want = v.keys[n], k = await keyOf(seedOf(want.seed));
    expect({ card: k.card, key: keyId(readCard(want.card)), code: code(k.card), paper: keys.backup(k).join(' ') }).toEqual({ card: want.card, key: want.key, code: want.code, paper: want.paper });
    expect((await keys.restore(want.paper)).id).toBe(want.key);
    expect(signedBy(want.card.verify, 'parda-vault-act-v1', act, want.act)).toBe(true);
    expect(signedBy(want.card.verify, 'parda-vault-record-v1', act, want.act)).toBe(false);
  }
});

test.each(['vectors-seat', 'vectors-go'])('%s: the envelope opens by two, and says who it is', async (side) => {
  const v = read(side), k = Object.fromEntries(await Promise.all(names.map(async (n) => [n, await keyOf(seedOf(v.keys[n].seed))] as const))) as Record<typeof names[number], Key>;
  const envelope = readEnvelope(v.envelope, { person: v.envelope.person, court: v.envelope.court });
  const opened = await keys.open(envelope, v.releases, v.opening, k.reader, 'Daşlıq');
  expect(opened.record).toMatchObject(v.record);
  expect(opened.enteredBy.key).toBe(k.judge.id);
  const recovered = await Promise.all([k.recovery1, k.recovery2].map((r) => keys.release(heldOf(envelope), r, 'o-2', k.reader.card, 'Daşlıq')));
  expect((await keys.open(envelope, recovered, 'o-2', k.reader, 'Daşlıq')).record.name).toBe(v.record['name']);
  expect(fromBase64(envelope.payload).length).toBeGreaterThan(65536);
});
