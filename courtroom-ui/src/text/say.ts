// How the page says things that the wire names by codes: who speaks, what the system entered, how a picture is masked.
import type { Entry, Rendering, Seat, State } from '../signaling/wire';
import { clock, day } from './time';
import type { Params, Translate } from './locale';

export const roleName = (t: Translate, role: string | undefined): string =>
  role === undefined ? '–' : t.code('role', role, 'role.unknown');

/** A seat by its role; where several seats hold one role, with its number. */
export function seatName(t: Translate, seats: readonly Seat[] | undefined, id: string): string {
  const seat = seats?.find((s) => s.id === id);
  if (!seat) return t.code('seat', id, 'seat.unnamed', { seat: id });
  const same = seats!.filter((s) => s.role === seat.role);
  const name = roleName(t, seat.role);
  return same.length > 1 ? `${name} ${same.indexOf(seat) + 1}` : name;
}

export const speakerName = (t: Translate, speaker: string | undefined, pseudonym: string | undefined): string =>
  speaker === 'witness' || speaker === 'protected_witness' ? pseudonym ?? roleName(t, 'protected_witness') : roleName(t, speaker);

export function renderingName(t: Translate, r: Pick<Rendering, 'picture' | 'voice' | 'voice_strength'> | null | undefined): string {
  if (!r || (r.picture === 'none' && r.voice === 'none')) return t('watching.nothing');
  return `${pictureName(t, r.picture)}, ${voiceName(t, r.voice, r.voice_strength)}`;
}
/** Everything that the station says of its masks, each once: why one is at fault, and what else is to be known. */
export const noticesOf = (mask: { notice?: string; notices?: string[] } | undefined): string[] =>
  [...new Set([mask?.notice, ...(mask?.notices ?? [])].filter((n): n is string => Boolean(n)))];

export const pictureName = (t: Translate, mode: string): string => t.code('picture', mode || 'none', 'picture.none');
/** A voice with its strength in words, where that is not the standard one. */
export const voiceName = (t: Translate, mode: string, strength?: string): string =>
  t.code('voice', mode || 'none', 'voice.none') + (strength && strength !== 'standard' ? ` (${t.code('strength', strength, 'event.plain')})` : '');

/** The judge whose act the system entered; null for what no judge did, or what only happened at a judge's seat. */
export function judgeName(t: Translate, e: Entry, seats: readonly Seat[] | undefined): string | null {
  const bench = e.by === 'presiding_judge' || e.by === 'judge' || e.by === 'reserve_judge';
  // A strike names its author in its own words.
  if (!e.system || !bench || e.system.code === 'seat.entered' || e.strikes !== undefined || e.restores !== undefined) return null;
  return whoName(t, e, seats);
}

/** Who wrote or did it: the seat where several hold the role. */
export function whoName(t: Translate, e: Entry, seats: readonly Seat[] | undefined): string {
  return e.by_seat !== undefined && seats?.some((s) => s.id === e.by_seat) ? seatName(t, seats, e.by_seat) : roleName(t, e.by);
}

/** The text of an entry; the system's own entries are said from the locale files. */
export function entryText(t: Translate, e: Entry, state: State | null): string {
  return !e.system || e.text !== undefined ? e.text ?? '' : systemText(t, e.system, state);
}

/** What the system says beside a person's words, such as why they were amended. */
export const besideText = (t: Translate, e: Entry, state: State | null): string | null =>
  e.system && e.text !== undefined ? systemText(t, e.system, state) : null;

const systemText = (t: Translate, s: NonNullable<Entry['system']>, state: State | null): string =>
  // A full stop that a person wrote stands before the one of the sentence: one is enough.
  t.code('event', s.code, 'event.unknown', eventParams(t, s.params ?? {}, state)).replace(/([^.])\.\.(?=[^.]|$)/g, '$1.');

export const languageName = (t: Translate, lang: string): string => t.code('language', lang, 'event.plain');

const kindName = (t: Translate, v: string): string =>
  (t.has(`session.${v}`) ? t.code('session', v, 'event.plain') : t.code('flagkind', v, 'flagkind.unknown'));
const by = (prefix: string) => (t: Translate, v: string): string => t.code(prefix, v, 'event.plain');
const at = (_: Translate, v: string): string => clock(v);

/** What a recording's label names: the witness's rendering, or a view of the courtroom. */
export function recordedName(t: Translate, label: string, pseudonym: string | undefined): string {
  const [source, name = ''] = label.split('/');
  const [picture, voice, strength] = name.split('+');
  if (source === 'witness' && picture && voice) return `${speakerName(t, 'witness', pseudonym)}: ${renderingName(t, { picture, voice, ...(strength && { voice_strength: strength }) })}`;
  return source === 'court' && t.has(`tile.${name}`) ? t.code('tile', name, 'event.plain') : label;
}

// Params that are codes are said in words; anything else stands as it came.
const said: Readonly<Record<string, (t: Translate, v: string, state: State | null) => string>> = {
  role: (t, v, s) => speakerName(t, v, s?.testimony.pseudonym), by: (t, v, s) => speakerName(t, v, s?.testimony.pseudonym), kind: kindName,
  label: (t, v, s) => recordedName(t, v, s?.testimony.pseudonym),
  seat: (t, v, s) => seatName(t, s?.seats, v),
  from: by('session'), why: by('pause'), about: by('about'), what: by('request'), ruling: by('ruling'),
  language: by('language'), picture: by('picture'), voice: by('voice'), template: by('template'), court: by('court'), respeaker: by('respeaker'), void: by('void'), proof: by('proof'),
  opening_kind: by('vaultkind'), ground: by('ground'), holder: by('vaultholder'), reader: by('vaultrole'), ended: by('vaultended'), measure: by('vaultmeasure'), until: (_, v) => `${day(v)} ${clock(v)}`,
  to: (t, v, s) => speakerName(t, v, s?.testimony.pseudonym), concerns_role: (t, v, s) => speakerName(t, v, s?.testimony.pseudonym),
  flag_form: by('putform'), heard: by('heard'), means: by('means'), do: by('duressdo'), pressed_by: by('pressedby'), failed: by('evidencewhy'),
  pressed_at: at, since: at, start: at, due: at, at, valid_until: (_, v) => day(v),
};

function eventParams(t: Translate, params: Record<string, unknown>, state: State | null): Params {
  const out: Record<string, string | number> = {};
  for (const [name, v] of Object.entries(params)) {
    if (v === true) out[name] = t.code('said', name, 'yes');
    else if (name === 'duration_ms' && typeof v === 'number') out[name] = (v / 1000).toFixed(1);
    else if (typeof v === 'number') out[name] = v;
    else if (Array.isArray(v)) out[name] = v.map((x) => roleName(t, String(x))).join(', ');
    else if (typeof v === 'string' && v !== '') out[name] = said[name]?.(t, v, state) ?? v;
  }
  return out;
}
