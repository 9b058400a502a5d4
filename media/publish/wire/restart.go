package wire

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pion/webrtc/v4"
)

// A room whose network changes (another uplink, a NAT that forgot) keeps its publication: ICE begins anew on the same connection (RFC 9725 section
// 4.3.2), with the same keys and numbers, and the gateway's viewers see a gap and no new picture's start. What cannot be mended so ends as before, and the
// owner makes another publication.
const (
	unheardFor   = 1200 * time.Millisecond // the gateway reports on pictures many times a second: silence for so long is a broken way
	unheardSound = 3500 * time.Millisecond // and on sound alone once a second
	restartEvery = 4 * time.Second
	restartIn    = 1800 * time.Millisecond // for the gateway to answer; asked twice, which is less than pion waits for a way that begins anew
	restartTries = 2
)

// watchWay restarts ICE when nothing is heard of the gateway any more.
func (p *Publication) watchWay() {
	defer p.running.Done()
	tick := time.NewTicker(keepalive / 2)
	defer tick.Stop()
	var last, looked time.Time
	var awake int64 // since when this program has run without a stop (UnixNano)
	for {
		select {
		case <-p.done:
			return
		case <-tick.C:
			// A program that did not run heard nothing either: silence counts from when it ran again, or a machine without time for us would cost the court its testimony.
			now := time.Now()
			if !looked.IsZero() && now.Sub(looked) > keepalive {
				awake = now.UnixNano()
			}
			looked = now
			heard := p.heard.Load()
			if !p.connected.Load() || heard == 0 || now.Sub(last) < restartEvery {
				continue
			}
			limit := unheardSound
			if _, sent := p.steer.network(); sent > 0 {
				limit = unheardFor
			}
			since := func(nanos int64) time.Duration { return now.Sub(time.Unix(0, nanos)) }
			if since(awake) < limit || since(heard) < limit && !p.mute.Load() {
				continue
			}
			last = now
			if err := p.restart(); err != nil && !p.closed() {
				p.log.Warn("the way to the gateway could not be mended", "why", bare(err))
			}
		}
	}
}

// restart begins ICE anew. A failure leaves the connection to its timeouts.
func (p *Publication) restart() error {
	ctx, cancel := context.WithTimeout(context.Background(), restartTries*restartIn)
	defer cancel()
	go func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	answer := p.pc.RemoteDescription()
	if answer == nil {
		return errors.New("wire: there is no connection to begin anew")
	}
	if err := p.offerAnew(ctx); err != nil {
		return err
	}
	fragment, err := p.patch(ctx, credentials(p.pc.LocalDescription().SDP))
	if err != nil {
		return err
	}
	renewed := answer.SDP
	for _, name := range []string{"a=ice-ufrag:", "a=ice-pwd:"} {
		old, now := lineOf(answer.SDP, name), lineOf(fragment, name)
		if old == "" || now == "" {
			return errors.New("wire: the gateway's fragment holds no credentials")
		}
		renewed = strings.ReplaceAll(renewed, old, now)
	}
	p.log.Info("the way to the gateway begins anew")
	return p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: renewed})
}

// offerAnew makes this side's new credentials. Those of a restart that the gateway did not answer are used again: pion has left the older ones already, and
// to the gateway the same ones twice are one restart.
func (p *Publication) offerAnew(ctx context.Context) error {
	switch p.pc.SignalingState() {
	case webrtc.SignalingStateHaveLocalOffer:
		return nil
	case webrtc.SignalingStateStable:
	default:
		return errors.New("wire: the connection cannot begin anew now")
	}
	offer, err := p.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true})
	if err != nil {
		return err
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(offer); err != nil {
		return err
	}
	select {
	case <-gathered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// patch asks again where a request was lost with the way that broke.
func (p *Publication) patch(ctx context.Context, fragment string) (answer string, err error) {
	for range restartTries {
		try, cancel := context.WithTimeout(ctx, restartIn)
		answer, err = p.whip.restart(try, fragment)
		cancel()
		if err == nil || ctx.Err() != nil {
			return answer, err
		}
	}
	return "", err
}

// credentials is a fragment of SDP (RFC 8840) with this side's ICE credentials and no address.
func credentials(sdp string) string {
	return lineOf(sdp, "a=ice-ufrag:") + "\r\n" + lineOf(sdp, "a=ice-pwd:") + "\r\n"
}

// lineOf is the first line with that beginning, without its end.
func lineOf(sdp, prefix string) string {
	for line := range strings.Lines(sdp) {
		if strings.HasPrefix(line, prefix) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
