// A photo, made small and free of what the camera wrote into it: it is drawn anew, so that place, device and time of the picture are not in the bytes.
import { refuse, type Bytes } from './bytes';
import { isJPEG } from './envelope';

const longest = 640; // px
const largestBytes = 512 * 1024;

export async function smallPhoto(file: Blob): Promise<Bytes> {
  const picture = await createImageBitmap(file).catch(() => refuse('photo_unreadable'));
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.85 })).arrayBuffer());
  return isJPEG(bytes) && bytes.length <= largestBytes && !hasMetadata(bytes) ? bytes : refuse('photo_unreadable');
}

/** Whether a JPEG holds a segment that says more than the picture: APP1 to APP15 but for a colour profile (APP2) and Adobe's transform (APP14), or a comment (ITU-T T.81, annex B). */
export function hasMetadata(jpeg: Uint8Array): boolean {
  for (let at = 2; at + 4 <= jpeg.length && jpeg[at] === 0xff;) {
    const marker = jpeg[at + 1]!;
    if (marker === 0xda) return false;
    if (marker === 0xfe || (marker > 0xe0 && marker <= 0xef && marker !== 0xe2 && marker !== 0xee)) return true;
    at += 2 + (jpeg[at + 2]! << 8) + jpeg[at + 3]!;
  }
  return true; // no start of scan: not a picture that can be judged
}
