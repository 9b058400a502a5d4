package main

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// newMetrics is what GET /metrics shows: counts of the whole gateway. No label of it is a hearing, a seat, a name or an address, so that whoever
// watches the machine learns nothing of whom it protects.
func newMetrics(a *App) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	gauge := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: "parda", Name: name, Help: help}, value))
	}
	gauge("hearings", "Hearings that run.", func() float64 { return float64(len(a.hearings)) })
	gauge("ledger_healthy", "1 while every hearing's ledger can be written.", func() float64 {
		if a.ledger.Healthy() != nil {
			return 0
		}
		return 1
	})
	gauge("publications", "Publications that arrive at the relay.", func() float64 { return float64(a.relay.Stats().Publications) })
	gauge("subscriptions", "Connections that receive from the relay.", func() float64 { return float64(a.relay.Stats().Subscriptions) })
	counter := func(name, help string, value func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: "parda", Name: name, Help: help}, value))
	}
	counter("packets_forwarded_total", "RTP packets written to receivers.", func() float64 { return float64(a.relay.Stats().Forwarded) })
	return r
}
