package web

import (
	"embed"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the pages and of all problems. Rooms that serve
// APIs say their problems with them.
func Words() (*lang.Catalogue, error) { return lang.Load(lang.Words{Room: "web", Files: wordFiles}) }
