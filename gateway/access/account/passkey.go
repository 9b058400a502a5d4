package account

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"parda/gateway/access/secret"
	"parda/gateway/store"
)

// newWebAuthn sets the rules of every ceremony (WebAuthn level 3): a discoverable credential, so that nobody types a login and the gateway names no credential to
// a stranger; user verification each time, so that a found key opens nothing; no attestation, since the court need not know the make of
// a judge's key; and only the gateway's own origins, never framed, so that a page elsewhere (A4) gets nothing that holds here.
func newWebAuthn(cfg Config) (*webauthn.WebAuthn, error) {
	return webauthn.New(&webauthn.Config{
		RPID: cfg.RPID, RPDisplayName: "pərdə", RPOrigins: cfg.Origins,
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: protocol.ResidentKeyRequired(), ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: webauthn.TimeoutConfig{Timeout: ceremonyLife}, Registration: webauthn.TimeoutConfig{Timeout: ceremonyLife}},
	})
}

// algorithms are what authenticators must offer one of: Ed25519, P-256, and RSA for Windows Hello (section 5.8.5 and IANA's COSE registry).
func algorithms() []protocol.CredentialParameter {
	var all []protocol.CredentialParameter
	for _, alg := range []webauthncose.COSEAlgorithmIdentifier{webauthncose.AlgEdDSA, webauthncose.AlgES256, webauthncose.AlgRS256} {
		all = append(all, protocol.CredentialParameter{Type: protocol.PublicKeyCredentialType, Algorithm: alg})
	}
	return all
}

// Passkeys says whether passkeys can be used at this gateway.
func (a *Accounts) Passkeys() bool { return a.web != nil }

// owner is an account as the library wants it. The user handle is the account's id, which says nothing (section 14.6.1).
type owner struct {
	acct store.Account
	keys []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.acct.ID) }
func (o owner) WebAuthnName() string                       { return o.acct.Login }
func (o owner) WebAuthnDisplayName() string                { return o.acct.Name }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.keys }

func (a *Accounts) ownerOf(ctx context.Context, acct store.Account) (owner, []store.Passkey, error) {
	kept, err := a.store.Passkeys(ctx, acct.ID)
	if err != nil {
		return owner{}, nil, fromStore(err, errPasskeyUnknown)
	}
	o := owner{acct: acct}
	for _, p := range kept {
		var c webauthn.Credential
		if err := json.Unmarshal(p.Record, &c); err != nil {
			return owner{}, nil, fromStore(err, errPasskeyUnknown)
		}
		o.keys = append(o.keys, c)
	}
	return o, kept, nil
}

// BeginSignIn gives the options of a sign-in: PublicKeyCredentialRequestOptions under "publicKey".
func (a *Accounts) BeginSignIn() (options any, err error) {
	if a.web == nil {
		return nil, errPasskeysOff()
	}
	options, _, err = a.web.BeginDiscoverableLogin(webauthn.WithChallenge(a.ceremonies.challenge(forSignIn, "", a.now())), webauthn.WithUserVerification(protocol.VerificationRequired))
	return options, err
}

// FinishSignIn takes the authenticator's answer and begins a session. No limit stands before it: nobody guesses a signature, and whoever floods it with wrong ones
// must not keep a judge out.
func (a *Accounts) FinishSignIn(ctx context.Context, response []byte) (cookie string, s Session, err error) {
	if a.web == nil {
		return "", Session{}, errPasskeysOff()
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return "", Session{}, a.refuse(ctx, "passkey", "", "", errFailed(webauthnCause(err)))
	}
	challenge := parsed.Response.CollectedClientData.Challenge
	raw, _ := base64.RawURLEncoding.DecodeString(challenge)
	n, ends, ok := a.ceremonies.known(forSignIn, "", raw, a.now())
	if !ok {
		return "", Session{}, a.refuse(ctx, "passkey", "", "", errFailed(errors.New("account: the challenge is not ours, or over")))
	}
	a.touching.Lock()
	defer a.touching.Unlock()
	was, acct, err := a.keyOf(ctx, parsed.RawID, parsed.Response.UserHandle)
	if err != nil {
		return "", Session{}, err
	}
	find := func(_, _ []byte) (webauthn.User, error) {
		return owner{acct, []webauthn.Credential{was.credential}}, nil
	}
	_, now, err := a.web.ValidatePasskeyLogin(find, webauthn.SessionData{Challenge: challenge, RelyingPartyID: a.cfg.RPID, UserVerification: protocol.VerificationRequired}, parsed)
	if err == nil && !a.ceremonies.spend(n, ends, a.now()) { // an answer that somebody sends again (A2, A4)
		err = errors.New("account: the challenge was answered before")
	}
	if err != nil {
		return "", Session{}, a.refuse(ctx, "passkey", acct.Court, acct.ID, errFailed(webauthnCause(err)))
	}
	touched, err := a.counted(ctx, acct, was, now)
	if err != nil {
		return "", Session{}, err
	}
	return a.start(ctx, acct, ByPasskey, &touched, was.kept.ID)
}

// key is a passkey as it is kept, and as the library wants it.
type key struct {
	kept       store.Passkey
	credential webauthn.Credential
}

// keyOf finds the passkey and its owner. The user handle must be the owner's (section 7.2, step 6): a passkey signs nobody else in.
func (a *Accounts) keyOf(ctx context.Context, id, handle []byte) (k key, acct store.Account, err error) {
	k.kept, err = a.store.Passkey(ctx, id)
	if errors.Is(err, store.ErrUnknown) {
		return k, acct, a.refuse(ctx, "unknown", "", "", errFailed(err))
	}
	if err == nil {
		acct, err = a.store.Account(ctx, k.kept.Person)
	}
	if err == nil {
		err = json.Unmarshal(k.kept.Record, &k.credential)
	}
	if err != nil {
		return k, acct, fromStore(err, errFailed)
	}
	if string(handle) != acct.ID || acct.Closed {
		return k, acct, a.refuse(ctx, "passkey", acct.Court, acct.ID, errFailed(errors.New("account: the user handle is another's")))
	}
	return k, acct, nil
}

// counted looks at the sign counter (section 7.2, step 22). One that did not grow means that there may be a second authenticator with this key, and
// nobody can tell which of them this is: it is refused, and the court's auditor sees it.
func (a *Accounts) counted(ctx context.Context, acct store.Account, was key, now *webauthn.Credential) (store.TouchedPasskey, error) {
	if now.Authenticator.CloneWarning {
		return store.TouchedPasskey{}, a.refuse(ctx, "clone", acct.Court, acct.ID, errClone(errors.New("account: sign counter went back")))
	}
	record, err := json.Marshal(now)
	if err != nil {
		return store.TouchedPasskey{}, fromStore(err, errFailed)
	}
	return store.TouchedPasskey{Credential: was.kept.Credential, Was: was.kept.Record, Is: record}, nil
}

// Touched is a fresh touch, with all that a third party needs to check it again (section 7.2, step 21): the signature is over AuthenticatorData and the
// SHA-256 of ClientData.
type Touched struct {
	Credential        []byte // its id
	PublicKey         []byte // COSE_Key
	AuthenticatorData []byte
	ClientData        []byte // JSON; its challenge is the one that was asked with
	Signature         []byte
	RP                string
}

// Assertion asks one person for a fresh touch of one of her passkeys over the given challenge (16 bytes or more). kept goes to CheckAssertion; whoever keeps it
// sees to it that it is used once and soon. ErrNoPasskey where she has none.
func (a *Accounts) Assertion(ctx context.Context, person string, challenge []byte) (options any, kept webauthn.SessionData, err error) {
	o, err := a.toucher(ctx, person)
	if err != nil {
		return nil, kept, err
	}
	if len(o.keys) == 0 {
		return nil, kept, ErrNoPasskey
	}
	asked, session, err := a.web.BeginLogin(o, webauthn.WithChallenge(challenge), webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, kept, fromStore(webauthnCause(err), errFailed)
	}
	return asked, *session, nil
}

func (a *Accounts) toucher(ctx context.Context, person string) (owner, error) {
	if a.web == nil {
		return owner{}, ErrNoPasskey
	}
	acct, err := a.store.Account(ctx, person)
	if err != nil || acct.Closed {
		return owner{}, fromStore(errors.Join(err), errPersonUnknown)
	}
	o, _, err := a.ownerOf(ctx, acct)
	return o, err
}

// CheckAssertion checks the answer to Assertion and keeps the counter. The refusal is sign_in_failed or passkey_clone.
func (a *Accounts) CheckAssertion(ctx context.Context, person string, kept webauthn.SessionData, response []byte) (t Touched, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return t, errFailed(webauthnCause(err))
	}
	a.touching.Lock()
	defer a.touching.Unlock()
	o, err := a.toucher(ctx, person)
	if err != nil {
		return t, err
	}
	was, _, err := a.keyOf(ctx, parsed.RawID, []byte(person))
	if err != nil {
		return t, err
	}
	now, err := a.web.ValidateLogin(o, kept, parsed)
	if err != nil {
		return t, a.refuse(ctx, "passkey", o.acct.Court, person, errFailed(webauthnCause(err)))
	}
	touched, err := a.counted(ctx, o.acct, was, now)
	if err != nil {
		return t, err
	}
	if err := a.store.UsePasskey(context.WithoutCancel(ctx), touched.Credential, touched.Was, touched.Is, a.now()); err != nil {
		return t, fromStore(err, errFailed)
	}
	raw := parsed.Raw.AssertionResponse
	return Touched{parsed.RawID, now.PublicKey, raw.AuthenticatorData, raw.ClientDataJSON, raw.Signature, a.cfg.RPID}, nil
}

// registration gives the options of a new passkey. binding says whose and by what right it is made; the answer must come with the same.
func (a *Accounts) registration(o owner, purpose, binding string) (options any, err error) {
	if a.web == nil {
		return nil, errPasskeysOff()
	}
	exclude := make([]protocol.CredentialDescriptor, len(o.keys))
	for i, k := range o.keys {
		exclude[i] = k.Descriptor()
	}
	options, _, err = a.web.BeginRegistration(o, webauthn.WithExclusions(exclude), webauthn.WithCredentialParameters(algorithms()),
		func(p *protocol.PublicKeyCredentialCreationOptions) error {
			p.Challenge = a.ceremonies.challenge(purpose, binding, a.now())
			return nil
		})
	return options, err
}

// registered checks the authenticator's answer and gives the passkey as it is to be kept.
func (a *Accounts) registered(acct store.Account, purpose, binding, label string, response []byte) (p store.Passkey, err error) {
	if a.web == nil {
		return p, errPasskeysOff()
	}
	if label, err = readLabel(label); err != nil {
		return p, err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return p, errPasskeyBad(webauthnCause(err))
	}
	challenge := parsed.Response.CollectedClientData.Challenge
	raw, _ := base64.RawURLEncoding.DecodeString(challenge)
	n, ends, ok := a.ceremonies.known(purpose, binding, raw, a.now())
	if !ok {
		return p, errPasskeyBad(errors.New("account: the challenge is not ours, or over"))
	}
	c, err := a.web.CreateCredential(owner{acct: acct}, webauthn.SessionData{Challenge: challenge, RelyingPartyID: a.cfg.RPID, UserID: []byte(acct.ID),
		UserVerification: protocol.VerificationRequired, CredParams: algorithms()}, parsed)
	if err == nil && !a.ceremonies.spend(n, ends, a.now()) {
		err = errors.New("account: the challenge was answered before")
	}
	if err != nil {
		return p, errPasskeyBad(webauthnCause(err))
	}
	record, err := json.Marshal(c)
	if err != nil {
		return p, errPasskeyBad(err)
	}
	now := a.now()
	return store.Passkey{Credential: c.ID, ID: secret.ID("k-"), Person: acct.ID, Label: label, Record: record, Made: now, Used: now}, nil
}
