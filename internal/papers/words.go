package papers

import (
	"embed"
	"sync"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the labels of the form itself.
func Words() lang.Words { return lang.Words{Room: "papers", Files: wordFiles} }

// labels are the words of the room, which no caller has to bring.
var labels = sync.OnceValue(func() *lang.Catalogue { return lang.Must(Words()) })
