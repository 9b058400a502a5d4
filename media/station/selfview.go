package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"net/http"
	"sync"
	"time"

	"parda/media/mask/face"
)

const (
	selfFPS     = 12
	selfQuality = 72
)

// selfView shows the witness her masked self, as a stream of JPEG pictures at selfFPS. It takes masked pictures only.
type selfView struct {
	mu       sync.Mutex
	watchers int
	next     time.Time
	last     *image.YCbCr
	count    uint64
	fresh    chan struct{} // closed and replaced at each new picture
}

func newSelfView() *selfView { return &selfView{fresh: make(chan struct{})} }

// show takes the picture of one tick. It copies it only while somebody watches, and not more often than needed.
func (s *selfView) show(p face.Masked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.watchers == 0 || p.Width() == 0 || now.Before(s.next) {
		return
	}
	s.next = now.Add(time.Second / selfFPS * 9 / 10)
	s.last = copyPicture(p)
	s.count++
	close(s.fresh)
	s.fresh = make(chan struct{})
}

// copyPicture makes a picture of Go's image package, which is full range (JFIF), from a masked one, which is limited range (BT.601).
func copyPicture(p face.Masked) *image.YCbCr {
	y, cb, cr, strideY, strideC := p.Planes()
	return &image.YCbCr{Y: widen(y, &fullLuma), Cb: widen(cb, &fullChroma), Cr: widen(cr, &fullChroma), YStride: strideY, CStride: strideC,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, p.Width(), p.Height())}
}

func widen(plane []byte, table *[256]byte) []byte {
	out := make([]byte, len(plane))
	for i, v := range plane {
		out[i] = table[v]
	}
	return out
}

// fullLuma and fullChroma stretch limited range (16 to 235, 16 to 240) to full range.
var fullLuma, fullChroma = rangeTable(16, 219, 0), rangeTable(128, 224, 128)

func rangeTable(zero, span, to float64) (t [256]byte) {
	for i := range t {
		t[i] = byte(min(255, max(0, (float64(i)-zero)*255/span+to+.5)))
	}
	return t
}

// ServeHTTP streams the pictures as multipart/x-mixed-replace.
func (s *selfView) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	const boundary = "pardaframe"
	w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	w.WriteHeader(http.StatusOK)
	out.Flush()
	s.watch(1)
	defer s.watch(-1)
	var frame bytes.Buffer
	for {
		s.mu.Lock()
		fresh := s.fresh
		s.mu.Unlock()
		select {
		case <-req.Context().Done():
			return
		case <-fresh:
		}
		s.mu.Lock()
		picture := s.last
		s.mu.Unlock()
		frame.Reset()
		if jpeg.Encode(&frame, picture, &jpeg.Options{Quality: selfQuality}) != nil {
			return
		}
		out.SetWriteDeadline(time.Now().Add(5 * time.Second))
		if _, err := fmt.Fprintf(w, "--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n", boundary, frame.Len(), frame.Bytes()); err != nil {
			return
		}
		if out.Flush() != nil {
			return
		}
	}
}

func (s *selfView) watch(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers += n
}
