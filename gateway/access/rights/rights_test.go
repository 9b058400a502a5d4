package rights

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"parda/gateway/hearing"
)

var update = flag.Bool("update", false, "write RIGHTS.md anew")

// The whole table once more, by hand: a right that is given to one role more, or less, fails here and is looked at.
var want = map[Role]string{
	Administrator: "device.enrol device.revoke device.see own_account people.enrol people.recover people.see seat.appoint statistics.see",
	Auditor:       "audit.read own_account statistics.see",
	Judge: "device.assign device.revoke device.see incident.agree incident.ask incident.clock incident.file incident.refer incident.rule incident.see own_account people.see person.protect " +
		"seat.invite seat.take statistics.see vault.key vault.order vault.read vault.release vault.stop",
	CourtClerk:      "device.assign device.see incident.clock incident.file incident.see own_account people.see seat.invite seat.take",
	Prosecutor:      "incident.ask incident.file incident.see own_account person.protect seat.take vault.key vault.read vault.release vault.stop",
	Investigator:    "own_account person.protect vault.read",
	DefenceCounsel:  "incident.see own_account seat.take",
	VictimsLawyer:   "incident.agree incident.ask incident.file incident.refer incident.see own_account seat.take",
	Interpreter:     "incident.see own_account seat.take",
	SupportPerson:   "incident.ask incident.file incident.see own_account seat.take",
	LegalGuardian:   "incident.ask incident.file incident.see own_account seat.take",
	RoomOfficer:     "own_account room.certify",
	RegisterOfficer: "incident.overview incident.see own_account statistics.see",
}

func TestEveryRoleHasExactlyItsRights(t *testing.T) {
	if len(want) != len(Roles()) {
		t.Fatalf("%d roles are expected, there are %d", len(want), len(Roles()))
	}
	for _, role := range Roles() {
		var has []string
		for _, right := range Rights() {
			if Has([]Role{role}, right) {
				has = append(has, string(right))
			}
		}
		if got := strings.Join(has, " "); got != want[role] {
			t.Errorf("%s has\n\t%s\nwant\n\t%s", role, got, want[role])
		}
	}
	for _, right := range append(Rights(), "", "no.such") {
		if Has(nil, right) || Has([]Role{""}, right) || Has([]Role{"root"}, right) {
			t.Errorf("%q is had without a role that has it", right)
		}
	}
	for _, role := range Roles() {
		if Has([]Role{role}, "") || Has([]Role{role}, "no.such") {
			t.Errorf("%s has a right that does not exist", role)
		}
	}
}

// Separation of duties: an administrator can enrol and never see a picture (a seat), a protocol (a seat) or a vault; the auditor can only read; a clerk cannot order, open
// or revoke a measure; and no role that gives rights goes with one that uses them.
func TestDutiesAreApart(t *testing.T) {
	for role, never := range map[Role][]Right{
		Administrator:   {IncidentSee, IncidentFile, IncidentOverview, SeatInvite, SeatTake, DeviceAssign, RoomCertify, PersonProtect, VaultKeyHold, VaultOrder, VaultRelease, VaultRead, VaultStop, AuditRead},
		Auditor:         {PeopleSee, PeopleEnrol, PeopleRecover, SeatInvite, SeatAppoint, SeatTake, DeviceSee, DeviceEnrol, DeviceRevoke, DeviceAssign, PersonProtect, VaultKeyHold, VaultOrder, VaultRelease, VaultRead, VaultStop},
		CourtClerk:      {PeopleEnrol, PeopleRecover, DeviceEnrol, DeviceRevoke, PersonProtect, VaultKeyHold, VaultOrder, VaultRelease, VaultRead, VaultStop, AuditRead},
		RoomOfficer:     {SeatTake, DeviceEnrol, DeviceAssign, VaultRead, IncidentSee},
		RegisterOfficer: {SeatTake, SeatInvite, PeopleSee, DeviceSee, VaultRead, AuditRead, IncidentFile, IncidentRule, IncidentClock, IncidentAsk, IncidentAgree, IncidentRefer},
		Prosecutor:      {IncidentRule, IncidentClock, IncidentRefer, IncidentOverview}, DefenceCounsel: {IncidentFile, IncidentAsk, IncidentAgree, IncidentRefer, IncidentClock, StatisticsSee},
	} {
		for _, right := range never {
			if Has([]Role{role}, right) {
				t.Errorf("%s has %s", role, right)
			}
		}
	}
	for _, a := range Roles() {
		for _, b := range Roles() {
			alone := func(r Role) bool { return r == Administrator || r == Auditor || r == RegisterOfficer }
			watch := a == Auditor && b == RegisterOfficer || a == RegisterOfficer && b == Auditor // both only look
			apart := a != b && (alone(a) || alone(b)) && !watch
			if Compatible([]Role{a, b}) == apart {
				t.Errorf("%s with %s: compatible is %v", a, b, !apart)
			}
			if apart {
				continue
			}
			// What compatible roles give together: nobody who gives roles or reads the audit sits in a hearing or touches the vault.
			for _, gives := range []Right{PeopleEnrol, PeopleRecover, DeviceEnrol, AuditRead} {
				for _, uses := range []Right{SeatTake, SeatInvite, VaultKeyHold, VaultOrder, VaultRead, RoomCertify} {
					if both := []Role{a, b}; Has(both, gives) && Has(both, uses) {
						t.Errorf("%s and %s together have %s and %s", a, b, gives, uses)
					}
				}
			}
		}
	}
}

func TestASeatAsksForTheRoleOfItsAccount(t *testing.T) {
	nobody := map[hearing.Role]bool{hearing.ProtectedWitness: true, hearing.CourtroomScreen: true, hearing.Gallery: true}
	for _, seat := range append(hearing.Roles(), hearing.System, "", "no_such") {
		role, ok := ForSeat(seat)
		switch known := seat.Known() && !nobody[seat]; {
		case ok != known:
			t.Errorf("seat %q: an account is asked for: %v, want %v", seat, ok, known)
		case ok && !Has([]Role{role}, SeatTake):
			t.Errorf("seat %q asks for %s, who may take no seat", seat, role)
		case ok && seat.Bench() != (role == Judge), ok && (seat == hearing.CourtClerk) != (role == CourtClerk):
			t.Errorf("seat %q asks for %s", seat, role)
		}
	}
}

// Whom an administrator may invite: the bench and its clerk, and nobody else; the clerk and a judge invite to every seat; everybody else to none.
func TestWhoMayInviteToWhichSeat(t *testing.T) {
	for _, role := range Roles() {
		for _, seat := range hearing.Roles() {
			may := role == Judge || role == CourtClerk || role == Administrator && (seat.Bench() || seat == hearing.CourtClerk)
			if MayInvite([]Role{role}, seat) != may {
				t.Errorf("%s may invite to %s: %v, want %v", role, seat, !may, may)
			}
		}
	}
}

// A6: a hearing that has begun is filled by its own, its bench by a judge on it; nobody but a judge takes a judge's seat away before.
func TestABegunHearingIsFilledByItsOwn(t *testing.T) {
	for _, role := range Roles() {
		for _, seat := range hearing.Roles() {
			for _, inside := range append(hearing.Roles(), "") {
				for _, at := range []Standing{{}, {Taken: true}, {Begun: true}, {Begun: true, Taken: true}, {Begun: true, Orphaned: true}, {Orphaned: true, Taken: true}} {
					at.Inside = inside
					want := MayInvite([]Role{role}, seat)
					sitsOnBench := inside == hearing.PresidingJudge || inside == hearing.Judge || inside == hearing.ReserveJudge
					switch {
					case at.Begun && seat.Bench():
						want = want && (sitsOnBench || at.Orphaned && inside == hearing.CourtClerk)
					case at.Begun:
						want = want && (sitsOnBench || inside == hearing.CourtClerk)
					case at.Taken && role == Administrator:
						want = false
					case at.Taken && seat.Bench():
						want = role == Judge
					}
					if got := MayFill([]Role{role}, seat, at); got != want {
						t.Errorf("%s fills %s at %+v: %v, want %v", role, seat, at, got, want)
					}
				}
			}
		}
	}
}

func TestTheDocumentIsTheTable(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Who may do what\n\nWritten by `go test ./gateway/access/rights -update` from the table in rights.go. What is not ticked is denied. All of it holds in one's own court\n" +
		"only. What a seat may do inside a hearing is in signaling/PROTOCOL.md, what it may see in gateway/visibility/VISIBILITY.md.\n\n| right | what it is |")
	for _, role := range Roles() {
		fmt.Fprintf(&b, " %s |", role)
	}
	b.WriteString("\n|---|---|" + strings.Repeat(":-:|", len(Roles())) + "\n")
	for _, right := range Rights() {
		if Says(right) == "" {
			t.Errorf("%s is not said in words", right)
		}
		fmt.Fprintf(&b, "| `%s` | %s |", right, Says(right))
		for _, role := range Roles() {
			b.WriteString(map[bool]string{true: " ✓ |", false: " |"}[Has([]Role{role}, right)])
		}
		b.WriteString("\n")
	}
	b.WriteString("\nAdministrator, auditor and register officer go with no other role of the same account, but the last two with each other. Nobody gives herself a role, and nobody invites herself.\n" +
		"Once a hearing has begun its seats are filled, and taken back, by those who sit on its bench and by its clerk, and those of the bench by the bench alone; before that the\n" +
		"administrator fills only seats that are empty, and a judge's seat that is taken is given away by a judge.\n\n" +
		"| seat of a hearing | asks for an account that is | an administrator may fill it |\n|---|---|:-:|\n")
	for _, seat := range hearing.Roles() {
		role, ok := ForSeat(seat)
		if !ok {
			role = map[hearing.Role]Role{hearing.ProtectedWitness: "(an enrolled device)"}[seat]
			if role == "" {
				role = "(a link)"
			}
		}
		fmt.Fprintf(&b, "| %s | %s |%s |\n", seat, role, map[bool]string{true: " ✓", false: ""}[Appointed(seat)])
	}
	if *update {
		if err := os.WriteFile("../RIGHTS.md", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("../RIGHTS.md")
	if err != nil || string(got) != b.String() {
		t.Errorf("RIGHTS.md is not the table (%v): run go test ./gateway/access/rights -update", err)
	}
}

func TestRightsAreListedOnceAndInOrder(t *testing.T) {
	all := Rights()
	if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) || len(all) != len(says) {
		t.Errorf("rights: %v (%d in words)", all, len(says))
	}
}
