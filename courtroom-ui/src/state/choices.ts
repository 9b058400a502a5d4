// What a judge may choose for each audience, and what follows from a choice. Pure. The gateway's own data says which voices were measured and found
// sound, and what each template gives; it decides again in any case.
import templateList from '../../../gateway/hearing/templates.json';
import voiceList from '../../../gateway/hearing/voices.json';
import { audiences, type Audience, type Rendering, type Renderings, type SessionKind } from '../signaling/wire';

export const pictures = ['puppet', 'blob', 'card', 'none'] as const;
export const voices = ['neutral', 'synthetic', 'respeak', 'silence', 'none'] as const;
export const strengths = ['gentle', 'standard', 'strong'] as const;
export const speakers = ['interpreter', 'named', 'support_person'] as const;

export interface Choice { picture: string; voice: string; strength: string }
export type Choices = Record<Audience, Choice>;
export interface VoiceChoice { voice: string; strength: string; allowed: boolean }

export const measured: readonly VoiceChoice[] = voiceList;
export const heard = (voice: string): boolean => voice === 'neutral' || voice === 'synthetic' || voice === 'respeak';

/** A sworn speaker's voice goes through the neutral mask. */
export const strengthAllowed = (voice: string, strength: string, list = measured): boolean =>
  !heard(voice) || list.some((c) => c.voice === (voice === 'respeak' ? 'neutral' : voice) && c.strength === strength && c.allowed);
const anyStrength = (voice: string, list = measured): boolean => strengths.some((s) => strengthAllowed(voice, s, list));

/** Why a voice cannot be chosen for an audience: a key's last part; null where it can. */
export function voiceRefused(audience: Audience, voice: string, list = measured): 'unproven' | 'must_hear' | null {
  if (!anyStrength(voice, list)) return 'unproven';
  return !heard(voice) && (audience === 'bench' || audience === 'defence') ? 'must_hear' : null;
}

export const choiceOf = (r: Rendering | null | undefined): Choice =>
  r ? { picture: r.picture, voice: r.voice, strength: r.voice_strength ?? 'standard' } : { picture: 'none', voice: 'none', strength: 'standard' };

export const choicesOf = (renderings: Renderings | undefined): Choices =>
  Object.fromEntries(audiences.map((a) => [a, choiceOf(renderings?.[a])])) as Choices;

/** What a template starts from. */
export function startOf(template: string): { choices: Choices; session: SessionKind } {
  const t = templateList.find((x) => x.name === template) ?? templateList[0]!;
  return { choices: choicesOf(t.renderings as Renderings), session: t.session as SessionKind };
}

export const respeaks = (choices: Choices): boolean => audiences.some((a) => choices[a].voice === 'respeak');

/** One change, and what must change with it: her own voice and a sworn speaker's never go out side by side, and a strength that cannot be had gives way. */
export function changed(before: Choices, audience: Audience, part: Partial<Choice>, list = measured): Choices {
  const next = { ...before, [audience]: { ...before[audience], ...part } };
  const voice = next[audience].voice;
  if (part.voice !== undefined && heard(voice)) {
    for (const a of audiences) {
      if (heard(next[a].voice) && (next[a].voice === 'respeak') !== (voice === 'respeak')) next[a] = { ...next[a], voice };
    }
  }
  for (const a of audiences) next[a] = { ...next[a], strength: strengthFor(next[a], list) };
  return next;
}

function strengthFor(c: Choice, list: readonly VoiceChoice[]): string {
  if (!heard(c.voice)) return 'standard';
  return [c.strength, 'standard', 'strong', 'gentle'].find((s) => strengthAllowed(c.voice, s, list)) ?? 'standard';
}

/** As the wire writes it: nothing at all is null, and standard is left out. */
export function renderingsOf(choices: Choices): Renderings {
  const out: Renderings = {};
  for (const a of audiences) {
    const { picture, voice, strength } = choices[a];
    out[a] = picture === 'none' && voice === 'none' ? null
      : { picture, voice, delay_s: 0, ...(heard(voice) && strength !== 'standard' && { voice_strength: strength }) };
  }
  return out;
}
