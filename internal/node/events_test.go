package node_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dobosh/internal/exchange/events"
	"dobosh/internal/kit/clock"
	"dobosh/internal/lab/demo"
	"dobosh/internal/testkit"
)

// system talks to the events of a node over HTTP, with the token of its member.
func (w *town) system(name, method, path, contentType string, body []byte) (status int, answer map[string]any) {
	w.t.Helper()
	token, err := os.ReadFile(filepath.Join(w.dir, name, "events.token"))
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.nodes[name].Addresses()["systems"]+"/events"+path, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, answer
}

func (w *town) subscribe(form map[string]any) (id string) {
	w.t.Helper()
	raw, err := json.Marshal(form)
	if err != nil {
		w.t.Fatal(err)
	}
	status, s := w.system(demo.City, http.MethodPost, "/subscriptions", "application/json", raw)
	if status != http.StatusCreated {
		w.t.Fatalf("subscribed: %d %v", status, s)
	}
	return s["id"].(string)
}

func happened(from, to int) []byte {
	var batch []string
	for i := from; i <= to; i++ {
		batch = append(batch, fmt.Sprintf(`{"specversion":"1.0","id":"%d","source":"RS-DEMO/GOV/REGISTERS/civil","type":"rs.births.registered","subject":"entry-%06d","data":{"area":"80152"}}`, i, i))
	}
	return []byte("[" + strings.Join(batch, ",") + "]")
}

// pullAll fetches and acknowledges what there is; it gives the ids.
func (w *town) pullAll(subscription string) (ids []string) {
	w.t.Helper()
	for {
		status, page := w.system(demo.City, http.MethodGet, "/subscriptions/"+subscription+"/events?limit=200", "", nil)
		if status != http.StatusOK {
			w.t.Fatalf("fetched: %d %v", status, page)
		}
		list := page["events"].([]any)
		if len(list) == 0 {
			return ids
		}
		for _, e := range list {
			ids = append(ids, e.(map[string]any)["id"].(string))
		}
		cursor, _ := json.Marshal(map[string]any{"cursor": page["cursor"]})
		if status, said := w.system(demo.City, http.MethodPost, "/subscriptions/"+subscription+"/cursor", "application/json", cursor); status != http.StatusOK {
			w.t.Fatalf("acknowledged: %d %v", status, said)
		}
	}
}

// The node of the city is away for a day while much happens, and then catches up
// in order; so does its system, which was away for as long.
func TestADayAwayOfANode(t *testing.T) {
	const missed = 1000
	w := newTown(t)
	at := clock.NewManual(clock.System())
	for _, name := range []string{demo.City, demo.Registers, demo.Supervisor} {
		w.now[name] = at.Now
	}
	w.all()
	subscription := w.subscribe(map[string]any{"from": "beginning"})
	publish := func(from, to int) {
		testkit.Eventually(w.t, "the registers may publish", func() bool {
			at.Advance(100 * time.Millisecond) // witnesses are asked once a second at most
			status, _ := w.system(demo.Registers, http.MethodPost, "", events.BatchType, happened(from, to))
			return status == http.StatusCreated || status == http.StatusOK
		})
	}
	publish(1, 1)
	var got []string
	testkit.Eventually(w.t, "the first has come", func() bool {
		at.Advance(100 * time.Millisecond)
		got = append(got, w.pullAll(subscription)...)
		return len(got) == 1
	})
	w.stop(demo.City)
	for from := 2; from <= missed; from += 100 {
		at.Advance(time.Hour)
		publish(from, min(from+99, missed))
	}
	at.Advance(4 * time.Hour)
	w.start(demo.City)
	testkit.Eventually(w.t, "all have come", func() bool {
		at.Advance(100 * time.Millisecond)
		status, _ := w.system(demo.City, http.MethodGet, "/subscriptions/"+subscription+"/events", "", nil)
		if status == http.StatusOK { // the registry is confirmed again
			got = append(got, w.pullAll(subscription)...)
		}
		return len(got) >= missed
	})
	for i, id := range got {
		if id != fmt.Sprint(i+1) {
			t.Fatalf("%s came as number %d of %d", id, i+1, len(got))
		}
	}
}

// What a register publishes over HTTP reaches the webhook of a system of another
// member, and nobody without a token.
func TestFromASystemToASystem(t *testing.T) {
	w := newTown(t)
	var mu sync.Mutex
	var got []string
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a short one is no event
		var e struct{ ID string }
		if err := json.Unmarshal(body, &e); err != nil || !strings.HasPrefix(r.Header.Get("Webhook-Signature"), "v1,") {
			t.Errorf("%v: %s", r.Header, body)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, e.ID)
	}))
	t.Cleanup(hook.Close)
	raw, err := os.ReadFile(w.files[demo.City])
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(raw), "webhooks: []", "webhooks: ['"+hook.URL+"']", 1)
	if changed == string(raw) {
		t.Fatalf("the configuration has no webhooks:\n%s", raw)
	}
	if err := os.WriteFile(w.files[demo.City], []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	w.all()
	subscription := w.subscribe(map[string]any{"webhook": hook.URL + "/events", "filter": map[string]any{"filters": []any{map[string]any{"prefix": map[string]string{"subject": "entry-"}}}}})
	testkit.Eventually(w.t, "the registers may publish", func() bool {
		status, _ := w.system(demo.Registers, http.MethodPost, "", events.BatchType, happened(1, 3))
		return status == http.StatusCreated
	})
	testkit.Eventually(w.t, "the webhook was called", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return slices.Equal(got, []string{"1", "2", "3"})
	})
	for name, c := range map[string]struct {
		method, path, kind, body string
		status                   int
		code                     string
	}{
		"the same again":     {http.MethodPost, "", events.BatchType, string(happened(1, 3)), 200, ""},
		"another event":      {http.MethodPost, "", events.EventType, strings.Trim(strings.Replace(string(happened(1, 1)), "80152", "70017", 1), "[]"), 409, "event-id-taken"},
		"of somebody else":   {http.MethodPost, "", events.EventType, strings.Trim(strings.Replace(string(happened(1, 1)), "/civil", "/residence", 1), "[]"), 403, "event-source-foreign"},
		"not an event":       {http.MethodPost, "", events.EventType, "{}", 422, "cloudevent-malformed"},
		"too long":           {http.MethodPost, "", events.EventType, strings.Repeat(" ", events.MaxBatchB+2), 413, "body-too-large"},
		"no such thing":      {http.MethodGet, "/none", "", "", 404, "question-unknown"},
		"a foreign one":      {http.MethodGet, "/subscriptions/" + subscription, "", "", 404, "subscription-unknown"},
		"a filter that none": {http.MethodPost, "/subscriptions", "application/json", `{"filter":{"filters":[{}]}}`, 422, "filter-malformed"},
	} {
		status, said := w.system(demo.Registers, c.method, c.path, c.kind, []byte(c.body))
		if code, _ := said["code"].(string); status != c.status || code != c.code {
			t.Errorf("%s: %d %v", name, status, said)
		}
	}
	resp, err := http.Post("http://"+w.nodes[demo.Registers].Addresses()["systems"]+"/events", events.BatchType, bytes.NewReader(happened(4, 4)))
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %v, %v", resp, err)
	}
	resp.Body.Close()
	metrics, err := http.Get("http://" + w.nodes[demo.City].Addresses()["operations"] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer metrics.Body.Close()
	figures, err := io.ReadAll(metrics.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"dobosh_events_delivered_total 3", "dobosh_events_lag ", "dobosh_events_dead_letters 0", "dobosh_events_retried_total 0", "dobosh_events_dead_total 0"} {
		if !strings.Contains(string(figures), want) {
			t.Errorf("the metrics do not say %q", want)
		}
	}
}

// The commands of docs/operate.md do what it says.
func TestTheManualOfEvents(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	manual, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate.md"))
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for line := range strings.Lines(string(manual)) {
		if command := strings.TrimSpace(line); strings.HasPrefix(command, "curl ") && strings.Contains(command, "$NODE") {
			commands = append(commands, command)
		}
	}
	if len(commands) != 4 {
		t.Fatalf("%d commands", len(commands))
	}
	w := newTown(t)
	w.all()
	run := func(name, command string, variables ...string) (answer map[string]any) {
		token, err := os.ReadFile(filepath.Join(w.dir, name, "events.token"))
		if err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), "sh", "-c", command)
		c.Env = append(os.Environ(), append(variables, "NODE=http://"+w.nodes[name].Addresses()["systems"]+"/events", "AUTH=Authorization: Bearer "+strings.TrimSpace(string(token)))...)
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatalf("%s: %s", command, out)
		}
		return answer
	}
	testkit.Eventually(w.t, "published", func() bool { return run(demo.Registers, commands[0])["new"] == float64(1) })
	id, _ := run(demo.City, commands[1])["id"].(string)
	var page map[string]any
	testkit.Eventually(w.t, "fetched", func() bool {
		page = run(demo.City, commands[2], "ID="+id)
		list, _ := page["events"].([]any)
		return len(list) == 1
	})
	after := run(demo.City, commands[3], "ID="+id, "CURSOR="+page["cursor"].(string))
	if after["cursor"] != page["cursor"] {
		t.Errorf("%v, want the cursor %v", after, page["cursor"])
	}
}
