package pages

import (
	"embed"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var words embed.FS

// Words are the sentences of the demonstration.
func Words() lang.Words { return lang.Words{Room: "demo", Files: words} }
