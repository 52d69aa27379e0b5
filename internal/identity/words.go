package identity

import (
	"embed"
	"sync"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the room.
func Words() lang.Words { return lang.Words{Room: "identity", Files: wordFiles} }

// said are the sentences of what goes to people outside of a page.
var said = sync.OnceValue(func() *lang.Catalogue { return lang.Must(Words()) })
