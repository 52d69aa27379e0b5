package node

import (
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/identity"
)

// openContractsAPI serves the acts on contracts to engineers and information
// systems of the member, which sign for it.
func (n *Node) openContractsAPI() (http.Handler, error) {
	acts, err := n.desk.Acts()
	if err != nil {
		return nil, err
	}
	who, err := api.Tokens(programs(n.cfg.Contracts.Systems, identity.Contracts))
	if err != nil {
		return nil, err
	}
	return n.surface("contracts", acts, who).Handler()
}

// surface is a set of acts for programs.
func (n *Node) surface(name string, acts []act.Act, who api.Who) api.Surface {
	return api.Surface{Name: name, Acts: acts, Who: who, Answers: n.answers, Say: n.catalogue.Say, Log: n.log}
}

// programs are the systems of the configuration with the roles that their token
// gives.
func programs(systems []System, roles ...act.Role) (all []api.Program) {
	for _, s := range systems {
		all = append(all, api.Program{Name: s.Name, TokenFile: s.TokenFile, Grants: act.System(s.Name, roles...).Grants})
	}
	return all
}
