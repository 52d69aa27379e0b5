package contracts

import (
	"embed"
	"sync"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the room.
func Words() lang.Words { return lang.Words{Room: "contracts", Files: wordFiles} }

// said are the sentences of the room that it offers in every language.
var said = sync.OnceValue(func() *lang.Catalogue { return lang.Must(Words()) })
