package enrol

import (
	"os/exec"
	"strings"
	"testing"
)

func TestTheDevicesSideReachesNothingOfTheGatewaysAndTheFormNothingAtAll(t *testing.T) {
	for of, may := range map[string]string{".": "parda/media/enrol", "./form": "parda/media/enrol/form"} {
		out, err := exec.Command("go", "list", "-deps", of).Output()
		if err != nil {
			t.Fatal(err)
		}
		deps := strings.Fields(string(out))
		if len(deps) < 30 {
			t.Fatalf("only %d packages listed: this guard would pass on nothing", len(deps))
		}
		for _, dep := range deps {
			if strings.HasPrefix(dep, "parda/") && dep != may && !strings.HasPrefix(dep, may+"/") {
				t.Errorf("%s reaches %s: what a device and the gateway share is the form of what they say, and nothing of either", of, dep)
			}
		}
	}
}
