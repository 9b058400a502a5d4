package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parda/gateway/minutes"
)

func TestAConfigurationIsTakenOrRefusedWithAReason(t *testing.T) {
	for _, tc := range []struct{ rule, toml, refusal string }{
		{"the defaults stand alone", ``, ""},
		{"a setting that is not known is refused by name", "[http]\nlisen = \":8443\"", "lisen"},
		{"plain HTTP is for loopback only", "[http]\nlocal = \"0.0.0.0:8470\"", "not a loopback address"},
		{"nobody could reach it", "[http]\nlisten = \"\"\nlocal = \"\"", "nobody can reach"},
		{"a certificate needs its key", "[http]\ncertificate = \"a.pem\"", "go together"},
		{"an origin is a scheme and a host", "[http]\norigin = \"parda.court.example\"", "is no origin"},
		{"an origin has no path", "[http]\norigin = \"https://parda.court.example/\"", "is no origin"},
		{"pages of other machines are called over TLS", "[http]\norigin = \"http://parda.court.example\"", "cross the network"},
		{"a demonstration is called in clear on its own machine", "[http]\norigin = \"http://localhost:8470\"", ""},
		{"ACME is taken", "[http]\norigin = \"https://parda.court.example\"\n[http.acme]\ndirectory = \"https://ca.example/dir\"\naccept_terms = true", ""},
		{"ACME's terms are accepted by somebody", "[http.acme]\ndirectory = \"https://ca.example/dir\"\nhosts = [\"a.example\"]", "accept_terms"},
		{"ACME has a host", "[http.acme]\ndirectory = \"https://ca.example/dir\"\naccept_terms = true", "name the hosts"},
		{"ACME is asked over https", "[http.acme]\ndirectory = \"http://ca.example/dir\"\naccept_terms = true", "https only"},
		{"ACME needs the port that is asked", "[http]\nlisten = \"\"\n[http.acme]\ndirectory = \"https://ca.example/dir\"\naccept_terms = true", "TLS port"},
		{"a court's own files or ACME", "[http]\ncertificate = \"a\"\nkey = \"b\"\n[http.acme]\ndirectory = \"https://ca.example/dir\"\naccept_terms = true", "either"},
		{"ACME without its authority", "[http.acme]\naccept_terms = true", "directory"},
		{"a name is no address for candidates", "[media]\naddresses = [\"court.example\"]", "no IP address"},
		{"no address at all", "[media]\naddresses = []", "at least one"},
		{"a coturn needs its secret", "[turn]\nexternal = [\"turn:a.example:3478\"]", "secret_file"},
		{"a secret needs its coturn", "[turn]\nsecret_file = \"a\"", "turn.external"},
		{"a coturn is named by host and port", "[turn]\nexternal = [\"turn:a.example\"]\nsecret_file = \"a\"", "no host and port"},
		{"a coturn is no web page", "[turn]\nexternal = [\"https://a.example:3478\"]\nsecret_file = \"a\"", "is not turn"},
		{"a coturn's name cannot break a header", "[turn]\nexternal = ['turn:a\"b:3478']\nsecret_file = \"a\"", "turn.external"},
		{"two coturns are taken", "[turn]\nexternal = [\"turn:a.example:3478?transport=udp\", \"turns:a.example:5349\"]\nsecret_file = \"a\"", ""},
		{"a court's formulas are data", "[protocol]\nformulas = \"formulas.json\"", ""},
		{"two hearings of one id", "[[hearing]]\nid = \"a\"\n[[hearing]]\nid = \"a\"", "id of its own"},
		{"seats are taken by persons, or by links where that is said", "[access]\nseats = \"link\"", ""},
		{"a misspelt way to take a seat is no way", "[access]\nseats = \"links\"", "access.seats"},
		{"a hearing cannot be taken for a court's audit", "[[hearing]]\nid = \"audit-baku\"", "audit book"},
		{"an identity provider is taken", "[http]\norigin = \"https://a.example\"\n[access.provider]\nissuer = \"https://id.example\"\nclient_id = \"parda\"\nsecret_file = \"s\"\nname = \"x\"\nacr = [\"high\"]", ""},
		{"an identity provider says how strong", "[http]\norigin = \"https://a.example\"\n[access.provider]\nissuer = \"https://id.example\"\nclient_id = \"parda\"\nsecret_file = \"s\"\nname = \"x\"", "acr or amr"},
		{"an identity provider in clear", "[http]\norigin = \"https://a.example\"\n[access.provider]\nissuer = \"http://id.example\"\nclient_id = \"parda\"\nsecret_file = \"s\"\nname = \"x\"\nacr = [\"high\"]", "over https"},
		{"an identity provider needs a way back", "[access.provider]\nissuer = \"https://id.example\"\nclient_id = \"parda\"\nsecret_file = \"s\"\nname = \"x\"\nacr = [\"high\"]", "http.origin"},
		{"an identity provider without its name", "[access.provider]\nacr = [\"high\"]", "its issuer"},
		{"a body is taken", "[[referral.body]]\nid = \"iaqmi\"\nname_az = \"a\"\nname_en = \"b\"\nname_ru = \"c\"\nmail = \"d@b.example\"", ""},
		{"a body has a name in each language", "[[referral.body]]\nid = \"iaqmi\"\nname_az = \"a\"\nname_en = \"b\"", "name_ru"},
		{"a body's key is a key", "[[referral.body]]\nid = \"iaqmi\"\nname_az = \"a\"\nname_en = \"b\"\nname_ru = \"c\"\nmail = \"d@b.example\"\nkey = \"age1x\"", "age recipient"},
		{"a body's address holds no second header", "[[referral.body]]\nid = \"iaqmi\"\nname_az = \"a\"\nname_en = \"b\"\nname_ru = \"c\"\nmail = \"d@b.example\\r\\nBcc: e@c.example\"", "no plain address"},
		{"two bodies of one id", "[[referral.body]]\nid = \"a\"\nname_az = \"a\"\nname_en = \"b\"\nname_ru = \"c\"\n[[referral.body]]\nid = \"a\"\nname_az = \"a\"\nname_en = \"b\"\nname_ru = \"c\"", "one id"},
		{"a mail server is taken", "[referral.smtp]\nhost = \"mail.example\"\nfrom = \"r@court.example\"", ""},
		{"letters without TLS are no setting", "[referral.smtp]\nhost = \"mail.example\"\nfrom = \"r@court.example\"\nstarttls = \"off\"", "under TLS or not at all"},
		{"a login needs its password", "[referral.smtp]\nhost = \"mail.example\"\nfrom = \"r@court.example\"\nuser = \"u\"", "go together"},
		{"a sender without a server", "[referral.smtp]\nfrom = \"r@court.example\"", "its host"},
		{"what is no TOML is said so", "data = ", "toml"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gateway.toml")
			if err := os.WriteFile(path, []byte(tc.toml), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := loadConfig(path)
			if (err == nil) != (tc.refusal == "") || err != nil && !strings.Contains(err.Error(), tc.refusal) {
				t.Errorf("loadConfig: %v; want %q", err, tc.refusal)
			}
		})
	}
}

func TestACourtsOwnFormulasAreTakenOrStopTheStartWithTheirPlace(t *testing.T) {
	own := strings.Replace(string(minutes.DefaultFormulas()), "The hearing is declared open.", "The court of Ganja sits.", 1)
	for _, tc := range []struct{ rule, file, refusal string }{
		{"parda's own", "", ""},
		{"a court's own", own, ""},
		{"one that is misspelt", strings.Replace(own, `"kind": "break"`, `"kind": "pause"`, 1), `formulas.json: formula 7 ("adjournment"): kind`},
		{"no JSON", "[", "protocol.formulas"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			var c ProtocolConfig
			if tc.file != "" {
				c.Formulas = filepath.Join(t.TempDir(), "formulas.json")
				if err := os.WriteFile(c.Formulas, []byte(tc.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := c.read()
			if (err == nil) != (tc.refusal == "") || err != nil && !strings.Contains(err.Error(), tc.refusal) {
				t.Fatalf("%v; want %q", err, tc.refusal)
			}
			if want := tc.file; err == nil && want != "" && string(got) != want {
				t.Error("another file was taken")
			}
		})
	}
	if _, err := (ProtocolConfig{Formulas: filepath.Join(t.TempDir(), "absent.json")}).read(); err == nil {
		t.Error("a file that is not there was taken")
	}
}

func TestTheSampleConfigurationIsTaken(t *testing.T) {
	c, err := loadConfig("../deploy/gateway.toml")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Hearings) != 1 || c.HTTP.Listen != ":8443" {
		t.Errorf("the sample was read as %+v", c)
	}
}
