package check

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"portcullis/bench/worldfiles"
	"portcullis/policy/policytest"
)

const installations = 60

// The folder of this run's files, made once for all counts of a benchmark.
var dir string

func TestMain(m *testing.M) {
	code := 1
	var err error
	if dir, err = os.MkdirTemp("", "portcullis-check-"); err == nil {
		code = m.Run()
		err = os.RemoveAll(dir)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// build builds the command, once, in the module that it belongs to.
func build(tb testing.TB) string {
	tb.Helper()
	binary := filepath.Join(dir, "portcullis")
	if _, err := os.Stat(binary); err == nil {
		return binary
	}
	cmd := exec.Command("go", "build", "-o", binary, "./cmd/portcullis")
	cmd.Dir = "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		tb.Fatalf("building portcullis: %v\n%s", err, out)
	}
	return binary
}

// files writes the world and the hosts of a form, once, and returns their paths.
func files(tb testing.TB, form worldfiles.Form, hosts int) (world, list string) {
	tb.Helper()
	at := filepath.Join(dir, strconv.Itoa(hosts))
	world, list = filepath.Join(at, "world.yaml"), filepath.Join(at, "hosts-"+string(form)+".yaml")
	if _, err := os.Stat(list); err == nil {
		return world, list
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		tb.Fatal(err)
	}
	if _, err := worldfiles.WorldFile(at, hosts); err != nil {
		tb.Fatal(err)
	}
	if _, err := worldfiles.HostsFile(at, form, hosts, installations); err != nil {
		tb.Fatal(err)
	}
	return world, list
}

// run judges, and wants breaches to be found: exit status 1. Where out is nil the answers go nowhere.
func run(tb testing.TB, form worldfiles.Form, hosts int, out *bytes.Buffer) *os.ProcessState {
	tb.Helper()
	world, list := files(tb, form, hosts)
	cmd := exec.Command(build(tb), "check", "--world", world, "--hosts", list,
		"--at", policytest.At.Format("2006-01-02T15:04:05Z"), "--format", "json")
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	if out != nil {
		cmd.Stdout = out
	}
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		tb.Fatalf("check of %s: want exit status 1, got %v\n%.2000s", list, err, complaint.Bytes())
	}
	return cmd.ProcessState
}

// TestFormsAgree holds that what is measured is the same work: every form gives the same answers.
func TestFormsAgree(t *testing.T) {
	const hosts = 50
	var first []byte
	for _, form := range worldfiles.Forms {
		var out bytes.Buffer
		run(t, form, hosts, &out)
		if lines := bytes.Count(out.Bytes(), []byte("\n")); lines != hosts*installations {
			t.Errorf("%s: %d answers about %d installations", form, lines, hosts*installations)
		}
		if first == nil {
			first = out.Bytes()
		} else if !bytes.Equal(first, out.Bytes()) {
			t.Errorf("%s: the answers are not those of %s", form, worldfiles.Forms[0])
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	hosts := 100_000
	if n, err := strconv.Atoi(os.Getenv("CHECK_HOSTS")); err == nil {
		hosts = n
	}
	for _, form := range worldfiles.Forms {
		b.Run(string(form), func(b *testing.B) {
			_, list := files(b, form, hosts)
			build(b)
			size, err := os.Stat(list)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size.Size())
			peak, busy := int64(0), 0.0
			for b.Loop() {
				process := run(b, form, hosts, nil)
				peak = max(peak, process.SysUsage().(*syscall.Rusage).Maxrss)
				busy += process.UserTime().Seconds() + process.SystemTime().Seconds()
			}
			b.ReportMetric(float64(peak)/1024, "peak-MiB")
			b.ReportMetric(busy/float64(b.N), "cpu-sec/op")
		})
	}
}
