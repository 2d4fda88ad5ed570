package approvals

import (
	"fmt"

	"portcullis/devices"
	"portcullis/people"
	"portcullis/policy"
	"portcullis/register"
)

// Numbers are whom a decision reaches.
type Numbers = devices.Numbers

// numbers are whom a rule that is proposed, or one that is to end, reaches now; nil of an allow rule that is to
// be made, which takes nothing from anybody.
func (r *Room) numbers(tx *people.Tx, d *Draft) (*devices.Numbers, error) {
	var rule policy.Rule
	switch {
	case d.Kind == Ban:
		rule = *d.Rule
	case d.Kind == Withdrawal:
		found, there, err := register.FindRule(tx.Tx, d.Ends.Rule)
		if err != nil || !there {
			return nil, err
		}
		rule = found
	default:
		return nil, nil
	}
	n, err := r.Devices.Preview(rule, tx.Now().Time())
	return &n, err
}

func reachWarning(n *Numbers) string {
	return fmt.Sprintf("This reaches %d of the %d devices and pieces of equipment that the body and all below have. If that is meant, write the number and sign again", n.Either, n.Hosts)
}
