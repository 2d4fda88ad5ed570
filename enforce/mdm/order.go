package mdm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"portcullis/enforce"
	"portcullis/platform/apple"
)

// orderEvery is how long after a failure it is tried again to send orders.
const orderEvery = 10 * time.Second

// order sends what people want to be done with single devices, if there is anything.
func (m *Manager) order(ctx context.Context, alone Alone) error {
	if now := m.now(); now.Before(m.orderAgain) && m.orderAgain.Sub(now) <= orderEvery {
		return nil
	}
	due, err := m.devices.Due(ctx)
	if err == nil && len(due) > 0 {
		_, err = alone(ctx, m.Order)
	}
	if err != nil {
		m.orderAgain = m.now().Add(orderEvery)
	}
	return err
}

// Order sends all orders that are due. The manager keeps each until its device comes.
func (m *Manager) Order(ctx context.Context) error {
	due, err := m.devices.Due(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for i := range due {
		if err := m.send(ctx, &due[i]); err != nil {
			failed = append(failed, fmt.Errorf("%s %s: %w", due[i].Action, due[i].Host, err))
		}
	}
	return errors.Join(failed...)
}

func (m *Manager) send(ctx context.Context, o *enforce.Order) error {
	command := orderPrefix + o.ID
	text := apple.LockDevice(command, "This device is locked by the organisation that it belongs to.", o.PIN)
	if o.Action == enforce.Erase {
		text = apple.EraseDevice(command, o.PIN)
	}
	if err := m.client.Enqueue(ctx, o.Host, text); err != nil {
		return err
	}
	return m.devices.Sent(ctx, o.ID)
}

// orderPrefix begins the ids of commands that carry orders out; the order's id follows.
const orderPrefix = "portcullis-order-"

// ordered is the order that a device answers to, and why it did not do it; empty where it did. A device that cannot do
// it now is asked again by its manager.
func ordered(a *acknowledgement) (id, failed string, over bool) {
	id, ours := strings.CutPrefix(a.Command, orderPrefix)
	switch {
	case !ours || a.Status == "NotNow":
		return id, "", false
	case a.Status == "Acknowledged":
		return id, "", true
	}
	return id, "the device answered " + strings.ToValidUTF8(a.Status[:min(len(a.Status), 100)], ""), true
}
