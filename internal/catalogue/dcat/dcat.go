// Package dcat writes the catalogue of data services as DCAT-AP 3, the
// application profile of the Data Catalogue Vocabulary for Europe
// (https://semiceu.github.io/DCAT-AP/releases/3.0.0/), in JSON-LD. The context
// stands in the document, so that nothing has to be fetched to read it.
package dcat

import (
	"encoding/json"

	"dobosh/internal/kit/lang"
)

// Catalog is one page of the catalogue. Addresses are absolute.
type Catalog struct {
	ID        string // of the whole catalogue; the same on every page
	Page      string // address of this page
	Next      string // address of the next page; empty on the last
	Home      string // where people read it
	Title     lang.Text
	Text      lang.Text
	Publisher Agent
	Theme     lang.Text // what the theme of government is called
	Themes    lang.Text // what the list is called that it is of
	Services  []Service
}

// Agent is a body.
type Agent struct {
	ID         string
	Identifier string
	Name       lang.Text
}

// Contact is whom one asks about a service: a body, with a page about it.
type Contact struct {
	ID   string
	Name lang.Text
	Page string
}

// Service is one data service.
type Service struct {
	ID          string // stable, for as long as the service has its identifier
	Identifier  string
	Title       lang.Text
	Text        lang.Text
	Publisher   Agent
	Contact     Contact
	Landing     string   // where people read about it
	Endpoints   []string // where it is asked
	Description string   // address of its OpenAPI description; empty for none
	Version     string
	Since       string // first day of this version, as in ISO 8601; empty when not known
	Keywords    []lang.Text
	ConformsTo  []string
}

// Terms that the documents refer to.
const (
	// RESTProtocol is the protocol in which the services are asked.
	RESTProtocol = "https://docs.x-road.global/Protocols/pr-rest_x-road_message_protocol_for_rest.html"
	// OpenAPI is the language of the descriptions.
	OpenAPI = "https://spec.openapis.org/oas/latest.html"

	authority  = "http://publications.europa.eu/resource/authority/"
	restricted = authority + "access-right/RESTRICTED"
	government = authority + "data-theme/GOVE"
	serbian    = authority + "language/SRP"
	english    = authority + "language/ENG"
)

// Profile is what the documents conform to.
const Profile = "http://data.europa.eu/r5r/"

// object is a node of the document; its names are those of the context.
type object map[string]any

// Write gives the page as JSON-LD.
func Write(c Catalog) ([]byte, error) {
	catalog := object{
		"@id": c.ID, "@type": "dcat:Catalog", "title": literals(c.Title), "description": literals(c.Text), "publisher": c.Publisher.object(),
		"language": typed("dct:LinguisticSystem", serbian, english), "homepage": document(c.Home), "themeTaxonomy": object{"@id": authority + "data-theme", "@type": "skos:ConceptScheme", "title": literals(c.Themes)}, "conformsTo": typed("dct:Standard", Profile),
	}
	services := make([]object, len(c.Services))
	for i, s := range c.Services {
		services[i] = s.object(c.Theme)
	}
	catalog["service"] = services
	view := object{"@id": c.Page, "@type": "hydra:PartialCollectionView"}
	if c.Next != "" {
		view["next"] = c.Next
	}
	return json.MarshalIndent(object{"@context": context(), "@graph": []object{catalog, view}}, "", " ")
}

func (a Agent) object() object {
	return object{"@id": a.ID, "@type": []string{"foaf:Agent", "foaf:Organization"}, "name": literals(a.Name), "identifier": a.Identifier}
}

func (s Service) object(theme lang.Text) object {
	o := object{
		"@id": s.ID, "@type": "dcat:DataService", "identifier": s.Identifier, "title": literals(s.Title), "publisher": s.Publisher.object(),
		"landingPage": document(s.Landing), "endpointURL": s.Endpoints, "accessRights": object{"@id": restricted, "@type": "dct:RightsStatement"},
		"theme": object{"@id": government, "@type": "skos:Concept", "prefLabel": literals(theme)}, "language": typed("dct:LinguisticSystem", serbian, english), "contactPoint": s.Contact.object(),
	}
	if len(s.ConformsTo) > 0 {
		o["conformsTo"] = typed("dct:Standard", s.ConformsTo...)
	}
	if len(s.Text) > 0 {
		o["description"] = literals(s.Text)
	}
	if s.Description != "" {
		o["endpointDescription"] = s.Description
	}
	if s.Version != "" {
		o["version"] = s.Version
	}
	if s.Since != "" {
		o["modified"] = s.Since
	}
	var keywords []object
	for _, k := range s.Keywords {
		keywords = append(keywords, literals(k)...)
	}
	if len(keywords) > 0 {
		o["keyword"] = keywords
	}
	return o
}

func (c Contact) object() object {
	return object{"@id": c.ID, "@type": []string{"vcard:Kind", "vcard:Organization"}, "fn": literals(c.Name), "hasURL": c.Page}
}

// document is a page that people read. What is said of it here is what the profile
// asks for: of which kind it is.
func document(address string) object { return object{"@id": address, "@type": "foaf:Document"} }

// typed are resources of a kind.
func typed(class string, addresses ...string) []object {
	all := make([]object, len(addresses))
	for i, address := range addresses {
		all[i] = object{"@id": address, "@type": class}
	}
	return all
}

// literals gives a text in each language and script in which it is complete.
func literals(t lang.Text) []object {
	all := []object{}
	if t["sr"] != "" {
		for _, tag := range []lang.Tag{lang.SrCyrl, lang.SrLatn} {
			all = append(all, object{"@value": t.In(tag), "@language": string(tag)})
		}
	}
	if t["en"] != "" {
		all = append(all, object{"@value": t["en"], "@language": string(lang.En)})
	}
	return all
}

// context maps the short names of the document to the terms of the profile.
func context() object {
	id := func(term string) object { return object{"@id": term, "@type": "@id"} }
	return object{
		"dcat": "http://www.w3.org/ns/dcat#", "dct": "http://purl.org/dc/terms/", "foaf": "http://xmlns.com/foaf/0.1/",
		"xsd": "http://www.w3.org/2001/XMLSchema#", "hydra": "http://www.w3.org/ns/hydra/core#",
		"skos": "http://www.w3.org/2004/02/skos/core#", "vcard": "http://www.w3.org/2006/vcard/ns#",
		"contactPoint": "dcat:contactPoint", "fn": "vcard:fn", "hasURL": id("vcard:hasURL"),
		"title": "dct:title", "description": "dct:description", "identifier": "dct:identifier", "name": "foaf:name", "keyword": "dcat:keyword",
		"publisher": "dct:publisher", "service": "dcat:service", "version": "dcat:version",
		"modified": object{"@id": "dct:modified", "@type": "xsd:date"},
		"language": id("dct:language"), "homepage": id("foaf:homepage"), "themeTaxonomy": id("dcat:themeTaxonomy"), "prefLabel": "skos:prefLabel", "conformsTo": id("dct:conformsTo"),
		"landingPage": id("dcat:landingPage"), "endpointURL": id("dcat:endpointURL"), "endpointDescription": id("dcat:endpointDescription"),
		"accessRights": id("dct:accessRights"), "theme": id("dcat:theme"), "next": id("hydra:next"),
	}
}
