package access_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"parda/gateway/access"
)

func TestOnlyTheNewestCodeOfTheOfficerOfTheHearingIsRight(t *testing.T) {
	a, _, dir := newDoor(t)
	first, err := a.IssueOfficer(t.Context(), "h1", access.OfficerByCode)
	if err != nil || !regexp.MustCompile(`^\d{5} \d{5}$`).MatchString(first) {
		t.Fatalf("%q %v", first, err)
	}
	if by, err := a.CheckOfficer(t.Context(), "h1", strings.ReplaceAll(first, " ", "-")); err != nil || by != access.OfficerByCode {
		t.Fatalf("%q %v", by, err)
	}
	second, err := a.IssueOfficer(t.Context(), "h1", access.OfficerByAccount)
	if err != nil {
		t.Fatal(err)
	}
	if by, err := a.CheckOfficer(t.Context(), "h1", second); err != nil || by != access.OfficerByAccount {
		t.Fatalf("%q %v", by, err)
	}
	for what, wrong := range map[string]string{"the older": first, "none": "", "one digit less": second[:len(second)-1], "letters": "ABCDE FGHIJ", "another": "00000 00000"} {
		if _, err := a.CheckOfficer(t.Context(), "h1", wrong); !errors.Is(err, access.ErrOfficerWrong) {
			t.Errorf("%s is taken: %v", what, err)
		}
	}
	if _, err := a.CheckOfficer(t.Context(), "h2", second); !errors.Is(err, access.ErrOfficerWrong) {
		t.Errorf("it is right in another hearing: %v", err)
	}
	if _, err := a.Publication(t.Context(), "h1", second); err == nil {
		t.Error("it is taken for a publication's token")
	}
	if err := a.RevokeOfficer(t.Context(), "h1"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.CheckOfficer(t.Context(), "h1", second); err == nil {
		t.Error("it is right after it was taken back")
	}
	search(t, dir, []string{first, second, strings.ReplaceAll(first, " ", ""), strings.ReplaceAll(second, " ", "")})
}
