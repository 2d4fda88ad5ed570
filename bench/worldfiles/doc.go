// Package worldfiles writes the government of policy/policytest, and as many hosts of it as wanted,
// as files for `portcullis check`: one world file, and a file of the hosts in each Form in which
// people and programs write YAML. What a form holds is the same, to the last version.
package worldfiles
