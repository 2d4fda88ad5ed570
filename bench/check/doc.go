// Package check measures `portcullis check` from end to end, as a process: 100,000 hosts with 60
// installations each, from one file in each form, to JSON. Time is the clock's, cpu-sec
// what all its threads worked; memory is the most that the process held at once, as the operating
// system counts it.
//
//	go test -run '^$' -bench . -benchtime 1x -count 5 ./check
//
// CHECK_HOSTS sets another number of hosts.
package check
