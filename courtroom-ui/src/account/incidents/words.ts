// How the register's book is said: each event by its code, from the locale files; what it carries by codes of its own is said in words too.
import { seatName } from '../../text/say';
import type { Params, Translate } from '../../text/locale';
import { written } from '../../text/time';
import { kindName, measureName, type RegisterEvent } from './wire';

const times = new Set(['at', 'when', 'received', 'decided', 'served', 'complained', 'due', 'filed']);

export function eventText(t: Translate, e: RegisterEvent): string {
  return t.code('register.event', e.code, 'register.event.unknown', { ...paramsOf(t, e.params ?? {}) });
}

function paramsOf(t: Translate, params: Record<string, unknown>): Params {
  const out: Record<string, string | number> = {};
  for (const [name, v] of Object.entries(params)) {
    if (typeof v === 'number') out[name] = v;
    else if (typeof v === 'boolean') { if (v) out[name] = t('yes'); }
    else if (Array.isArray(v)) out[name] = v.map((x) => measureName(t, String(x))).join('; ');
    else if (typeof v === 'string' && v !== '') out[name] = said(t, name, v);
  }
  return out;
}

function said(t: Translate, name: string, v: string): string {
  if (times.has(name)) return written(v);
  if (name === 'kind') return kindName(t, v);
  if (name === 'seat') return seatName(t, undefined, v);
  for (const prefix of said.prefixes[name] ?? []) if (t.has(`${prefix}.${v}`)) return t.code(prefix, v, 'event.plain');
  return v;
}
// Which words a code of each name has.
said.prefixes = {
  ruling: ['register.ruling'], agreeing: ['register.agree.by'], mark: ['register.mark'], state: ['register.referral.state'], step: ['register.step'], why: ['register.evidence.why'],
} as Record<string, readonly string[]>;
