package main

import (
	"encoding/json"
	"net/http"
)

// refusal is what the page is told: a code that it has words for (vault.error.{code}). Nothing that the gateway wrote is in it but a code of the gateway's form.
type refusal struct {
	Status int     `json:"-"`
	Code   string  `json:"code"`
	StepUp *stepUp `json:"step_up,omitempty"`
}

type stepUp struct {
	Challenge string `json:"challenge"`
}

func (r *refusal) Error() string { return r.Code }

var (
	errStranger    = &refusal{Status: http.StatusForbidden, Code: "stranger"}
	errEnterFirst  = &refusal{Status: http.StatusForbidden, Code: "enter_first"}
	errLinkUsed    = &refusal{Status: http.StatusForbidden, Code: "link_used"}
	errNothing     = &refusal{Status: http.StatusNotFound, Code: "nothing_here"}
	errBody        = &refusal{Status: http.StatusBadRequest, Code: "body_unreadable"}
	errNotPaired   = &refusal{Status: http.StatusForbidden, Code: "not_paired"}
	errUnreachable = &refusal{Status: http.StatusBadGateway, Code: "gateway_unreachable"}
	errCertificate = &refusal{Status: http.StatusBadGateway, Code: "gateway_not_known"}
	errAnswer      = &refusal{Status: http.StatusBadGateway, Code: "gateway_answer"}
	errRing        = &refusal{Status: http.StatusInternalServerError, Code: "keyring_failed"}
	errRingStale   = &refusal{Status: http.StatusConflict, Code: "keyring_stale"}
)

func fail(w http.ResponseWriter, r *refusal) { answer(w, r.Status, r) }

func answer(w http.ResponseWriter, status int, value any) {
	b, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
