// The seat's own microphone and, if wanted, camera: one sending connection, offered with rtc.publish. The page asks the
// browser for devices only when the person presses the button, and lets go of them when it is pressed again.
import { gathered, keepCodec } from './receive';

export type Publishing = 'off' | 'starting' | 'sound' | 'sound_and_picture' | 'no_device' | 'refused';

export interface PublisherConfig {
  offer: (sdp: string) => boolean;
  unpublish: () => void;
  onChange: () => void;
}

export class Publisher {
  private pc: RTCPeerConnection | null = null;
  private stream: MediaStream | null = null;
  private withPicture = false;
  status: Publishing = 'off';
  iceServers: RTCIceServer[] = [];
  private readonly config: PublisherConfig;

  constructor(config: PublisherConfig) { this.config = config; }

  async start(picture: boolean): Promise<void> {
    this.stop();
    this.withPicture = picture;
    this.set('starting');
    const sound = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: sound, video: picture ? { width: 640, height: 480, frameRate: 25 } : false });
    } catch (e) {
      this.set(e instanceof DOMException && e.name === 'NotAllowedError' ? 'refused' : 'no_device');
      return;
    }
    await this.dial();
  }

  /** A link came back, or the gateway ended the connection: the same devices are offered again. */
  async dial(): Promise<void> {
    if (!this.stream) return;
    this.pc?.close();
    const pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: this.iceServers });
    this.pc = pc;
    for (const track of this.stream.getTracks()) {
      const transceiver = pc.addTransceiver(track, { direction: 'sendonly' });
      keepCodec(transceiver, track.kind === 'video' ? 'video' : 'audio');
    }
    pc.onconnectionstatechange = () => {
      if (this.pc === pc && pc.connectionState === 'failed') window.setTimeout(() => void this.dial(), 1_000);
    };
    await pc.setLocalDescription();
    await gathered(pc, 400);
    if (this.pc !== pc || !pc.localDescription) return;
    this.config.offer(pc.localDescription.sdp);
  }

  async answer(sdp: string): Promise<void> {
    if (this.pc?.signalingState !== 'have-local-offer') return;
    try { await this.pc.setRemoteDescription({ type: 'answer', sdp }); } catch { this.stop(); return; }
    this.set(this.withPicture ? 'sound_and_picture' : 'sound');
  }

  stop(): void {
    const was = this.pc !== null;
    this.pc?.close();
    this.pc = null;
    this.stream?.getTracks().forEach((t) => t.stop());
    this.stream = null;
    if (was) this.config.unpublish();
    this.set('off');
  }

  private set(status: Publishing): void { this.status = status; this.config.onChange(); }
}
