import { describe, expect, test } from 'vitest';
import { incidentsOf, sha256Of } from '../src/signaling/incidents';

interface Asked { url: string; init: RequestInit }
const door = (status: number, body: unknown): { asked: Asked[]; ask: typeof fetch } => {
  const asked: Asked[] = [];
  return { asked, ask: ((url: string, init: RequestInit) => { asked.push({ url, init }); return Promise.resolve(new Response(JSON.stringify(body), { status })); }) as typeof fetch };
};
const place = { hearing: 'h1', seat: 'lawyer' };

describe('the register, asked from a seat', () => {
  test('a file goes as it is, without its name, to this hearing and seat alone', async () => {
    const { asked, ask } = door(201, { id: 'e-1', sha256: 'ab' });
    const file = new File(['x'], 'Aytən evdə.jpg', { type: 'image/jpeg' });
    expect(await incidentsOf(place, ask).attach('i-0c5d', file, file.type)).toEqual({ ok: true, value: { id: 'e-1', sha256: 'ab' } });
    expect(asked[0]!.url).toBe('/api/h1/incidents/i-0c5d/attachments?seat=lawyer');
    expect(asked[0]!.init.headers).toEqual({ Accept: 'application/json', 'Content-Type': 'image/jpeg' });
    expect([asked[0]!.init.credentials, asked[0]!.init.redirect, asked[0]!.init.cache]).toEqual(['same-origin', 'error', 'no-store']);
    expect(JSON.stringify(asked[0])).not.toContain('Ayt');
  });
  test.each([['', 'application/octet-stream'], ['text/html; charset=utf-8', 'application/octet-stream'], ['image/png\r\nX-Evil: 1', 'application/octet-stream'], ['audio/ogg', 'audio/ogg']])('what claims to be %j is sent as %s', async (type, want) => {
    const { asked, ask } = door(201, {});
    await incidentsOf(place, ask).attach('i-1', new Blob(['x']), type);
    expect((asked[0]!.init.headers as Record<string, string>)['Content-Type']).toBe(want);
  });
  test('a refusal, and a gateway that does not answer, are answers', async () => {
    expect(await incidentsOf(place, door(413, { code: 'attachment_too_large' }).ask).evidence('i-1')).toEqual({ ok: false, code: 'attachment_too_large' });
    expect(await incidentsOf(place, door(500, 'no').ask).incident('i-1')).toEqual({ ok: false, code: 'internal' });
    expect(await incidentsOf(place, (() => Promise.reject(new Error('down'))) as typeof fetch).incident('i-1')).toEqual({ ok: false, code: 'unreachable' });
  });
  test('an id that is none cannot leave the path', () => {
    const of = incidentsOf(place, door(200, {}).ask);
    expect(of.fileOf('../../x', 'e/1', 'view')).toBe('/api/h1/incidents/..%2F..%2Fx/evidence/e%2F1?seat=lawyer&purpose=view');
    expect(of.fileOf('i-1', 'e-1', 'copy')).toBe('/api/h1/incidents/i-1/evidence/e-1/copy?seat=lawyer');
  });
  test('a step of a request says when only where somebody wrote when', async () => {
    const { asked, ask } = door(200, {});
    await incidentsOf(place, ask).step('i-1', 'r-1', 'decide', { granted: false, reason: 'x' });
    expect([asked[0]!.url, asked[0]!.init.body]).toEqual(['/api/h1/incidents/i-1/requests/r-1/decide?seat=lawyer', '{"granted":false,"reason":"x"}']);
  });
});

test('the hash of a file is the one that everybody reckons', async () => {
  expect(await sha256Of(new Blob(['abc']))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
