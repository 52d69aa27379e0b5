package dcat

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"

	"dobosh/internal/kit/lang"
)

func written(t *testing.T, c Catalog) map[string]any {
	t.Helper()
	raw, err := Write(c)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func example() Catalog {
	const base = "https://portal.example/catalogue"
	state := Agent{ID: base + "?body=RS%2FGOV%2FSTATE", Identifier: "RS/GOV/STATE", Name: lang.Text{"sr": "Државни регистри", "en": "State registers"}}
	return Catalog{
		ID: base + "#all", Page: base + ".jsonld", Next: base + ".jsonld?after=x", Home: base, Publisher: state,
		Title: lang.Text{"sr": "Сервиси", "en": "Services"}, Text: lang.Text{"sr": "Шта", "en": "What"}, Theme: lang.Text{"sr": "Јавни сектор", "en": "Public sector"}, Themes: lang.Text{"sr": "Теме", "en": "Themes"},
		Services: []Service{
			{Contact: Contact{ID: state.ID + "#contact", Name: state.Name, Page: state.ID}, ID: base + "/births#service", Identifier: "RS/GOV/STATE/civil/births", Title: lang.Text{"sr": "Рођења", "en": "Births"}, Text: lang.Text{"sr": "Ко је рођен."}, Publisher: state,
				Landing: base + "/births", Endpoints: []string{"https://node.example:4000/"}, Description: base + "/births/description", Version: "1.0", Since: "2026-01-01",
				Keywords: []lang.Text{{"sr": "Рођење", "en": "Birth"}}, ConformsTo: []string{RESTProtocol, OpenAPI}},
			{Contact: Contact{ID: state.ID + "#contact", Name: state.Name, Page: state.ID}, ID: base + "/bare#service", Identifier: "RS/GOV/STATE/civil/bare", Title: lang.Text{"sr": "Голо"}, Publisher: state, Landing: base + "/bare", Endpoints: []string{base + "/bare"}},
		},
	}
}

// TestEveryTermIsInTheContext: a name that the context does not map says
// nothing to a program that reads JSON-LD.
func TestEveryTermIsInTheContext(t *testing.T) {
	doc := written(t, example())
	context, _ := doc["@context"].(map[string]any)
	for name, means := range context {
		term, _ := means.(string)
		if mapped, is := means.(map[string]any); is {
			term, _ = mapped["@id"].(string)
		}
		prefix, _, compact := strings.Cut(term, ":")
		if _, known := context[prefix]; !strings.HasPrefix(term, "http") && (!compact || !known) {
			t.Errorf("%s means %v, which is no address", name, means)
		}
	}
	eachMember(doc["@graph"], func(name string, value any) {
		_, known := context[name]
		switch {
		case strings.HasPrefix(name, "@"):
		case !known:
			t.Errorf("%s is not in the context", name)
		}
		if name == "@type" {
			for _, class := range texts(value) {
				if prefix, _, _ := strings.Cut(class, ":"); context[prefix] == nil {
					t.Errorf("class %s is not in the context", class)
				}
			}
		}
		if mapped, is := context[name].(map[string]any); name == "@id" || is && mapped["@type"] == "@id" {
			for _, address := range texts(value) {
				if u, err := url.Parse(address); err != nil || !u.IsAbs() {
					t.Errorf("%s is %q, which is no absolute address", name, address)
				}
			}
		}
	})
}

func eachMember(value any, look func(name string, value any)) {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			look(name, member)
			eachMember(member, look)
		}
	case []any:
		for _, element := range value {
			eachMember(element, look)
		}
	}
}

func texts(value any) (all []string) {
	switch value := value.(type) {
	case string:
		return []string{value}
	case []any:
		for _, element := range value {
			all = append(all, texts(element)...)
		}
	}
	return all
}

// TestWhatTheProfileAsksFor: the properties that DCAT-AP 3 makes mandatory.
func TestWhatTheProfileAsksFor(t *testing.T) {
	graph, _ := written(t, example())["@graph"].([]any)
	catalog, _ := graph[0].(map[string]any)
	has := func(what string, node map[string]any, names ...string) {
		t.Helper()
		for _, name := range names {
			if value, there := node[name]; !there || value == nil {
				t.Errorf("%s has no %s", what, name)
			}
		}
	}
	has("the catalogue", catalog, "title", "description", "publisher", "service")
	services, _ := catalog["service"].([]any)
	if catalog["@type"] != "dcat:Catalog" || len(services) != 2 {
		t.Fatalf("%v with %d services", catalog["@type"], len(services))
	}
	for _, s := range services {
		service, _ := s.(map[string]any)
		has("a service", service, "title", "endpointURL", "publisher", "identifier", "language", "accessRights")
		if service["@type"] != "dcat:DataService" {
			t.Errorf("a service is %v", service["@type"])
		}
	}
	births, _ := services[0].(map[string]any)
	has("a described service", births, "endpointDescription", "conformsTo", "version", "modified", "keyword", "description")
	bare, _ := services[1].(map[string]any)
	for _, name := range []string{"endpointDescription", "version", "modified", "keyword", "description"} {
		if _, there := bare[name]; there {
			t.Errorf("a service that nobody described has %s", name)
		}
	}
}

func TestATextIsGivenInEachScript(t *testing.T) {
	var tags []string
	for _, o := range literals(lang.Text{"sr": "Рођења", "en": "Births"}) {
		tags = append(tags, o["@language"].(string)+" "+o["@value"].(string))
	}
	if want := []string{"sr-Cyrl Рођења", "sr-Latn Rođenja", "en Births"}; !slices.Equal(tags, want) {
		t.Errorf("%v, want %v", tags, want)
	}
}

// TestWhatIsNamedSaysWhatItIs: the profile wants of every resource that a property
// leads to that it says of which class it is, and of every service whom to ask.
func TestWhatIsNamedSaysWhatItIs(t *testing.T) {
	classes := map[string]string{
		"homepage": "foaf:Document", "landingPage": "foaf:Document", "publisher": "foaf:Agent", "contactPoint": "vcard:Kind", "conformsTo": "dct:Standard",
		"accessRights": "dct:RightsStatement", "language": "dct:LinguisticSystem", "theme": "skos:Concept", "themeTaxonomy": "skos:ConceptScheme",
	}
	seen := map[string]int{}
	eachMember(written(t, example())["@graph"], func(name string, value any) {
		class, wanted := classes[name]
		if !wanted {
			return
		}
		list, many := value.([]any)
		if !many {
			list = []any{value}
		}
		for _, one := range list {
			named, _ := one.(map[string]any)
			if seen[name]++; named["@id"] == nil || !slices.Contains(texts(named["@type"]), class) {
				t.Errorf("%s is %v, want one of class %s", name, one, class)
			}
			if name == "contactPoint" && (named["fn"] == nil || named["hasURL"] == nil) {
				t.Errorf("a contact has no name or no address: %v", named)
			}
		}
	})
	if seen["contactPoint"] != 2 || seen["landingPage"] != 2 || len(seen) != len(classes) {
		t.Errorf("seen: %v", seen)
	}
}
