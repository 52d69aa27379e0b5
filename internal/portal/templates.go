package portal

import (
	"html/template"
	"io/fs"
	"sync"

	"dobosh/internal/kit/lang"
)

// templates are pages as each language says them. One is parsed when it is first
// read: a node is seldom read in all of them, and parsed they are the largest part of
// what it keeps in memory.
type templates struct {
	parse func(tag lang.Tag) (*template.Template, error)

	mu    sync.Mutex
	byTag map[lang.Tag]*template.Template // guarded by mu
}

// templates reads the pages of some sources, of which nil has none. A later one may
// use what an earlier one defines.
func (p *Portal) templates(sources ...fs.FS) *templates {
	return &templates{byTag: map[lang.Tag]*template.Template{}, parse: func(tag lang.Tag) (*template.Template, error) {
		pages := template.New("").Funcs(p.speakers[tag].funcs()).Funcs(template.FuncMap{"asset": p.assets.address})
		for _, source := range sources {
			if source == nil {
				continue
			}
			if _, err := pages.ParseFS(source, "templates/*.html"); err != nil {
				return nil, err
			}
		}
		return pages, nil
	}}
}

// in gives the pages in a language.
func (t *templates) in(tag lang.Tag) (*template.Template, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if pages := t.byTag[tag]; pages != nil {
		return pages, nil
	}
	pages, err := t.parse(tag)
	if err != nil {
		return nil, err
	}
	t.byTag[tag] = pages
	return pages, nil
}
