package catalogue

import (
	"strings"
	"testing"
)

func TestDamagedTables(t *testing.T) {
	head := strings.Join(columns, ",") + "\n"
	for _, test := range []struct{ name, table, want string }{
		{"empty", "", "the first row is not"},
		{"another table", "a,b,c,d,e,f,g\n", "the first row is not"},
		{"a column short", head + "products,x,name,X,a,2026-01-01\n", "wrong number of fields"},
		{"no date", head + "products,x,name,X,a,soon,\n", "row 2: checked"},
		{"a word for unverified", head + "products,x,name,X,a,2026-01-01,yes\n", `row 2: unverified is "yes"`},
	} {
		if _, err := parse([]byte(test.table)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one that says %q", test.name, err, test.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(""))
	f.Add(sources[:2000])
	f.Add([]byte(strings.Join(columns, ",") + "\nproducts,x,name,\"X, or \"\"Y\"\"\",a | b,2026-01-01,true\n"))
	f.Fuzz(func(t *testing.T, table []byte) {
		facts, err := parse(table)
		if err != nil && facts != nil {
			t.Error("facts beside an error")
		}
	})
}
