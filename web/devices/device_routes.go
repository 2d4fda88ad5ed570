package devices

import (
	"portcullis/people"
	"portcullis/web/gate"
)

// deviceRoutes are those of devices: the list, one of them, what can be done to it, and what it was.
func (a *area) deviceRoutes(routes *gate.Routes) {
	routes.See("/devices", people.SeeDevices, a.devices)
	routes.See("/devices/releases", people.SeeDevices, a.releases)
	routes.See("/devices/{id}", people.SeeDevices, a.device)
	routes.See("/devices.csv", people.SeeDevices, a.downloadDevices)
	routes.See("/devices/{id}/breaches", people.SeeDevices, a.deviceBreaches)
	routes.See("/devices/{id}/past", people.SeeDevices, a.devicePast)
	routes.See("/devices/{id}/why", people.SeeDevices, a.deviceWhy)
	routes.Ask("/devices/add", people.ChangeDevices, a.addDevice)
	routes.Ask("/devices/{id}/change", people.ChangeDevices, a.changeDevice)
	routes.Ask("/devices/{id}/move", people.ChangeDevices, a.moveDevice)
	routes.Ask("/devices/{id}/state", people.ChangeDevices, a.changeDeviceState)
	routes.Ask("/devices/{id}/forget", people.ChangeDevices, a.forgetInventory)
	routes.Ask("/devices/{id}/release", people.ChangeDevices, a.askRelease)
	routes.Ask("/devices/{id}/take-back", people.ChangeDevices, a.takeBackRelease)
	routes.Ask("/devices/{id}/answer", people.ReleaseDevices, a.answerRelease)
}
