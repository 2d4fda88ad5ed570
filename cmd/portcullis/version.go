package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set when the binary is linked; a plain `go build` leaves it to the build's own record.
var version = ""

type versionCommand struct{}

func (versionCommand) Run(env *environment) error {
	_, err := fmt.Fprintf(env.out, "portcullis %s (%s, %s/%s)\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func versionText() string {
	if info, ok := debug.ReadBuildInfo(); ok && version == "" {
		return info.Main.Version
	}
	return version
}
