package demo

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"dobosh/internal/lab/people"
	"dobosh/internal/lab/signin"
)

// SignIn is the identity provider of a demonstration that was prepared in a folder, and
// where it is to be served. Nothing of the demonstration runs yet.
func SignIn(dir string, log *slog.Logger) (address string, handler http.Handler, err error) {
	s, err := newSetup(dir, "127.0.0.1:0", "") // with the ports that were chosen
	if err != nil {
		return "", nil, err
	}
	handler, err = s.provider(log)
	return net.JoinHostPort(s.host, strconv.Itoa(s.ports.Provider)), handler, err
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
