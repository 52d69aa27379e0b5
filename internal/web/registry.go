package web

import "time"

// memberView is a member with the age of its key in days.
type memberView struct {
	Member
	KeyDays int
}

func (p *pages) registryRoutes() {
	p.on("GET /members", p.members)
	p.on("GET /contracts", p.contracts)
	p.on("GET /logs", p.logs)
}

func (p *pages) members(v *visit) error {
	list, err := p.Registry.Members(v.R.Context())
	if err != nil {
		return err
	}
	views := make([]memberView, len(list))
	for i, m := range list {
		views[i] = memberView{m, int(m.KeyAge / (24 * time.Hour))}
	}
	return v.Show("members", v.Say("nav.members"), views)
}

func (p *pages) contracts(v *visit) error {
	list, err := p.Registry.Contracts(v.R.Context())
	if err != nil {
		return err
	}
	return v.Show("contracts", v.Say("nav.contracts"), list)
}

func (p *pages) logs(v *visit) error {
	list, err := p.Registry.Logs(v.R.Context())
	if err != nil {
		return err
	}
	return v.Show("logs", v.Say("nav.logs"), list)
}
