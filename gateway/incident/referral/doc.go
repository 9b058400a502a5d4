// Package referral makes what leaves a court for the body that protects (the anti-trafficking department, the police): the sheet of a referral as JSON and on paper, in
// Azerbaijani, English and Russian; the rule of who must have agreed before; the bodies that a court refers to; and the mail that carries a sheet, with its durable queue.
//
// A sheet holds what the body needs to act, and names the protected person by pseudonym. Whoever flagged discreetly is not on it, neither as a role nor as a seat, and nobody's
// seat or address is. A sheet is frozen when the referral is made: its bytes are hashed into the register, and paper and mail are made of those bytes.
//
// What a mail tells to whoever carries it is the court, the number of the referral and that there is one: subject, envelope, headers, names of attachments and the sentence in
// clear say nothing else. The sheet itself goes encrypted to the body's key (age, X25519). Where a body has no key it leaves in clear by a way of its own (WayMailClear), which
// somebody must choose and the register shows; the line to the mail server is under TLS in either case, or nothing is said on it.
//
// What does not live here: who may refer (gateway/incident/register), the routes (gateway/referrals.go), and sealed identities, which come as ciphertext and go as such.
package referral
