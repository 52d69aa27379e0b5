package api

import (
	"embed"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var words embed.FS

// Words are the sentences of this room.
func Words() lang.Words { return lang.Words{Room: "api", Files: words} }
