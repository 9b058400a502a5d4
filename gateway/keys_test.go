package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryKeyFileThatTheGatewayMakesIsInTheInventory(t *testing.T) {
	inventory, err := os.ReadFile("../deploy/KEYS.md")
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	config := testConfig(data)
	config.HTTP.Listen = "127.0.0.1:0"
	config.Access.Seats = SeatsOfPersons
	runApp(t, config)
	found := 0
	err = filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(data, path)
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		secret := strings.HasSuffix(name, ".key") || strings.Contains(string(b), "PRIVATE KEY")
		if !secret {
			return nil
		}
		found++
		if info, err := d.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s is %v", name, info.Mode())
		}
		listed := name
		if filepath.Dir(name) == "devices" {
			listed = "devices/{court}.key"
		}
		if !strings.Contains(string(inventory), "`"+listed+"`") {
			t.Errorf("%s is a key that deploy/KEYS.md does not list", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 5 {
		t.Errorf("only %d keys were found: this test holds nothing", found)
	}
}
