package proceeding

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"parda/gateway/access"
	"parda/gateway/hearing"
	"parda/signaling"
)

// tries counts wrong codes of the room officer since the last right one. The pause that follows WrongCodes of them is an event and outlives a restart; the count
// before it does not, which gives a guesser two tries more for each restart of a gateway that he cannot restart.
type tries struct {
	one   sync.Mutex // one code is looked at, at a time: commands sent side by side are no more tries than one after the other
	wrong int
}

// officer looks at the code in the arguments of room.certify, outside the hearing's goroutine because a look costs some tens of milliseconds on purpose. What comes
// back has no code in it any more: what the rules are handed can end in an event.
func (p *Proceeding) officer(ctx context.Context, s *signaling.Session, c signaling.Command) (signaling.Command, error) {
	p.officers.one.Lock()
	defer p.officers.one.Unlock()
	c.Officer = ""
	args := map[string]json.RawMessage{}
	if len(c.Args) > 0 && json.Unmarshal(c.Args, &args) != nil {
		return c, signaling.Refuse("bad_argument", "The arguments of the command cannot be read.", nil)
	}
	var code string
	_ = json.Unmarshal(args["code"], &code) // what is no text is no code
	delete(args, "code")
	bare, err := json.Marshal(args)
	if err != nil {
		return c, err
	}
	c.Args = bare
	look := false // at the code: not where the command was answered before, nor where no code could help
	var refusal error
	err = p.do(ctx, func() {
		_, _, answered, failed := p.cfg.Ledger.Answered(ctx, p.cfg.ID, s.Seat, c.ID)
		_, rests := p.state.OfficerRests(p.cfg.Now())
		switch {
		case failed != nil:
			refusal = failed
		case answered || !p.isStation(s): // the rules refuse who is not the station, and look at no code for it
		case rests:
			refusal = signaling.Refuse(hearing.CodeOfficerPaused, "Too many wrong codes: the officer's form rests for a minute.", nil)
		default:
			look = true
		}
	})
	if err != nil || refusal != nil || !look {
		return c, join(err, refusal)
	}
	by, err := p.cfg.Access.CheckOfficer(ctx, p.cfg.ID, code)
	if err == nil {
		p.officers.wrong = 0
		c.Officer = by
		return c, nil
	}
	if access.ErrOfficerWrong.Is(err) {
		p.wrongOfficer(ctx)
	}
	return c, err
}

func join(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// wrongOfficer counts a wrong code, and enters that the form rests.
func (p *Proceeding) wrongOfficer(ctx context.Context) {
	if p.officers.wrong++; p.officers.wrong < hearing.WrongCodes {
		return
	}
	p.officers.wrong = 0
	_ = p.do(ctx, func() { // a hearing that is gone takes no more codes either
		p.enter(hearing.CodeRefused(p.state, p.cfg.Now()))
		p.changed()
	})
}

// issueOfficer draws the code after its event is durable. The code is in the answer only, never in the ledger.
func (p *Proceeding) issueOfficer(ctx context.Context) (map[string]any, error) {
	code, err := p.cfg.Access.IssueOfficer(ctx, p.cfg.ID, access.OfficerByCode)
	if err != nil {
		return nil, err
	}
	return map[string]any{"code": code}, nil
}

// useUpOfficer ends a code that an officer drew herself, with the certificate that it gave: she types it beside those of whom she certifies, and whoever watched her
// hands (A7) must not certify after the next break in her name. One that was given out is good until the next: whoever gives it out answers for it.
func (p *Proceeding) useUpOfficer(ctx context.Context, by string) error {
	if by != access.OfficerByAccount {
		return nil
	}
	return p.cfg.Access.RevokeOfficer(ctx, p.cfg.ID)
}

// DrawOfficerCode gives an officer who is signed in the code of this hearing's room. by is what the ledger says of it.
func (p *Proceeding) DrawOfficerCode(ctx context.Context, by string) (code string, err error) {
	var failure error
	work := context.WithoutCancel(ctx)
	err = p.do(ctx, func() {
		drafts := hearing.OfficerDrew(p.state, by)
		if len(drafts) == 0 {
			failure = signaling.Refuse("wrong_phase", "The hearing is closed.", nil)
			return
		}
		if failure = p.append(work, nil, drafts); failure != nil {
			return
		}
		code, failure = p.cfg.Access.IssueOfficer(work, p.cfg.ID, by)
		p.changed()
	})
	return code, public(join(err, failure))
}

// tickRoom enters what time brings to the room's certificate, and tells the seats when it has grown old or the officer's form is open again.
func (p *Proceeding) tickRoom(now time.Time) {
	if drafts := hearing.PersonsChanged(p.state, now); len(drafts) > 0 {
		p.enter(drafts)
		p.changed()
	}
	told := p.state.RoomWhy(now)
	if _, rests := p.state.OfficerRests(now); rests {
		told += " rests"
	}
	if told != p.roomTold {
		p.roomTold = told
		p.tell()
	}
}
