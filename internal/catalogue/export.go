package catalogue

import (
	"net/url"

	"dobosh/internal/catalogue/dcat"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/page"
	"dobosh/internal/registry"
	"dobosh/internal/search"
)

// exportSize is how many services one page of the export holds.
const exportSize = 100

// Title names a member or a service.
func (r *Room) Title(id registry.ID) lang.Text { return r.State().Title(id) }

// Export gives a page of the catalogue as DCAT-AP 3 in JSON-LD, for the portal
// that is reached at base. Nothing is fetched for it.
func (r *Room) Export(base string, after page.Key) ([]byte, error) {
	hits, _ := r.index.Find(search.Query{}, after, exportSize)
	c := dcat.Catalog{
		ID: base + "/catalogue#all", Page: exportPage(base, after), Home: base + "/catalogue", Publisher: r.agent(base, r.Member),
		Title: said().Text("catalogue.title"),
		Text:  said().Text("catalogue.about"),
		Theme: said().Text("catalogue.theme"), Themes: said().Text("catalogue.themes"),
	}
	if hits.Next != "" {
		c.Next = exportPage(base, hits.Next)
	}
	state := r.State()
	for _, hit := range hits.Items {
		id, err := registry.ParseID(hit.ID)
		if err != nil {
			continue // it was written by the registry
		}
		if sv, ok := state.Service(id); ok {
			c.Services = append(c.Services, r.exported(base, sv))
		}
	}
	return dcat.Write(c)
}

func exportPage(base string, after page.Key) string {
	if after == "" {
		return base + "/catalogue.jsonld"
	}
	return base + "/catalogue.jsonld?after=" + url.QueryEscape(string(after))
}

// agent is a body; its identifier is the same in the export of every node.
func (r *Room) agent(base string, member registry.ID) dcat.Agent {
	return dcat.Agent{ID: base + "/catalogue?body=" + url.QueryEscape(member.String()), Identifier: member.String(), Name: r.Title(member)}
}

// contact is a body as one asks it about its services.
func (r *Room) contact(base string, member registry.ID) dcat.Contact {
	body := r.agent(base, member)
	return dcat.Contact{ID: body.ID + "#contact", Name: body.Name, Page: body.ID}
}

func (r *Room) exported(base string, sv registry.Service) dcat.Service {
	landing := base + "/catalogue/" + sv.ID.String()
	s := dcat.Service{
		ID: landing + "#service", Identifier: sv.ID.String(), Title: r.Title(sv.ID), Text: r.text(sv.Description), Publisher: r.agent(base, sv.ID.Owner()), Contact: r.contact(base, sv.ID.Owner()),
		Landing: landing, Version: sv.Version, Since: sv.Since.String(), ConformsTo: []string{dcat.RESTProtocol},
	}
	for _, node := range r.State().Nodes(sv.ID) {
		s.Endpoints = append(s.Endpoints, "https://"+node.Address+"/")
	}
	if len(s.Endpoints) == 0 {
		s.Endpoints = []string{landing}
	}
	if sv.Description != "" {
		s.Description, s.ConformsTo = landing+"/description", append(s.ConformsTo, dcat.OpenAPI)
	}
	for _, tag := range sv.Tags {
		if title, known := r.Event(tag); known {
			s.Keywords = append(s.Keywords, title)
		}
	}
	return s
}

// text is what a description that is here says of itself.
func (r *Room) text(digest string) lang.Text {
	r.refresh.Lock()
	defer r.refresh.Unlock()
	return r.abstract[digest]
}
