package metadata

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"

	"dobosh/internal/catalogue/openapi"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"

	"gopkg.in/yaml.v3"
)

// The words of X-Road's errors about descriptions, by which clients know them.
// All are errors of the provider's side: InternalError, the last InvalidRequest.

// NotDescribed says that a service has no description.
func NotDescribed() string { return "Invalid service type: REST" }

// Unread says that the description of a service cannot be had at present.
func Unread(service registry.ID) string {
	return "Failed reading service description from SERVICE:" + service.String()
}

// NotFound says that there is no such service.
func NotFound(service registry.ID) string { return "Service not found: SERVICE:" + service.String() }

// NoTarget says that getOpenAPI was asked about no service.
func NoTarget() string { return "Missing serviceCode in message body" }

// Target reads the code of the service that getOpenAPI is asked about from a raw
// query. The name of the parameter counts in any case, and of several the last;
// empty where there is none.
func Target(query string) string {
	code := ""
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); err != nil || !strings.EqualFold(name, "serviceCode") {
			continue
		}
		if value, err := url.QueryUnescape(value); err == nil {
			code = value
		}
	}
	return code
}

// withoutType is the media type of a description whose origin names none.
const withoutType = "text/plain"

// maxType bounds a media type, in bytes.
const maxType = 200

// OpenAPI makes of a description what getOpenAPI answers: every URL in its list
// of servers is cut down to its path, so that nobody learns where a system
// stands; one with variables in braces is left alone. All else stays as it is, in
// the same order; YAML loses its comments. The media type is that of the
// origin. The error is a problem as [openapi.Read] gives it, or
// description-unreadable for a URL that is none.
func OpenAPI(raw []byte, contentType string) (body []byte, typ string, err error) {
	doc, err := openapi.Read(raw)
	if err != nil {
		return nil, "", err
	}
	if doc.MediaType == "application/yaml" {
		body, err = pathsInYAML(raw)
	} else {
		body, err = pathsInJSON(raw)
	}
	if err != nil {
		return nil, "", err
	}
	if contentType == "" || len(contentType) > maxType || strings.ContainsFunc(contentType, func(r rune) bool { return r < ' ' || r > '~' }) {
		contentType = withoutType
	}
	return body, contentType, nil
}

// pathOf cuts a URL down to its path.
func pathOf(server string) (string, error) {
	if strings.Contains(server, "{") && strings.Contains(server, "}") {
		return server, nil
	}
	parsed, err := url.Parse(server)
	if err != nil {
		return "", unreadable(err)
	}
	return parsed.Path, nil
}

func unreadable(err error) error {
	return problem.New(problem.Invalid, "description-unreadable", "says", "servers").Because(err)
}

// pathsInJSON writes the paths in the places of the URLs and copies everything
// around them.
func pathsInJSON(raw []byte) ([]byte, error) {
	places, err := serversInJSON(raw)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	done := 0
	for _, p := range places {
		path, err := pathOf(p.url)
		if err != nil {
			return nil, err
		}
		out.Write(raw[done:p.from])
		out.Write(inJSON(path))
		done = p.to
	}
	out.Write(raw[done:])
	return out.Bytes(), nil
}

// place is where a URL stands in a text, with its quotes.
type place struct {
	url      string
	from, to int
}

// serversInJSON finds the URLs of the list of servers. The text was read before,
// so it is an object.
func serversInJSON(raw []byte) (found []place, err error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	err = members(d, func(name string) error {
		if name != "servers" {
			return skip(d)
		}
		return elements(d, func() error {
			return members(d, func(name string) error {
				if name != "url" {
					return skip(d)
				}
				before := int(d.InputOffset())
				token, err := d.Token()
				server, is := token.(string)
				if err != nil || !is {
					return unreadable(err)
				}
				from := before + bytes.IndexByte(raw[before:], '"')
				found = append(found, place{server, from, int(d.InputOffset())})
				return nil
			})
		})
	})
	return found, err
}

// members reads an object and has each of its values read.
func members(d *json.Decoder, value func(name string) error) error {
	if token, err := d.Token(); err != nil || token != json.Delim('{') {
		return unreadable(err)
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return unreadable(err)
		}
		name, _ := token.(string)
		if err := value(name); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// elements reads a list and has each of its values read.
func elements(d *json.Decoder, value func() error) error {
	if token, err := d.Token(); err != nil || token != json.Delim('[') {
		return unreadable(err)
	}
	for d.More() {
		if err := value(); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func skip(d *json.Decoder) error {
	var value json.RawMessage
	return d.Decode(&value)
}

// pathsInYAML reads the nodes and writes them again. The text was read before,
// so what its aliases amount to is within bounds; here they stay aliases.
func pathsInYAML(raw []byte) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(raw, &root); err != nil || len(root.Content) == 0 {
		return nil, unreadable(err)
	}
	for _, server := range followed(valueOf(root.Content[0], "servers")).Content {
		address := valueOf(server, "url")
		path, err := pathOf(followed(address).Value)
		if err != nil {
			return nil, err
		}
		address.SetString(path)
	}
	silence(&root)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	if err := e.Encode(&root); err != nil {
		return nil, unreadable(err)
	}
	return out.Bytes(), e.Close()
}

// valueOf finds the value of a name in a mapping; an empty node where there is
// none.
func valueOf(mapping *yaml.Node, name string) *yaml.Node {
	mapping = followed(mapping)
	for i := 0; i+1 < len(mapping.Content) && mapping.Kind == yaml.MappingNode; i += 2 {
		if mapping.Content[i].Value == name {
			return mapping.Content[i+1]
		}
	}
	return &yaml.Node{}
}

// followed is what an alias stands for.
func followed(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// silence takes the comments out: they were for the author.
func silence(node *yaml.Node) {
	node.HeadComment, node.LineComment, node.FootComment = "", "", ""
	for _, child := range node.Content {
		silence(child)
	}
}
