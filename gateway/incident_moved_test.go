package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// serveMoved is `gateway serve -config FILE -json` with the registers' clock moved by a duration. It is for the browser's story, which cannot wait 72 hours; the
// program that is shipped has no such switch. Called by TestMain.
func serveMoved(config, by string) error {
	offset, err := time.ParseDuration(by)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c, err := loadConfig(config)
	if err != nil {
		return err
	}
	app, err := Open(c, operatorLog(os.Stderr))
	if err != nil {
		return err
	}
	clock := &traveller{}
	clock.move(offset)
	app.incidentNow = clock.now
	links := app.Links()
	links.Tokens = app.tokens
	printLinks(os.Stdout, links, true)
	return app.Run(ctx)
}

// movedMain runs it where the environment asks for it.
func movedMain() (asked bool) {
	by := os.Getenv("PARDA_TEST_CLOCK")
	if by == "" || len(os.Args) < 4 || os.Args[1] != "serve" { // serve -config FILE -json; the gateway's own children are not meant
		return false
	}
	if err := serveMoved(os.Args[3], by); err != nil {
		fmt.Fprintln(os.Stderr, "parda: "+err.Error())
		os.Exit(1)
	}
	return true
}
