package approvals_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portcullis/approvals"
	"portcullis/internal/fault"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/store"
)

// operation is one operation of the room, or one of the ways in which it is asked for, at a place. What it does
// beyond asking does not matter here: whether it is refused does.
type operation struct {
	method     string
	permission people.Permission
	wide       bool          // asks Everywhere
	roles      []people.Role // of the permission's, where only some may
	own        bool          // people of the body may besides
	free       bool          // refuses nobody who has signed in: it shows nothing instead
	do         func(ctx context.Context, s *server, actor people.Actor, at place) error
}

// place is a body with one of everything.
type place struct{ body, rule, exemption, proposal string }

func proposing(d func(at place) approvals.Draft) func(context.Context, *server, people.Actor, place) error {
	return func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Propose(ctx, a, d(at))
		return err
	}
}

func content(k approvals.Kind, c func(at place) approvals.Content) func(context.Context, *server, people.Actor, place) error {
	return proposing(func(at place) approvals.Draft {
		return approvals.Draft{Kind: k, Organisation: at.body, Content: c(at)} // which says nothing, and is at fault
	})
}

func taking(act approvals.Act) func(context.Context, *server, people.Actor, place) error {
	return func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Take(ctx, a, at.proposal, approvals.Doing{Act: act, Version: 1})
		return err
	}
}

var dutyOfficers = []people.Role{people.CentreOfficer, people.SecurityOfficer}

// operations are all operations of the room, those with several permissions once for each.
var operations = map[string]operation{
	"a ban": {method: "Propose", permission: people.Propose, do: content(approvals.Ban, func(at place) approvals.Content {
		return approvals.Content{Rule: &policy.Rule{Effect: policy.Ban, Scope: at.body}}
	})},
	"an emergency": {method: "Propose", permission: people.DecideBans, roles: dutyOfficers, do: proposing(func(at place) approvals.Draft {
		return approvals.Draft{Kind: approvals.Ban, Emergency: true, Content: approvals.Content{Rule: &policy.Rule{Effect: policy.Ban, Scope: at.body}}}
	})},
	"an app": {method: "Propose", permission: people.Ask, own: true, do: content(approvals.Allow, func(at place) approvals.Content {
		return approvals.Content{Rule: &policy.Rule{Effect: policy.Allow, Scope: at.body}}
	})},
	"an exemption": {method: "Propose", permission: people.Ask, own: true, do: content(approvals.Exemption, func(at place) approvals.Content {
		return approvals.Content{Exemption: &policy.Exemption{Scope: at.body}}
	})},
	"the end of a rule": {method: "Propose", permission: people.Propose, do: content(approvals.Withdrawal, func(at place) approvals.Content {
		return approvals.Content{Ends: &approvals.Ends{Rule: at.rule}}
	})},
	"watching":  {method: "Propose", permission: people.Propose, do: content(approvals.Monitor, func(place) approvals.Content { return approvals.Content{} })},
	"a process": {method: "Propose", permission: people.Propose, do: content(approvals.Change, func(place) approvals.Content { return approvals.Content{} })},
	"where a body belongs": {method: "Propose", permission: people.ChangeOrganisations, do: content(approvals.Belonging, func(at place) approvals.Content {
		return approvals.Content{Move: &approvals.Move{Body: "under-" + at.body, Position: people.Position{Parent: at.body, OwnList: true}}}
	})},
	"a supplier": {method: "Propose", permission: people.LinkIdentifiers, wide: true, do: content(approvals.Supplier, func(place) approvals.Content {
		return approvals.Content{Supplier: &policy.Supplier{}}
	})},
	"a product": {method: "Propose", permission: people.LinkIdentifiers, wide: true, do: content(approvals.Product, func(place) approvals.Content {
		return approvals.Content{Product: &policy.Product{}}
	})},
	// The proposal is an exemption, which duty officers grant. Who does so without a reason is asked for one.
	"grant":  {method: "Take", permission: people.DecideExemptions, roles: dutyOfficers, do: taking(approvals.Grant)},
	"refuse": {method: "Take", permission: people.DecideExemptions, roles: dutyOfficers, do: taking(approvals.Refuse)},
	"see": {method: "Proposal", permission: people.SeeProposals, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Proposal(ctx, a, at.proposal)
		return err
	}},
	"list": {method: "Proposals", free: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Proposals(ctx, a, approvals.Query{})
		return err
	}},
	"open bans": {method: "OpenBans", free: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.OpenBans(ctx, a, policy.Target{Product: "chat"})
		return err
	}},
	"longest": {method: "LongestFrom", free: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.LongestFrom(ctx, a, at.rule)
		return err
	}},
	"preview of a move": {method: "PreviewMove", permission: people.ChangeOrganisations, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.PreviewMove(ctx, a, approvals.Move{Body: "under-" + at.body, Position: people.Position{Parent: at.body, OwnList: true}})
		return err
	}},
	"mine": {method: "Mine", free: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Mine(ctx, a, 1)
		return err
	}},
	"waiting": {method: "Waiting", free: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Waiting(ctx, a)
		return err
	}},
	"waiting first": {method: "WaitingFirst", free: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.WaitingFirst(ctx, a, 1)
		return err
	}},
	"seen": {method: "Seen", free: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Seen(ctx, a, []string{at.proposal})
		return err
	}},
	"suppose": {method: "Suppose", permission: people.SeeProposals, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Suppose(ctx, a, at.proposal, &policy.World{})
		return err
	}},
	"bring": {method: "Bring", permission: people.SeeRegister, wide: true, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Bring(ctx, a, approvals.Brought{World: &policy.World{}, Reason: "a file", Dry: true})
		return err
	}},
	"process": {method: "Process", permission: people.SeeOrganisations, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Process(ctx, a, at.body, store.Time{}, store.Time{})
		return err
	}},
	"triage": {method: "Triage", permission: people.DecideList, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Triage(ctx, a, at.body, nil)
		return err
	}},
	"revoke": {method: "Revoke", permission: people.DecideExemptions, do: func(ctx context.Context, s *server, a people.Actor, at place) error {
		_, err := s.Revoke(ctx, a, at.exemption, "")
		return err
	}},
}

// notForActors are the exported methods of the room that no actor asks for: those of rooms above, in whose transactions the
// same is asked as by Take and Proposal, among them.
var notForActors = []string{"StartHours", "Hourly", "TakeIn", "OpenIn", "SeesIn"}

// TestEveryOperationIsAskedAbout fails where an operation has no line above.
func TestEveryOperationIsAskedAbout(t *testing.T) {
	room := reflect.TypeFor[*approvals.Room]()
	for i := range room.NumMethod() {
		name := room.Method(i).Name
		asked := false
		for _, o := range operations {
			asked = asked || o.method == name
		}
		if !asked && !slices.Contains(notForActors, name) {
			t.Errorf("%s is in no line of the test: who may?", name)
		}
	}
}

// places are bodies around one's own.
const places = `
organisations: [{id: above}, {id: own, parent: above}, {id: below, parent: own}, {id: other}, {id: under-above, parent: above}, {id: under-own, parent: own}, {id: under-below, parent: below}, {id: under-other, parent: other}]
products: [{id: chat, kind: app}]
rules:
  - {id: r-above, effect: ban, target: {any: true}, components: false, clearance: none, scope: above, from: 2020-01-01}
  - {id: r-own, effect: ban, target: {any: true}, components: false, clearance: none, scope: own, from: 2020-01-01}
  - {id: r-below, effect: ban, target: {any: true}, components: false, clearance: none, scope: below, from: 2020-01-01}
  - {id: r-other, effect: ban, target: {any: true}, components: false, clearance: none, scope: other, from: 2020-01-01}
exemptions:
  - {id: e-above, product: chat, scope: above, subject: {everyone: true}, from: 2020-01-01, until: 2036-01-01}
  - {id: e-own, product: chat, scope: own, subject: {everyone: true}, from: 2020-01-01, until: 2036-01-01}
  - {id: e-below, product: chat, scope: below, subject: {everyone: true}, from: 2020-01-01, until: 2036-01-01}
  - {id: e-other, product: chat, scope: other, subject: {everyone: true}, from: 2020-01-01, until: 2036-01-01}
`

// TestWhoMay asks every operation in every role and every place, as a person and as a program, and compares with the
// table.
func TestWhoMay(t *testing.T) {
	run(t, func(t *testing.T, s *server) {
		s.load(t, places)
		opens := s.somebody(t, people.CentreOfficer, people.Everywhere, "opens", "other")
		var all []place
		for _, body := range []string{"above", "own", "below", "other"} {
			d := approvals.Draft{Kind: approvals.Exemption, Reason: "For work", Content: approvals.Content{Exemption: &policy.Exemption{
				Product: "chat", Scope: body, Subject: policy.ExemptionSubject{Everyone: true}, Purpose: "work", Period: policy.Period{Until: noon.AddDate(0, 1, 0)}}}}
			p, err := s.Propose(t.Context(), opens.Actor, d)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, place{body, "r-" + body, "e-" + body, p.ID})
		}
		for _, line := range people.Roles {
			for _, in := range []string{"own", people.Everywhere} {
				made, err := s.People.MakeToken(t.Context(), command, string(line.Role)+in, people.Grant{Role: line.Role, Organisation: in}, store.Time{})
				if err != nil {
					t.Fatal(err)
				}
				person := s.somebody(t, line.Role, in, string(line.Role), "own")
				for _, actor := range []people.Actor{person.Actor, {Token: made.Secret}} {
					for name, o := range operations {
						for _, at := range all {
							s.asks(t, name, o, actor, line.Role, in, at)
						}
					}
				}
			}
		}
		for name, o := range operations {
			if err := o.do(t.Context(), s, people.Actor{}, all[1]); !fault.Is(err, fault.SignedOut) {
				t.Errorf("%s by nobody: %v", name, err)
			}
		}
	})
}

func (s *server) asks(t *testing.T, name string, o operation, actor people.Actor, role people.Role, in string, at place) {
	t.Helper()
	below := at.body == "own" || at.body == "below"
	want := o.permission.For(role) && (len(o.roles) == 0 || slices.Contains(o.roles, role)) && (in == people.Everywhere || !o.wide && below) ||
		o.free || o.own && actor.Session != "" && at.body == "own"
	if err := o.do(t.Context(), s, actor, at); fault.Is(err, fault.Refused) == want || fault.Is(err, fault.SignedOut) {
		t.Errorf("%s by the %s of %s (a program: %v) in %s: %v", name, role, in, actor.Token != "", at.body, err)
	}
}

// TestEveryPermissionIsAskedFor fails where the table has a permission that no code outside of it names.
func TestEveryPermissionIsAskedFor(t *testing.T) {
	names, asked := map[string]people.Permission{}, map[string]bool{}
	table := parsed(t, "../people/permission.go")
	ast.Inspect(table, func(n ast.Node) bool {
		if v, is := n.(*ast.ValueSpec); is && len(v.Values) == 1 {
			if text, is := v.Values[0].(*ast.BasicLit); is {
				value, _ := strconv.Unquote(text.Value)
				names[v.Names[0].Name] = people.Permission(value)
			}
		}
		return true
	})
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && entry.Name() != ".." || entry.Name() == "node_modules") {
			return cmpSkip(err)
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == filepath.Join("..", "people", "permission.go") {
			return nil
		}
		ast.Inspect(parsed(t, path), func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, is := n.X.(*ast.Ident); is && x.Name == "people" {
					asked[n.Sel.Name] = true
				}
			case *ast.Ident:
				if filepath.Base(filepath.Dir(path)) == "people" {
					asked[n.Name] = true
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for name, p := range names {
		if !slices.ContainsFunc(people.Table, func(l people.Line) bool { return l.Permission == p }) {
			continue
		}
		if found++; !asked[name] {
			t.Errorf("people.%s (%s) is in the table, and nothing asks for it", name, p)
		}
	}
	if found != len(people.Table) {
		t.Errorf("%d of the table's %d permissions have a name", found, len(people.Table))
	}
}

// cmpSkip passes over a folder, unless something is wrong.
func cmpSkip(err error) error {
	if err != nil {
		return err
	}
	return filepath.SkipDir
}

func parsed(t *testing.T, path string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
