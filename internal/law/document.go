package law

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// Bounds on a pack, so that a hostile or broken one costs little.
const (
	maxFiles = 1000
	maxBytes = 512 << 10 // of one file
	maxDepth = 24        // of nesting in one file
)

// document is one file of a pack, parsed but not yet understood.
type document struct {
	file string
	root *yaml.Node
}

// files lists the YAML files of a pack in order. Anything else is a finding,
// because a file that is silently ignored is a law that is silently ignored.
func files(fsys fs.FS) ([]string, Findings) {
	var names []string
	var found Findings
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return nil
		case len(names) == maxFiles:
			return fmt.Errorf("a pack has at most %d files", maxFiles)
		case path.Ext(name) != ".yaml":
			found = append(found, Finding{Position{File: name}, "this is not a .yaml file; a pack holds nothing else"})
		default:
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		found = append(found, Finding{Position{File: "."}, "the pack cannot be read: " + err.Error()})
	}
	return names, found
}

// parse reads one file. The tree it returns has no aliases, no doubled keys
// and a bounded depth.
func parse(name string, text []byte) (document, Findings) {
	doc := document{file: name}
	if len(text) > maxBytes {
		return doc, Findings{{Position{File: name}, fmt.Sprintf("the file is larger than %d kB", maxBytes>>10)}}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var tree yaml.Node
	if err := decoder.Decode(&tree); err != nil {
		return doc, Findings{syntax(name, err)}
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return doc, Findings{{Position{File: name}, "the file holds more than one document"}}
	}
	doc.root = tree.Content[0]
	return doc, doc.shape(doc.root, 1)
}

func syntax(name string, err error) Finding {
	if errors.Is(err, io.EOF) {
		return Finding{Position{File: name}, "the file is empty"}
	}
	at := Position{File: name}
	says, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "yaml: "), "\n")
	if rest, numbered := strings.CutPrefix(says, "line "); numbered {
		line, sentence, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(line); err == nil {
			at.Line, says = n, sentence
		}
	}
	return Finding{at, "this is not YAML: " + says}
}

// shape refuses what makes YAML dangerous or ambiguous.
func (d document) shape(node *yaml.Node, depth int) Findings {
	switch {
	case depth > maxDepth:
		return Findings{{d.at(node), fmt.Sprintf("nested deeper than %d levels", maxDepth)}}
	case node.Kind == yaml.AliasNode:
		return Findings{{d.at(node), "aliases (*" + node.Value + ") are not allowed; write the value out"}}
	}
	var found Findings
	seen := map[string]bool{}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			if child.Kind != yaml.ScalarNode || child.ShortTag() != "!!str" {
				found = append(found, Finding{d.at(child), "a key must be plain text"})
			} else if seen[child.Value] {
				found = append(found, Finding{d.at(child), fmt.Sprintf("key %q is here twice", child.Value)})
			}
			seen[child.Value] = true
		}
		found = append(found, d.shape(child, depth+1)...)
	}
	return found
}

func (d document) at(node *yaml.Node) Position {
	return Position{File: d.file, Line: node.Line, Column: node.Column}
}

// lookup follows a path of keys and indexes as far as it leads and reports the
// node, and the node of its key where it is a value in a mapping.
func lookup(node *yaml.Node, steps ...string) (value, key *yaml.Node) {
	for _, step := range steps {
		k, v := child(node, step)
		if v == nil {
			return node, key
		}
		node, key = v, k
	}
	return node, key
}

func child(node *yaml.Node, step string) (key, value *yaml.Node) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i], node.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
			return nil, node.Content[i]
		}
	}
	return nil, nil
}
