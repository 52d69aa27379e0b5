package catalogue_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"dobosh/internal/act"
	"dobosh/internal/api"
	"dobosh/internal/catalogue"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/testkit/acts"
)

// does does an act of the provider's engineers with JSON.
func does[T any](t *testing.T, r *rig, name string, body map[string]any) (out T, err error) {
	t.Helper()
	all, err := r.provider.Acts()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(a act.Act) bool { return a.Name == name })
	sent := act.FromJSON(func() ([]byte, error) { return json.Marshal(body) })
	if name == "service.list" {
		sent = act.FromValues(nil)
	}
	done, err := all[i].Do(context.Background(), engineer, sent)
	out, _ = done.(T)
	return out, err
}

// Every act on services is held to the bad inputs that its own definition knows, and
// reads nothing of who may not do it.
func TestActsRefuseWhatTheirFieldsDoNotTake(t *testing.T) {
	r := newRig(t, "sqlite")
	all, err := r.provider.Acts()
	if err != nil {
		t.Fatal(err)
	}
	good := map[string]map[string]any{"service.publish": {"service": births.String()}, "service.describe": {"service": births.String()}, "service.withdraw": {"service": births.String()}}
	seen := 0
	for _, a := range all {
		if body, changes := good[a.Name]; changes {
			seen++
			acts.Refuses(t, a, engineer, nil, body)
		}
	}
	if seen != len(good) {
		t.Errorf("%d of %d acts were held to it", seen, len(good))
	}
}

// A service is published without a description, described from a file or from where
// its information system shows it, and listed with what is only behind the node.
func TestAServiceIsPublishedAndDescribedByActs(t *testing.T) {
	r := newRig(t, "sqlite")
	behind := births
	behind.Service = "behind"
	shown := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(description("1", "born")) }))
	defer shown.Close()
	r.provider.Behind, r.provider.Sources = []registry.ID{behind}, map[registry.ID]string{behind: shown.URL}
	listed := func() map[string]catalogue.OwnService {
		list, err := does[api.List[catalogue.OwnService]](t, r, "service.list", nil)
		if err != nil {
			t.Fatal(err)
		}
		byCode := map[string]catalogue.OwnService{}
		for _, s := range list.Items {
			byCode[s.Service.Service] = s
		}
		return byCode
	}
	if s := listed()["behind"]; !s.Behind || !s.Source || s.Published {
		t.Errorf("what is only behind the node: %+v", s)
	}
	bare := births
	bare.Service = "bare"
	if p, err := does[catalogue.Published](t, r, "service.publish", map[string]any{"service": bare.String(), "title": "Голи сервис"}); err != nil || p.Title["sr"] != "Голи сервис" {
		t.Errorf("published: %+v, %v", p, err)
	}
	if sv, _ := r.provider.State().Service(bare); sv.Kind != registry.ServiceREST || sv.Description != "" {
		t.Errorf("in the registry: %+v", sv)
	}
	plan, err := does[catalogue.Published](t, r, "service.describe", map[string]any{"service": behind.String(), "fetch": true, "plan": true})
	if err != nil || !plan.Planned || plan.Operations == 0 || listed()["behind"].Published {
		t.Errorf("planned: %+v, %v", plan, err)
	}
	if p, err := does[catalogue.Published](t, r, "service.describe", map[string]any{"service": behind.String(), "fetch": true}); err != nil || p.Announced || !listed()["behind"].Published {
		t.Errorf("fetched: %+v, %v", p, err)
	}
	raw := description("1", "born")
	if p, err := does[catalogue.Published](t, r, "service.describe", map[string]any{"service": bare.String(), "file": base64.StdEncoding.EncodeToString(raw)}); err != nil || p.Version == "" {
		t.Errorf("described: %+v, %v", p, err)
	}
	if sv, _ := r.provider.State().Service(bare); sv.Kind != registry.ServiceOpenAPI || sv.Title["sr"] != "Голи сервис" {
		t.Errorf("in the registry: %+v", sv)
	}
	// To name a service anew leaves its description as it is.
	if _, err := does[catalogue.Published](t, r, "service.publish", map[string]any{"service": bare.String(), "title": "Други назив"}); err != nil {
		t.Error(err)
	}
	if sv, _ := r.provider.State().Service(bare); sv.Kind != registry.ServiceOpenAPI || sv.Title["sr"] != "Други назив" || sv.Description == "" {
		t.Errorf("in the registry: %+v", sv)
	}
	for code, body := range map[string]map[string]any{
		"description-missing":  {"service": bare.String()},
		"service-id-malformed": {"service": "births"},
		"service-foreign":      {"service": "RS/GOV/OTHER/x/y", "file": base64.StdEncoding.EncodeToString(raw)},
		"source-unknown":       {"service": bare.String(), "fetch": true},
	} {
		_, err := does[catalogue.Published](t, r, "service.describe", body)
		if p := problem.Of(err); p.Code != code && !slices.ContainsFunc(p.Fields, func(f problem.Field) bool { return f.Code == code }) {
			t.Errorf("%s: %v", code, err)
		}
	}
}
