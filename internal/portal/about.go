package portal

import "dobosh/internal/act"

// aboutView is what the pages about the portal itself say beside their words.
type aboutView struct{ Help Help }

// about are the pages that every public portal has to have: help, what is done with personal data, and how far
// everybody can use it.
func about() []Page {
	var pages []Page
	for _, name := range []string{"help", "privacy", "accessibility"} {
		pages = append(pages, Page{Pattern: "GET /" + name, Right: act.Anyone(), Do: func(v *Visit) error {
			return v.Show(name, v.Say("about."+name), aboutView{v.Help})
		}})
	}
	return pages
}

// aboutWays lead to them from below every page.
func aboutWays() []Nav {
	return []Nav{
		{Path: "/help", Key: "about.help", Order: 10},
		{Path: "/privacy", Key: "about.privacy", Order: 910},
		{Path: "/accessibility", Key: "about.accessibility", Order: 920},
	}
}
