// Package signaling is the conversation between a seat, a station or a courtroom camera and the gateway: the messages of
// PROTOCOL.md, one WebSocket session per page, and the HTTP doors of WHIP (RFC 9725) and WHEP.
//
// It carries; it decides nothing. Who may say what, and what a state holds, is the business of the Room that a session is attached to.
// It knows nothing of hearings' rules, of the store or of RTP.
package signaling
