package visibility

import "parda/gateway/hearing"

// Field is a part of the state message that not everybody may know.
type Field string

// The fields of PROTOCOL.md's State that depend on who reads.
const (
	FieldOrder         Field = "order"
	FieldRenderings    Field = "order.renderings"
	FieldOrderEvidence Field = "order.bytes, signature, key, reason"
	FieldDraft         Field = "draft"
	FieldPseudonym     Field = "testimony.pseudonym"
	FieldPause         Field = "testimony.paused_by, pause_code"
	FieldDiscreetPause Field = "testimony.pause_code when it is discreet"
	FieldConsent       Field = "testimony.consent"
	FieldIdentity      Field = "testimony.identity_verified"
	FieldMask          Field = "testimony.mask, tightened"
	FieldRoom          Field = "testimony.room, in full"
	FieldOwnRoom       Field = "testimony.room: certified, at, with, officer, rests_until"
	FieldFigure        Field = "testimony.figure, while a drawn figure flows to them"
	FieldWatching      Field = "watching"
	FieldSeats         Field = "seats, in full"
	FieldBenchAndFloor Field = "seats, bench and floor by role"
	FieldPending       Field = "pending"
	FieldRequests      Field = "requests"
	FieldOwnRequests   Field = "requests, one's own"
	FieldHealth        Field = "health"
	FieldCheckpoint    Field = "health.checkpoint"
	FieldAlarms        Field = "alarms"
	FieldSigning       Field = "signing"
	FieldBundle        Field = "bundle"
	FieldProtocolPDF   Field = "the protocol as PDF, after closing"
	FieldFlags         Field = "flags"
	FieldEnteredFlags  Field = "flags, entered and not discreet"
	FieldOwnFlags      Field = "flags, one's own"
	FieldPut           Field = "put: what was put to this seat, and no more of the flag"
	FieldHidden        Field = "seats.hidden, views"
	FieldStops         Field = "seats.stop"
	FieldPausedSeat    Field = "testimony.paused_seat"
	FieldDuress        Field = "duress"
	FieldEmergency     Field = "emergency"
	FieldCard          Field = "emergency_card"
	FieldProtection    Field = "protection"
)

func bench(r hearing.Role) bool           { return r.Bench() }
func clerkToo(r hearing.Role) bool        { return r.Bench() || r == hearing.CourtClerk }
func parties(r hearing.Role) bool         { return clerkToo(r) || r.Party() }
func witnessToo(r hearing.Role) bool      { return clerkToo(r) || r == hearing.ProtectedWitness }
func benchAndRoom(r hearing.Role) bool    { return r.Bench() || r == hearing.ProtectedWitness }
func everybody(r hearing.Role) bool       { return r.Known() }
func active(r hearing.Role) bool          { return r.Known() && !r.Passive() }
func activeNoWitness(r hearing.Role) bool { return active(r) && r != hearing.ProtectedWitness }

// fields is the table of who may know what. A field that is not in it is known to nobody.
var fields = []struct {
	field Field
	knows func(hearing.Role) bool
}{
	{FieldOrder, everybody},
	{FieldRenderings, active},
	{FieldOrderEvidence, witnessToo},
	{FieldDraft, bench},
	{FieldPseudonym, everybody},
	{FieldPause, parties},
	{FieldDiscreetPause, bench},
	{FieldConsent, func(r hearing.Role) bool { return witnessToo(r) || r == hearing.VictimsLawyer }},
	{FieldIdentity, clerkToo},
	{FieldMask, witnessToo},
	{FieldRoom, clerkToo},
	{FieldOwnRoom, witnessToo}, // not why: who frightens her may stand beside her and read it
	{FieldFigure, func(r hearing.Role) bool { return hearing.AudienceOf(r) != hearing.ToNobody }},
	{FieldWatching, clerkToo},
	{FieldSeats, activeNoWitness},
	{FieldBenchAndFloor, everybody},
	{FieldPending, parties},
	{FieldRequests, clerkToo},
	{FieldOwnRequests, active},
	{FieldHealth, activeNoWitness},
	{FieldCheckpoint, bench}, // it counts every event: whoever watched it would see that a discreet flag was pressed, and when (A7)
	{FieldAlarms, clerkToo},
	{FieldSigning, clerkToo},
	{FieldBundle, bench}, // the whole ledger is in it, discreet flags included: a redacted bundle for the parties does not exist yet
	{FieldProtocolPDF, parties},
	{FieldFlags, bench},
	{FieldEnteredFlags, parties},
	{FieldOwnFlags, active},
	{FieldPut, func(r hearing.Role) bool { return activeNoWitness(r) && !clerkToo(r) }}, // nothing is put to who decides, writes or is protected
	{FieldHidden, parties},
	{FieldStops, bench},
	{FieldPausedSeat, bench},
	{FieldDuress, bench}, // nobody else: who frightens her may hold any other seat (A6, A7)
	{FieldEmergency, benchAndRoom},
	{FieldCard, benchAndRoom},
	{FieldProtection, clerkToo},
}

// MayKnow says whether a role may know a field, given that its seat takes part.
func MayKnow(r hearing.Role, f Field) bool {
	for _, row := range fields {
		if row.field == f {
			return row.knows(r)
		}
	}
	return false
}

// Fields lists the fields of the table, in its order.
func Fields() []Field {
	list := make([]Field, 0, len(fields))
	for _, row := range fields {
		list = append(list, row.field)
	}
	return list
}

// MayTakeBundle says whether a role may take the sealed bundle away.
func MayTakeBundle(r hearing.Role) bool { return MayKnow(r, FieldBundle) }

// MayTakeProtocol says whether a role may take the protocol away as it is to be signed. What only the bench may read is redacted in it.
func MayTakeProtocol(r hearing.Role) bool { return MayKnow(r, FieldProtocolPDF) }
