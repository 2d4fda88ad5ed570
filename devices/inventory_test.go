package devices_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"portcullis/devices"
	"portcullis/platform"
	"portcullis/platform/kinds"
	"portcullis/policy"
)

// take takes in an export, and returns what became of it.
func (s *server) take(t testing.TB, kind string, in io.Reader, assume platform.Assumptions) (devices.Tally, []platform.Problem, error) {
	t.Helper()
	var problems []platform.Problem
	tally, err := s.intake.Inventory(t.Context(), command, kinds.Reader(kind), in, assume, kind, func(p platform.Problem) { problems = append(problems, p) })
	s.follow(t)
	return tally, problems, err
}

// sheet is an export of devices as a sheet, each with two apps.
func sheet(from, to int) string {
	var b strings.Builder
	b.WriteString("device,identifier,version\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "s-%04d,com.notes,%d\ns-%04d,com.own%d,1\n", i, 3+i%2, i, i)
	}
	return b.String()
}

var ours = platform.Assumptions{Organisation: "dept-a", Platform: policy.Android}

// TestInventory takes in more devices than are stored at once, twice.
func TestInventory(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		tally, problems, err := s.take(t, "csv", strings.NewReader(sheet(0, 250)), ours)
		if err != nil || tally != (devices.Tally{Enrolled: 250}) || len(problems) > 0 {
			t.Fatalf("%+v %v %v", tally, problems, err)
		}
		tally, _, err = s.take(t, "csv", strings.NewReader(sheet(200, 300)), ours)
		if err != nil || tally != (devices.Tally{Enrolled: 50, Unchanged: 50}) {
			t.Errorf("%+v %v", tally, err)
		}
		if row, replayed := s.now(t, "s-0249"); !slices.Equal(row, []string{"com.notes=4", "com.own249=1"}) || !slices.Equal(row, replayed) {
			t.Errorf("on the last is %v, by its changes %v", row, replayed)
		}
	})
}

// TestInventoryThatCannotBeTakenWhole holds that what can be taken is.
func TestInventoryThatCannotBeTakenWhole(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		s.must(t, devices.Report{Host: "phone", Organisation: "dept-b", Platform: policy.IOS})
		text := "device,identifier,version\ngood,com.a,1\n" + strings.Repeat("long", 100) + ",com.a,1\nphone,com.a,1\nalso good,com.a,1\n"
		tally, problems, err := s.take(t, "csv", strings.NewReader(text), ours)
		if err != nil || tally.Enrolled != 2 || tally.Refused != 2 {
			t.Errorf("%+v %v %v", tally, problems, err)
		}
		for _, says := range []string{"two devices have one id", "one line"} {
			if !slices.ContainsFunc(problems, func(p platform.Problem) bool { return strings.Contains(p.Reason, says) && p.Line > 0 }) {
				t.Errorf("nobody says %q: %+v", says, problems)
			}
		}
	})
}

// TestInventoryThatBreaksOff holds that what came before is stored, and the rest when it comes again.
func TestInventoryThatBreaksOff(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		whole, broken := sheet(0, 250), errors.New("the line went dead")
		tally, _, err := s.take(t, "csv", io.MultiReader(strings.NewReader(whole[:len(whole)/2]), failing{broken}), ours)
		if !errors.Is(err, broken) {
			t.Errorf("%+v %v", tally, err)
		}
		before := tally.Enrolled
		tally, _, err = s.take(t, "csv", strings.NewReader(whole), ours)
		if err != nil || tally.Enrolled != 250-before || tally.Enrolled+tally.Unchanged+tally.Stored != 250 {
			t.Errorf("after %d the rest: %+v %v", before, tally, err)
		}
	})
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// TestInventoryOfNoText has what is no text keep nothing else from being stored.
func TestInventoryOfNoText(t *testing.T) {
	each(t, house, func(t *testing.T, s *server, _ func() *server) {
		var found []devices.Report
		for i, text := range []string{"\xff", "a\x00b", "a\nb", "\u202e", strings.Repeat("x", 501)} {
			for part, in := range []policy.Installation{{Identifier: "id" + text}, {Identifier: "com.a", Version: "1" + text}, {Identifier: "com.a", Signer: "s" + text}, {Product: "p" + text}} {
				found = append(found, devices.Report{Host: fmt.Sprint("d-", i, "-", part), Organisation: "dept-a", Platform: policy.Android, Installed: []policy.Installation{in}})
			}
			found = append(found, devices.Report{Host: fmt.Sprint("name-", i), Name: "n" + text, Organisation: "dept-a", Platform: policy.Android},
				devices.Report{Host: fmt.Sprint("source-", i), Source: "s" + text, Organisation: "dept-a", Platform: policy.Android},
				devices.Report{Host: fmt.Sprint("body-", i), Organisation: "dept-a" + text, Platform: policy.Android},
				devices.Report{Host: "host" + text, Organisation: "dept-a", Platform: policy.Android},
				devices.Report{Host: fmt.Sprint("called-", i), Organisation: "dept-a", Platform: policy.Android, Installed: []policy.Installation{{Identifier: "com.called"}},
					Names: []devices.Named{{Identifier: "com.called", Name: "n" + text, Publisher: "p" + text}}})
		}
		found = append(found, report("good", "com.a=1"))
		got, err := s.intake.Report(t.Context(), command, found)
		if err != nil {
			t.Fatal(err)
		}
		last := len(found) - 1
		if got.Errors[last] != nil || got.Outcomes[last].Result != devices.Enrolled {
			t.Errorf("the good one: %+v %v", got.Outcomes[last], got.Errors[last])
		}
		s.follow(t)
		for i, err := range got.Errors {
			_, _, known := s.Fleet.Index().Contact(found[i].Host)
			if known != (err == nil) {
				t.Errorf("%q is known: %t, and the error is %v", found[i].Host, known, err)
			}
		}
	})
}
