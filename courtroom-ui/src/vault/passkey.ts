// A secret that only a passkey of this seat gives out: WebAuthn's PRF extension (WebAuthn level 3, section 10.1.4), over HMAC secrets of CTAP 2. The passkey belongs
// to the address of the page: the companion's is localhost's, and no gateway can ask for it.
import { base64url, fromBase64, fromBase64url, randomBytes, refuse, VaultError, type Bytes } from './bytes';
import { prfWrap, type Wrap } from './wrap';

type PrfWrap = Extract<Wrap, { kind: 'prf' }>;

export const passkeysHere = (): boolean => typeof PublicKeyCredential !== 'undefined' && navigator.credentials !== undefined;

/** Makes a passkey that gives secrets. `no_prf` where the authenticator cannot: then a passphrase must do. */
export async function makePasskey(label: string): Promise<PrfWrap> {
  const made = await ceremony(() => navigator.credentials.create({
    publicKey: {
      rp: { name: 'parda' }, user: { id: randomBytes(16), name: label, displayName: label }, challenge: randomBytes(32),
      pubKeyCredParams: [{ type: 'public-key', alg: -8 }, { type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }],
      attestation: 'none', authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' }, extensions: { prf: {} },
    },
  }));
  if (!made.getClientExtensionResults().prf?.enabled) refuse('no_prf');
  return prfWrap(base64url(new Uint8Array(made.rawId)));
}

/** The secret for this salt: a touch, and the person verified. */
export async function passkeySecret(wrap: PrfWrap): Promise<Bytes> {
  const got = await ceremony(() => navigator.credentials.get({
    publicKey: {
      challenge: randomBytes(32), allowCredentials: [{ type: 'public-key', id: fromBase64url(wrap.credential) }], userVerification: 'required',
      extensions: { prf: { eval: { first: fromBase64(wrap.salt) } } },
    },
  }));
  const first = got.getClientExtensionResults().prf?.results?.first;
  if (!first) return refuse('no_prf');
  const secret = new Uint8Array(first as ArrayBuffer);
  return secret.length === 32 ? secret : refuse('no_prf');
}

async function ceremony(run: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (!passkeysHere()) return refuse('passkey_unavailable');
  try {
    return (await run() as PublicKeyCredential | null) ?? refuse('passkey_cancelled');
  } catch (e) {
    if (e instanceof VaultError) throw e;
    const name = (e as { name?: string }).name;
    return refuse(name === 'NotAllowedError' || name === 'AbortError' ? 'passkey_cancelled' : name === 'SecurityError' || name === 'NotSupportedError' ? 'passkey_unavailable' : 'passkey_failed');
  }
}
