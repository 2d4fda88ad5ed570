package devices

import (
	"portcullis/people"
	"portcullis/web/gate"
)

// overviewRoutes are those of what is asked about all hosts: how much of them is judged, and what is in
// breach.
func (a *area) overviewRoutes(routes *gate.Routes) {
	routes.See("/coverage", people.SeeDevices, a.coverage)
	routes.See("/breaches", people.SeeDevices, a.breaches)
	routes.See("/breaches.csv", people.SeeDevices, a.downloadBreaches)
}
