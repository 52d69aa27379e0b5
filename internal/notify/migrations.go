package notify

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations makes the tables of this room.
func Migrations() fs.FS { return migrations }
