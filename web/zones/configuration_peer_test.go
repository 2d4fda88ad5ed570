//go:build peers

package zones

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const (
	peerZone = "rpz.harbour.example"
	peerText = "$TTL 60\n@\tIN\tSOA\tlocalhost. nobody.localhost. 7 300 60 2419200 60\n@\tIN\tNS\tlocalhost.\nparrot.example\tIN\tCNAME\t.\n*.parrot.example\tIN\tCNAME\t.\n"
)

// TestPeerLines: Debian's BIND and Unbound take the lines that a page shows, as they stand, and Unbound answers by the zone that
// it fetches with them.
func TestPeerLines(t *testing.T) {
	folder := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	named := write("named.conf", fmt.Sprintf("options {\ndirectory %q;\nresponse-policy { zone %q min-update-interval 0; };\n};\n", folder, peerZone)+bindZone(peerZone, "key1."+peerZone, "c2VjcmV0", "192.0.2.1", "53"))
	if out, err := exec.Command("/usr/bin/named-checkconf", named).CombinedOutput(); err != nil {
		t.Errorf("BIND: %v: %s", err, out)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, peerText) }))
	defer server.Close()
	p, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	_, port, _ := net.SplitHostPort(p.LocalAddr().String())
	unbound := write("unbound.conf", fmt.Sprintf("server:\n\tinterface: 127.0.0.1\n\tport: %s\n\tdirectory: %q\n\tchroot: \"\"\n\tusername: \"\"\n\tpidfile: \"\"\n\tuse-syslog: no\n\tdo-not-query-localhost: no\nremote-control:\n\tcontrol-enable: no\n", port, folder)+
		unboundZone(peerZone, server.URL+"/zones/SECRET/"+peerZone))
	if out, err := exec.Command("/usr/sbin/unbound-checkconf", unbound).CombinedOutput(); err != nil {
		t.Fatalf("Unbound: %v: %s", err, out)
	}
	var said strings.Builder
	c := exec.Command("/usr/sbin/unbound", "-d", "-c", unbound)
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	defer func() { _ = c.Process.Signal(syscall.SIGTERM); <-ended }()
	client := dns.Client{Timeout: time.Second}
	patience := time.After(30 * time.Second)
	for {
		reply, _, err := client.Exchange(new(dns.Msg).SetQuestion("cdn.parrot.example.", dns.TypeA), net.JoinHostPort("127.0.0.1", port))
		if err == nil && reply.Rcode == dns.RcodeNameError {
			return
		}
		select {
		case <-ended:
			t.Fatalf("Unbound has ended: %s", said.String())
		case <-patience:
			t.Fatalf("Unbound answers %v, %v", reply, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
