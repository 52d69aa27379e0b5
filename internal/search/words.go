package search

import (
	"embed"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the room.
func Words() lang.Words { return lang.Words{Room: "search", Files: wordFiles} }
