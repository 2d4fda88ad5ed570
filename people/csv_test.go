package people_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portcullis/internal/fault"
	"portcullis/people"
)

func TestReadCSV(t *testing.T) {
	yes, no := true, false
	ada := people.Row{Line: 2, Particulars: people.Particulars{Name: "Ada Lovelace", Mail: "ada@treasury.example"}, Organisation: "treasury", Roles: []people.Role{people.Reviewer, people.Approver}, Active: &yes}
	for name, test := range map[string]struct {
		text string
		want []people.Row
	}{
		"commas":          {"name,mail,organisation,role,active\nAda Lovelace,ada@treasury.example,treasury,\"reviewer, approver\",yes\n", []people.Row{ada}},
		"semicolons":      {"Name;E-Mail;Organization;Roles;Active\r\nAda Lovelace;ada@treasury.example;treasury;reviewer approver;TRUE\r\n", []people.Row{ada}},
		"tabs and a mark": {"\ufeffactive\tROLES\torganisation\tMAIL\tname\n1\tReviewer|Approver\ttreasury\tada@treasury.example\t Ada Lovelace \n\t\t\t\t\n", []people.Row{ada}},
		"no end of line":  {"user_name,active\nada,no", []people.Row{{Line: 2, Particulars: people.Particulars{UserName: "ada"}, Active: &no}}},
		"blank lines":     {"\nuser_name\n\nada\n\n", []people.Row{{Line: 4, Particulars: people.Particulars{UserName: "ada"}}}},
		"lines are counted": {"User Name,department\nada,\"Prize\"\ngrace,Navy\n", []people.Row{
			{Line: 2, Particulars: people.Particulars{UserName: "ada", Department: "Prize"}}, {Line: 3, Particulars: people.Particulars{UserName: "grace", Department: "Navy"}}}},
		"all columns": {"user_name,phone,employee_number,department,external_id\na,b,c,d,e\n", []people.Row{
			{Line: 2, Particulars: people.Particulars{UserName: "a", Phone: "b", EmployeeNumber: "c", Department: "d", ExternalID: "e"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			rows, problems := people.ReadCSV(strings.NewReader(test.text))
			if len(problems) > 0 {
				t.Errorf("there are problems: %v", problems)
			}
			if diff := cmp.Diff(test.want, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadCSVTellsAllProblems(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []string // the beginnings of the problems
	}{
		"nothing":       {"", []string{"line 1: the file has nobody in it"}},
		"only a header": {"name,mail\n", []string{"line 1: the file has nobody in it"}},
		"windows-1252":  {"name,mail\nada,a@b.example\nZo\xeb,z@b.example\n", []string{"line 3: the file is not UTF-8, but perhaps Windows-1252"}},
		"utf-16":        {"\xff\xfen\x00a\x00m\x00e\x00", []string{"line 1: the file is not UTF-8"}},
		"columns": {"nmae,mail,shoe size,Mail\n", []string{"line 1, nmae: there is no such column: did you mean name?",
			"line 1, shoe size: there is no such column: the columns are name, mail", "line 1, Mail: this column is there twice"}},
		"nobody is told":   {"name,organisation\nAda,treasury\n", []string{"line 1: a column mail or user_name is needed"}},
		"a quotation mark": {"name,mail\nAda,a@b.example\n\"Grace,g@b.example\n", []string{"line 3: a quotation mark is out of place"}},
		"cells": {"name,mail,roles,active\nAda,a@b.example,reviewer approvr,perhaps\nGrace,@b,,\nAda,A@b.example,,\nx,y\n,,reviewer,\n", []string{
			`line 2, roles: there is no role "approvr"`, `line 2, active: "perhaps" is neither yes nor no`, "line 3, mail: Enter a mail address",
			"line 4: A@b.example is in line 2 already", "line 5: there are 2 cells, and the header has 4", "line 6: Enter a user name or a mail address"}},
		"quoted newlines": {"name,mail,department\n\"Ada\",a@b.example,\"two\nlines\"\nGrace,@,\n", []string{
			"line 2, department: This must be one line of text", "line 4, mail: Enter a mail address"}},
		"too long": {"name,mail\n" + strings.Repeat("ü", 201) + ",a@b.example\n", []string{"line 2, name: This is too long"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := people.ReadCSV(strings.NewReader(test.text))
			if !slices.EqualFunc(problems, test.want, func(p people.Problem, want string) bool { return strings.HasPrefix(p.Error(), want) }) {
				t.Errorf("the problems are\n%v\nnot\n%v", problems, strings.Join(test.want, "\n"))
			}
		})
	}
}

func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{
		"name,mail,organisation,role,active\nAda,ada@t.example,t,\"reviewer, approver\",yes\n",
		"\ufeffName;E-Mail\r\n\"A \"\"B\"\"\nC\";a@b.example\r\n", "user_name\tphone\n\t\n", "\xff\xfe", "name,mail\n\"", "mail\r\ra@b", ",,\n,,\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, problems := people.ReadCSV(strings.NewReader(text))
		if len(rows) == 0 && len(problems) == 0 {
			t.Fatal("nothing was read and no problem was told")
		}
		lines := strings.Count(text, "\n") + 1
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Message == "" {
				t.Fatalf("the problem %v is in no line of %d", p, lines)
			}
		}
		seen := map[string]bool{}
		for _, row := range rows {
			if row.Line < 1 || row.Line > lines {
				t.Fatalf("a row is in line %d of %d", row.Line, lines)
			}
			if key := strings.ToLower(row.UserName); len(problems) == 0 && key != "" && seen[key] {
				t.Fatalf("%s is there twice", key)
			} else {
				seen[key] = true
			}
		}
	})
}

func TestImportPeople(t *testing.T) {
	each(t, func(t *testing.T, h house) {
		h.organisation(t, "treasury", "")
		h.organisation(t, "mint", "treasury")
		h.organisation(t, "navy", "")
		_, officer := h.person(t, "officer", "treasury", people.SecurityOfficer)
		grace, _ := h.person(t, "grace", "treasury", people.Desk)
		read := func(text string) []people.Row {
			rows, problems := people.ReadCSV(strings.NewReader(text))
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			return rows
		}
		file := read("name,mail,organisation,role,phone,active\nAda,ada@treasury.example,mint,reviewer approver,1,\n,GRACE@treasury.example,,member,2,\nOld,old@treasury.example,mint,,,no\n")
		for _, want := range []people.Imported{{Added: 2, Changed: 1}, {Unchanged: 3}} {
			entries := h.entries(t)
			done, err := h.ImportPeople(t.Context(), officer, file)
			if err != nil || done != want {
				t.Errorf("imported %+v, %v; want %+v", done, err, want)
			}
			if want.Unchanged == 3 && h.entries(t) != entries {
				t.Error("an import that changes nothing makes entries")
			}
		}
		p, err := h.Person(t.Context(), command, grace)
		if err != nil || p.Phone != "2" || p.Name != "grace" || len(p.Roles) != 2 || p.Organisation != "treasury" {
			t.Errorf("the import made of Grace %+v, %v", p, err)
		}
		found, err := h.Persons(t.Context(), officer, people.PersonQuery{Mail: "ada@treasury.example", Limit: 2})
		if err != nil || len(found) != 1 || found[0].Organisation != "mint" || found[0].UserName != "ada@treasury.example" {
			t.Errorf("the import made of Ada %+v, %v", found, err)
		}
		found, err = h.Persons(t.Context(), officer, people.PersonQuery{Words: "old", Limit: 2})
		if err != nil || len(found) != 1 || found[0].Active {
			t.Errorf("the import made of the one who left %+v, %v", found, err)
		}

		// All faults come together with their lines, and nothing is kept.
		before, err := h.CountPersons(t.Context(), command, people.PersonQuery{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.ImportPeople(t.Context(), officer, read("name,mail,organisation\nNew,new@t.example,treasury\nA,a@t.example,nowhere\nB,b@t.example,\n,c@t.example,mint\n"))
		var told []string
		for _, f := range fault.Fields(err) {
			told = append(told, fmt.Sprint(f.Field, ": ", f.Message))
		}
		want := []string{
			"organisation: Line 3: There is no organisation nowhere: choose one from the list",
			"organisation: Line 4: Say in which organisation B is",
			"name: Line 5: Enter the person's name",
		}
		if diff := cmp.Diff(want, told); diff != "" {
			t.Errorf("the faults (-want +got):\n%s", diff)
		}
		// Nor does one come in by a file whom one may not add, or with a role that one may not give.
		for _, text := range []string{"name,mail,organisation\nN,n@t.example,treasury\nM,m@t.example,navy\n", "name,mail,organisation,role\nN,n@t.example,treasury,auditor\n"} {
			_, err = h.ImportPeople(t.Context(), officer, read(text))
			refusedWith(t, err, "Line ")
		}
		if after, err := h.CountPersons(t.Context(), command, people.PersonQuery{}); err != nil || after != before {
			t.Errorf("there were %d people and are %d, %v, after imports that failed", before, after, err)
		}
		_, err = h.ImportPeople(t.Context(), officer, nil)
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("an import of nobody: %v", err)
		}
	})
}
