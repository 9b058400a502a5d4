// The two ceremonies of a passkey, each with an answer in place of an exception: a person who cancels is no fault.
import { creationOptions, credentialJSON, requestOptions, type CreationJSON, type RequestJSON } from './json';

export type Touched = { ok: true; credential: Record<string, unknown> } | { ok: false; code: PasskeyCode };
/** Said by the page, each with words: error.{code}. */
export type PasskeyCode = 'passkey_cancelled' | 'passkey_here' | 'passkey_none' | 'passkey_failed';

/** Where the browser has passkeys at all: only on https and on localhost. */
export const passkeysHere = (): boolean => typeof PublicKeyCredential !== 'undefined' && navigator.credentials !== undefined;

export const proveBy = (options: RequestJSON, signal?: AbortSignal): Promise<Touched> =>
  ceremony(() => navigator.credentials.get({ publicKey: requestOptions(options), ...(signal && { signal }) }));

export const makePasskey = (options: CreationJSON, signal?: AbortSignal): Promise<Touched> =>
  ceremony(() => navigator.credentials.create({ publicKey: creationOptions(options), ...(signal && { signal }) }));

async function ceremony(run: () => Promise<Credential | null>): Promise<Touched> {
  if (!passkeysHere()) return { ok: false, code: 'passkey_none' };
  try {
    const credential = await run();
    return credential ? { ok: true, credential: credentialJSON(credential as PublicKeyCredential) } : { ok: false, code: 'passkey_cancelled' };
  } catch (e) {
    return { ok: false, code: codes[(e as { name?: string }).name ?? ''] ?? 'passkey_failed' };
  }
}

// NotAllowedError is what the browser says of a cancelled, an overdue and an impossible ceremony alike, so that a page learns nothing of who holds which key
// (WebAuthn level 3, section 14.5.2).
const codes: Partial<Record<string, PasskeyCode>> = {
  NotAllowedError: 'passkey_cancelled', AbortError: 'passkey_cancelled', InvalidStateError: 'passkey_here', SecurityError: 'passkey_none', NotSupportedError: 'passkey_none',
};
