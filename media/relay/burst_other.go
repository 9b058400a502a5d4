//go:build !linux

package relay

import "net"

func newCarrier(c *net.UDPConn) carrier { return single{c} }

func cutsTrains(*net.UDPConn) bool         { return false }
func segmentSize(oob []byte, _ int) []byte { return oob }
func refusesTrains(error) bool             { return false }
