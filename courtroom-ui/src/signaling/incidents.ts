// The seat's door to the court's register of incidents: those of its own hearing, with the seat's cookie. A refusal is an answer and no exception. Nothing that
// comes from here is drawn but its words and numbers: a file of an incident is only ever saved.
import type { Place } from './enter';
import type { DueMark } from './wire';

export type Told<T> = { ok: true; value: T } | { ok: false; code: string };

export interface Evidence {
  evidence: string; what: 'clip' | 'attachment'; type?: string; size?: number; sha256: string;
  copy?: { type: string; size: number; sha256: string }; no_copy?: string; from?: string; to?: string; track?: string; at: string;
  state: 'kept' | 'erased' | 'failed'; why?: string; may?: string[];
}
export interface ProtectionRequest {
  request: string; phase: string; measures?: string[]; filed?: string; received?: string; decided?: string; granted?: boolean; served?: string; complained?: string;
  due?: string; marks?: DueMark[]; next?: DueMark; plan?: DueMark[];
}
export interface IncidentTold { id: string; requests?: ProtectionRequest[]; may?: string[]; now?: string }
export interface Attached { evidence?: string; id?: string; sha256: string }

/** What may be asked of the register from a seat; a double in the examples. */
export interface Incidents {
  incident(id: string): Promise<Told<IncidentTold>>;
  evidence(id: string): Promise<Told<{ evidence: Evidence[] }>>;
  attach(id: string, file: Blob, type: string): Promise<Told<Attached>>;
  step(id: string, request: string, step: 'received' | 'decide' | 'served' | 'complaint', body: Readonly<Record<string, unknown>>): Promise<Told<unknown>>;
  /** Where a file is saved from; the gateway enters it before it sends the first byte. */
  fileOf(id: string, evidence: string, what: 'view' | 'export' | 'copy'): string;
}

export const mostAttached = 20 * 1024 * 1024;
// The gateway recognises a file by what is in it; this only says what it claims to be.
const plainType = /^[a-z]+\/[a-z0-9.+-]{1,60}$/;

export function incidentsOf({ hearing, seat }: Place, ask: typeof fetch = (...a) => fetch(...a)): Incidents {
  const path = (id: string, rest = '', query = ''): string => `/api/${hearing}/incidents/${encodeURIComponent(id)}${rest}?seat=${seat}${query}`;
  const told = async <T>(method: string, to: string, body?: Blob | string, type?: string): Promise<Told<T>> => {
    const answer = await ask(to, { method, credentials: 'same-origin', cache: 'no-store', redirect: 'error', headers: { Accept: 'application/json', ...(type && { 'Content-Type': type }) }, ...(body !== undefined && { body }) }).catch(() => null);
    if (!answer) return { ok: false, code: 'unreachable' };
    const said = await answer.json().catch(() => null) as Record<string, unknown> | null;
    return answer.ok ? { ok: true, value: (said ?? {}) as T } : { ok: false, code: typeof said?.['code'] === 'string' ? said['code'] : 'internal' };
  };
  return {
    incident: (id) => told('GET', path(id)),
    evidence: (id) => told('GET', path(id, '/evidence')),
    attach: (id, file, type) => told('POST', path(id, '/attachments'), file, plainType.test(type) ? type : 'application/octet-stream'),
    step: (id, request, step, body) => told('POST', path(id, `/requests/${encodeURIComponent(request)}/${step}`), JSON.stringify(body), 'application/json'),
    fileOf: (id, evidence, what) => (what === 'copy' ? path(id, `/evidence/${encodeURIComponent(evidence)}/copy`) : path(id, `/evidence/${encodeURIComponent(evidence)}`, `&purpose=${what}`)),
  };
}

/** SHA-256 of a file in hex, as the gateway will say it: whoever hands something in can see that it came whole. */
export async function sha256Of(file: Blob): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return [...sum].map((b) => b.toString(16).padStart(2, '0')).join('');
}
