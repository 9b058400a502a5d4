// Bytes that came for a look or to be kept as a file. Nothing of them is markup to this page, whatever they say of themselves: a picture goes into an img from data the
// gateway drew anew, a text into text, a clip into a video; a file gets a neutral name.
import type { Translate } from '../../text/locale';

export type Shown = { as: 'clip' | 'picture'; at: string; drop: () => void } | { as: 'text'; text: string; drop: () => void };

export async function shownFrom(bytes: Blob, type: string): Promise<Shown> {
  if (type.startsWith('text/plain')) return { as: 'text', text: await bytes.text(), drop: () => undefined };
  if (type === 'image/png') return { as: 'picture', at: `data:image/png;base64,${base64(new Uint8Array(await bytes.arrayBuffer()))}`, drop: () => undefined };
  const at = URL.createObjectURL(new Blob([bytes], { type: type.startsWith('audio/') ? 'audio/webm' : 'video/webm' }));
  return { as: 'clip', at, drop: () => URL.revokeObjectURL(at) };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

const endings: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf', 'application/json': 'json', 'text/plain': 'txt', 'text/csv': 'csv', 'image/png': 'png', 'image/jpeg': 'jpg', 'image/webp': 'webp', 'image/gif': 'gif', 'video/webm': 'webm', 'audio/webm': 'webm', 'video/mp4': 'mp4', 'audio/mpeg': 'mp3', 'audio/ogg': 'ogg', 'message/rfc822': 'eml', 'application/age': 'age',
};
/** A file's name says where it belongs and nothing of what is in it. */
export const nameFor = (stem: string, type: string): string => `parda-${stem.replace(/[^A-Za-z0-9-]/g, '')}.${endings[type.split(';')[0]!.trim()] ?? 'bin'}`;

export function save(bytes: Blob, stem: string): void {
  // What the browser might run is saved as bytes and nothing else.
  const at = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = at;
  link.download = nameFor(stem, bytes.type);
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(at), 60_000);
}

export async function sha256Of(file: Blob): Promise<string> {
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()));
  return [...sum].map((b) => b.toString(16).padStart(2, '0')).join('');
}

export function sizeText(t: Translate, bytes: number): string {
  if (bytes < 1024) return t('register.size.bytes', { n: bytes });
  const kib = bytes / 1024;
  return kib < 1024 ? t('register.size.kib', { n: Math.round(kib) }) : t('register.size.mib', { n: (kib / 1024).toFixed(1) });
}
