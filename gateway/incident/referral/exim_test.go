package referral

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// exim is Debian's mail server of that name, as a ministry would run one: it takes letters over TLS from who logged in, for the body's domain, and keeps each in a file. It runs
// without privileges, on loopback.
type exim struct {
	t     *testing.T
	dir   string
	port  int
	roots *x509.CertPool
	cmd   *exec.Cmd
	conf  string
}

// eximConf wants host name, five times the folder, user, group, group, port, what is offered, the TLS condition of logins.
const eximConf = `primary_hostname = mail.body.example
spool_directory = %[1]s/spool
log_file_path = %[1]s/%%slog
exim_user = %[2]d
exim_group = %[3]d
admin_groups = %[3]d
deliver_drop_privilege = true
never_users =
keep_environment =
host_lookup =
smtp_receive_timeout = 10s
local_interfaces = 127.0.0.1
daemon_smtp_ports = %[4]d
tls_certificate = %[1]s/cert.pem
tls_privatekey = %[1]s/key.pem
tls_advertise_hosts = %[5]s
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
mail:
  deny condition = ${if eq{$tls_in_cipher}{}}
       message = not without TLS
  accept
rcpt:
  deny local_parts = refused
       message = 550 %[6]s does not live here
  defer local_parts = busy
  accept domains = body.example
         authenticated = *
  deny
data:
  accept
begin routers
here:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = %[1]s/box
  create_directory
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_advertise_condition = ${if def:tls_in_cipher}
  server_condition = ${if and{{eq{$auth2}{court}}{eq{$auth3}{the court's word}}}}
  server_set_id = $auth2
`

func startExim(t *testing.T, offersTLS bool) *exim {
	t.Helper()
	program, err := exec.LookPath("exim4")
	if err != nil {
		program = "/usr/sbin/exim4"
	}
	if _, err := os.Stat(program); err != nil {
		t.Skip("exim4 is not installed: deploy/setup.sh test installs Debian's exim4-daemon-light; without it no mail is tested against a real server")
	}
	dir, err := os.MkdirTemp("", "parda-exim") // not t.TempDir, which another user cannot enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	x := &exim{t: t, dir: dir, port: freePort(t), roots: x509.NewCertPool()}
	x.certificate()
	user, group := os.Getuid(), os.Getgid()
	if user == 0 {
		user, group = 65534, 65534
	}
	offered := ""
	if offersTLS {
		offered = "*"
	}
	x.conf = filepath.Join(dir, "conf")
	conf := fmt.Sprintf(eximConf, dir, user, group, x.port, offered, plantSource)
	if err := os.WriteFile(x.conf, []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, sub := range []string{"spool", "box"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
		if err == nil {
			err = os.Chown(path, user, group)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	x.cmd = exec.Command(program, "-C", x.conf, "-bdf")
	x.start(user, group)
	t.Cleanup(x.stop)
	return x
}

func (x *exim) start(user, group int) {
	x.t.Helper()
	out, err := os.Create(filepath.Join(x.dir, "output.log")) // a file, not a pipe: the server's children would hold it open
	if err != nil {
		x.t.Fatal(err)
	}
	defer out.Close()
	x.cmd = exec.Command(x.cmd.Path, x.cmd.Args[1:]...)
	x.cmd.Dir, x.cmd.Stdout, x.cmd.Stderr = x.dir, out, out
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		x.cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(user), Gid: uint32(group)}
	}
	if err := x.cmd.Start(); err != nil {
		x.t.Fatal(err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(x.port))); err == nil {
			conn.Close()
			return
		}
		if time.Now().After(end) {
			x.t.Fatalf("exim4 does not come up: %s", x.written())
		}
	}
}

func (x *exim) stop() {
	if x.cmd.Process != nil && x.cmd.ProcessState == nil {
		_ = syscall.Kill(-x.cmd.Process.Pid, syscall.SIGKILL) // with its children
		_ = x.cmd.Wait()
	}
}

func (x *exim) certificate() {
	x.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		x.t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's authority"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, k.Public(), k)
	if err != nil {
		x.t.Fatal(err)
	}
	parsed, _ := x509.ParseCertificate(der)
	x.roots.AddCert(parsed)
	key, _ := x509.MarshalPKCS8PrivateKey(k)
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(filepath.Join(x.dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			x.t.Fatal(err)
		}
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (x *exim) server() Server {
	return Server{Host: "127.0.0.1", Port: x.port, TLS: StartTLS, User: "court", Password: "the court's word", From: "referrals@court.example", Roots: x.roots, Timeout: 10 * time.Second}
}

// letters are the letters that were delivered, once there are n; more are waited for a moment, so that one too many is seen.
func (x *exim) letters(n int) []string {
	x.t.Helper()
	var all []string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		all = x.box()
		if len(all) >= n {
			break
		}
	}
	if n > 0 {
		time.Sleep(300 * time.Millisecond)
		all = x.box()
	}
	if len(all) != n {
		x.t.Fatalf("%d letters were delivered, not %d\n%s", len(all), n, x.written())
	}
	return all
}

func (x *exim) box() (all []string) {
	files, _ := os.ReadDir(filepath.Join(x.dir, "box"))
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(x.dir, "box", f.Name()))
		if err == nil && len(b) > 0 && !strings.HasPrefix(f.Name(), "temp") {
			all = append(all, string(b))
		}
	}
	return all
}

// written is what the server itself wrote down.
func (x *exim) written() string {
	var b strings.Builder
	for _, name := range []string{"mainlog", "rejectlog", "paniclog", "output.log"} {
		content, _ := os.ReadFile(filepath.Join(x.dir, name))
		b.Write(content)
	}
	return b.String()
}

func poolOf(t *testing.T, path string) *x509.CertPool {
	t.Helper()
	b, err := os.ReadFile(path)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(b) {
		t.Fatalf("the certificate of the test cannot be read: %v", err)
	}
	return pool
}
