package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"syscall"
	"time"

	"parda/media/enrol"
)

// The few messages of signaling/PROTOCOL.md that the station reads or writes itself. What the kiosk alone needs passes through unread.

type headMessage struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Code string `json:"code"`
}

type helloMessage struct {
	Type  string `json:"type"`
	Lang  string `json:"lang"`
	Since uint64 `json:"since"`
}

type pingMessage struct {
	Type string `json:"type"`
	T    int64  `json:"t"`
}

type sdpMessage struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

type commandMessage struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
	Args any    `json:"args"`
	At   string `json:"at"`

	sent      bool
	notBefore time.Time
	kept      bool // over a restart, and over a gateway that has too much to do (kept.go)
	quiet     bool // in the place of a ping
}

// stateMessage is the part of State that the station acts on.
type stateMessage struct {
	Rev     uint64 `json:"rev"`
	Hearing struct {
		ID    string `json:"id"`
		Phase string `json:"phase"`
	} `json:"hearing"`
	Order     *signedOrder `json:"order"`
	Testimony struct {
		Phase string      `json:"phase"`
		Mask  *maskStatus `json:"mask"`
		Room  *struct {
			Certified bool   `json:"certified"`
			At        string `json:"at"`
		} `json:"room"`
		Tightened *struct {
			Picture string `json:"picture"`
			Voice   string `json:"voice"`
		} `json:"tightened"`
	} `json:"testimony"`
	Emergency     *courtEmergency `json:"emergency"`
	EmergencyCard *emergencyCard  `json:"emergency_card"`
}

// Phases of the testimony of one witness.
const (
	phaseWaiting   = "waiting"
	phaseRehearsal = "rehearsal"
	phaseReady     = "ready"
	phaseLive      = "live"
	phasePaused    = "paused"
	phaseReleased  = "released"
)

// plainCause names the cause of a failed link without an address or a name in it, for a log that holds neither.
func plainCause(err error) string {
	var refused *enrol.Refused
	var dns *net.DNSError
	var net0 net.Error
	switch {
	case err == nil:
		return "closed"
	case errors.Is(err, errTokenWrong), errors.Is(err, errHearingUnknown), errors.Is(err, errGatewayIdentity):
		return err.Error()
	case errors.Is(err, enrol.ErrGateway), errors.Is(err, enrol.ErrSoon), errors.Is(err, enrol.ErrKey):
		return err.Error()
	case errors.As(err, &refused):
		return refused.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the gateway is not reachable: connection refused"
	case errors.As(err, &dns):
		return "the gateway is not reachable: its name does not resolve"
	case errors.As(err, &net0) && net0.Timeout():
		return "the gateway does not answer in time"
	}
	return "the connection ended"
}

func isCertificateError(err error) bool {
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &host) || errors.As(err, &invalid)
}
