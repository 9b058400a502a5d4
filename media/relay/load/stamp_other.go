//go:build !linux

package main

import (
	"time"

	"github.com/pion/transport/v4/stdnet"
)

// arrivals without the kernel's stamps: a packet counts as come when it is read.
type arrivals struct{ *stdnet.Net }

func newArrivals() (*arrivals, error) {
	n, err := stdnet.NewNet()
	return &arrivals{n}, err
}

func (*arrivals) of([]byte) (time.Time, bool) { return time.Now(), true }
