// Worldfiles writes a world and its hosts into a folder, for trying `portcullis check` at full size:
//
//	go run ./cmd/worldfiles -hosts 100000 -installations 60 DIR
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"portcullis/bench/worldfiles"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "worldfiles:", err)
		os.Exit(1)
	}
}

func run() error {
	hosts := flag.Int("hosts", 100_000, "how many `hosts`, 1,000,000 at most")
	installations := flag.Int("installations", 60, "how many `installations` each host has")
	form := flag.String("form", "", "lines, flow or block; all of them, unless said")
	flag.Parse()
	if flag.NArg() != 1 || *hosts < 1 || *hosts > 1_000_000 || *installations < 1 || *installations > 500 {
		flag.Usage()
		return errors.New("name one folder to write to, with 1 to 1,000,000 hosts of 1 to 500 installations")
	}
	dir := flag.Arg(0)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path, err := worldfiles.WorldFile(dir, *hosts)
	if err != nil {
		return err
	}
	fmt.Println(path)
	forms := worldfiles.Forms
	if *form != "" {
		forms = []worldfiles.Form{worldfiles.Form(*form)}
	}
	for _, form := range forms {
		path, err := worldfiles.HostsFile(dir, form, *hosts, *installations)
		if err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}
