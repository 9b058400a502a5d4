// The seat's signing key: ECDSA P-256, made in this browser by WebCrypto, not extractable, kept in IndexedDB under the
// hearing and the seat. The page can sign with it and cannot read it; nor can anyone who reads the browser's files
// through the page. A key is lost with the browser's profile: then a new one is made and enrolled.

export interface SigningKey {
  /** SPKI, base64: what key.enrol sends. */
  publicKey: string;
  /** IEEE P1363 r|s over the bytes, SHA-256, base64. */
  sign(bytes: Uint8Array<ArrayBuffer>): Promise<string>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const storeName = 'keys';

export async function signingKey(hearing: string, seat: string): Promise<SigningKey> {
  const db = await openStore();
  const name = `${hearing}/${seat}`;
  let pair = await request<CryptoKeyPair | undefined>(db.transaction(storeName).objectStore(storeName).get(name));
  if (!pair) {
    pair = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
    await request(db.transaction(storeName, 'readwrite').objectStore(storeName).put(pair, name));
  }
  const { privateKey, publicKey } = pair;
  const spki = await crypto.subtle.exportKey('spki', publicKey);
  return {
    publicKey: toBase64(new Uint8Array(spki)),
    sign: async (bytes) => toBase64(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, bytes))),
  };
}

export function toBase64(bytes: Uint8Array): string {
  let s = '';
  for (const b of bytes) s += String.fromCharCode(b);
  return btoa(s);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const s = atob(text);
  const bytes = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) bytes[i] = s.charCodeAt(i);
  return bytes;
}

function openStore(): Promise<IDBDatabase> {
  const opening = indexedDB.open('parda', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(storeName);
  return request(opening);
}

function request<T>(r: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error ?? new Error('IndexedDB'));
  });
}
