package portal

import (
	"embed"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences that no room owns: those of the frame itself, of
// fields and lists, and of the problems that any act may meet.
func Words() lang.Words { return lang.Words{Room: "portal", Files: wordFiles} }
