package account

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"rsc.io/qr"
)

// TOTP as authenticator programs know it: SHA-1, six digits, 30 s (RFC 6238). SHA-1 is sound inside HMAC, and other hashes are widely ignored by those programs.
const totpPeriod = 30

// totpStep gives the time step in which the six digits are right, one step early or late allowed (section 5.2). Every step is computed, whichever is right.
func totpStep(secret, digits string, now time.Time) (step int64, ok bool) {
	for d := int64(-1); d <= 1; d++ {
		at := now.Unix()/totpPeriod + d
		want, err := totp.GenerateCodeCustom(secret, time.Unix(at*totpPeriod, 0), totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(digits)) == 1 {
			step, ok = at, true
		}
	}
	return step, ok
}

// Enrolment is a TOTP secret that is being handed over. Nothing is kept of it until its first six digits come back: the page carries it, sealed.
type Enrolment struct {
	Sealed string // goes back as it is
	URI    string // otpauth://totp/...
	Secret string // base32, to be typed where no picture can be taken
	QR     string // the URI as a data: URL of a PNG
	Ends   time.Time
}

type enrolment struct {
	Secret string `json:"secret"`
	Ends   int64  `json:"ends"`
}

const enrolmentLife = 15 * time.Minute

// newEnrolment draws a secret of 160 bits (RFC 4226, section 4, R6) for what it is bound to.
func (a *Accounts) newEnrolment(login, binding string) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "parda", AccountName: login, Period: totpPeriod, SecretSize: 20, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return Enrolment{}, err
	}
	ends := a.now().Add(enrolmentLife)
	plain, err := json.Marshal(enrolment{key.Secret(), ends.UnixMilli()})
	if err != nil {
		return Enrolment{}, err
	}
	picture, err := qr.Encode(key.URL(), qr.M)
	if err != nil {
		return Enrolment{}, err
	}
	return Enrolment{
		Sealed: base64.RawURLEncoding.EncodeToString(a.passing.seal(plain, "enrolment\x00"+binding)), URI: key.URL(), Secret: key.Secret(),
		QR: "data:image/png;base64," + base64.StdEncoding.EncodeToString(picture.PNG()), Ends: ends,
	}, nil
}

// enrolled opens what newEnrolment sealed for the same, and checks the first six digits.
func (a *Accounts) enrolled(sealed, binding, digits string) (secret string, step int64, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", 0, errCodeOver()
	}
	plain, err := a.passing.open(raw, "enrolment\x00"+binding)
	if err != nil {
		return "", 0, errCodeOver()
	}
	var e enrolment
	if err := json.Unmarshal(plain, &e); err != nil || a.now().UnixMilli() >= e.Ends {
		return "", 0, errCodeOver()
	}
	step, ok := totpStep(e.Secret, digits, a.now())
	if !ok {
		return "", 0, errTOTPWrong()
	}
	return e.Secret, step, nil
}
