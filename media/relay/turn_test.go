package relay

import (
	"context"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/turn/v5"
	"github.com/pion/webrtc/v4"
)

const turnSecret = "a secret of the tests only"

func newPasses(t *testing.T, secret string) *Passes {
	t.Helper()
	p, err := NewPasses(secret, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newTURN(t *testing.T, passes *Passes, peers ...string) string {
	t.Helper()
	s, err := NewTURN(TURNConfig{UDPAddr: "127.0.0.1:0", TCPAddr: "127.0.0.1:0", Realm: "court", PublicIP: "127.0.0.1", Passes: passes, Peers: peers})
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
	passes := newPasses(t, turnSecret)
	c := passes.Issue(Holder{"seat", "page"})
	relayed, client, err := allocate(t, newTURN(t, passes, peer), c.Username, c.Password)
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
	passes := newPasses(t, turnSecret)
	server := newTURN(t, passes, "127.0.0.1:1")
	good, other := passes.Issue(Holder{"seat", "a"}), passes.Issue(Holder{"seat", "b"})
	foreign := newPasses(t, "another secret altogether").Issue(Holder{"seat", "a"})
	_, handle, _ := strings.Cut(good.Username, ":")
	named := func(user string) [2]string { return [2]string{user, turnPassword(turnSecret, user)} }
	for name, c := range map[string][2]string{
		"another's password":        {good.Username, other.Password},
		"another secret":            {foreign.Username, foreign.Password},
		"no time":                   named(handle),
		"a time that is over":       named(strconv.FormatInt(time.Now().Add(-time.Second).Unix()-1, 10) + ":" + handle),
		"a time that was not given": named(strconv.FormatInt(good.Until.Unix()+3600, 10) + ":" + handle),
		"a handle that is nobody's": named(strconv.FormatInt(good.Until.Unix(), 10) + ":" + randomID()),
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := allocate(t, server, c[0], c[1]); err == nil {
				t.Error("an allocation was made")
			}
		})
	}
	if _, _, err := allocate(t, server, good.Username, good.Password); err != nil {
		t.Errorf("the control: a good credential opens nothing: %v", err)
	}
}

func TestATURNCredentialSaysNothingOfItsHolder(t *testing.T) {
	passes := newPasses(t, turnSecret)
	form := regexp.MustCompile(`^\d{10}:[0-9a-f]{32}$`)
	handles := map[string]bool{}
	for _, h := range []Holder{{"demo/judge", "one"}, {"demo/judge", "two"}, {"demo/gallery", "one"}, {"other/judge", "one"}} {
		c := passes.Issue(h)
		if !form.MatchString(c.Username) {
			t.Errorf("user name %q is more than a time and a random handle", c.Username)
		}
		if left := time.Until(c.Until); left <= 0 || left > time.Minute {
			t.Errorf("good for %v", left)
		}
		_, handle, _ := strings.Cut(c.Username, ":")
		if handles[handle] {
			t.Error("two holders have one handle")
		}
		handles[handle] = true
	}
}

// echoes tells whether what is written to the peer over an allocation comes back.
func echoes(t *testing.T, relayed net.PacketConn, peer string, within time.Duration) bool {
	t.Helper()
	end := time.Now().Add(within)
	b := make([]byte, 100)
	for time.Now().Before(end) {
		if _, err := relayed.WriteTo([]byte("to the relay"), udpAddr(t, peer)); err != nil {
			return false
		}
		if err := relayed.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			return false
		}
		if _, _, err := relayed.ReadFrom(b); err == nil {
			return true
		}
	}
	return false
}

// echo is a UDP socket that answers.
func echo(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(b[:n], from)
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String()
}

func TestASeatThatIsRevokedLosesItsAllocationsAtOnceAndNoOtherDoes(t *testing.T) {
	peer := echo(t)
	passes := newPasses(t, turnSecret)
	server := newTURN(t, passes, peer)
	revoked, stays := passes.Issue(Holder{"defence", "page"}), passes.Issue(Holder{"judge", "page"})
	theirs, client, err := allocate(t, server, revoked.Username, revoked.Password)
	if err != nil {
		t.Fatal(err)
	}
	others, _, err := allocate(t, server, stays.Username, stays.Password)
	if err != nil {
		t.Fatal(err)
	}
	if !echoes(t, theirs, peer, 5*time.Second) || !echoes(t, others, peer, 5*time.Second) {
		t.Fatal("the control: nothing flows before")
	}
	passes.EndSeat("defence")
	if echoes(t, theirs, peer, time.Second) {
		t.Error("the allocation of a seat that was revoked still leads somewhere")
	}
	// A client that has seen its allocation end asks nothing and says nil: then what it asked for must lead nowhere.
	if err := client.CreatePermission(udpAddr(t, peer)); err == nil && echoes(t, theirs, peer, time.Second) {
		t.Error("the old credential still renews")
	}
	if _, _, err := allocate(t, server, revoked.Username, revoked.Password); err == nil {
		t.Error("the old credential still opens")
	}
	if !echoes(t, others, peer, 5*time.Second) {
		t.Error("another seat's allocation ended with it")
	}
	if again := passes.Issue(Holder{"defence", "page"}); again.Username[11:] == revoked.Username[11:] {
		t.Error("a seat that was revoked gets its old handle back")
	}
}

// A call must not break because a credential is short-lived: its time opens allocations, the seat keeps them up.
func TestACredentialWhoseTimeIsOverOpensNothingAndKeepsUpWhatIsOpen(t *testing.T) {
	peer := echo(t)
	passes := newPasses(t, turnSecret)
	var clock atomic.Int64
	passes.now = func() time.Time { return time.Now().Add(time.Duration(clock.Load())) }
	server := newTURN(t, passes, peer)
	c := passes.Issue(Holder{"judge", "page"})
	relayed, client, err := allocate(t, server, c.Username, c.Password)
	if err != nil {
		t.Fatal(err)
	}
	clock.Store(int64(2 * time.Minute))
	if err := client.CreatePermission(udpAddr(t, peer)); err != nil {
		t.Errorf("what is open cannot be kept up: %v", err)
	}
	if !echoes(t, relayed, peer, 5*time.Second) {
		t.Error("what is open leads nowhere")
	}
	if _, _, err := allocate(t, server, c.Username, c.Password); err == nil {
		t.Error("a credential whose time is over opened an allocation")
	}
	renewed := passes.Issue(Holder{"judge", "page"})
	if renewed.Username[10:] != c.Username[10:] {
		t.Error("a renewed credential is another handle's")
	}
	if _, _, err := allocate(t, server, renewed.Username, renewed.Password); err != nil {
		t.Errorf("the renewed credential opens nothing: %v", err)
	}
}

func TestACredentialHasAQuota(t *testing.T) {
	passes := newPasses(t, turnSecret)
	server := newTURN(t, passes, "127.0.0.1:1")
	c, other := passes.Issue(Holder{"gallery", "a"}), passes.Issue(Holder{"gallery", "b"})
	for i := range maxPerPass {
		if _, _, err := allocate(t, server, c.Username, c.Password); err != nil {
			t.Fatalf("allocation %d: %v", i+1, err)
		}
	}
	if _, _, err := allocate(t, server, c.Username, c.Password); err == nil {
		t.Error("one more than the quota")
	}
	if _, _, err := allocate(t, server, other.Username, other.Password); err != nil {
		t.Errorf("another holder pays for it: %v", err)
	}
}

func TestHoldersThatNeverCameBackAreForgotten(t *testing.T) {
	passes := newPasses(t, turnSecret)
	now := time.Now()
	passes.now = func() time.Time { return now }
	for i := range 1000 {
		passes.Issue(Holder{"gallery", strconv.Itoa(i)})
	}
	now = now.Add(3 * time.Minute)
	passes.Issue(Holder{"judge", "page"})
	if n, m := len(passes.byHolder), len(passes.byHandle); n != 1 || m != 1 {
		t.Errorf("%d holders and %d handles are kept", n, m)
	}
}

func TestTURNWithoutAPeerDoesNotStart(t *testing.T) {
	if s, err := NewTURN(TURNConfig{UDPAddr: "127.0.0.1:0", Realm: "court", PublicIP: "127.0.0.1", Passes: newPasses(t, turnSecret)}); err == nil {
		t.Error("an open relay was started")
		_ = s.Close()
	}
}

func TestAViewerWhoMayUseTURNOnlySeesAndHears(t *testing.T) {
	r, _ := newRelay(t, Config{})
	udp, _ := r.Addresses()
	passes := newPasses(t, turnSecret)
	server := newTURN(t, passes, udp)
	c := passes.Issue(Holder{"judge", "page"})
	r.Swap(NewSnapshot(allow(map[Sink]Source{}, "judge", "witness", "witness")))
	publish(t, r, "witness", publishOptions{})
	pc, err := clientAPI(t, nil).NewPeerConnection(webrtc.Configuration{
		ICETransportPolicy: webrtc.ICETransportPolicyRelay,
		ICEServers:         []webrtc.ICEServer{{URLs: []string{"turn:" + server + "?transport=udp"}, Username: c.Username, Credential: c.Password}},
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
