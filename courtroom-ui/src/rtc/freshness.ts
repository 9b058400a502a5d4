// When is a picture old? Pure arithmetic on what the browser has counted, so that the rule can be tested without one.
//
// A frozen frame is never shown: the page covers a picture when no new frame has been decoded for half a second, and
// shows it again only after two frames have come, so that one late packet does not flash an old picture.

/** Half a second is the promise; the look-out wakes every 50 ms, so the limit is set that much lower. */
export const staleAfterMs = 450;

export interface Freshness { lastFrameAt: number; framesSince: number; frames: number; fresh: boolean }

export const neverSeen: Freshness = { lastFrameAt: -Infinity, framesSince: 0, frames: 0, fresh: false };

/** One look: `frames` is the count of decoded frames so far; it starts anew with a new connection. */
export function look(was: Freshness, frames: number, now: number): Freshness {
  const grew = frames < was.frames ? frames : frames - was.frames;
  const lastFrameAt = grew > 0 ? now : was.lastFrameAt;
  if (now - lastFrameAt > staleAfterMs) return { lastFrameAt, framesSince: 0, frames, fresh: false };
  const framesSince = Math.min(was.framesSince + grew, 2);
  return { lastFrameAt, framesSince, frames, fresh: framesSince >= 2 };
}
