package pages

import (
	"embed"
	"html/template"
	"io"
	"strconv"

	"dobosh/internal/kit/lang"
	"dobosh/internal/receipts"
)

// A page of its own, which people open without a portal: nothing in it leads to one.
//
//go:embed copy.html
var copyPage embed.FS

// CopyPage writes the page of a copy of somebody's data; it is a [receipts.CopyPage].
func CopyPage(to io.Writer, tag lang.Tag, c receipts.Copied) error {
	said, err := lang.Load(receipts.Words())
	if err != nil {
		return err
	}
	page, err := template.New("copy.html").Funcs(template.FuncMap{
		"say":  func(key string, pairs ...string) string { return said.Say(tag, key, pairs...) },
		"text": func(t lang.Text) string { return t.In(tag) },
		"n":    strconv.Itoa,
	}).ParseFS(copyPage, "copy.html")
	if err != nil {
		return err
	}
	return page.Execute(to, struct {
		receipts.Copied
		Tag lang.Tag
		Day string
	}{c, tag, lang.Day(c.Day, tag)})
}
