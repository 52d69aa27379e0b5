// Package packs carries the packs that come with Dobosh. A pack is data; see
// package law for what it must keep.
package packs

import (
	"embed"
	"io/fs"
)

//go:embed all:serbia all:korea
var files embed.FS

// Serbia is the pack of the Republic of Serbia.
func Serbia() fs.FS { return folder("serbia") }

// Korea is the pack of the Republic of Korea, as far as terms, calendars and three kinds of case go.
func Korea() fs.FS { return folder("korea") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folder is embedded by name above
	}
	return sub
}
