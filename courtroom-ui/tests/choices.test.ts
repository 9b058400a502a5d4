import { describe, expect, test } from 'vitest';
import { audiences } from '../src/signaling/wire';
import { changed, choicesOf, measured, renderingsOf, respeaks, startOf, strengthAllowed, voiceRefused, type Choices, type VoiceChoice } from '../src/state/choices';

const list: VoiceChoice[] = [
  { voice: 'neutral', strength: 'gentle', allowed: false }, { voice: 'neutral', strength: 'standard', allowed: true }, { voice: 'neutral', strength: 'strong', allowed: true },
  { voice: 'synthetic', strength: 'gentle', allowed: false }, { voice: 'synthetic', strength: 'standard', allowed: false }, { voice: 'synthetic', strength: 'strong', allowed: true },
];
const start: Choices = startOf('no_confrontation').choices;

test('what was not measured, or turned too many meanings, cannot be chosen', () => {
  expect(strengthAllowed('neutral', 'gentle', list)).toBe(false);
  expect(strengthAllowed('respeak', 'gentle', list)).toBe(false); // the sworn speaker's voice goes through the same mask
  expect(strengthAllowed('neutral', 'strong', list)).toBe(true);
  expect(strengthAllowed('pitch', 'standard', list)).toBe(true); // not a voice that is heard: the gateway refuses it by its own name
  expect(voiceRefused('hall', 'synthetic', list)).toBe(null);
  expect(voiceRefused('hall', 'synthetic', [])).toBe('unproven');
});

test('bench and defence must hear', () => {
  expect(audiences.map((a) => voiceRefused(a, 'silence'))).toEqual(audiences.map((a) => (a === 'bench' || a === 'defence' ? 'must_hear' : null)));
  expect(voiceRefused('defence', 'none')).toBe('must_hear');
});

test('her own voice and a sworn speaker never go out side by side', () => {
  const speaker = changed(start, 'hall', { voice: 'respeak' }, list);
  expect(audiences.map((a) => speaker[a].voice)).toEqual(audiences.map(() => 'respeak'));
  const quiet = changed(changed(start, 'public', { voice: 'silence' }, list), 'bench', { voice: 'respeak' }, list);
  expect([quiet.public.voice, quiet.hall.voice, respeaks(quiet)]).toEqual(['silence', 'respeak', true]);
  const hers = changed(speaker, 'bench', { voice: 'synthetic' }, list);
  expect([hers.hall.voice, respeaks(hers)]).toEqual(['synthetic', false]);
});

test('a strength that a voice does not have gives way to one that it has', () => {
  expect(changed(start, 'hall', { voice: 'synthetic' }, list).hall.strength).toBe('strong');
  expect(changed(start, 'hall', { voice: 'silence', strength: 'strong' }, list).hall.strength).toBe('standard');
});

describe('the wire', () => {
  test('leaves out what is standard and gives null for nothing', () => {
    const choices = changed(changed(start, 'hall', { voice: 'neutral', strength: 'strong' }, list), 'public', { picture: 'none', voice: 'none' }, list);
    const r = renderingsOf(choices);
    expect(r.public).toBe(null);
    expect(r.hall).toEqual({ picture: 'puppet', voice: 'neutral', delay_s: 0, voice_strength: 'strong' });
    expect(r.bench).toEqual({ picture: 'puppet', voice: 'neutral', delay_s: 0 });
    expect(choicesOf(r)).toEqual(choices);
  });
  test.each(['no_confrontation', 'identity_hidden', 'anonymous_to_defence'])('a template comes back as it was: %s', (name) => {
    expect(choicesOf(renderingsOf(startOf(name).choices))).toEqual(startOf(name).choices);
  });
});

test('the gateway names each voice and strength once', () => {
  expect(measured.map((c) => `${c.voice} ${c.strength}`).sort()).toEqual(['neutral', 'synthetic'].flatMap((v) => ['gentle', 'standard', 'strong'].map((s) => `${v} ${s}`)).sort());
});
