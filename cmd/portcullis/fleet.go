package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"portcullis/devices"
	"portcullis/people"
)

// devicesRoom reads all devices, for a server or a command, which numbers its batches by itself. A snapshot
// makes it faster; empty is none.
func devicesRoom(env *environment, room *people.Room, snapshot string, log *slog.Logger) (*devices.Room, error) {
	fleet, err := resumeFleet(env, room, snapshot, log)
	if err != nil {
		log.Warn("the snapshot of the devices cannot be used: all of them are read anew", "file", snapshot, "error", err)
	}
	if fleet == nil {
		if fleet, err = devices.OpenFleet(env, room.DB, env.now, log); err != nil {
			return nil, err
		}
	}
	return newDevices(room, fleet)
}

// newDevices is the room over a fleet, which numbers its batches as nobody else does.
func newDevices(room *people.Room, fleet *devices.Fleet) (*devices.Room, error) {
	id, err := room.DB.NewID()
	return &devices.Room{People: room, Server: id, Fleet: fleet}, err
}

// resumeFleet goes on from a snapshot; nil where there is none.
func resumeFleet(env *environment, room *people.Room, snapshot string, log *slog.Logger) (*devices.Fleet, error) {
	if snapshot == "" {
		return nil, nil
	}
	file, err := os.Open(snapshot)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return devices.ResumeFleet(env, room.DB, env.now, log, file)
}

const (
	// large is from how much memory on a server counts as one with many devices.
	large = 128 << 20
	// reserve is how much more than it needs such a server may hold, in per cent: twice as much, as is usual, would
	// be hundreds of megabytes for what hardly changes.
	reserve = 25
	// ample is how much more one with few devices may: to look for what is no longer needed half as often is a sixth
	// of what a report takes.
	ample = 200
)

// settle gives back what it took to read many devices, and has the server hold little more than it needs; one with few
// devices may hold more, to look less often for what it no longer does.
func settle() {
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapAlloc <= large {
		debug.SetGCPercent(ample)
		return
	}
	debug.SetGCPercent(reserve)
	debug.FreeOSMemory()
}

// savesEvery is how often a server writes down where its fleet stands.
const savesEvery = 10 * time.Minute

// saveFleet writes snapshots until the context ends, and one then.
func saveFleet(ctx context.Context, fleet *devices.Fleet, snapshot string, log *slog.Logger) {
	for more := true; more; {
		select {
		case <-ctx.Done():
			more = false
		case <-time.After(savesEvery):
		}
		if err := replaceFile(snapshot, func(file *os.File) error { return fleet.Save(file) }); err != nil {
			log.Warn("a snapshot of the devices could not be written: the next start takes longer", "file", snapshot, "error", err)
		}
	}
}

// replaceFile writes a file that takes the place of another once it is whole.
func replaceFile(path string, write func(file *os.File) error) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".portcullis-*")
	if err != nil {
		return err
	}
	if err = errors.Join(write(file), file.Sync(), file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(file.Name()))
	}
	return err
}
