package lang

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
)

// Words are the sentences that a room brings: words/CODE.json for each
// language that it speaks.
type Words struct {
	Room  string
	Files fs.FS
}

// Catalogue holds the sentences of all rooms by key. It never changes after
// Load and is safe for concurrent use.
type Catalogue struct {
	tags      []Tag                     // the complete ones first
	sentences map[Tag]map[string]string // of the written languages
	latin     func() map[string]string  // those of SrLatn, made when somebody reads it
	terms     map[string]Text           // by name, without "term."
	rooms     []completeness            // in the order of Load
}

// Completeness says how much of a room one language says, and whether a person
// who speaks it has read that.
type Completeness struct {
	Tag      Tag
	Room     string
	Said, Of int
	Reviewed bool
}

// completeness is how much of one room the written languages say.
type completeness struct {
	room       string
	said       map[Tag]int
	unreviewed map[Tag]bool
}

// unreviewed, as value of the key "_", marks a file that nobody who speaks the
// language has read.
const unreviewed = "unreviewed"

// Load reads the sentences of the rooms. A file is a flat JSON object of key
// and sentence; a key that begins with "term." holds a term, an object of its
// forms or, where it has only one, a string. A key that stands twice in a
// language or is missing from a complete one is an error, as is a sentence
// that asks for what its language or a term has not.
func Load(rooms ...Words) (*Catalogue, error) {
	c := &Catalogue{tags: Tags(), sentences: map[Tag]map[string]string{SrCyrl: {}, En: {}}, terms: map[string]Text{}}
	for _, room := range rooms {
		if err := c.add(room); err != nil {
			return nil, fmt.Errorf("words of %s: %w", room.Room, err)
		}
	}
	if err := errors.Join(c.complete(), c.grammatical()); err != nil {
		return nil, err
	}
	c.latin = sync.OnceValue(func() map[string]string {
		latin := make(map[string]string, len(c.sentences[SrCyrl]))
		for key, s := range c.sentences[SrCyrl] {
			latin[key] = SrLatn.in(s)
		}
		return latin
	})
	for _, tag := range slices.Sorted(maps.Keys(c.sentences)) {
		if !slices.Contains(c.tags, tag) {
			c.tags = append(c.tags, tag)
		}
	}
	return c, nil
}

// Must is Load for the words that a room keeps to itself. They are part of the
// program: what is wrong with them is a mistake in it.
func Must(rooms ...Words) *Catalogue {
	c, err := Load(rooms...)
	if err != nil {
		panic(err)
	}
	return c
}

func (c *Catalogue) add(room Words) error {
	names, err := fs.Glob(room.Files, "words/*.json")
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return errors.New("no file words/*.json")
	}
	counts := completeness{room.Room, map[Tag]int{}, map[Tag]bool{}}
	for _, name := range names {
		source := strings.TrimSuffix(path.Base(name), ".json")
		if _, known := languages()[source]; !known {
			return fmt.Errorf("%s: nothing is known of this language", name)
		}
		raw, err := fs.ReadFile(room.Files, name)
		if err != nil {
			return err
		}
		tag := tagOf(source)
		if c.sentences[tag] == nil {
			c.sentences[tag] = map[string]string{}
		}
		if err := c.read(raw, tag, &counts); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	c.rooms = append(c.rooms, counts)
	return nil
}

// read takes over one file.
func (c *Catalogue) read(raw []byte, tag Tag, counts *completeness) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("not an object"), err)
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		term, isTerm := strings.CutPrefix(key, "term.")
		forms := map[string]string{}
		if isTerm {
			forms, err = readTerm(d)
		} else {
			err = decodeInto(d, forms)
		}
		switch said := forms[""]; {
		case err != nil:
			return fmt.Errorf("key %q: %w", key, err)
		case key == "_" && said == unreviewed:
			counts.unreviewed[tag] = true
			continue
		case strings.TrimSpace(said) == "":
			return fmt.Errorf("key %q says nothing", key)
		case c.has(tag, key):
			return fmt.Errorf("key %q stands twice", key)
		case isTerm:
			c.addTerm(term, tag, forms)
		default:
			c.sentences[tag][key] = said
		}
		counts.said[tag]++
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	return nil
}

func decodeInto(d *json.Decoder, forms map[string]string) error {
	var s string
	err := d.Decode(&s)
	forms[""] = s
	return err
}

// readTerm reads the forms of a term; the one that is named is under "".
func readTerm(d *json.Decoder) (map[string]string, error) {
	var raw json.RawMessage
	if err := d.Decode(&raw); err != nil {
		return nil, err
	}
	forms := map[string]string{}
	if raw[0] == '"' {
		return forms, decodeInto(json.NewDecoder(bytes.NewReader(raw)), forms)
	}
	if err := json.Unmarshal(raw, &forms); err != nil {
		return nil, err
	}
	for _, named := range []string{"nom", "one"} {
		if s, ok := forms[named]; ok {
			forms[""] = s
			delete(forms, named)
		}
	}
	for form := range forms {
		if form != "" && form != "g" && !isForm(form) {
			return nil, fmt.Errorf("%q is no form of a term", form)
		}
	}
	return forms, nil
}

func (c *Catalogue) addTerm(name string, tag Tag, forms map[string]string) {
	if c.terms[name] == nil {
		c.terms[name] = Text{}
	}
	for form, s := range forms {
		key := tag.source()
		if form != "" {
			key += ":" + form
		}
		c.terms[name][key] = s
	}
}

func (c *Catalogue) has(tag Tag, key string) bool {
	if term, ok := strings.CutPrefix(key, "term."); ok {
		_, has := c.terms[term][tag.source()]
		return has
	}
	_, has := c.sentences[tag][key]
	return has
}

// complete finds what is missing from a complete language.
func (c *Catalogue) complete() error {
	all := map[string]bool{}
	for _, sentences := range c.sentences {
		for key := range sentences {
			all[key] = true
		}
	}
	for term := range c.terms {
		all["term."+term] = true
	}
	var missing []string
	for key := range all {
		for _, tag := range []Tag{SrCyrl, En} {
			if !c.has(tag, key) {
				missing = append(missing, tag.source()+" "+key)
			}
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("not said in a complete language: %v", missing)
	}
	return nil
}

// grammatical finds what a sentence asks for and does not get.
func (c *Catalogue) grammatical() error {
	var errs []error
	for _, tag := range slices.Sorted(maps.Keys(c.sentences)) {
		for _, key := range slices.Sorted(maps.Keys(c.sentences[tag])) {
			places := placesOf(c.sentences[tag][key])
			for _, p := range places {
				if err := c.check(p, places, tag); err != nil {
					errs = append(errs, fmt.Errorf("%s, %s: %w", tag, key, err))
				}
			}
		}
	}
	return errors.Join(errs...)
}

func placesOf(sentence string) []place {
	var places []place
	for rest := sentence; ; {
		_, inside, after, found := cutPlace(rest)
		if !found {
			return places
		}
		places, rest = append(places, parsePlace(inside)), after
	}
}

// check finds out whether tag can fill a place of a sentence. What is passed
// for a name is not known before the sentence is said, so a form that one
// sentence asks for must be one that all terms have, unless the name is that
// of a term.
func (c *Catalogue) check(p place, beside []place, tag Tag) error {
	terms := c.terms
	if named, ok := c.terms[p.name]; ok {
		terms = map[string]Text{p.name: named}
	}
	switch p.asks {
	case '|':
		if want := len(pluralOf(tag.source()).forms); len(p.choices) != want {
			return fmt.Errorf("{%s:%s} needs %d forms", p.name, p.form, want)
		}
	case ':':
		if !isForm(p.form) && !slices.ContainsFunc(beside, func(number place) bool { return number.name == p.form }) {
			return fmt.Errorf("{%s:%s} asks for what is neither a form nor a number of the sentence", p.name, p.form)
		}
		for name, term := range terms {
			if missing := p.missing(term, tag); missing != "" {
				return fmt.Errorf("the term %s has no form %s", name, missing)
			}
		}
	case '?':
		for name, term := range terms {
			if _, ok := p.agreeing(term, tag); !ok && term[tag.source()] != "" {
				return fmt.Errorf("{%s?%s} leaves out the gender of the term %s", p.name, p.form, name)
			}
		}
	case '+':
		if korean := strings.Contains(p.form, "/"); korean != (tag == "ko") || !korean && (tag != "hu" || !strings.EqualFold(p.form, "a")) {
			return fmt.Errorf("{%s+%s} is no particle of the language", p.name, p.form)
		}
	}
	return nil
}

// missing gives a form that the place asks for and the term, where tag has it,
// does not have.
func (p place) missing(term Text, tag Tag) string {
	if _, said := term[tag.source()]; !said {
		return ""
	}
	forms := []string{strings.ToLower(p.form)}
	if !isForm(p.form) { // the name of a number
		forms = pluralOf(tag.source()).forms
	}
	for _, form := range forms {
		if _, ok := term.form(tag, form); !ok {
			return form
		}
	}
	return ""
}

// CheckTerm finds forms that the sentences ask for and a term that is written
// elsewhere, in a pack, does not have in a language that it speaks.
func (c *Catalogue) CheckTerm(term Text) error {
	only := Catalogue{sentences: c.sentences, terms: map[string]Text{"given": term}}
	return only.grammatical()
}

// in gives the sentences of a language.
func (c *Catalogue) in(tag Tag) map[string]string {
	if tag == SrLatn {
		return c.latin()
	}
	return c.sentences[tag]
}

// Has reports whether the catalogue knows a key.
func (c *Catalogue) Has(key string) bool { return c.has(SrCyrl, key) }

// Keys lists the keys of all sentences in order.
func (c *Catalogue) Keys() []string { return slices.Sorted(maps.Keys(c.sentences[SrCyrl])) }

// Written gives the sentences of one language as they are written, places and
// all, without what it borrows from others.
func (c *Catalogue) Written(tag Tag) iter.Seq2[string, string] { return maps.All(c.in(tag)) }

// Tags lists the languages that are spoken here, the complete ones first.
func (c *Catalogue) Tags() []Tag { return slices.Clone(c.tags) }

// Parse accepts the languages that are spoken here, also those spoken in part.
func (c *Catalogue) Parse(s string) (Tag, bool) { return parse(s, c.tags) }

// Accept picks the first language of an Accept-Language header that is spoken
// here, be it in part.
func (c *Catalogue) Accept(header string) Tag { return accept(header, c.tags) }

// Completeness says for each language, room by room, how much of it is said.
func (c *Catalogue) Completeness() []Completeness {
	var all []Completeness
	for _, tag := range c.tags {
		written := tagOf(tag.source())
		for _, r := range c.rooms {
			all = append(all, Completeness{tag, r.room, r.said[written], r.said[SrCyrl], !r.unreviewed[written]})
		}
	}
	return all
}

// Say gives the sentence for key with pairs of name and value filled in. A key
// that is not there is given back in brackets, so that it is seen.
func (c *Catalogue) Say(tag Tag, key string, pairs ...string) string {
	args := Args(pairs...)
	return c.said(tag, key, func(name string) (any, bool) { s, ok := args[name]; return s, ok }).Text
}

// Tell is Say for values that are more than strings. It gives the language
// too, since what the page's own does not say is said in another.
func (c *Catalogue) Tell(tag Tag, key string, values Values) Said {
	return c.said(tag, key, func(name string) (any, bool) { v, ok := values[name]; return v, ok })
}

func (c *Catalogue) said(tag Tag, key string, given func(name string) (any, bool)) Said {
	find := func(name string) (any, bool) {
		if v, ok := given(name); ok {
			return v, true
		}
		term, ok := c.terms[name]
		return term, ok
	}
	for _, next := range tag.Chain() {
		if sentence, ok := c.in(next)[key]; ok {
			return Said{fill(sentence, next, find), next}
		}
	}
	return Said{"[" + key + "]", tag}
}

// Text gives the sentence for key as it is written, places and all, in every
// language that has it.
func (c *Catalogue) Text(key string) Text {
	text := Text{}
	for tag, sentences := range c.sentences {
		if s, ok := sentences[key]; ok {
			text[tag.source()] = s
		}
	}
	return text
}

// In gives the sentence for key in every language that has it, as a text that
// is kept: for a letter, a paper or a mail.
func (c *Catalogue) In(key string, values Values) Text {
	text := Text{}
	for tag := range c.sentences {
		if c.has(tag, key) {
			text[tag.source()] = c.Tell(tag, key, values).Text
		}
	}
	return text
}

// Args makes a map of pairs of name and value; a last name without a value is
// left out.
func Args(pairs ...string) map[string]string {
	if len(pairs) < 2 {
		return nil
	}
	args := make(map[string]string, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		args[pairs[i]] = pairs[i+1]
	}
	return args
}
