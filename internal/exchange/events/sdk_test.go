package events

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/testkit"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
)

// Whatever the official SDK sends, in both modes and as a batch, is one event; and
// what a subscriber gets, the SDK reads again as it was.
func TestTheOfficialSDK(t *testing.T) {
	for name, c := range map[string]struct {
		contentType string
		data        any
	}{
		"JSON":    {cloudevents.ApplicationJSON, map[string]any{"area": "80152", "of": "<&>"}},
		"text":    {cloudevents.TextPlain, "здраво <a>"},
		"XML":     {cloudevents.ApplicationXML, []byte(`<a b="1"/>`)},
		"bytes":   {"application/octet-stream", []byte{0, 255, 1}},
		"nothing": {"", nil},
	} {
		e := cloudevents.NewEvent()
		e.SetID("1")
		e.SetSource(births().Subsystem.String())
		e.SetType(born)
		e.SetSubject("entry-000017")
		e.SetTime(morning)
		e.SetDataSchema("https://schemas.example/birth.json")
		e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		e.SetExtension("priority", 3)
		if c.data != nil {
			if err := e.SetData(c.contentType, c.data); err != nil {
				t.Fatal(err)
			}
		}
		var taken []string
		for _, mode := range []func(context.Context) context.Context{binding.WithForceBinary, binding.WithForceStructured} {
			req := httptest.NewRequest(http.MethodPost, "/", nil)
			if err := cehttp.WriteRequest(mode(t.Context()), binding.ToMessage(&e), req); err != nil {
				t.Fatal(err)
			}
			var body bytes.Buffer
			if req.Body != nil {
				_, _ = body.ReadFrom(req.Body) // of memory
			}
			read, err := ReadEvents(req.Header, body.Bytes())
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			taken = append(taken, string(testkit.Must[[]byte](t)(json.Marshal(read[0]))))
		}
		batch := testkit.Must[*http.Request](t)(cehttp.NewHTTPRequestFromEvents(t.Context(), "http://x.example/", []cloudevents.Event{e, e}))
		var body bytes.Buffer
		_, _ = body.ReadFrom(batch.Body) // of memory
		read, err := ReadEvents(batch.Header, body.Bytes())
		if err != nil || len(read) != 2 {
			t.Errorf("%s as a batch: %d, %v", name, len(read), err)
			continue
		}
		for _, text := range taken {
			if text != string(testkit.Must[[]byte](t)(json.Marshal(read[0]))) {
				t.Errorf("%s is %s in one mode and %+v as a batch", name, text, read[0])
			}
		}
		given := testkit.Must[[]byte](t)(json.Marshal(struct{ bus.Event }{read[0]}))
		var back cloudevents.Event
		if err := json.Unmarshal(given, &back); err != nil || back.Validate() != nil {
			t.Errorf("%s: the SDK reads %s: %v %v", name, given, err, back.Validate())
			continue
		}
		if want, got := string(e.Data()), string(back.Data()); want != got || back.ID() != e.ID() || back.DataSchema() != e.DataSchema() || back.DataMediaType() != e.DataMediaType() {
			t.Errorf("%s: sent %s, read %s", name, e, back)
		}
	}
}
