// Package packs carries the packs that come with Dobosh. A pack is data; see
// package law for what it must keep.
package packs

import (
	"embed"
	"io/fs"
)

//go:embed all:serbia
var files embed.FS

// Serbia is the pack of the Republic of Serbia.
func Serbia() fs.FS {
	sub, err := fs.Sub(files, "serbia")
	if err != nil {
		panic(err) // the folder is embedded by name above
	}
	return sub
}
