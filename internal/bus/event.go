package bus

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	specVersion = "1.0"
	// MaxData bounds the data of an event in bytes: it carries references, and who
	// needs more asks for it.
	MaxData = 64 << 10
	// maxAttribute bounds each of the other attributes in bytes.
	maxAttribute = 512
)

// eventType is the form of a type: words with points between them, as it becomes
// a subject of the stream.
var eventType = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// Event is a CloudEvent (CloudEvents 1.0, section 3, JSON format 1.0.2): something
// that happened.
type Event struct {
	SpecVersion     string          `json:"specversion"`               // "1.0"; set by Enqueue and Publish when empty
	ID              string          `json:"id"`                        // the same event has the same id everywhere, among those of its source
	Source          string          `json:"source"`                    // who says so: the identifier of a subsystem
	Type            string          `json:"type"`                      // what happened: "rs.births.registered"
	Subject         string          `json:"subject,omitempty"`         // to what: an opaque reference
	Time            time.Time       `json:"time"`                      // when it happened
	DataContentType string          `json:"datacontenttype,omitempty"` // of the data; empty without any
	DataSchema      string          `json:"dataschema,omitempty"`      // an absolute URI
	Data            json.RawMessage `json:"data,omitempty"`            // JSON, and text as a string of JSON
	DataBase64      []byte          `json:"data_base64,omitempty"`     // data that is neither
}

// Check returns an error that names the attribute that is missing or wrong.
func (ev Event) Check() error {
	switch {
	case ev.SpecVersion != specVersion:
		return fmt.Errorf("event: specversion is %q, want %q", ev.SpecVersion, specVersion)
	case ev.ID == "":
		return errors.New("event: no id")
	case ev.Source == "":
		return errors.New("event: no source")
	case !eventType.MatchString(ev.Type):
		return fmt.Errorf("event: type %q is not words with points between them", ev.Type)
	case ev.Time.IsZero():
		return errors.New("event: no time")
	case max(len(ev.ID), len(ev.Source), len(ev.Type), len(ev.Subject), len(ev.DataContentType), len(ev.DataSchema)) > maxAttribute:
		return fmt.Errorf("event: an attribute has more than %d bytes", maxAttribute)
	case !plain(ev.ID) || !plain(ev.Source) || !plain(ev.Subject) || !plain(ev.DataContentType) || !plain(ev.DataSchema):
		return errors.New("event: an attribute has a control character")
	case len(ev.Data) > MaxData || base64.StdEncoding.EncodedLen(len(ev.DataBase64)) > MaxData:
		return fmt.Errorf("event: data of %d bytes, at most %d as they are written", max(len(ev.Data), len(ev.DataBase64)), MaxData)
	case len(ev.Data) > 0 && len(ev.DataBase64) > 0:
		return errors.New("event: data twice")
	case len(ev.Data) > 0 && !json.Valid(ev.Data):
		return errors.New("event: data is not JSON")
	}
	return nil
}

// plain reports whether an attribute is text as CloudEvents 1.0, section 3.1,
// wants it.
func plain(attribute string) bool {
	return utf8.ValidString(attribute) && !strings.ContainsFunc(attribute, unicode.IsControl)
}

// Key names the event among those of all sources, each of which counts its own
// ids (CloudEvents 1.0, section 3.1.1).
func (ev Event) Key() string { return ev.Source + "#" + ev.ID }

// complete fills in what has only one right value.
func (ev Event) complete() Event {
	if ev.SpecVersion == "" {
		ev.SpecVersion = specVersion
	}
	if len(ev.Data) > 0 && ev.DataContentType == "" {
		ev.DataContentType = "application/json"
	}
	ev.Time = ev.Time.UTC()
	return ev
}

// encode checks the event and returns its JSON.
func (ev Event) encode() ([]byte, error) {
	if err := ev.Check(); err != nil {
		return nil, err
	}
	return json.Marshal(ev)
}
