package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
)

// This file reads the one form of ZIP that a bundle may have. Every byte of
// the headers is compared with what it must be, so that nothing can hide in
// them: no compression, no flags, no extra fields, no comments, no descriptors,
// no gaps, one fixed time, names in ascending order of bytes.

// part is one file inside the bundle.
type part struct {
	name   string
	crc    uint32
	size   int64
	offset int64 // of the content
	header int64 // of the local header
}

const (
	localSize   = 30
	centralSize = 46
	endSize     = 22
	dosDate     = 0x0021 // 1 January 1980
	zipVersion  = 10     // 1.0: a stored file
)

var partName = regexp.MustCompile(`^(VERIFY\.txt|annex/leak-report(\.json|\.(az|en|ru)\.html)|bundle\.json|ledger/(checkpoint|events\.jsonl|key)|protocol/protocol(\.(az|en|ru))?\.(json|pdf)|recordings/[0-9]{4,6}\.webm)$`)

// readZip reads the structure and gives the parts in order. The content is not
// read but for what lies between: see checkParts.
func readZip(r io.ReaderAt, size int64) ([]part, error) {
	var parts []part
	var at int64
	for {
		var head [4]byte
		if _, err := r.ReadAt(head[:], at); err != nil {
			return nil, fmt.Errorf("byte %d: the archive ends too early", at)
		}
		if string(head[:]) != "PK\x03\x04" {
			break
		}
		p, err := readLocal(r, at, size)
		if err != nil {
			return nil, fmt.Errorf("byte %d: %w", at, err)
		}
		if n := len(parts); n > 0 && parts[n-1].name >= p.name {
			return nil, fmt.Errorf("byte %d: file %q is out of order or twice", at, p.name)
		}
		parts = append(parts, p)
		at = p.offset + p.size
	}
	if len(parts) == 0 {
		return nil, errors.New("byte 0: this is no bundle of parda")
	}
	want := directory(parts, at)
	if size-at != int64(len(want)) {
		return nil, fmt.Errorf("byte %d: the directory has %d bytes, it should have %d", at, size-at, len(want))
	}
	got := make([]byte, len(want))
	if _, err := r.ReadAt(got, at); err != nil {
		return nil, fmt.Errorf("byte %d: %w", at, err)
	}
	if !bytes.Equal(got, want) {
		i := 0
		for got[i] == want[i] {
			i++
		}
		return nil, fmt.Errorf("byte %d: the directory is not what the files call for", at+int64(i))
	}
	return parts, nil
}

func readLocal(r io.ReaderAt, at, size int64) (part, error) {
	var b [localSize]byte
	if _, err := r.ReadAt(b[:], at); err != nil {
		return part{}, errors.New("the archive ends too early")
	}
	n := int64(binary.LittleEndian.Uint16(b[26:]))
	name := make([]byte, n)
	if _, err := r.ReadAt(name, at+localSize); err != nil {
		return part{}, errors.New("the archive ends too early")
	}
	p := part{
		name: string(name), crc: binary.LittleEndian.Uint32(b[14:]), size: int64(binary.LittleEndian.Uint32(b[18:])),
		offset: at + localSize + n, header: at,
	}
	if !partName.Match(name) {
		return part{}, fmt.Errorf("a file %q does not belong in a bundle", name)
	}
	if !bytes.Equal(b[:], local(p)) {
		return part{}, fmt.Errorf("the header of %s is not in canonical form", name)
	}
	if p.offset+p.size > size {
		return part{}, fmt.Errorf("%s is cut off", name)
	}
	return p, nil
}

// local is the only local header that p may have.
func local(p part) []byte {
	b := []byte("PK\x03\x04")
	return append(b, common(p)...)
}

// common is what the local header and the directory say alike.
func common(p part) []byte {
	var b []byte
	le := binary.LittleEndian
	b = le.AppendUint16(b, zipVersion)
	b = le.AppendUint16(b, 0) // flags
	b = le.AppendUint16(b, 0) // stored
	b = le.AppendUint16(b, 0) // midnight
	b = le.AppendUint16(b, dosDate)
	b = le.AppendUint32(b, p.crc)
	b = le.AppendUint32(b, uint32(p.size))
	b = le.AppendUint32(b, uint32(p.size))
	b = le.AppendUint16(b, uint16(len(p.name)))
	return le.AppendUint16(b, 0) // extra
}

// directory is the only end that these parts may have.
func directory(parts []part, at int64) []byte {
	var b []byte
	le := binary.LittleEndian
	for _, p := range parts {
		b = append(b, "PK\x01\x02"...)
		b = le.AppendUint16(b, zipVersion)
		b = append(b, common(p)...)
		b = append(b, make([]byte, 10)...) // comment, disk, attributes
		b = le.AppendUint32(b, uint32(p.header))
		b = append(b, p.name...)
	}
	length := len(b)
	b = append(b, "PK\x05\x06\x00\x00\x00\x00"...)
	b = le.AppendUint16(b, uint16(len(parts)))
	b = le.AppendUint16(b, uint16(len(parts)))
	b = le.AppendUint32(b, uint32(length))
	b = le.AppendUint32(b, uint32(at))
	return le.AppendUint16(b, 0)
}

// copyTo copies the content to w and compares its CRC-32.
func (p part) copyTo(w io.Writer, r io.ReaderAt) error {
	crc := crc32.NewIEEE()
	if _, err := io.Copy(io.MultiWriter(w, crc), io.NewSectionReader(r, p.offset, p.size)); err != nil {
		return err
	}
	if crc.Sum32() != p.crc {
		return errCRC
	}
	return nil
}

var errCRC = errors.New("check sum of the archive does not fit")
