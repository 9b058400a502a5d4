// Spoken prompts that a court has recorded: locales/prompts/{language}/{name}.ogg, and {name}.child.ogg for a child. A
// prompt that is not there has no button; a language that is only spoken needs no text at all.
import type { Lang } from '../text/locale';

const files = import.meta.glob<string>('../../locales/prompts/*/*.{ogg,mp3,wav,webm}', { query: '?url', import: 'default', eager: true });

export function promptOf(lang: Lang, name: string, child: boolean): string | null {
  const find = (file: string): string | undefined => Object.entries(files).find(([path]) => path.replace(/\.\w+$/, '').endsWith(`/prompts/${lang}/${file}`))?.[1];
  return (child ? find(`${name}.child`) : undefined) ?? find(name) ?? null;
}

let playing: HTMLAudioElement | null = null;
export function playPrompt(url: string): void {
  playing?.pause();
  playing = new Audio(url);
  void playing.play().catch(() => undefined);
}
