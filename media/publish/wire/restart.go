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
	restartIn    = 2500 * time.Millisecond // to be answered in
)

// watchWay restarts ICE when nothing is heard of the gateway any more.
func (p *Publication) watchWay() {
	defer p.running.Done()
	tick := time.NewTicker(keepalive / 2)
	defer tick.Stop()
	var last time.Time
	for {
		select {
		case <-p.done:
			return
		case now := <-tick.C:
			heard := p.heard.Load()
			if !p.connected.Load() || heard == 0 || now.Sub(last) < restartEvery {
				continue
			}
			limit := unheardSound
			if _, sent := p.steer.network(); sent > 0 {
				limit = unheardFor
			}
			if now.Sub(time.Unix(0, heard)) < limit && !p.mute.Load() {
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
	ctx, cancel := context.WithTimeout(context.Background(), restartIn)
	defer cancel()
	go func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	answer := p.pc.RemoteDescription()
	if answer == nil || p.pc.SignalingState() != webrtc.SignalingStateStable {
		return errors.New("wire: a restart is under way")
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
	case <-ctx.Done():
		return ctx.Err()
	}
	fragment, err := p.whip.restart(ctx, credentials(p.pc.LocalDescription().SDP))
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
