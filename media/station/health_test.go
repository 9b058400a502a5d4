package main

import (
	"encoding/json"
	"testing"
	"time"
)

func TestANoticeStandsForAWhileAndIsWrittenAsAList(t *testing.T) {
	h := newHealth()
	now := time.Unix(1000, 0)
	h.now = func() time.Time { return now }
	standing := func() codes { h.voice(""); s, _ := h.status(); return s.Notices }
	h.notice("far_voice", false)
	h.notice(noticeSessionUnsealed, true)
	h.notice("far_voice", false)
	if got := standing(); got != "far_voice session_unsealed" {
		t.Errorf("standing: %q", got)
	}
	b, err := json.Marshal(maskStatus{Picture: "ok", Voice: "ok", Notices: standing()})
	if want := `{"picture":"ok","voice":"ok","notices":["far_voice","session_unsealed"]}`; err != nil || string(b) != want {
		t.Errorf("written as %s, %v", b, err)
	}
	if b, _ := json.Marshal(allWell); string(b) != `{"picture":"ok","voice":"ok"}` { // as before there were notices
		t.Errorf("all is well: %s", b)
	}
	now = now.Add(noticedFor + time.Millisecond)
	if got := standing(); got != noticeSessionUnsealed {
		t.Errorf("later: %q", got)
	}
	h.unnotice(noticeSessionUnsealed)
	if got := standing(); got != "" {
		t.Errorf("ended: %q", got)
	}
}

func TestOnlyTheMicrophoneInUseIsSpokenOf(t *testing.T) {
	h := newHealth()
	h.device(devMicrophone, deviceLost)
	h.hears(devSpeaker)
	if _, devices := h.status(); devices[devMicrophone] != "" || devices[devSpeaker] != deviceOK || devices[devCamera] != deviceOK {
		t.Errorf("%v", devices)
	}
	h.device(devSpeaker, deviceLost)
	if why := h.deviceFault(devSpeaker); why != "speaker_lost" {
		t.Error(why)
	}
	h.hears(devMicrophone)
	if _, devices := h.status(); devices[devSpeaker] != "" || devices[devMicrophone] != deviceOK {
		t.Errorf("%v", devices)
	}
}
