package bundle

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// writeZip writes the canonical ZIP (APPNOTE 6.3.10 sections 4.3.7, 4.3.12 and
// 4.3.16, with every choice fixed). Sizes and check sums stand in the local
// headers, so there are no data descriptors.
func writeZip(w io.Writer, entries []entry) error {
	if len(entries) >= math.MaxUint16 {
		return ErrTooLarge
	}
	var at int64
	var directory []byte
	for _, e := range entries {
		if at > math.MaxUint32 || e.size > math.MaxUint32 {
			return ErrTooLarge
		}
		header := header{crc: e.crc, size: uint32(e.size), name: e.Name}
		directory = header.central(directory, uint32(at))
		local := header.local()
		if _, err := w.Write(local); err != nil {
			return fmt.Errorf("bundle: %w", err)
		}
		if err := copyContent(w, e); err != nil {
			return err
		}
		at += int64(len(local)) + e.size
	}
	end := binary.LittleEndian.AppendUint32(nil, 0x06054b50)
	end = append(end, 0, 0, 0, 0) // one disk
	end = binary.LittleEndian.AppendUint16(end, uint16(len(entries)))
	end = binary.LittleEndian.AppendUint16(end, uint16(len(entries)))
	end = binary.LittleEndian.AppendUint32(end, uint32(len(directory)))
	end = binary.LittleEndian.AppendUint32(end, uint32(at))
	end = append(end, 0, 0) // no comment
	if at+int64(len(directory)+len(end)) > math.MaxUint32 {
		return ErrTooLarge
	}
	if _, err := w.Write(append(directory, end...)); err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	return nil
}

// copyContent writes a file's content and makes sure that it is the one that
// was hashed: a recording that changed in between would seal a lie.
func copyContent(w io.Writer, e entry) error {
	r, err := e.open()
	if err != nil {
		return fmt.Errorf("bundle: %s: %w", e.Name, err)
	}
	defer func() { _ = r.Close() }()
	sum := newSum()
	if _, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(r, e.size+1)); err != nil {
		return fmt.Errorf("bundle: %s: %w", e.Name, err)
	}
	if again := sum.entry(e.File); again.size != e.size || again.sha256 != e.sha256 {
		return fmt.Errorf("%w: %s", ErrChanged, e.Name)
	}
	return nil
}

// header is what the local header and the directory say of a file.
type header struct {
	crc, size uint32
	name      string
}

const (
	versionStored = 10     // 1.0 can read it
	fixedDate     = 0x0021 // 1 January 1980, the first day that ZIP knows
)

// fields appends what both headers have in common.
func (h header) fields(b []byte) []byte {
	for _, v := range []uint16{versionStored, 0, 0, 0, fixedDate} { // version, flags, method, time, date
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	for _, v := range []uint32{h.crc, h.size, h.size} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(len(h.name)))
	return binary.LittleEndian.AppendUint16(b, 0) // extra field
}

func (h header) local() []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0x04034b50)
	return append(h.fields(b), h.name...)
}

func (h header) central(b []byte, offset uint32) []byte {
	b = binary.LittleEndian.AppendUint32(b, 0x02014b50)
	b = binary.LittleEndian.AppendUint16(b, versionStored) // made by: FAT, 1.0
	b = h.fields(b)
	b = append(b, make([]byte, 10)...) // comment, disk, internal and external attributes
	b = binary.LittleEndian.AppendUint32(b, offset)
	return append(b, h.name...)
}
