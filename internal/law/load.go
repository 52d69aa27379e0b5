package law

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Load reads a pack, or returns [Findings] with everything that is wrong.
func Load(fsys fs.FS) (*Pack, error) {
	schemas, err := compileSchemas()
	if err != nil {
		return nil, Findings{{Position{File: "."}, err.Error()}}
	}
	d, found := read(fsys, schemas)
	if len(found) == 0 {
		found = d.check()
	}
	if len(found) > 0 {
		return nil, found.ordered()
	}
	return d.pack(), nil
}

// Check lists what is wrong with a pack; nothing when it is sound.
func Check(fsys fs.FS) []Finding {
	if _, err := Load(fsys); err != nil {
		return err.(Findings) // the only error of Load
	}
	return nil
}

// read parses every file and fills a draft. Checks across files wait until
// every file is well formed, because before that they would only repeat its
// faults.
func read(fsys fs.FS, schemas map[string]*jsonschema.Schema) (*draft, Findings) {
	names, found := files(fsys)
	d := &draft{}
	sum := sha256.New()
	for _, name := range names {
		text, err := bounded(fsys, name)
		if err != nil {
			found = append(found, Finding{Position{File: name}, "the file cannot be read: " + err.Error()})
			continue
		}
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(text))
		sum.Write(text)
		schema, known := schemas[schemaOf(name)]
		if !known {
			found = append(found, Finding{Position{File: name}, "a pack has no place for this file"})
			continue
		}
		doc, faults := parse(name, text)
		if len(faults) == 0 {
			faults = doc.conforms(schema)
		}
		if len(faults) == 0 {
			faults = d.take(doc)
		}
		found = append(found, faults...)
	}
	d.digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	if d.head.node == nil && len(found) == 0 {
		found = append(found, Finding{Position{File: "pack.yaml"}, "the pack has no pack.yaml"})
	}
	return d, found
}

// bounded reads at most one byte more than a file may have, enough to refuse it.
func bounded(fsys fs.FS, name string) ([]byte, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxBytes+1))
}

// pack turns a draft without faults into a pack.
func (d *draft) pack() *Pack {
	p := &Pack{
		ID: d.head.value.ID, Version: d.head.value.Version, Country: d.head.value.Country, Title: d.head.value.Title,
		Digest:      d.digest,
		instruments: values(d.instruments), purposes: values(d.purposes), events: values(d.events), bodies: values(d.bodies), places: values(d.places),
		services: values(d.services), contracts: values(d.contracts), forms: values(d.forms), cases: values(d.cases),
		provisions: map[Ref]Provision{}, parameters: map[string][]Parameter{}, rules: map[string][]Rule{},
		terms: map[string][]Term{}, countings: map[string][]Counting{}, calendars: map[string]*Calendar{},
	}
	for _, e := range d.terms {
		p.terms[e.value.ID] = append(p.terms[e.value.ID], e.value)
	}
	for _, list := range p.terms {
		byDay(list, func(t Term) Span { return t.Span })
	}
	for _, e := range d.countings {
		p.countings[e.value.ID] = append(p.countings[e.value.ID], e.value)
	}
	for _, list := range p.countings {
		byDay(list, func(c Counting) Span { return c.Span })
	}
	p.calendars = joined(d.calendars)
	for _, e := range d.provisions {
		p.provisions[e.value.Ref] = e.value
	}
	for _, e := range d.parameters {
		p.parameters[e.value.Name] = append(p.parameters[e.value.Name], e.value)
	}
	for _, e := range d.rules {
		p.rules[e.value.ID] = append(p.rules[e.value.ID], e.value)
	}
	for _, list := range p.parameters {
		byDay(list, func(p Parameter) Span { return p.Span })
	}
	for _, list := range p.rules {
		byDay(list, func(r Rule) Span { return r.Span })
	}
	return p
}

func keys[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func ordered[K ~string, V any](m map[K]V) []V {
	list := make([]V, 0, len(m))
	for _, k := range keys(m) {
		list = append(list, m[k])
	}
	return list
}
