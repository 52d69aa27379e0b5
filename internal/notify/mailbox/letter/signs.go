package letter

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed signs/*.json
var signFiles embed.FS

// signs are what programs write in the languages of the people here. They are kept in the
// form that [fold] gives.
type signs struct {
	Wrote     []string // within the line above a quotation
	Original  []string // between dashes above a quotation
	From      []string // labels of the header above a quotation
	Sent      []string
	To        []string
	Subject   []string
	Forwarded []string // begins what somebody passes on
	Device    []string // begins what a telephone adds
	Away      []string // begins the subject of an answer without a person
	Absent    []string // within the beginning of what a program writes for somebody who is away, or for a body
	Returned  []string // begins the subject of a mail that came back
	Delayed   []string // the same of one that is late
	Opened    []string // begins the subject of a note that a mail was opened
}

// list reads the signs once.
var list = sync.OnceValue(func() (all signs) {
	files, err := signFiles.ReadDir("signs")
	if err != nil {
		panic(fmt.Sprintf("letter: %v", err)) // it is part of the program
	}
	for _, file := range files {
		var one signs
		text, err := signFiles.ReadFile("signs/" + file.Name())
		if err == nil {
			err = json.Unmarshal(text, &one)
		}
		if err != nil {
			panic(fmt.Sprintf("letter: %s: %v", file.Name(), err))
		}
		to, from := all.lists(), one.lists()
		for i := range to {
			for _, sign := range *from[i] {
				*to[i] = append(*to[i], fold(sign))
			}
		}
	}
	return all
})

func (s *signs) lists() []*[]string {
	return []*[]string{&s.Wrote, &s.Original, &s.From, &s.Sent, &s.To, &s.Subject, &s.Forwarded, &s.Device, &s.Away, &s.Absent, &s.Returned, &s.Delayed, &s.Opened}
}

func has(text string, signs []string) bool {
	for _, sign := range signs {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

func is(text string, signs []string) bool {
	for _, sign := range signs {
		if text == sign {
			return true
		}
	}
	return false
}

// begins reports whether a text begins with a sign, behind marks that stand before it.
func begins(text string, signs []string) bool {
	text = strings.TrimLeft(text, "-*=[(> ")
	for _, sign := range signs {
		if strings.HasPrefix(text, sign) {
			return true
		}
	}
	return false
}
