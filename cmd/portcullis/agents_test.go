package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/storetest"
	"portcullis/people"
)

// TestAgentsKeys prints keys, which are those that the server knows and which end with their epoch.
func TestAgentsKeys(t *testing.T) {
	dir := t.TempDir()
	token, hosts := filepath.Join(dir, "token"), filepath.Join(dir, "hosts.csv")
	for path, text := range map[string]string{token: "portcullis_secret\n", hosts: "mac-1,Ada's\n\"a/b,c\"\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(args ...string) [][]string {
		t.Helper()
		status, out, errs := command(t, append([]string{"agents", "keys", "--token-file", token, "--token", "id"}, args...)...)
		if status != exitClean {
			t.Fatalf("%v: %s", args, errs)
		}
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	key := func(host string, epoch int64) string { return people.DeviceKey("portcullis_secret", host, epoch) }
	for _, c := range []struct {
		args []string
		want [][]string
	}{
		{[]string{"--form", "osquery", "--epoch", "2", "x.y"}, [][]string{{"x.y", "id.x.y." + key("x.y", 2)}}},
		{[]string{"--form", "santa", "--url", "https://p.example/", "--hosts", hosts}, [][]string{
			{"mac-1", "https://p.example/santa/id/mac-1/" + key("mac-1", 0) + "/"},
			{"a/b,c", "https://p.example/santa/id/a%2Fb%2Cc/" + key("a/b,c", 0) + "/"},
		}},
		{[]string{"--form", "santa", "--url", "https://192.0.2.1:8443", "m"}, [][]string{{"m", "https://192.0.2.1:8443/santa/id/m/" + key("m", 0) + "/"}}}, // Macs make no passkeys
	} {
		if diff := cmp.Diff(c.want, keys(c.args...)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.args, diff)
		}
	}
	for _, args := range [][]string{{"--form", "santa", "x"}, {"--form", "osquery"}, {"--form", "osquery", ""}, {"--form", "santa", "--url", "https://p.example", ".."}, {"--form", "santa", "--url", "http://p.example", "x"}, {"--form", "osquery", "--url", "https://p.example", "x"}} {
		if status, out, _ := command(t, append([]string{"agents", "keys", "--token-file", token, "--token", "id"}, args...)...); status != exitBadInput || out != "" {
			t.Errorf("%v: status %d, %q", args, status, out)
		}
	}
}

// TestAgentsEnd ends the keys of a device on each engine.
func TestAgentsEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, data, database string) {
		where := []string{"--data", data}
		if database != "" {
			where = []string{"--database", database}
		}
		for _, args := range [][]string{{"import", "world", filepath.Join("..", "..", "demo", "world.yaml"), "--hosts", filepath.Join("..", "..", "demo", "hosts.yaml")}} {
			if status, _, errs := command(t, append(args, where...)...); status != exitClean {
				t.Fatal(errs)
			}
		}
		for _, want := range []int{1, 2} {
			status, out, errs := command(t, append([]string{"agents", "end", "mac-1"}, where...)...)
			var epoch int
			if err := json.Unmarshal([]byte(out), &epoch); status != exitClean || err != nil || epoch != want {
				t.Errorf("status %d, %q, %s", status, out, errs)
			}
		}
	})
}
