package notify

import (
	"embed"
	"sync"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the room.
func Words() lang.Words { return lang.Words{Room: "notify", Files: wordFiles} }

// words are the sentences that the room puts into what it sends.
var words = sync.OnceValue(func() *lang.Catalogue { return lang.Must(Words()) })
