package platformtest

import "portcullis/policy"

// Device does with an artefact what a device that holds it does, as its platform's documentation has
// it: it is written from that, and not from the writer.
type Device interface {
	// Denies tells whether the device keeps an app from being there or from running.
	Denies(in policy.Installation) bool
}

// Holding makes the device that holds an artefact; an error where a real one would refuse it.
type Holding func(artefact []byte) (Device, error)

// Network is a device that keeps from places on the network as well.
type Network interface {
	// Blocks tells whether the device keeps from reaching a host by its name.
	Blocks(host string) bool
}
