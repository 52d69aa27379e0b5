package participation

import (
	"embed"
	"sync"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the room.
func Words() lang.Words { return lang.Words{Room: "participation", Files: wordFiles} }

// said are the sentences of the room that it keeps in every language, as in what it sends.
var said = sync.OnceValue(func() *lang.Catalogue { return lang.Must(Words()) })
