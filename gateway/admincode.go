package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"parda/gateway/access/account"
	"parda/gateway/hearing"
	"parda/gateway/store"
)

// adminCode prints a one-time code for what a court's administrators cannot do between them (account.OperatorCode). It may run beside the gateway: it writes to the store
// alone, and the gateway enters the code in the court's audit before it is good for anything.
func adminCode(ctx context.Context, args []string, out, errOut io.Writer) error {
	flags := flag.NewFlagSet("admin-code", flag.ContinueOnError)
	flags.SetOutput(errOut)
	file := flags.String("config", "", "TOML `FILE` of the gateway")
	court := flags.String("court", "", "the `COURT`: baku, ganja, lankaran, shaki, nakhchivan")
	person := flags.String("person", "", "`ID` of the account (p-...); none: the court's only administrator, or its first one")
	if err := flags.Parse(args); err != nil {
		return errSaid
	}
	if *file == "" || !slices.Contains(hearing.Courts(), *court) {
		return errors.New("admin-code needs -config FILE and -court COURT")
	}
	config, err := loadConfig(*file)
	if err != nil {
		return err
	}
	folder := filepath.Join(config.Data, "store")
	if _, err := os.Stat(filepath.Join(folder, "parda.db")); err != nil { // a folder that was misspelt would be made
		return fmt.Errorf("there is no gateway's store in %s: %w", config.Data, err)
	}
	kept, err := store.Open(folder)
	if err != nil {
		return err
	}
	code, kind, err := account.OperatorCode(ctx, kept, *court, *person, time.Duration(config.Access.SettledHours)*time.Hour, time.Now())
	if err = errors.Join(err, kept.Close()); err != nil {
		return err
	}
	what := "makes the court's first administrator"
	if kind == account.ForRecovery {
		what = "gives the account a new way in and ends its old ones"
	}
	_, err = fmt.Fprintf(out, "%s\n\nGood once, until %s; it %s. Open /account at the gateway's address and type it in. The court's audit says that it was drawn here.\n",
		code.Code, code.Ends.UTC().Format("2006-01-02 15:04 UTC"), what)
	return err
}
