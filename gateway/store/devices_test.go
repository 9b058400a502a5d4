package store

import (
	"errors"
	"testing"
	"time"
)

func TestARevokedDeviceStaysAsItIsWhateverStatementComes(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	at := time.UnixMilli(1)
	one := Device{ID: "d-aaaaaaaaaaaaaaaa", Court: "baku", Kind: "room", Label: "Otaq 3", Kept: "tpm", Key: Hash{1}, Enrolled: at, Until: at.Add(time.Hour)}
	if err := s.AddDevice(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	if err := s.PlaceDevice(t.Context(), DevicePlace{Hearing: "h1", Place: "witness", Device: one.ID, Since: at}); err != nil {
		t.Fatal(err)
	}
	if err := s.PlaceDevice(t.Context(), DevicePlace{Hearing: "h1", Place: "court/bench", Device: one.ID, Since: at}); !errors.Is(err, ErrExists) {
		t.Errorf("two places in one hearing: %v", err)
	}
	if err := s.RevokeDevice(t.Context(), one.ID, "stolen", at.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{"renewed": s.RenewDevice(t.Context(), one.ID, at.Add(time.Hour)), "entered": s.DeviceEntered(t.Context(), one.ID, at),
		"revoked again": s.RevokeDevice(t.Context(), one.ID, "other", at.Add(time.Hour))} {
		if !errors.Is(err, ErrUnknown) {
			t.Errorf("it is %s: %v", what, err)
		}
	}
	for _, statement := range []string{"UPDATE devices SET revoked = NULL", "UPDATE devices SET until = 9999999999999", "DELETE FROM devices"} {
		if _, err := s.write.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s is taken", statement)
		}
	}
	d, err := s.Device(t.Context(), one.ID)
	if err != nil || d.Why != "stolen" || !d.Revoked.Equal(at.Add(time.Minute)) {
		t.Errorf("%+v %v", d, err)
	}
}
