// Package hearing holds the rules of one hearing of a court: who sits in it (roles, seats), what protects the witness (the
// order), what can happen (event codes with typed payloads), what holds now (State, a fold of events), and which command of
// which seat is accepted now and what it makes happen (Decide).
//
// Everything here is a pure function of its arguments. There is no I/O, no goroutine and no clock: the time is handed in.
// Sessions, storage, media and texts for the eye live elsewhere: see gateway/proceeding, gateway/ledger, media/relay and
// courtroom-ui/locales. Who may see what is decided in gateway/visibility.
//
// The rules that must never break (DESIGN.md, I8 and I9):
//
//   - Protecting needs no reason and no permission. A pause, a card, a silence, a stricter session acts at once.
//   - Loosening needs a reason, and where it shows more of the witness a confirmation as well.
//   - A restriction of publicity or of the defence acts provisionally, and a reasoned ruling is owed from then on.
//   - Testimony is live only with a signed and valid order, the witness's consent, an entry on her identity, an open hearing,
//     a station that publishes, and the room officer's certificate since the last break or change (room.go) or a ruling that passes over it; after any interruption it is ready, not live, and the presiding judge resumes.
package hearing
