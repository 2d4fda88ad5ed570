package sign

import (
	"bytes"
	"errors"
	"fmt"
)

// maxAncestors is how many certificates of a rotation proof are read.
const maxAncestors = 64

// readRotation reads a proof of rotation ("APK Signature Scheme v3", proof-of-rotation): each
// certificate's key has signed the next one. The last must be the signer's own.
func (s *scheme) readRotation(one *signer, value []byte) {
	list, err := readLineage(value)
	if err != nil {
		s.fail(one, "its rotation proof: %v", err)
		return
	}
	last := list[len(list)-1].Certificate
	if !bytes.Equal(last.DER, one.told.Certificates[0].DER) {
		s.fail(one, "its rotation proof is for another certificate")
		return
	}
	one.ancestors = list
	one.told.Ancestors = list
}

// readLineage reads the certificates of a rotation proof and checks that each is signed by the one
// before.
func readLineage(value []byte) ([]Ancestor, error) {
	c := &cursor{b: value}
	if version := c.u32(); c.err == nil && version != 1 {
		return nil, fmt.Errorf("its version is %d, and only 1 is known", version)
	}
	var list []Ancestor
	var used uint32 // the algorithm by which the last certificate's key has signed the next
	for !c.empty() {
		n := len(list) + 1
		if n > maxAncestors {
			return nil, fmt.Errorf("it has more than %d certificates", maxAncestors)
		}
		node := c.sub()
		signed := node.bytes()
		flags, next, sig := node.u32(), node.u32(), node.bytes()
		data := &cursor{b: signed}
		der, said := data.bytes(), data.u32()
		if c.err != nil || node.err != nil || data.err != nil {
			return nil, fmt.Errorf("certificate %d is damaged", n)
		}
		if n > 1 {
			if err := verifyStep(list[n-2].Certificate, used, said, signed, sig); err != nil {
				return nil, fmt.Errorf("certificate %d is not vouched for by the one before: %w", n, err)
			}
		}
		cert, err := readCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("certificate %d cannot be read: %w", n, err)
		}
		for _, a := range list {
			if bytes.Equal(a.Certificate.DER, der) {
				return nil, fmt.Errorf("certificate %d stands in it twice", n)
			}
		}
		list, used = append(list, Ancestor{cert, flags}), next
	}
	if c.err != nil || len(list) == 0 {
		return nil, errShort
	}
	return list, nil
}

// verifyStep checks that a certificate's key has signed what introduces the next.
func verifyStep(by Certificate, used, said uint32, signed, sig []byte) error {
	a, ok := algorithmOf(used)
	if !ok {
		return fmt.Errorf("the algorithm %#x is not known", used)
	}
	if said != used {
		return errors.New("it names another algorithm than the one that was used")
	}
	return a.family.verify(by.key, a.hash, signed, sig)
}
