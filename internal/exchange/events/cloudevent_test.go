package events

import (
	"encoding/json"
	"net/http"
	"testing"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
	"dobosh/internal/testkit"
)

// The same event in a body of its own and in headers is one event. Attributes of
// other specifications do not travel.
func TestBothModesAreOneEvent(t *testing.T) {
	binary := func(contentType string, more ...string) http.Header {
		h := http.Header{"Content-Type": {contentType}, "Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {births().Subsystem.String()}, "Ce-Type": {born},
			"Ce-Traceparent": {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "Ce-Time": {"2026-11-23T09:00:00+01:00"}, "Authorization": {"Bearer x"}}
		for i := 0; i < len(more); i += 2 {
			h.Set(more[i], more[i+1])
		}
		return h
	}
	structured := func(more string) []byte { return []byte(said("1", `,"time":"2026-11-23T08:00:00Z"`+more)) }
	for name, c := range map[string]struct {
		header http.Header
		body   string
		same   string // in the body of the other mode
	}{
		"JSON":               {binary("application/json"), `{"area": "80152"}`, `,"data":{"area":"80152"}`},
		"JSON with a set":    {binary("application/json; charset=utf-8"), `1`, `,"datacontenttype":"application/json","data":1`},
		"another JSON":       {binary("application/vnd.birth+json"), `[]`, `,"datacontenttype":"application/vnd.birth+json","data":[]`},
		"text":               {binary("text/plain; charset=UTF-8"), `<a "б">`, `,"datacontenttype":"text/plain; charset=UTF-8","data":"<a \"б\">"`},
		"bytes":              {binary("application/octet-stream"), "\x00\xff", `,"datacontenttype":"application/octet-stream","data_base64":"AP8="`},
		"XML":                {binary("application/xml"), `<a/>`, `,"datacontenttype":"application/xml","data":"<a/>"`},
		"nothing":            {binary("application/json"), "", ""},
		"a schema":           {binary("application/json", "Ce-Dataschema", "https://x.example/s.json"), `1`, `,"dataschema":"https://x.example/s.json","data":1`},
		"a subject, escaped": {binary("application/json", "Ce-Subject", "entry%2D000017"), "", `,"subject":"entry-000017"`},
		"other attributes":   {binary("application/json", "Ce-Priority", "7", "Ce-Tracestate", "a=b"), "", `,"priority":7,"sampled":true,"tracestate":"x"`},
	} {
		got, err := ReadEvents(c.header, []byte(c.body))
		if err != nil {
			t.Errorf("%s: %v %v", name, err, problem.Of(err).Args)
			continue
		}
		want := testkit.Must[[]bus.Event](t)(ReadEvents(http.Header{"Content-Type": {EventType + "; charset=utf-8"}}, structured(c.same)))
		one, other := testkit.Must[[]byte](t)(json.Marshal(got)), testkit.Must[[]byte](t)(json.Marshal(want))
		if string(one) != string(other) {
			t.Errorf("%s: in headers\n%s\nand in a body\n%s", name, one, other)
		}
	}
	for name, c := range map[string]struct {
		header     http.Header
		body, code string
		status     int
	}{
		"no event":             {http.Header{"Content-Type": {"application/json"}}, said("1", ""), "cloudevent-type", 415},
		"another format":       {binary("application/cloudevents+avro"), "", "cloudevent-type", 415},
		"XML of events":        {http.Header{"Content-Type": {"application/cloudevents+xml"}}, "", "cloudevent-type", 415},
		"no type":              {http.Header{"Content-Type": {"application/json"}, "Ce-Specversion": {"1.0"}, "Ce-Id": {"1"}, "Ce-Source": {"x"}}, "", "cloudevent-malformed", 422},
		"JSON that is none":    {binary("application/json"), "{", "cloudevent-malformed", 422},
		"an id twice":          {http.Header{"Content-Type": {"application/json"}, "Ce-Specversion": {"1.0"}, "Ce-Id": {"1", "2"}}, "", "cloudevent-malformed", 422},
		"a broken escape":      {binary("application/json", "Ce-Subject", "entry-%1"), "", "cloudevent-malformed", 422},
		"a citizen in bytes":   {binary("application/octet-stream"), "\x000512981717776", "cloudevent-person", 422},
		"a citizen in a trace": {binary("application/json", "Ce-Tracestate", "0512981717776"), "", "cloudevent-person", 422},
		"too many bytes":       {binary("application/octet-stream"), string(make([]byte, bus.MaxData-1)), "cloudevent-large", 413},
	} {
		_, err := ReadEvents(c.header, []byte(c.body))
		if p := problem.Of(err); p.Code != c.code || p.Kind.Status() != c.status {
			t.Errorf("%s: %v with status %d", name, err, p.Kind.Status())
		}
	}
}

// Any instant of RFC 3339 is taken, whatever day it names, with its zone; what is none is refused by name.
func TestTheTimeOfAnEvent(t *testing.T) {
	for at, taken := range map[string]bool{
		"2016-01-01T00:00:00Z": true, "2099-01-01T00:00:00Z": true, "1970-01-01T00:00:00Z": true, "0001-01-01T00:00:00Z": true, "": true,
		"2026-11-25T10:00:00.123456789Z": true, "2026-11-25T10:00:00+14:00": true, "2026-11-25t10:00:00z": true,
		"2026-11-25T10:00:00": false, "2026-11-31T10:00:00Z": false, "2026-11-25": false, "9999-12-31T23:59:59Z": false, "-0001-01-01T00:00:00Z": false, "0000-12-31T23:00:00Z": false, "yesterday": false,
	} {
		_, err := ReadEvents(http.Header{"Content-Type": {EventType}}, []byte(said("1", `,"time":"`+at+`"`)))
		if p := problem.Of(err); (err == nil) != taken || err != nil && (p.Code != "cloudevent-malformed" || p.Args["part"] != "time") {
			t.Errorf("%q: %v %v", at, err, p)
		}
	}
}
