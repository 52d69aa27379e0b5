package registry

import (
	"strings"
	"testing"

	"dobosh/internal/kit/civil"
)

func TestEditions(t *testing.T) {
	digest := strings.Repeat("ab", 32)
	day := civil.Date(2026, 11, 24)
	good := Edition{Version: "1.0", Description: digest, From: day}
	service := Service{ID: ID{"RS", "GOV", "A", "s", "x"}, Description: digest, Version: "2.0", Next: &good, Former: []Edition{good}}
	if err := service.check(); err != nil {
		t.Fatal(err)
	}
	for what, spoil := range map[string]func(*Service){
		"an edition without a version":               func(s *Service) { s.Next = &Edition{Description: digest, From: day} },
		"an edition without a day":                   func(s *Service) { s.Next = &Edition{Version: "1", Description: digest} },
		"a digest in capitals":                       func(s *Service) { s.Former = []Edition{{"1", strings.ToUpper(digest), day}} },
		"an announcement where nothing is described": func(s *Service) { s.Description = "" },
		"too many": func(s *Service) { s.Former = make([]Edition, maxEditions+1) },
	} {
		bad := service
		spoil(&bad)
		if bad.check() == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestRememberForgetsTheOldest(t *testing.T) {
	var s Service
	for range maxEditions {
		s.Former = s.Remember(Edition{Version: "old"})
	}
	s.Former = s.Remember(Edition{Version: "new"})
	if len(s.Former) != maxEditions || s.Former[maxEditions-1].Version != "new" {
		t.Errorf("remembers %d, the last is %q", len(s.Former), s.Former[len(s.Former)-1].Version)
	}
}
