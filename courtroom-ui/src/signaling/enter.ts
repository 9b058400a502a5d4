// Taking a seat: the one-time code comes in the fragment of the link, goes to the gateway once, and leaves the address
// bar whatever the answer is.

export interface Place { hearing: string; seat: string }

/** Reads /h/{hearing}/{seat}; null for any other address. */
export function placeOf(pathname: string): Place | null {
  const m = /^\/h\/([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,32})\/?$/.exec(pathname);
  return m ? { hearing: m[1]!, seat: m[2]! } : null;
}

export function codeOf(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('code');
}

export type Entered = { ok: true } | { ok: false; code: string; ref?: string };

/** Without a code the invited account takes its own seat again, in a new session, once the session that held it is over. */
export async function enter(place: Place, code: string | null): Promise<Entered> {
  const answer = await fetch(`/api/${place.hearing}/seats/${place.seat}/enter`, {
    method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(code === null ? {} : { code }), credentials: 'same-origin',
  });
  if (answer.ok) return { ok: true };
  const body = await answer.json().catch(() => null) as { code?: unknown; ref?: unknown } | null;
  const refused = typeof body?.code === 'string' ? body.code : 'internal';
  return typeof body?.ref === 'string' ? { ok: false, code: refused, ref: body.ref } : { ok: false, code: refused };
}
