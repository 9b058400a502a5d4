package main

import (
	"github.com/gin-gonic/gin"

	"parda/gateway/access/account"
	"parda/signaling"
)

// stepUp refuses until the desk of touches is wired: what needs one cannot be done without.
func (a *App) stepUp(*gin.Context, account.Session, string, []byte) error {
	return signaling.Refuse("step_up_required", "Confirm this with your passkey.", nil)
}
