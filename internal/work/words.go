package work

import (
	"embed"

	"dobosh/internal/kit/lang"
)

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the queue. What a queue does says its room, under
// "queue.name." and the name of the queue.
func Words() lang.Words { return lang.Words{Room: "work", Files: wordFiles} }
