// Package evidence keeps what an incident is proved by: clips of what a seat's tracks carried around a flag, and files that people attach.
//
// What lives here: the ring, which keeps the last minute of the courtroom's views and of the masked renderings in memory, encrypted, and forgets it unless a flag freezes it; the
// clips that are frozen; the locker, in which every piece lies sealed under a key of its own; and the intake of attachments. What does not: who may raise a flag
// (gateway/hearing), who may have which file and what happened to it (custody, below this folder), the register in which that is entered (the caller's), and anything that
// reads an attachment: that is rendering's, in a process that can do nothing else.
//
// # The ring
//
// Packets are taken from the relay as the recorder takes them, from the sinks that gateway/visibility allows the recorder and from no other; a natural picture or
// voice is never among them (Ringed). In the packet loop a packet is copied into a buffer that is there already; a quarter of a second later the buffer is encrypted into the
// current segment (AES-256-GCM, a random key for each segment, in memory alone) and overwritten. A segment is about five seconds; when it is older than Forget its key is
// overwritten and its memory used again. Nothing is written to disk before a flag.
//
// # Clips
//
// A flag asks for Before and After its press, of what the seat that raised it carried: what was routed to it then, and for the witness's seat what her station published of
// itself, masked. What is there is on disk, sealed, before a second has passed; the rest follows second by second; kill -9 costs the last second, and what is missing is
// entered as failed at the next start. Flags that overlap share a clip, and a clip reaches back into the one before it by no more than a flag asks for: whatever number of
// flags keeps little more than twice what the tracks carried, and discreet ones, which share only among themselves, as much again. A clip that flags of several seats
// share holds what any of them carried; only the bench may have it. A clip is at most about MostSpan long and MostBytes large; what goes beyond stands in the next one.
package evidence
