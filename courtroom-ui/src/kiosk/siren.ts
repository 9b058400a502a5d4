// The alarm, by the browser's own means: no file, no gateway, no station. Two tones in turn, as the station's (media/capture/loudspeaker.go).
const tones = [660, 880];
const turnS = 0.5;
const volume = 0.7;

export class Siren {
  private context: AudioContext | null = null;
  private stop: (() => void) | null = null;

  /** Called from a press: the browser now lets the page be heard. */
  wake(): void { void this.context?.resume().catch(() => undefined); }

  set(on: boolean): void {
    if (on === (this.stop !== null)) return;
    if (!on) { this.stop?.(); this.stop = null; return; }
    this.context ??= new AudioContext();
    const { context } = this;
    void context.resume().catch(() => undefined);
    const tone = context.createOscillator();
    const gain = context.createGain();
    gain.gain.value = volume;
    tone.connect(gain).connect(context.destination);
    const began = context.currentTime;
    for (let turn = 0; turn < 600; turn++) tone.frequency.setValueAtTime(tones[turn % tones.length]!, began + turn * turnS);
    tone.start();
    this.stop = () => { tone.stop(); tone.disconnect(); gain.disconnect(); };
  }
}
