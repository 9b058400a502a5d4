package main

import (
	"fmt"
	"regexp"
	"strings"

	"parda/gateway/proceeding"
	"parda/gateway/visibility"
)

// EmergencyConfig is whom the bench calls in an emergency, and what the station shows of it while the gateway is away.
type EmergencyConfig struct {
	Telephone string `toml:"telephone"` // of the body that holds the address of the shielded room under seal
	Body      string `toml:"body"`      // what it is called
}

const maxCardRunes = 100

var (
	roomCode  = regexp.MustCompile(`^[A-Z]{2}-[0-9]{2,3}$`)
	telephone = regexp.MustCompile(`^[+0-9][0-9 ()-]{1,29}$`)
)

func (c EmergencyConfig) check() error {
	if c.Telephone != "" && !telephone.MatchString(c.Telephone) {
		return fmt.Errorf("emergency.telephone: %q is no telephone number", c.Telephone)
	}
	if len([]rune(c.Body)) > maxCardRunes {
		return fmt.Errorf("emergency.body: at most %d letters", maxCardRunes)
	}
	return nil
}

// card is what the bench reads out: the code of the room, and whom to call. nil where nothing is set.
func (c EmergencyConfig) card(room string) *visibility.CardView {
	card := visibility.CardView{Room: room, Telephone: c.Telephone, Body: c.Body}
	if card == (visibility.CardView{}) {
		return nil
	}
	return &card
}

// checkRoom holds that the code of a room is a code: a place that was written there would stand on every judge's page and in the room itself.
func (h HearingConfig) checkRoom() error {
	if strings.HasPrefix(h.ID, proceeding.SealedBook("")) {
		return fmt.Errorf("hearing: %q is the name of a hearing's sealed book", h.ID)
	}
	if h.Room != "" && !roomCode.MatchString(h.Room) {
		return fmt.Errorf("hearing %s: room %q: write a code of two capital letters and two or three digits, such as AB-12, and never a place", h.ID, h.Room)
	}
	return nil
}
