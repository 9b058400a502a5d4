// Moving pictures for the examples, drawn on the spot: a figure for the witness, a plain room for the court.
const size = { width: 640, height: 480 };
const tracks = new Map<string, MediaStreamTrack>();

export function pictureOf(slot: string): MediaStreamTrack {
  const held = tracks.get(slot);
  if (held) return held;
  const canvas = document.createElement('canvas');
  canvas.width = size.width;
  canvas.height = size.height;
  const g = canvas.getContext('2d')!;
  const draw = slot === 'witness' ? figure : room;
  let n = 0;
  const paint = (): void => { draw(g, n++); };
  paint();
  window.setInterval(paint, 40);
  const track = canvas.captureStream(25).getVideoTracks()[0]!;
  tracks.set(slot, track);
  return track;
}

function figure(g: CanvasRenderingContext2D, n: number): void {
  g.fillStyle = '#dfe4e1'; g.fillRect(0, 0, 640, 480);
  g.fillStyle = '#5b6b66'; g.beginPath(); g.ellipse(320, 520, 230, 190, 0, 0, 7); g.fill();
  g.fillStyle = '#b9a48f'; g.beginPath(); g.ellipse(320, 220, 105, 135, 0, 0, 7); g.fill();
  g.fillStyle = '#2b3533'; g.beginPath(); g.arc(280, 200, 10, 0, 7); g.arc(360, 200, 10, 0, 7); g.fill();
  g.fillStyle = '#6e3b3b'; g.beginPath(); g.ellipse(320, 285, 34, 6 + 9 * Math.abs(Math.sin(n / 4)), 0, 0, 7); g.fill();
}

function room(g: CanvasRenderingContext2D, n: number): void {
  g.fillStyle = '#8d7b63'; g.fillRect(0, 0, 640, 480);
  g.fillStyle = '#5c4a35'; g.fillRect(0, 320, 640, 160);
  g.fillStyle = '#2d2a28';
  for (const x of [160, 320, 480]) { g.beginPath(); g.ellipse(x, 330, 60, 90, 0, Math.PI, 0); g.fill(); g.beginPath(); g.arc(x + 2 * Math.sin(n / 20), 210, 38, 0, 7); g.fill(); }
}
