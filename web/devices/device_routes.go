package devices

import (
	"slices"

	"portcullis/people"
	"portcullis/web/gate"
)

// deviceRoutes are those of devices: the list, one of them, what can be done to it, and what it was.
func (a *area) deviceRoutes() []gate.Route {
	return slices.Concat(
		[]gate.Route{
			see("/devices", people.SeeDevices, a.devices),
			see("/devices/releases", people.SeeDevices, a.releases),
			see("/devices/{id}", people.SeeDevices, a.device),
			see("/devices/{id}/past", people.SeeDevices, a.devicePast),
			see("/devices/{id}/why", people.SeeDevices, a.deviceWhy),
		},
		ask("/devices/add", people.ChangeDevices, a.addDevice),
		ask("/devices/{id}/change", people.ChangeDevices, a.changeDevice),
		ask("/devices/{id}/move", people.ChangeDevices, a.moveDevice),
		ask("/devices/{id}/state", people.ChangeDevices, a.changeDeviceState),
		ask("/devices/{id}/forget", people.ChangeDevices, a.forgetInventory),
		ask("/devices/{id}/release", people.ChangeDevices, a.askRelease),
		ask("/devices/{id}/take-back", people.ChangeDevices, a.takeBackRelease),
		ask("/devices/{id}/answer", people.ReleaseDevices, a.answerRelease),
	)
}
