package catalogue_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/catalogue"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/search"
	"dobosh/internal/testkit"
)

// TestDescriptionsAreGathered: what somebody else's service says of itself is
// found without anybody having opened it.
func TestDescriptionsAreGathered(t *testing.T) {
	r := newRig(t, "sqlite")
	r.publishes(description("1.0", "born"), civil.Day{})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); r.consumer.Run(ctx) }()
	defer func() { stop(); <-ended }()
	testkit.Eventually(t, "the description is found", func() bool {
		found, _ := r.consumer.Find(search.Query{Words: "odgovara"}, "")
		return len(found.Items) == 1 && found.Items[0].Text["sr"] != ""
	})
}

func TestADraftIsNobodysUntilItIsPublished(t *testing.T) {
	testkit.OnBoth(t, newRig, func(t *testing.T, r *rig) {
		raw := description("1.0", "born")
		if _, err := r.provider.KeepDraft(t.Context(), officer, raw); !problem.HasCode(err, "not-allowed") {
			t.Errorf("an officer keeps a draft: %v", err)
		}
		digest, err := r.provider.KeepDraft(t.Context(), engineer, raw)
		testkit.OK(t, err)
		kept, err := r.provider.KeptDraft(t.Context(), engineer, digest)
		if err != nil || string(kept) != string(raw) {
			t.Errorf("%.40q, %v", kept, err)
		}
		if _, err := r.provider.KeptDraft(t.Context(), engineer, strings.Repeat("0", 64)); !problem.HasCode(err, "draft-gone") {
			t.Errorf("an unknown draft: %v", err)
		}
		if status := serve(r, digest); status != 404 {
			t.Errorf("another node gets a draft: %d", status)
		}
		r.publishes(raw, civil.Day{})
		if status := serve(r, digest); status != 200 {
			t.Errorf("another node does not get what was published: %d", status)
		}
		if again, err := r.provider.Raw(t.Context(), births); err != nil || string(again) != string(raw) {
			t.Errorf("%.40q, %v", again, err)
		}
	})
}

// serve asks the provider's node for a description, as another node does.
func serve(r *rig, digest string) int {
	mux := http.NewServeMux()
	mux.Handle("GET "+catalogue.DescriptionsPath+"{digest}", r.provider.ServeDescriptions())
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, catalogue.DescriptionsPath+digest, nil))
	return w.Code
}

// TestTheExportIsPaged: every service stands on one page, whatever their number.
func TestTheExportIsPaged(t *testing.T) {
	r := newRig(t, "sqlite")
	for i := range 250 {
		sv := registry.Service{ID: births.System().With(fmt.Sprintf("s%03d", i)), Title: lang.Text{"sr": "Сервис"}, Tags: []string{"birth"}}
		testkit.OK(t, r.authority.Append(t.Context(), registry.Statement{Service: &sv}))
	}
	r.provider.Refresh()
	seen, pages := map[string]bool{}, 0
	for key := page.Key(""); pages == 0 || key != ""; pages++ {
		raw, err := r.provider.Export("https://portal.example", key)
		testkit.OK(t, err)
		var doc struct {
			Graph []struct {
				Service []struct {
					Identifier string `json:"identifier"`
				} `json:"service"`
				Next string `json:"next"`
			} `json:"@graph"`
		}
		testkit.OK(t, json.Unmarshal(raw, &doc))
		for _, sv := range doc.Graph[0].Service {
			if seen[sv.Identifier] {
				t.Errorf("%s stands twice", sv.Identifier)
			}
			seen[sv.Identifier] = true
		}
		_, after, _ := strings.Cut(doc.Graph[1].Next, "?after=")
		key = page.Key(after)
	}
	if len(seen) != 250 || pages != 3 {
		t.Errorf("%d services on %d pages", len(seen), pages)
	}
}
