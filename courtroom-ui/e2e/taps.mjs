// What latency.mjs runs inside the judge's page: readers of the pixels and samples that the page shows and plays. Each function is sent to the
// page as it stands, so it uses nothing from outside itself.

/** Before the page's own scripts: notes the transceivers as the page makes them, for the sound has no element in the document. */
export function installTaps() {
  const made = RTCPeerConnection.prototype.addTransceiver;
  window.parts = new Map();
  RTCPeerConnection.prototype.addTransceiver = function (...args) {
    const t = made.apply(this, args);
    window.parts.set(this, [...(window.parts.get(this) ?? []), t]);
    return t;
  };
}

/** Starts to note: the clock's cells, the witness's sound, and how far the figure's mouth stands open. */
export function startTaps() {
  const taps = window.taps = { clock: [], sound: [], mouth: [] };
  const wall = () => performance.timeOrigin + performance.now();

  const frames = (slot, width, height, look) => {
    const video = document.querySelector(`[data-slot="${slot}"] video`);
    const canvas = new OffscreenCanvas(width, height);
    const g = canvas.getContext('2d', { willReadFrequently: true });
    const frame = () => {
      const at = wall();
      g.drawImage(video, 0, 0, width, height);
      look(at, g.getImageData(0, 0, width, height).data);
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  };

  // 8 by 5 cells, the middle of each: Unix milliseconds modulo 2^32 and their CRC-8 (media/capture/timecode.go).
  const crc8 = (bytes) => bytes.reduce((crc, b) => {
    crc ^= b;
    for (let i = 0; i < 8; i += 1) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
    return crc;
  }, 0);
  frames('bench', 64, 40, (at, pixels) => {
    const bytes = [0, 0, 0, 0, 0];
    for (let cell = 0; cell < 40; cell += 1) {
      const x = (cell % 8) * 8 + 4, y = (cell >> 3) * 8 + 4;
      bytes[cell >> 3] |= (pixels[(y * 64 + x) * 4 + 1] > 127 ? 1 : 0) << (7 - (cell % 8));
    }
    if (crc8(bytes.slice(0, 4)) !== bytes[4]) { taps.clock.push({ at, sent: null }); return; }
    const low = ((bytes[0] << 24) | (bytes[1] << 16) | (bytes[2] << 8) | bytes[3]) >>> 0;
    const sent = Math.floor(at / 2 ** 32) * 2 ** 32 + low;
    taps.clock.push({ at, sent: sent > at ? sent - 2 ** 32 : sent });
  });

  // An open mouth is the one dark thing in the lower half of the figure's face: how much darker than the face's own shade it is there, added up.
  const box = { x: 0.43, y: 0.48, w: 0.14, h: 0.11 };
  frames('witness', 320, 240, (at, pixels) => {
    let dark = 0;
    for (let y = Math.round(box.y * 240); y < (box.y + box.h) * 240; y += 1) {
      for (let x = Math.round(box.x * 320); x < (box.x + box.w) * 320; x += 1) dark += Math.max(0, 95 - pixels[(y * 320 + x) * 4 + 1]);
    }
    taps.mouth.push([at, dark]);
  });

  // The decoded sound as it is pulled for playing, read in a worker so that the page's own work does not delay the look.
  const { slots } = window.__parda.state;
  const i = slots.findIndex((s) => s.slot === 'witness' && s.media === 'audio');
  const track = [...window.parts].filter(([pc]) => pc.connectionState === 'connected').at(-1)[1][i].receiver.track;
  const { readable } = new MediaStreamTrackProcessor({ track });
  const worker = new Worker(URL.createObjectURL(new Blob([`onmessage = async ({ data: { readable } }) => {
    const reader = readable.getReader();
    let samples = new Float32Array(0);
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const at = performance.timeOrigin + performance.now(), step = Math.round(value.sampleRate / 1000), out = [];
      if (samples.length !== value.numberOfFrames) samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      value.close();
      for (let k = 0; k + step <= samples.length; k += step) {
        let peak = 0;
        for (let j = k; j < k + step; j += 1) peak = Math.max(peak, Math.abs(samples[j]));
        out.push([at + k / step, peak]);
      }
      postMessage(out);
    }
  };`], { type: 'text/javascript' })));
  worker.onmessage = ({ data }) => { taps.sound.push(...data); };
  worker.postMessage({ readable }, [readable]);
}

export function takeTaps() { return window.taps; }

/** What the browser's own counters say so far of a slot's jitter buffer and frames. */
export async function counters([slot, media]) {
  const i = window.__parda.state.slots.findIndex((s) => s.slot === slot && s.media === media);
  const { receiver } = [...window.parts].filter(([pc]) => pc.connectionState === 'connected').at(-1)[1][i];
  for (const s of (await receiver.getStats()).values()) {
    if (s.type === 'inbound-rtp') return { delay: s.jitterBufferDelay, emitted: s.jitterBufferEmittedCount, decoded: s.framesDecoded ?? 0, concealed: s.concealedSamples ?? 0 };
  }
  return { delay: 0, emitted: 0, decoded: 0, concealed: 0 };
}
