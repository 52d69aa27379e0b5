package demo

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"dobosh/internal/act"
	"dobosh/internal/identity"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/people"
	"dobosh/internal/lab/signin"
	"dobosh/internal/law"
	"dobosh/internal/registry"
)

func staff(pack *law.Pack) []people.Staff {
	stories, err := people.Stories(pack)
	if err != nil {
		return nil
	}
	return stories.Staff
}

// appoint gives the staff of a member their roles. Those who have theirs since the
// demonstration ran before keep them.
func (s setup) appoint(ctx context.Context, member registry.ID, id *identity.Identity) error {
	administrator := act.As("demonstration", identity.Administrator)
	for _, p := range staff(s.law) {
		if p.Body != member.String() {
			continue
		}
		if _, err := id.Give(ctx, administrator, p.Subject, act.Grant{Role: p.Role}); err != nil && !problem.HasCode(err, "grant-known") {
			return fmt.Errorf("role of %s: %w", p.Subject, err)
		}
	}
	return nil
}

// provider is the identity provider with everybody who can sign in.
func (s setup) provider(log *slog.Logger) (http.Handler, error) {
	stories, err := people.Stories(s.law)
	if err != nil {
		return nil, fmt.Errorf("persons of the demonstration: %w", err)
	}
	cfg := signin.Config{Issuer: s.http(s.ports.Provider), KeyFile: s.path("provider.key")}
	for i, m := range members() {
		portal := []int{s.ports.City, s.ports.Registers, s.ports.Supervisor}[i]
		cfg.Clients = append(cfg.Clients, signin.Client{ID: m.node, RedirectURLs: []string{s.http(portal) + "/sign-in/return"}})
	}
	for _, p := range stories.Persons {
		if p.Subject != "" {
			cfg.Persons = append(cfg.Persons, signin.Person{Subject: p.Subject, Name: p.Name(), Number: p.Number.String(), Note: p.Story})
		}
	}
	for _, p := range stories.Staff {
		body, _ := s.law.Body(p.Body)
		cfg.Persons = append(cfg.Persons, signin.Person{Subject: p.Subject, Name: p.Name, Note: p.Story, StaffOf: body.Title})
	}
	return signin.New(cfg, log)
}

// firstMother gives the number of the mother to begin with. It is invented
// like she is, and the registrar has to type one.
func firstMother(pack *law.Pack) string {
	stories, err := people.Stories(pack)
	if err != nil || len(stories.Persons) == 0 {
		return ""
	}
	return stories.Persons[0].Number.String()
}
