package web

import "time"

// memberView is a member with the age of its key in days.
type memberView struct {
	Member
	KeyDays int
}

func (p *portal) registryRoutes() {
	p.on("GET /members", p.members)
	p.on("GET /contracts", p.contracts)
	p.on("GET /logs", p.logs)
}

func (p *portal) members(v *visit) error {
	list, err := p.Registry.Members(v.r.Context())
	if err != nil {
		return err
	}
	views := make([]memberView, len(list))
	for i, m := range list {
		views[i] = memberView{m, int(m.KeyAge / (24 * time.Hour))}
	}
	return v.show("members", v.say("nav.members"), views)
}

func (p *portal) contracts(v *visit) error {
	list, err := p.Registry.Contracts(v.r.Context())
	if err != nil {
		return err
	}
	return v.show("contracts", v.say("nav.contracts"), list)
}

func (p *portal) logs(v *visit) error {
	list, err := p.Registry.Logs(v.r.Context())
	if err != nil {
		return err
	}
	return v.show("logs", v.say("nav.logs"), list)
}
