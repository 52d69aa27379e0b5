package catalogue

import "dobosh/internal/kit/problem"

// Author is who acts for the member: an account of its node.
type Author struct {
	Account  string
	Engineer bool // operates the node, and so describes its services
	Officer  bool // works under the member's contracts
}

// describes refuses whoever does not describe services here.
func (a Author) describes() error {
	if a.Account == "" || !a.Engineer {
		return problem.New(problem.Forbidden, "role-needed", "role", "operator")
	}
	return nil
}

// asks refuses whoever has nothing to do with the member's contracts.
func (a Author) asks() error {
	if a.Account == "" || !a.Engineer && !a.Officer {
		return problem.New(problem.Forbidden, "role-needed", "role", "officer")
	}
	return nil
}
