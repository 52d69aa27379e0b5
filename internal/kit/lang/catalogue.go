package lang

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"dobosh/internal/kit/script"
)

// Catalogue holds the sentences of the pages by key. It never changes after
// Load and is safe for concurrent use.
type Catalogue struct {
	sentences map[Tag]map[string]string
}

// Load reads the two written languages, each a flat JSON object of key and
// sentence, and derives Latin. A key that stands twice or in only one of the
// languages is an error.
func Load(sr, en []byte) (*Catalogue, error) {
	serbian, err := flat(sr)
	if err != nil {
		return nil, fmt.Errorf("serbian catalogue: %w", err)
	}
	english, err := flat(en)
	if err != nil {
		return nil, fmt.Errorf("english catalogue: %w", err)
	}
	if missing := append(without(serbian, english), without(english, serbian)...); len(missing) > 0 {
		slices.Sort(missing)
		return nil, fmt.Errorf("said in one language only: %v", missing)
	}
	latin := make(map[string]string, len(serbian))
	for key, s := range serbian {
		latin[key] = script.Latin(s)
	}
	return &Catalogue{sentences: map[Tag]map[string]string{SrCyrl: serbian, SrLatn: latin, En: english}}, nil
}

func flat(raw []byte) (map[string]string, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	out := map[string]string{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value string
		if err := d.Decode(&value); err != nil {
			return nil, fmt.Errorf("key %v: %w", key, err)
		}
		name, _ := key.(string)
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("key %q stands twice", name)
		}
		out[name] = value
	}
	return out, nil
}

func without(a, b map[string]string) (missing []string) {
	for key := range a {
		if _, ok := b[key]; !ok {
			missing = append(missing, key)
		}
	}
	return missing
}

// Has reports whether the catalogue knows a key.
func (c *Catalogue) Has(key string) bool {
	_, ok := c.sentences[SrCyrl][key]
	return ok
}

// Keys lists all keys in order.
func (c *Catalogue) Keys() []string {
	keys := make([]string, 0, len(c.sentences[SrCyrl]))
	for key := range c.sentences[SrCyrl] {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// Say gives the sentence for key with pairs of name and value filled in. A key
// that is not there is given back in brackets, so that it is seen.
func (c *Catalogue) Say(tag Tag, key string, pairs ...string) string {
	sentence, ok := c.sentences[tag][key]
	if !ok {
		return "[" + key + "]"
	}
	return Fill(sentence, Args(pairs...), tag)
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
