package wire

/*
#cgo pkg-config: vpx
#include <stdlib.h>
#include <string.h>
#include <vpx/vpx_encoder.h>
#include <vpx/vp8cx.h>

typedef struct {
	vpx_codec_ctx_t ctx;
	vpx_codec_enc_cfg_t cfg;
	vpx_image_t img;
} parda_vp8;

static parda_vp8 *parda_vp8_new(unsigned w, unsigned h, unsigned fps, unsigned kbps, unsigned threads, int speed, vpx_codec_err_t *err) {
	parda_vp8 *e = calloc(1, sizeof *e);
	if (!e) { *err = VPX_CODEC_MEM_ERROR; return NULL; }
	*err = vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &e->cfg, 0);
	if (*err) { free(e); return NULL; }
	e->cfg.g_w = w;
	e->cfg.g_h = h;
	e->cfg.g_timebase.num = 1;
	e->cfg.g_timebase.den = (int)fps;
	e->cfg.g_threads = threads;
	e->cfg.g_lag_in_frames = 0;
	e->cfg.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
	e->cfg.rc_end_usage = VPX_CBR;
	e->cfg.rc_target_bitrate = kbps;
	e->cfg.rc_dropframe_thresh = 0;
	e->cfg.rc_resize_allowed = 0;
	e->cfg.rc_min_quantizer = 4;
	e->cfg.rc_max_quantizer = 56;
	e->cfg.rc_undershoot_pct = 100;
	e->cfg.rc_overshoot_pct = 15;
	e->cfg.rc_buf_sz = 1000;
	e->cfg.rc_buf_initial_sz = 500;
	e->cfg.rc_buf_optimal_sz = 600;
	e->cfg.kf_mode = VPX_KF_AUTO;
	e->cfg.kf_max_dist = fps * 5;
	*err = vpx_codec_enc_init(&e->ctx, vpx_codec_vp8_cx(), &e->cfg, 0);
	if (*err) { free(e); return NULL; }
	*err = vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, -speed);
	if (!*err) *err = vpx_codec_control(&e->ctx, VP8E_SET_STATIC_THRESHOLD, 1);
	if (!*err) *err = vpx_codec_control(&e->ctx, VP8E_SET_NOISE_SENSITIVITY, 0);
	if (!*err) *err = vpx_codec_control(&e->ctx, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
	if (!*err) *err = vpx_codec_control(&e->ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, 600);
	if (*err) { vpx_codec_destroy(&e->ctx); free(e); return NULL; }
	e->img.fmt = VPX_IMG_FMT_I420;
	e->img.bit_depth = 8;
	e->img.bps = 12;
	e->img.w = e->img.d_w = w;
	e->img.h = e->img.d_h = h;
	e->img.x_chroma_shift = e->img.y_chroma_shift = 1;
	return e;
}

// The planes are Go's memory: libvpx copies them before it returns (no lookahead), and they are forgotten here at once.
static vpx_codec_err_t parda_vp8_encode(parda_vp8 *e, unsigned char *y, unsigned char *cb, unsigned char *cr, int sy, int sc,
		long long pts, int key, const void **data, size_t *size, int *is_key) {
	e->img.planes[VPX_PLANE_Y] = y;
	e->img.planes[VPX_PLANE_U] = cb;
	e->img.planes[VPX_PLANE_V] = cr;
	e->img.stride[VPX_PLANE_Y] = sy;
	e->img.stride[VPX_PLANE_U] = e->img.stride[VPX_PLANE_V] = sc;
	vpx_codec_err_t err = vpx_codec_encode(&e->ctx, &e->img, pts, 1, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
	memset(e->img.planes, 0, sizeof e->img.planes);
	*size = 0;
	if (err) return err;
	vpx_codec_iter_t iter = NULL;
	const vpx_codec_cx_pkt_t *pkt;
	while ((pkt = vpx_codec_get_cx_data(&e->ctx, &iter)) != NULL) {
		if (pkt->kind != VPX_CODEC_CX_FRAME_PKT) continue;
		*data = pkt->data.frame.buf;
		*size = pkt->data.frame.sz;
		*is_key = (pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
		return VPX_CODEC_OK;
	}
	return VPX_CODEC_OK;
}

static vpx_codec_err_t parda_vp8_bitrate(parda_vp8 *e, unsigned kbps) {
	e->cfg.rc_target_bitrate = kbps;
	return vpx_codec_enc_config_set(&e->ctx, &e->cfg);
}

// Without a change nothing is asked of libvpx.
static vpx_codec_err_t parda_vp8_quantiser(parda_vp8 *e, unsigned q) {
	if (e->cfg.rc_min_quantizer == q && e->cfg.rc_max_quantizer == q) return VPX_CODEC_OK;
	e->cfg.rc_min_quantizer = q;
	e->cfg.rc_max_quantizer = q;
	return vpx_codec_enc_config_set(&e->ctx, &e->cfg);
}

static void parda_vp8_free(parda_vp8 *e) {
	vpx_codec_destroy(&e->ctx);
	free(e);
}
*/
import "C"

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"
)

// VP8Config of an encoder. Width and Height in pixels, 16 to 4096; FPS 1 to 60; Bitrate in bit/s, 30,000 to 20,000,000.
type VP8Config struct {
	Width, Height int
	FPS           int // 0 means 25
	Bitrate       int // 0 means DefaultVideoBitrate
	// Speed is libvpx's cpu-used with its sign turned: 1 (slow, best) to 16 (fast), 0 means 8. It is a fixed speed: the other
	// sign would let libvpx choose by the time it measures, and then the load of the machine would show in the picture.
	Speed int
}

// VP8 is a realtime encoder (RFC 6386) at constant bit rate, error resilient, with no lookahead and no dropped frames: one
// picture in is one frame out. Safe for use by one goroutine at a time with Close from another.
type VP8 struct {
	cfg VP8Config
	mu  sync.Mutex
	enc *C.parda_vp8
	pts int64
}

// NewVP8 makes an encoder. Close it.
func NewVP8(cfg VP8Config) (*VP8, error) {
	if cfg.FPS == 0 {
		cfg.FPS = DefaultFPS
	}
	if cfg.Bitrate == 0 {
		cfg.Bitrate = DefaultVideoBitrate
	}
	if cfg.Speed == 0 {
		cfg.Speed = 8
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	// One thread: at this speed 720p takes a few milliseconds, and libvpx's threads spin while they wait for each other, which on
	// a busy machine of two cores was measured to cost a hundred times that.
	const threads = 1
	var code C.vpx_codec_err_t
	enc := C.parda_vp8_new(C.uint(cfg.Width), C.uint(cfg.Height), C.uint(cfg.FPS), C.uint(cfg.Bitrate/1000), C.uint(threads), C.int(cfg.Speed), &code)
	if enc == nil {
		return nil, fmt.Errorf("wire: starting the VP8 encoder: %w", vpxError(code))
	}
	return &VP8{cfg: cfg, enc: enc}, nil
}

func (c VP8Config) check() error {
	switch {
	case c.Width < 16 || c.Width > 4096 || c.Height < 16 || c.Height > 4096:
		return fmt.Errorf("wire: picture of %dx%d: each side must have 16 to 4096 pixels", c.Width, c.Height)
	case c.FPS < 1 || c.FPS > 60:
		return fmt.Errorf("wire: %d pictures per second: must be 1 to 60", c.FPS)
	case c.Speed < 1 || c.Speed > 16:
		return fmt.Errorf("wire: encoder speed %d: must be 1 to 16", c.Speed)
	}
	return checkVideoBitrate(c.Bitrate)
}

func checkVideoBitrate(bitrate int) error {
	if bitrate < 30_000 || bitrate > 20_000_000 {
		return fmt.Errorf("wire: video bit rate %d bit/s: must be 30,000 to 20,000,000", bitrate)
	}
	return nil
}

// Encode encodes one picture and returns the frame (valid for ever: it is a copy) and whether it is a key frame. forceKey asks for one. Planes that
// are too short for the size and the strides are refused, so that C never reads past them.
func (v *VP8) Encode(y, cb, cr []byte, strideY, strideC int, forceKey bool) (frame []byte, key bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.enc == nil {
		return nil, false, ErrClosed
	}
	cw, ch := (v.cfg.Width+1)/2, (v.cfg.Height+1)/2
	if !planeFits(y, strideY, v.cfg.Width, v.cfg.Height) || !planeFits(cb, strideC, cw, ch) || !planeFits(cr, strideC, cw, ch) {
		return nil, false, errors.New("wire: a plane is shorter than the picture's size and stride say")
	}
	var (
		data  unsafe.Pointer
		size  C.size_t
		isKey C.int
		force C.int
	)
	if forceKey {
		force = 1
	}
	code := C.parda_vp8_encode(v.enc, (*C.uchar)(&y[0]), (*C.uchar)(&cb[0]), (*C.uchar)(&cr[0]), C.int(strideY), C.int(strideC),
		C.longlong(v.pts), force, &data, &size, &isKey)
	v.pts++
	if code != C.VPX_CODEC_OK {
		return nil, false, fmt.Errorf("wire: encoding a picture: %w", vpxError(code))
	}
	if size == 0 {
		return nil, false, errors.New("wire: the VP8 encoder gave no frame")
	}
	return C.GoBytes(data, C.int(size)), isKey != 0, nil
}

// planeFits tells whether a plane holds height rows of width bytes at that stride; the last row may end at its last pixel.
func planeFits(plane []byte, stride, width, height int) bool {
	return stride >= width && len(plane) >= stride*(height-1)+width
}

// SetBitrate changes the target, in bit/s, from the next frame on and without a key frame.
func (v *VP8) SetBitrate(bitrate int) error {
	if err := checkVideoBitrate(bitrate); err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.enc == nil {
		return ErrClosed
	}
	if code := C.parda_vp8_bitrate(v.enc, C.uint(bitrate/1000)); code != C.VPX_CODEC_OK {
		return fmt.Errorf("wire: setting the bit rate: %w", vpxError(code))
	}
	return nil
}

// SetQuantiser fixes how coarse the pictures are from the next one on, 0 (finest) to 63: their sizes then follow from what they show, and no
// bit rate is aimed at any more.
func (v *VP8) SetQuantiser(q int) error {
	if q < 0 || q > 63 {
		return fmt.Errorf("wire: quantiser %d: must be 0 to 63", q)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.enc == nil {
		return ErrClosed
	}
	if code := C.parda_vp8_quantiser(v.enc, C.uint(q)); code != C.VPX_CODEC_OK {
		return fmt.Errorf("wire: setting the quantiser: %w", vpxError(code))
	}
	return nil
}

// Close frees the encoder. It may be called twice.
func (v *VP8) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.enc != nil {
		C.parda_vp8_free(v.enc)
		v.enc = nil
	}
}

func vpxError(code C.vpx_codec_err_t) error {
	return errors.New(C.GoString(C.vpx_codec_err_to_string(code)))
}
