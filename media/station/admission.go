package main

import (
	"context"
	"errors"
	"net/http"

	"parda/media/enrol"
	"parda/media/publish"
)

// dialer gives the link a pass, and the client that speaks to the one gateway of that pass.
func dialer(a *enrol.Admission) func(context.Context) (token string, client *http.Client, err error) {
	return func(ctx context.Context) (string, *http.Client, error) {
		p, err := a.Get(ctx)
		if err != nil {
			return "", nil, err
		}
		return p.Token, gatewayClient(p.Roots), nil
	}
}

// publishBy makes a publication with a pass, and notes where the gateway does not take it.
func publishBy(ctx context.Context, a *enrol.Admission, c publish.Config) (publication, error) {
	p, err := a.Get(ctx)
	if err != nil {
		return nil, err
	}
	c.Token, c.RootCAs = p.Token, p.Roots
	pub, err := publish.New(ctx, c)
	if err != nil {
		if errors.Is(err, publish.ErrToken) || isCertificateError(err) {
			a.Lost()
		}
		return nil, err
	}
	return pub, nil
}
