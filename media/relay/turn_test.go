package relay

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"
)

const turnSecret = "a secret of the tests only"

func newTURN(t *testing.T, peers ...string) string {
	t.Helper()
	s, err := NewTURN(TURNConfig{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Realm: "court", PublicIP: "127.0.0.1", Secret: turnSecret, Peers: peers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	udp, _ := s.Addresses()
	return udp
}

func allocate(t *testing.T, server, user, password string) (net.PacketConn, *turn.Client, error) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := turn.NewClient(&turn.ClientConfig{STUNServerAddr: server, TURNServerAddr: server, Conn: conn, Username: user, Password: password, Realm: "court", LoggerFactory: muteFactory{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); conn.Close() })
	relayed, err := c.Allocate()
	if err == nil {
		t.Cleanup(func() { relayed.Close() })
	}
	return relayed, c, err
}

// listener is a UDP socket that tells what it gets and answers it.
func listener(t *testing.T, addr string) (string, chan string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", addr)
	if err != nil {
		t.Fatal(err)
	}
	got, done := make(chan string, 16), make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			got <- string(b[:n])
			if _, err := conn.WriteTo(b[:n], from); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String(), got
}

func udpAddr(t *testing.T, s string) net.Addr {
	t.Helper()
	a, err := net.ResolveUDPAddr("udp4", s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTURNLeadsToTheRelayAndNowhereElse(t *testing.T) {
	peer, atPeer := listener(t, "127.0.0.1:0")
	otherPort, atOtherPort := listener(t, "127.0.0.1:0")
	otherHost, _ := listener(t, "127.0.0.2:0")
	user, password := Credentials(turnSecret, "seat", time.Minute)
	relayed, client, err := allocate(t, newTURN(t, peer), user, password)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.CreatePermission(udpAddr(t, otherHost)); err == nil {
		t.Error("a permission for another host was given")
	}
	if _, err := relayed.WriteTo([]byte("to another port"), udpAddr(t, otherPort)); err != nil {
		t.Fatal(err)
	}
	if _, err := relayed.WriteTo([]byte("to the relay"), udpAddr(t, peer)); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-atPeer:
		if got != "to the relay" {
			t.Errorf("the relay got %q", got)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("the relay got nothing")
	}
	b := make([]byte, 100)
	if err := relayed.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, from, err := relayed.ReadFrom(b); err != nil || string(b[:n]) != "to the relay" || from.String() != peer {
		t.Errorf("the answer did not come back: %v", err)
	}
	select {
	case got := <-atOtherPort:
		t.Errorf("another port of the relay's host got %q", got)
	default:
	}
	// What comes from elsewhere to the allocation does not pass either.
	stranger, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if _, err := stranger.WriteTo([]byte("from a stranger"), relayed.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if _, err := relayed.WriteTo([]byte("again"), udpAddr(t, peer)); err != nil {
		t.Fatal(err)
	}
	if n, _, err := relayed.ReadFrom(b); err != nil || string(b[:n]) != "again" {
		t.Errorf("got %q, %v", b[:n], err)
	}
}

func TestTURNRefusesCredentialsThatAreWrongOrOver(t *testing.T) {
	server := newTURN(t, "127.0.0.1:1")
	over, overPassword := Credentials(turnSecret, "seat", -time.Minute)
	good, _ := Credentials(turnSecret, "seat", time.Minute)
	otherUser, otherPassword := Credentials("another secret altogether", "seat", time.Minute)
	for name, c := range map[string][2]string{
		"over": {over, overPassword}, "another's password": {good, otherPassword}, "another secret": {otherUser, otherPassword}, "no time": {"seat", turnPassword(turnSecret, "seat")},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := allocate(t, server, c[0], c[1]); err == nil {
				t.Error("an allocation was made")
			}
		})
	}
}

func TestTURNWithoutAPeerDoesNotStart(t *testing.T) {
	if s, err := NewTURN(TURNConfig{UDPAddr: "127.0.0.1:0", Realm: "court", PublicIP: "127.0.0.1", Secret: turnSecret}); err == nil {
		t.Error("an open relay was started")
		_ = s.Close()
	}
}

func TestAViewerWhoMayUseTURNOnlySeesAndHears(t *testing.T) {
	r, _ := newRelay(t, Config{})
	udp, _ := r.Addresses()
	server := newTURN(t, udp)
	user, password := Credentials(turnSecret, "seat", time.Minute)
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	publish(t, r, "witness", publishOptions{})
	pc, err := clientAPI(t, nil).NewPeerConnection(webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers:         []webrtc.ICEServer{{URLs: []string{"turn:" + server + "?transport=udp"}, Username: user, Credential: password}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = pc.GracefulClose() }()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}); err != nil {
		t.Fatal(err)
	}
	heard := make(chan struct{}, 1)
	pc.OnTrack(func(tr *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		if _, _, err := tr.ReadRTP(); err == nil {
			heard <- struct{}{}
		}
	})
	answer, _, err := r.Subscribe(context.Background(), "judge", pair("judge", "witness"), offerOf(t, pc))
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came through TURN")
	}
}
