package events

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dobosh/internal/bus"
	"dobosh/internal/kit/jmbg"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
)

// How events travel between an information system and its node (CloudEvents HTTP
// binding 1.0.2, JSON format 1.0.2): in these two media types, or with their
// attributes in headers and their data, of any other type, as the body.
const (
	EventType = "application/cloudevents+json"
	BatchType = "application/cloudevents-batch+json"
	anyType   = "*/*"
)

// binaryHeader begins the headers that are attributes.
const binaryHeader = "ce-"

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
func ReadEvents(header http.Header, body []byte) ([]bus.Event, error) {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case kind == BatchType:
		return readAll(body)
	case kind == EventType:
		e, err := readEvent(1, body)
		return []bus.Event{e}, err
	case strings.HasPrefix(kind, "application/cloudevents"), header.Get(binaryHeader+"specversion") == "":
		return nil, problem.New(problem.Unsupported, "cloudevent-type").Because(err)
	}
	e, err := readBinary(header, body)
	return []bus.Event{e}, err
}

func readAll(body []byte) ([]bus.Event, error) {
	texts, err := readBatch(body)
	if err != nil {
		return nil, err
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
	e, extensions, part := parseEvent(text)
	switch {
	case part == partLarge:
		return e, tooLarge(n)
	case part != "":
		return e, malformed(n, part)
	}
	return e, nobody(n, e, extensions)
}

// readBinary reads an event whose attributes are headers (HTTP binding, 3.1).
func readBinary(header http.Header, body []byte) (bus.Event, error) {
	if len(body) > MaxEvent {
		return bus.Event{}, tooLarge(1)
	}
	attributes := map[string]string{}
	for name, values := range header {
		name, is := strings.CutPrefix(strings.ToLower(name), binaryHeader)
		if !is {
			continue
		}
		value, err := url.PathUnescape(strings.Join(values, ","))
		if err != nil || len(values) != 1 {
			return bus.Event{}, malformed(1, "attributes")
		}
		attributes[name] = value
	}
	e := bus.Event{}
	for name, into := range written(&e) {
		*into = attributes[name]
		delete(attributes, name)
	}
	at := attributes["time"]
	delete(attributes, "time")
	var ok bool
	if e.Time, ok = instantOf(at); !ok {
		return e, malformed(1, "time")
	}
	var extensions []string
	for name, value := range attributes {
		if !extensionForm.MatchString(name) {
			return e, malformed(1, "attributes")
		}
		extensions = append(extensions, value)
	}
	e.DataContentType = header.Get("Content-Type")
	e.DataBase64 = body // as far as it is no JSON and no text
	e, part := complete(e)
	switch {
	case part == partLarge:
		return e, tooLarge(1)
	case part != "":
		return e, malformed(1, part)
	}
	return e, nobody(1, e, extensions)
}

// isJSON reports whether a media type is JSON (RFC 6839, section 3.1).
func isJSON(kind string) bool {
	return kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json")
}

// isText reports whether a media type is text in UTF-8.
func isText(kind, charset string) bool {
	return (strings.HasPrefix(kind, "text/") || kind == "application/xml" || strings.HasSuffix(kind, "+xml")) &&
		(charset == "" || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii"))
}

// written are the attributes that are texts.
func written(e *bus.Event) map[string]*string {
	return map[string]*string{
		"specversion": &e.SpecVersion, "id": &e.ID, "source": &e.Source, "type": &e.Type, "subject": &e.Subject,
		"datacontenttype": &e.DataContentType, "dataschema": &e.DataSchema,
	}
}

// instantOf reads the time of an event, which may be missing.
func instantOf(text string) (at time.Time, ok bool) {
	if text == "" {
		return at, true
	}
	at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text)) // its letters may be small
	return at.UTC(), err == nil && at.UTC().Year() >= 1 && at.UTC().Year() <= 9998
}

// extensionForm is the name of an attribute (CloudEvents 1.0.2, section 3).
var extensionForm = regexp.MustCompile(`^[a-z0-9]{1,64}$`)

// parseEvent reads one event in JSON, with the attributes of the specification of
// this exchange. Values of others, which do not travel, are given beside it. It
// returns the name of what is wrong, or nothing.
func parseEvent(text []byte) (e bus.Event, extensions []string, wrong string) {
	attributes, err := members(text)
	if err != nil {
		return e, nil, "json"
	}
	for name, into := range written(&e) {
		if err := json.Unmarshal(attributes[name], into); err != nil && attributes[name] != nil {
			return e, nil, name
		}
		delete(attributes, name)
	}
	var at string
	if err := json.Unmarshal(attributes["time"], &at); err != nil && attributes["time"] != nil {
		return e, nil, "time"
	}
	var ok bool
	if e.Time, ok = instantOf(at); !ok {
		return e, nil, "time"
	}
	delete(attributes, "time")
	e.Data = attributes["data"]
	delete(attributes, "data")
	if text := attributes["data_base64"]; text != nil {
		if err := json.Unmarshal(text, &e.DataBase64); err != nil || e.Data != nil {
			return e, nil, "data_base64"
		}
	}
	delete(attributes, "data_base64")
	for name, value := range attributes {
		var simple any
		if err := json.Unmarshal(value, &simple); err != nil || !extensionForm.MatchString(name) {
			return e, nil, "attributes"
		}
		switch simple.(type) {
		case string, bool, float64:
			extensions = append(extensions, string(value))
		default:
			return e, nil, "attributes"
		}
	}
	e, wrong = complete(e)
	return e, extensions, wrong
}

// partLarge says that the data of an event would be too much as it is written.
const partLarge = "large"

// complete checks an event that was read and brings it into its one form.
func complete(e bus.Event) (bus.Event, string) {
	kind, params, err := mime.ParseMediaType(e.DataContentType)
	switch {
	case e.DataContentType != "" && err != nil:
		return e, "datacontenttype"
	case len(e.DataBase64) > 0 && isJSON(kind):
		if !json.Valid(e.DataBase64) {
			return e, "data"
		}
		e.Data, e.DataBase64 = e.DataBase64, nil
	case len(e.DataBase64) > 0 && isText(kind, params["charset"]) && utf8.Valid(e.DataBase64):
		e.Data, _ = json.Marshal(string(e.DataBase64)) // text always can be
		e.DataBase64 = nil
	}
	if len(e.Data) > 0 {
		if strict.Upto(MaxEvent).Decode(e.Data, new(any)) != nil {
			return e, "data"
		}
		if e.Data, err = json.Marshal(e.Data); err != nil { // as it will be written, which may be longer
			return e, "data"
		}
	}
	switch {
	case len(e.Data) == 0 && len(e.DataBase64) == 0:
		e.DataContentType = ""
	case kind == "" && len(e.Data) > 0, kind == "application/json":
		e.DataContentType = "application/json"
	default:
		e.DataContentType = mime.FormatMediaType(kind, params)
	}
	if schema, err := url.Parse(e.DataSchema); e.DataSchema != "" && (err != nil || !schema.IsAbs()) {
		return e, "dataschema"
	}
	if max(len(e.Data), base64.StdEncoding.EncodedLen(len(e.DataBase64))) > bus.MaxData {
		return e, partLarge
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
func nobody(n int, e bus.Event, extensions []string) error {
	texts := append([]string{e.ID, e.Subject, e.Type, e.Source, e.DataSchema, e.DataContentType, string(e.DataBase64)}, extensions...)
	if slices.ContainsFunc(texts, jmbg.Within) || numbered(e.Data) {
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
