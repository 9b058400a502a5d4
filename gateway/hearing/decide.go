package hearing

import "time"

func decide(s *State, a Actor, c Command, now time.Time) ([]Draft, Result, error) {
	return nil, nil, refuse(CodeUnknownCommand, "There is no such command.")
}

func can(s *State, r Role, seat string, now time.Time) []string { return nil }
