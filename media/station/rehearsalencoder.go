package main

import "errors"

func newRehearsalEncoder() (maskedEncoder, error) { return nil, errors.New("x") }
