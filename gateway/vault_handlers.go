package main

import (
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"parda/gateway/access/audit"
	"parda/gateway/identity"
	"parda/signaling"
)

// The handlers of the vault. Each reads its arguments, asks gateway/identity, and answers; who may knock is in vaultRoutes.

func (a *App) vaultState(c *gin.Context) {
	who := vaultVisitor(c)
	if err := a.vaultSeen(c); err != nil {
		a.refuse(c, err)
		return
	}
	s, err := a.vault.State(c.Request.Context(), who)
	a.giveOf(c, struct {
		identity.State
		PlainBrowser bool `json:"plain_browser"`
	}{s, a.config.Vault.PlainBrowser}, err)
}

func (a *App) vaultOpenings(c *gin.Context) {
	if err := a.vaultSeen(c); err != nil {
		a.refuse(c, err)
		return
	}
	all, err := a.vault.Openings(c.Request.Context(), vaultVisitor(c))
	a.giveOf(c, gin.H{"openings": all}, err)
}

// seenEach is how often one session's looking is entered: a page asks again every few seconds.
const seenEach = 10 * time.Minute

// vaultSeen enters that somebody looks, before she sees.
func (a *App) vaultSeen(c *gin.Context) error {
	s := visitor(c)
	if !a.companions.looks(s.ID) {
		return nil
	}
	if err := a.enterPairing(c, s.Person.Court, audit.VaultSeen, s.Person.ID, gin.H{"session": s.ID}); err != nil {
		a.companions.unlooked(s.ID)
		return err
	}
	return nil
}

func (a *App) announceKey(c *gin.Context, body []byte) {
	args, err := arguments[struct {
		Card identity.Card `json:"card"`
	}](body)
	if err != nil {
		a.refuse(c, err)
		return
	}
	if err := a.mayAnnounce(c, body); err != nil {
		a.refuse(c, err)
		return
	}
	key, err := a.vault.AnnounceKey(c.Request.Context(), vaultVisitor(c), args.Card)
	a.giveOf(c, gin.H{"key": key}, err)
}

// announceWithin is how long after a touch of the passkey, which a pairing is, a key may be announced without another proof.
const announceWithin = 10 * time.Minute

// mayAnnounce: a key proves its owner's acts from then on, so that whoever could announce one with a stolen token alone could order and release in another's
// name (A4). It takes a touch of the passkey: the pairing's, while that is fresh; afterwards the key that is to be replaced; or pairing again.
func (a *App) mayAnnounce(c *gin.Context, body []byte) error {
	if paired := ofCompanion(c); paired == nil {
		return a.freshAct(c, body)
	} else if a.companions.now().Sub(paired.Since) < announceWithin {
		return nil
	}
	if _, err := a.vault.ActiveCard(c.Request.Context(), vaultVisitor(c)); err != nil {
		return signaling.Refuse("sign_in_required", "Pair the companion again.", err)
	}
	return a.freshAct(c, body)
}

// loseKey ends a key. Who reports her own is asked for nothing: it protects, and she has nothing left to prove it with. Another's is a fresh act: a stolen session of a
// judge must not end the keys of the court (A4).
func (a *App) loseKey(c *gin.Context, body []byte) {
	own, err := a.vault.MayLose(c.Request.Context(), vaultVisitor(c), c.Param("key"))
	if err == nil && !own {
		err = a.freshAct(c, body)
	}
	if err != nil {
		a.refuse(c, err)
		return
	}
	a.giveOf(c, nil, a.vault.LoseKey(c.Request.Context(), vaultVisitor(c), c.Param("key")))
}

func (a *App) enterRecovery(c *gin.Context, body []byte) {
	args, err := arguments[struct {
		Cards []identity.Card `json:"cards"`
		Codes []string        `json:"codes"`
	}](body)
	if err != nil {
		a.refuse(c, err)
		return
	}
	state, err := a.vault.EnterRecovery(c.Request.Context(), vaultVisitor(c), args.Cards, args.Codes)
	a.giveOf(c, gin.H{"state": state}, err)
}

func (a *App) makePerson(c *gin.Context, body []byte) {
	args, err := arguments[struct {
		Holders map[int]string `json:"holders"`
	}](body)
	if err != nil {
		a.refuse(c, err)
		return
	}
	made, err := a.vault.MakePerson(c.Request.Context(), vaultVisitor(c), args.Holders)
	a.giveOf(c, made, err)
}

func (a *App) sealPerson(c *gin.Context, body []byte) {
	version, sum, err := a.vault.Seal(c.Request.Context(), vaultVisitor(c), c.Param("person"), body)
	a.giveOf(c, gin.H{"version": version, "sha256": sum}, err)
}

func (a *App) staleShares(c *gin.Context) {
	stale, err := a.vault.StaleShares(c.Request.Context(), vaultVisitor(c), c.Param("person"))
	a.giveOf(c, stale, err)
}

func (a *App) resealShare(c *gin.Context, body []byte) {
	args, err := arguments[identity.ResealArgs](body)
	if err == nil {
		err = a.vault.Reseal(c.Request.Context(), vaultVisitor(c), c.Param("person"), args)
	}
	a.giveOf(c, nil, err)
}

func (a *App) orderPerson(c *gin.Context, body []byte) {
	args, err := arguments[identity.PersonOrder](body)
	if err != nil {
		a.refuse(c, err)
		return
	}
	order, pseudonym, err := a.vault.OrderPerson(c.Request.Context(), vaultVisitor(c), c.Param("person"), args)
	said := gin.H{"order": order}
	if pseudonym != "" {
		said["pseudonym"] = pseudonym
	}
	a.giveOf(c, said, err)
}

func (a *App) orderOpening(c *gin.Context, body []byte) {
	args, err := arguments[identity.OpeningOrder](body)
	if err != nil {
		a.refuse(c, err)
		return
	}
	o, err := a.vault.OrderOpening(c.Request.Context(), vaultVisitor(c), args)
	a.giveOf(c, gin.H{"opening": o.ID}, err)
}

func (a *App) openingShare(c *gin.Context) {
	shares, err := a.vault.ShareFor(c.Request.Context(), vaultVisitor(c), c.Param("opening"))
	a.giveOf(c, shares, err)
}

func (a *App) releaseShare(c *gin.Context, body []byte) {
	args, err := arguments[struct {
		Half   int    `json:"half"`
		Holder string `json:"holder"`
		Share  []byte `json:"share"`
	}](body)
	if err != nil {
		a.refuse(c, err)
		return
	}
	state, err := a.vault.Release(c.Request.Context(), vaultVisitor(c), c.Param("opening"), args.Half, args.Holder, args.Share)
	a.giveOf(c, gin.H{"state": state}, err)
}

func (a *App) takeOpening(c *gin.Context) {
	taken, err := a.vault.Take(c.Request.Context(), vaultVisitor(c), c.Param("opening"))
	a.giveOf(c, taken, err)
}

func (a *App) readOpening(c *gin.Context, body []byte) {
	args, err := arguments[struct {
		Read *bool `json:"read"`
	}](body)
	if err == nil && args.Read == nil {
		err = signaling.Refuse("bad_argument", "Say whether it could be read.", nil)
	}
	if err == nil {
		err = a.vault.Read(c.Request.Context(), vaultVisitor(c), c.Param("opening"), *args.Read)
	}
	a.giveOf(c, nil, err)
}

func (a *App) endOpening(c *gin.Context) {
	a.giveOf(c, nil, a.vault.Done(c.Request.Context(), vaultVisitor(c), c.Param("opening")))
}

func (a *App) stopOpening(c *gin.Context) {
	a.giveOf(c, nil, a.vault.Stop(c.Request.Context(), vaultVisitor(c), c.Param("opening")))
}

// pairCompanion gives a signed-in person a code for the program on her own machine.
func (a *App) pairCompanion(c *gin.Context, _ []byte) {
	s := visitor(c)
	code, until := a.companions.code(speaksFor{s.ID, s.Person.ID})
	a.giveOf(c, gin.H{"code": code, "until": until.UTC()}, nil)
}

type pairedEntry struct {
	Session string `json:"session"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

// takePair lets a companion in by its code. Its version and hash are entered before it gets its token.
func (a *App) takePair(c *gin.Context) {
	body, ok := a.bodyOf(c, small)
	if !ok {
		return
	}
	args, err := arguments[struct {
		Code      string `json:"code"`
		Companion struct {
			Version string `json:"version"`
			SHA256  string `json:"sha256"`
		} `json:"companion"`
	}](body)
	if err == nil && (!versionShape.MatchString(args.Companion.Version) || !sha256Shape.MatchString(args.Companion.SHA256)) {
		err = signaling.Refuse("bad_argument", "The companion does not say what it is.", nil)
	}
	if err != nil {
		a.refuse(c, err)
		return
	}
	of, ok := a.companions.use(args.Code)
	if !ok {
		a.refuse(c, signaling.Refuse("code_wrong", "This code is not right.", nil))
		return
	}
	s, err := a.sessionOf(c.Request.Context(), of)
	if err != nil {
		a.refuse(c, err)
		return
	}
	entry := pairedEntry{of.session, args.Companion.Version, args.Companion.SHA256}
	if trusted := a.config.Vault.Companions; len(trusted) > 0 && !slices.Contains(trusted, entry.SHA256) {
		if err = a.enterPairing(c, s.Person.Court, audit.VaultCompanionRefused, s.Person.ID, entry); err == nil {
			err = signaling.Refuse("companion_unknown", "The court does not trust this companion.", nil)
		}
		a.refuse(c, err)
		return
	}
	if err := a.enterPairing(c, s.Person.Court, audit.VaultPaired, s.Person.ID, entry); err != nil {
		a.refuse(c, err)
		return
	}
	token, until := a.companions.pair(of, entry.Version, entry.SHA256)
	a.giveOf(c, gin.H{"token": token, "until": until.UTC(), "court": s.Person.Court, "person": s.Person.ID}, nil)
}

func (a *App) showCompanion(c *gin.Context) {
	paired, ok := a.companions.ofSession(visitor(c).ID)
	if !ok {
		a.giveOf(c, gin.H{"companion": nil}, nil)
		return
	}
	a.giveOf(c, gin.H{"companion": paired}, nil)
}

func (a *App) dropCompanion(c *gin.Context) {
	s := visitor(c)
	if a.companions.drop(s.ID) {
		if err := a.enterPairing(c, s.Person.Court, audit.VaultUnpaired, s.Person.ID, gin.H{"session": s.ID}); err != nil {
			a.refuse(c, err)
			return
		}
	}
	a.giveOf(c, nil, nil)
}
