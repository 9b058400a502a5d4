// WebAuthn's options and answers as JSON (WebAuthn level 3, sections 5.1.8 to 5.1.10 and 5.1.4.4), by hand: the browsers' own functions pass on whatever
// extensions the options name, and here the gateway makes the options.
//
// No extension goes in, and none comes out: with `prf` a gateway in the wrong hands (A3) could ask, under a plain sign-in, for the secret that a key
// holder's passkey keeps, and have it sent to itself.
import { fromBase64, toBase64 } from '../signing/keys';

export interface Described { type: 'public-key'; id: string; transports?: string[] }
export interface RequestJSON { challenge: string; rpId?: string; timeout?: number; userVerification?: string; allowCredentials?: Described[] }
export interface CreationJSON {
  challenge: string; timeout?: number; attestation?: string;
  rp: { id?: string; name: string }; user: { id: string; name: string; displayName: string };
  pubKeyCredParams: { type: 'public-key'; alg: number }[];
  excludeCredentials?: Described[];
  authenticatorSelection?: { residentKey?: string; requireResidentKey?: boolean; userVerification?: string; authenticatorAttachment?: string };
}

export const toBase64url = (bytes: ArrayBuffer | Uint8Array): string =>
  toBase64(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** Throws where the text is not base64url; padding is let pass. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*={0,2}$/.test(text)) throw new TypeError('not base64url');
  return fromBase64(text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/'));
}

const described = (list: Described[] | undefined): PublicKeyCredentialDescriptor[] =>
  (list ?? []).map((c) => ({ type: 'public-key', id: fromBase64url(c.id), ...(c.transports && { transports: c.transports as AuthenticatorTransport[] }) }));

/** What navigator.credentials.get wants. The person is always verified, whatever the options say. */
export function requestOptions(json: RequestJSON): PublicKeyCredentialRequestOptions {
  return {
    challenge: fromBase64url(json.challenge), allowCredentials: described(json.allowCredentials), userVerification: 'required',
    ...(json.rpId !== undefined && { rpId: json.rpId }), ...(json.timeout !== undefined && { timeout: json.timeout }),
  };
}

/** What navigator.credentials.create wants: a passkey that is found without a login name, and verifies its owner. */
export function creationOptions(json: CreationJSON): PublicKeyCredentialCreationOptions {
  const attachment = json.authenticatorSelection?.authenticatorAttachment;
  return {
    challenge: fromBase64url(json.challenge), rp: json.rp, user: { ...json.user, id: fromBase64url(json.user.id) },
    pubKeyCredParams: json.pubKeyCredParams, excludeCredentials: described(json.excludeCredentials), attestation: 'none',
    authenticatorSelection: {
      residentKey: 'required', requireResidentKey: true, userVerification: 'required',
      ...(attachment !== undefined && { authenticatorAttachment: attachment as AuthenticatorAttachment }),
    },
    ...(json.timeout !== undefined && { timeout: json.timeout }),
  };
}

/** The answer as the gateway reads it: what was signed, and by which credential; nothing of the browser, and no result of an extension. */
export function credentialJSON(c: PublicKeyCredential): Record<string, unknown> {
  const r = c.response as AuthenticatorAssertionResponse & AuthenticatorAttestationResponse;
  const response: Record<string, unknown> = { clientDataJSON: toBase64url(r.clientDataJSON) };
  if (r.attestationObject) {
    response['attestationObject'] = toBase64url(r.attestationObject);
    response['transports'] = r.getTransports?.() ?? [];
  } else {
    response['authenticatorData'] = toBase64url(r.authenticatorData);
    response['signature'] = toBase64url(r.signature);
    if (r.userHandle) response['userHandle'] = toBase64url(r.userHandle);
  }
  return { id: c.id, rawId: toBase64url(c.rawId), type: c.type, response, clientExtensionResults: {} };
}
