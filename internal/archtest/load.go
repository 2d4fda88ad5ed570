package archtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Load describes the module whose root is the folder root. It asks git which files belong to it
// (all but the ignored ones, committed or about to be) and the go command what is required and
// linked; modules nested in it are read too.
func Load(root string) (*Module, error) {
	files, err := belonging(root)
	if err != nil {
		return nil, fmt.Errorf("listing the module's files: %w", err)
	}
	m, err := describe(os.DirFS(root), files)
	if err != nil {
		return nil, err
	}
	if err := m.readGoMod(root, "go.mod"); err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "/go.mod") && !strings.Contains("/"+file, "/testdata/") {
			if err := m.readGoMod(root, file); err != nil {
				return nil, err
			}
		}
	}
	return m, m.readLinked(root)
}

// belonging lists the files that belong to the module. Without git, or outside a repository, they
// are all files but those of folders that hold what is not the project's own.
func belonging(root string) ([]string, error) {
	out, err := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return walk(os.DirFS(root))
	}
	files := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	return slices.DeleteFunc(files, func(file string) bool {
		_, err := os.Stat(filepath.Join(root, file))
		return err != nil // deleted, and not yet committed so
	}), nil
}

func walk(fsys fs.FS) ([]string, error) {
	var files []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if err == nil && d.Type().IsRegular() {
			files = append(files, name)
		}
		return err
	})
	return files, err
}

// describe reads the files: texts, packages and the explanations of dependencies.
func describe(fsys fs.FS, files []string) (*Module, error) {
	m := &Module{}
	packages := map[string]*Package{}
	for _, file := range files {
		content, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("reading the module: %w", err)
		}
		if bytes.IndexByte(content, 0) >= 0 {
			continue // not text
		}
		m.Texts = append(m.Texts, Text{file, string(content)})
		if file == dependenciesFile {
			m.Explained = readExplanations(string(content))
		}
		if path.Ext(file) != ".go" || strings.Contains("/"+file, "/testdata/") {
			continue
		}
		dir := path.Dir(file)
		if packages[dir] == nil {
			packages[dir] = &Package{Dir: dir}
		}
		if err := packages[dir].add(file, content); err != nil {
			return nil, err
		}
	}
	for _, p := range packages {
		m.Packages = append(m.Packages, *p)
	}
	slices.SortFunc(m.Packages, func(a, b Package) int { return strings.Compare(a.Dir, b.Dir) })
	return m, nil
}

// add describes one Go file.
func (p *Package) add(file string, content []byte) error {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, file, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parsing %w", err)
	}
	line := func(pos token.Pos) int { return fset.Position(pos).Line }
	f := File{
		Path:     file,
		Test:     strings.HasSuffix(file, "_test.go"),
		External: strings.HasSuffix(tree.Name.Name, "_test"),
		Lines:    bytes.Count(content, []byte("\n")),
	}
	if !f.External && tree.Doc != nil {
		p.Doc = tree.Doc.Text()
	}
	for _, group := range tree.Comments {
		f.Comments = append(f.Comments, Piece{line(group.Pos()), group.Text()})
	}
	ast.Inspect(tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			imported, _ := strconv.Unquote(n.Path.Value) // a parsed literal
			f.Imports = append(f.Imports, imported)
			return false
		case *ast.FuncDecl:
			f.Funcs = append(f.Funcs, Func{n.Name.Name, line(n.Pos()), line(n.End()) - line(n.Pos()) + 1})
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				text, _ := strconv.Unquote(n.Value)
				f.Strings = append(f.Strings, Piece{line(n.Pos()), text})
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				f.Names = append(f.Names, Piece{line(n.Pos()), x.Name + "." + n.Sel.Name})
			}
		}
		return true
	})
	p.Files = append(p.Files, f)
	return nil
}

// readExplanations reads the rows of the tables: module, version, why, without. A row is told from
// a table's head by its first cell, because every module's path has a dot.
func readExplanations(text string) []Explanation {
	var rows []Explanation
	section := ""
	for i, line := range strings.Split(text, "\n") {
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(heading)
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") || !strings.Contains(cells[0], ".") {
			continue
		}
		for len(cells) < 4 {
			cells = append(cells, "")
		}
		for c := range cells {
			cells[c] = strings.Trim(cells[c], " `")
		}
		rows = append(rows, Explanation{section, cells[0], cells[1], cells[2], cells[3], i + 1})
	}
	return rows
}

// goMod is what `go mod edit -json` says of a go.mod, as far as it matters here.
type goMod struct {
	Module  struct{ Path string }
	Require []struct {
		Path, Version string
		Indirect      bool
	}
	Tool []struct{ Path string }
}

// readGoMod adds what a go.mod asks for by name: what is imported, and what tools are built from.
// This module itself, which the nested ones require, is not a dependency.
func (m *Module) readGoMod(root, file string) error {
	cmd := exec.Command("go", "mod", "edit", "-json", path.Base(file))
	cmd.Dir = filepath.Join(root, path.Dir(file))
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	var mod goMod
	if err := json.Unmarshal(out, &mod); err != nil {
		return fmt.Errorf("reading %s: %w", file, err)
	}
	if file == "go.mod" {
		m.Path = mod.Module.Path
	}
	for _, r := range mod.Require {
		builds := slices.ContainsFunc(mod.Tool, func(tool struct{ Path string }) bool {
			return tool.Path == r.Path || strings.HasPrefix(tool.Path, r.Path+"/")
		})
		if (!r.Indirect || builds) && r.Path != m.Path {
			m.Requires = append(m.Requires, Require{r.Path, r.Version, file})
		}
	}
	return nil
}

// readLinked asks what the binary is made of, as far as it can be told: what does not compile is
// for the compiler to say. Where there is no binary, nothing is linked, and the check says so.
func (m *Module) readLinked(root string) error {
	binary := "./cmd/" + m.Path
	if !slices.ContainsFunc(m.Packages, func(p Package) bool { return "./"+p.Dir == binary }) {
		return nil
	}
	cmd := exec.Command("go", "list", "-e", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", binary)
	cmd.Dir = root
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("listing what %s is made of: %w: %s", binary, err, problem.Bytes())
	}
	m.Linked = strings.Fields(string(out))
	slices.Sort(m.Linked)
	m.Linked = slices.Compact(m.Linked)
	return nil
}
