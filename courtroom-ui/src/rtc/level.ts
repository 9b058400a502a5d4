// How loud the court is as this page plays it: the station closes the witness's microphone while the court is heard, so
// that the room's loudspeaker does not come back in her track.

/** Level of one block of samples in dBFS, -100 for silence. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const s of samples) sum += s * s;
  const rms = Math.sqrt(sum / Math.max(1, samples.length));
  return Math.max(-100, 20 * Math.log10(Math.max(rms, 1e-5)));
}

export class LevelMeter {
  private context: AudioContext | null = null;
  private readonly taps = new Map<string, { node: AnalyserNode; source: MediaStreamAudioSourceNode; samples: Float32Array<ArrayBuffer> }>();
  private timer = 0;

  /** Calls back every 40 ms with the loudest track's level. */
  start(report: (db: number) => void): void {
    this.timer = window.setInterval(() => report(this.read()), 40);
  }

  follow(tracks: readonly MediaStreamTrack[]): void {
    const wanted = new Set(tracks.map((t) => t.id));
    for (const [id, tap] of this.taps) if (!wanted.has(id)) { tap.source.disconnect(); this.taps.delete(id); }
    for (const track of tracks) if (!this.taps.has(track.id)) this.tap(track);
  }

  /** Called from a press, because a browser keeps an audio context asleep until then. */
  wake(): void { void this.context?.resume(); }

  close(): void { window.clearInterval(this.timer); void this.context?.close(); }

  private tap(track: MediaStreamTrack): void {
    this.context ??= new AudioContext();
    const source = this.context.createMediaStreamSource(new MediaStream([track]));
    const node = this.context.createAnalyser();
    node.fftSize = 2048; // 43 ms at 48 kHz: no gap between two looks
    source.connect(node);
    this.taps.set(track.id, { node, source, samples: new Float32Array(node.fftSize) });
  }

  private read(): number {
    let loudest = -100;
    for (const { node, samples } of this.taps.values()) {
      node.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, levelOf(samples));
    }
    return Math.round(loudest * 10) / 10;
  }
}
