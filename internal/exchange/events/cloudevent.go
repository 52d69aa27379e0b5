package events

import (
	"encoding/json"
	"maps"
	"mime"
	"slices"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
)

// How events travel between an information system and its node (CloudEvents JSON
// format 1.0.2, sections 3 and 4).
const (
	EventType = "application/cloudevents+json"
	BatchType = "application/cloudevents-batch+json"
)

// Bounds of what is published.
const (
	MaxEvent  = 64 << 10 // bytes of one event
	MaxBatch  = 100      // events of one batch
	MaxBatchB = 1 << 20  // bytes of one batch
)

// The form of a subject: an opaque reference, which has a digit.
const (
	minSubject = 8
	maxSubject = 128
)

// ReadEvents reads what an information system publishes: one event, or a batch.
// Every event is complete but for its time, which may be zero. It names nobody,
// as far as that can be seen. An error says which event it is about, counted
// from 1.
func ReadEvents(contentType string, body []byte) ([]bus.Event, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil || kind != EventType && kind != BatchType {
		return nil, problem.New(problem.Invalid, "cloudevent-type").Because(err)
	}
	texts := []json.RawMessage{body}
	if kind == BatchType {
		if texts, err = readBatch(body); err != nil {
			return nil, err
		}
	}
	events := make([]bus.Event, len(texts))
	for i, text := range texts {
		if events[i], err = readEvent(i+1, text); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func readBatch(body []byte) (texts []json.RawMessage, err error) {
	if len(body) > MaxBatchB {
		return nil, tooLarge(0)
	}
	// Each event is read by itself afterwards, and is as deep as one that comes alone.
	if err := (strict.Bounds{Bytes: MaxBatchB, Depth: strict.Depth + 1, Values: MaxBatchB}).Decode(body, &texts); err != nil || len(texts) == 0 {
		return nil, malformed(0, "batch") // the cause may quote the event, so it stays out of the log
	}
	if len(texts) > MaxBatch {
		return nil, tooLarge(0)
	}
	return texts, nil
}

func tooLarge(event int) *problem.Problem {
	return problem.New(problem.TooLarge, "cloudevent-large", "event", strconv.Itoa(event), "bytes", strconv.Itoa(MaxEvent), "events", strconv.Itoa(MaxBatch))
}

// malformed names the part of an event that is missing or wrong, and never what
// stands there.
func malformed(event int, part string) *problem.Problem {
	return problem.New(problem.Invalid, "cloudevent-malformed", "event", strconv.Itoa(event), "part", part)
}

func readEvent(n int, text []byte) (bus.Event, error) {
	if len(text) > MaxEvent {
		return bus.Event{}, tooLarge(n)
	}
	e, part := parseEvent(text)
	if part != "" {
		return e, malformed(n, part)
	}
	if err := nobody(n, e); err != nil {
		return e, err
	}
	return e, nil
}

// parseEvent reads one event in JSON with the attributes of the specification of
// this exchange, and no others. It returns the name of what is wrong, or nothing.
func parseEvent(text []byte) (e bus.Event, wrong string) {
	attributes, err := members(text)
	if err != nil {
		return e, "json"
	}
	for name, into := range map[string]*string{
		"specversion": &e.SpecVersion, "id": &e.ID, "source": &e.Source, "type": &e.Type, "subject": &e.Subject, "datacontenttype": &e.DataContentType,
	} {
		if err := json.Unmarshal(attributes[name], into); err != nil && attributes[name] != nil {
			return e, name
		}
		delete(attributes, name)
	}
	var at string
	if err := json.Unmarshal(attributes["time"], &at); err != nil && attributes["time"] != nil {
		return e, "time"
	}
	if at != "" {
		if e.Time, err = time.Parse(time.RFC3339Nano, at); err != nil || e.Time.Year() < 1 || e.Time.Year() > 9998 {
			return e, "time"
		}
		e.Time = e.Time.UTC()
	}
	delete(attributes, "time")
	if data := attributes["data"]; data != nil {
		if e.Data, err = json.Marshal(data); err != nil { // as it will be written, which may be longer
			return e, "data"
		}
	}
	delete(attributes, "data")
	if len(attributes) > 0 {
		return e, "attributes"
	}
	return complete(e)
}

// complete checks an event that was read and brings it into its one form.
func complete(e bus.Event) (bus.Event, string) {
	kind, _, err := mime.ParseMediaType(e.DataContentType)
	switch {
	case e.DataContentType != "" && (err != nil || kind != "application/json"):
		return e, "datacontenttype"
	case len(e.Data) == 0:
		e.DataContentType = ""
	default:
		e.DataContentType = "application/json"
	}
	checked := e
	if checked.Time.IsZero() {
		checked.Time = time.Unix(0, 0) // the node writes it
	}
	for _, attribute := range []struct {
		name, value string
		missing     bool
	}{
		{"specversion", e.SpecVersion, e.SpecVersion != "1.0"}, {"id", e.ID, e.ID == ""}, {"source", e.Source, e.Source == ""}, {"type", e.Type, e.Type == ""},
	} {
		if attribute.missing {
			return e, attribute.name
		}
	}
	if checked.Check() != nil {
		return e, "attributes"
	}
	return e, ""
}

// members reads one JSON object, each member once and with its name as written.
// A member that is null is absent.
func members(text []byte) (found map[string]json.RawMessage, err error) {
	if err := strict.Upto(MaxEvent).Decode(text, &found); err != nil {
		return nil, err
	}
	maps.DeleteFunc(found, func(_ string, value json.RawMessage) bool { return string(value) == "null" })
	return found, nil
}

// nobody reports that an event names a person, as far as that can be seen: by a
// citizen number anywhere, or by a subject that is no opaque reference.
func nobody(n int, e bus.Event) error {
	if jmbg.Within(e.ID) || jmbg.Within(e.Subject) || jmbg.Within(e.Type) || jmbg.Within(e.Source) || numbered(e.Data) {
		return problem.New(problem.Invalid, "cloudevent-person", "event", strconv.Itoa(n))
	}
	if e.Subject != "" && !opaque(e.Subject) {
		return problem.New(problem.Invalid, "cloudevent-subject", "event", strconv.Itoa(n))
	}
	return nil
}

// numbered reports whether JSON holds a citizen number in a name, a text or a
// number, however they are escaped.
func numbered(data []byte) bool {
	var value any
	return len(data) > 0 && strict.Upto(len(data)).Decode(data, &value) == nil && holdsNumber(value)
}

func holdsNumber(value any) bool {
	switch value := value.(type) {
	case string:
		return jmbg.Within(value)
	case json.Number:
		return jmbg.Within(value.String())
	case []any:
		return slices.ContainsFunc(value, holdsNumber)
	case map[string]any:
		for name, below := range value {
			if jmbg.Within(name) || holdsNumber(below) {
				return true
			}
		}
	}
	return false
}

// opaque reports whether a subject can be a pseudonym or the name of an entry,
// and hardly anybody's name.
func opaque(subject string) bool {
	return len(subject) >= minSubject && len(subject) <= maxSubject && strings.ContainsAny(subject, "0123456789") &&
		!strings.ContainsFunc(subject, func(r rune) bool {
			return notPlain(r) && (r < 'A' || r > 'Z') && r != '-' && r != '_' && r != '.' && r != ':'
		})
}
