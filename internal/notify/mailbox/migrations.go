package mailbox

import (
	"embed"
	"io/fs"

	"dobosh/internal/kit/lang"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations makes the tables of this room.
func Migrations() fs.FS { return migrations }

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the room.
func Words() lang.Words { return lang.Words{Room: "notify/mailbox", Files: wordFiles} }
