package verify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"path"
	"strings"
	"time"
)

func digest(salt, canonical []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(canonical)
	return h.Sum(nil)
}

// meaning takes up what an event says that other parts of the bundle must
// agree with. Codes that are not named here bind nothing outside themselves.
func (c *check) meaning(e event) {
	handlers := map[string]func(event){
		"hearing.created":   c.onCreated,
		"key.enrolled":      c.onKey,
		"order.signed":      c.onOrder,
		"protocol.rendered": c.onRendered,
		"protocol.signed":   c.onSigned,
		"step_up.proved":    c.onTouch,
		"recording.segment": c.onSegment,
		"recording.gap":     c.onGap,
		"hearing.sealed":    c.onSealed,
	}
	if f := handlers[e.code]; f != nil {
		f(e)
	}
}

func entry(e event) string { return fmt.Sprintf("entry %d", e.index) }

// field gives a text member of the payload, "" if it is not there.
func (e event) field(name string) string {
	v, _ := e.payload.get(name)
	return v.text
}

// bytesOf gives a base64 member of the payload; nil is a problem.
func (c *check) bytesOf(e event, name string) []byte {
	b, err := decode64(e.field(name))
	if err != nil || len(b) == 0 {
		c.problem("payload_form", entry(e), name)
		return nil
	}
	return b
}

func (c *check) timeOf(e event, name string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, e.field(name))
	if err != nil {
		c.problem("payload_form", entry(e), name)
	}
	return t.UTC()
}

func (c *check) onCreated(e event) {
	c.CaseNo, c.Court = e.field("case_no"), e.field("court")
	if h := e.field("hearing"); h != c.Hearing {
		c.problem("hearing_other", entry(e), "")
	}
}

func (c *check) onKey(e event) {
	key := c.bytesOf(e, "key")
	if key == nil {
		return
	}
	if _, err := parseP256(key); err != nil {
		c.problem("payload_form", entry(e), "key")
	}
	c.record.keys[string(key)] = enrolled{e.field("seat"), e.field("role")}
}

func parseP256(spki []byte) (*ecdsa.PublicKey, error) {
	k, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return nil, err
	}
	p, ok := k.(*ecdsa.PublicKey)
	if !ok || p.Curve != elliptic.P256() {
		return nil, fmt.Errorf("no P-256 key")
	}
	return p, nil
}

// signedBy checks an ECDSA P-256 signature with SHA-256 in the form that
// WebCrypto makes (IEEE P1363: r || s, 64 bytes), by a key that was enrolled
// before for the seat that is said to have signed.
func (c *check) signedBy(e event, seat, what string, message []byte) (role string, ok bool) {
	key, signature := c.bytesOf(e, "key"), c.bytesOf(e, "signature")
	if key == nil || signature == nil || message == nil {
		return "", false
	}
	owner, known := c.record.keys[string(key)]
	if !known || owner.seat != seat {
		c.problem("signer_unknown", entry(e), what)
		return "", false
	}
	public, err := parseP256(key)
	sum := sha256.Sum256(message)
	if err != nil || len(signature) != 64 ||
		!ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		c.problem("signature_wrong", entry(e), what)
		return "", false
	}
	c.Signatures = append(c.Signatures, Signature{Entry: e.index, What: what, Seat: seat, Role: owner.role, At: e.at})
	return owner.role, true
}

func (c *check) onOrder(e event) {
	c.agreesWithTouch(e, "order.sign")
	order := c.bytesOf(e, "bytes")
	role, ok := c.signedBy(e, e.actor, "order", order)
	if ok && role != e.field("by") {
		c.problem("signer_unknown", entry(e), "order")
	}
	var named struct {
		Hearing string `json:"hearing"`
	}
	if err := json.Unmarshal(order, &named); err != nil || named.Hearing != c.Hearing {
		c.problem("hearing_other", entry(e), "order")
	}
}

// onRendered takes up what is to be signed. Signatures of an older rendering
// do not count for a newer one.
func (c *check) onRendered(e event) {
	r := &rendered{entry: e.index, statement: c.bytesOf(e, "statement"), pdf: e.field("pdf_sha256"), json: e.field("json_sha256")}
	c.record.rendered = r
	c.record.signed = make(map[string]bool)
	if r.statement != nil && !c.states(r) {
		c.problem("statement_other", entry(e), "")
	}
}

// states says whether a statement names this hearing, both forms of the
// protocol, and a checkpoint that the record truly went through.
func (c *check) states(r *rendered) bool {
	v, err := parseStrict(r.statement)
	if err != nil || !v.names("checkpoint", "format", "hearing", "json_sha256", "pdf_sha256") {
		return false
	}
	head, _ := v.get("checkpoint")
	format, _ := v.get("format")
	hearing, _ := v.get("hearing")
	pdf, _ := v.get("pdf_sha256")
	asJSON, _ := v.get("json_sha256")
	size, _ := head.get("size")
	root, _ := head.get("root")
	if size.kind != kindNumber || size.number < 1 || size.number >= float64(r.entry) || size.number != float64(uint64(size.number)) {
		return false
	}
	// An index that has a gap was said already; the roots go by place.
	if at := int(size.number) - 1; at >= len(c.record.roots) || hex.EncodeToString(c.record.roots[at][:]) != root.text {
		return false
	}
	return format.text == "parda-protocol-statement/1" && hearing.text == c.Hearing && pdf.text == r.pdf && asJSON.text == r.json
}

func (c *check) onSigned(e event) {
	c.agreesWithTouch(e, "protocol.sign")
	r := c.record.rendered
	if r == nil {
		c.problem("statement_other", entry(e), "")
		return
	}
	role, ok := c.signedBy(e, e.field("seat"), "protocol", r.statement)
	if !ok {
		return
	}
	sum := sha256.Sum256(r.statement)
	if e.field("statement_sha256") != hex.EncodeToString(sum[:]) || e.field("role") != role {
		c.problem("statement_other", entry(e), "")
		return
	}
	c.record.signed[role] = true
}

func (c *check) onSealed(e event) {
	c.record.sealed = true
	c.record.bundle = e.field("bundle_json_sha256")
	c.Sealed = &e.at
	by, _ := e.payload.get("signed_by")
	for _, role := range by.items {
		c.record.sealers = append(c.record.sealers, role.text)
	}
}

func (c *check) onSegment(e event) {
	duration, _ := e.payload.get("duration_ms")
	file := e.field("file")
	if !strings.Contains(file, "/") {
		file = path.Join("recordings", file)
	}
	c.record.segments = append(c.record.segments, Recording{
		Entry: e.index, File: file, Label: e.field("label"), SHA256: e.field("sha256"),
		Start: c.timeOf(e, "start"), DurationMS: int64(duration.number),
	})
}

func (c *check) onGap(e event) {
	duration, _ := e.payload.get("duration_ms")
	if d := int64(duration.number); time.Duration(d)*time.Millisecond > gapLimit {
		c.Gaps = append(c.Gaps, Gap{Label: e.field("label"), Start: c.timeOf(e, "start"), DurationMS: d, Entered: true})
	}
}

// protocol compares the protocol's files with what was rendered and signed.
func (c *check) protocol() {
	r := c.record.rendered
	if r == nil {
		c.problem("not_signed", "ledger/events.jsonl", "")
		return
	}
	if c.hashes["protocol/protocol.pdf"] != r.pdf {
		c.problem("file_other", "protocol/protocol.pdf", fmt.Sprintf("entry %d", r.entry))
	}
	if c.hashes["protocol/protocol.json"] != r.json {
		c.problem("file_other", "protocol/protocol.json", fmt.Sprintf("entry %d", r.entry))
	}
}
