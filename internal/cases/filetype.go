package cases

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/text"
)

// FileType is what a file is, by its content.
type FileType string

// Media is the media type under which a file of this type is given out.
func (t FileType) Media() string {
	for _, f := range formats() {
		if f.ends[0] == string(t) {
			return f.media
		}
	}
	return "application/octet-stream"
}

// format is a type of file that cases take: documents, pictures and recordings. What runs, and
// what a browser would show as a page, is none.
type format struct {
	ends  []string // of names of such files, the first for those that have none
	media string
	holds func(head []byte) bool
}

// sniffed is how much of a file tells what it is.
const sniffed = 4096

func formats() []format {
	return []format{
		{[]string{"pdf"}, "application/pdf", begins("%PDF-")},
		{[]string{"jpg", "jpeg", "jpe", "jfif"}, "image/jpeg", begins("\xff\xd8\xff")},
		{[]string{"png"}, "image/png", begins("\x89PNG\r\n\x1a\n")},
		{[]string{"gif"}, "image/gif", begins("GIF8")},
		{[]string{"webp"}, "image/webp", func(b []byte) bool { return begins("RIFF")(b) && at(b, 8, "WEBP") }},
		{[]string{"tif", "tiff"}, "image/tiff", func(b []byte) bool { return begins("II*\x00")(b) || begins("MM\x00*")(b) }},
		{[]string{"heic", "heif"}, "image/heic", func(b []byte) bool { return box(b, "heic", "heix", "hevc", "mif1", "msf1") }},
		{[]string{"mp4", "m4a", "m4v", "mov", "3gp"}, "video/mp4", func(b []byte) bool {
			return box(b, "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4A ", "M4V ", "qt  ", "3gp4", "3gp5", "3gp6")
		}},
		{[]string{"mp3"}, "audio/mpeg", func(b []byte) bool { return begins("ID3")(b) || begins("\xff\xfb")(b) }},
		{[]string{"odt"}, "application/vnd.oasis.opendocument.text", holdsType("application/vnd.oasis.opendocument.text")},
		{[]string{"ods"}, "application/vnd.oasis.opendocument.spreadsheet", holdsType("application/vnd.oasis.opendocument.spreadsheet")},
		{[]string{"docx"}, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", office},
		{[]string{"xlsx"}, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", office},
		{[]string{"txt", "text", "csv"}, "text/plain; charset=utf-8", plain},
	}
}

func begins(with string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(with)) }
}

func at(b []byte, offset int, what string) bool {
	return len(b) >= offset+len(what) && string(b[offset:offset+len(what)]) == what
}

// box is the first box of ISO/IEC 14496-12, with its brand.
func box(b []byte, brands ...string) bool {
	return at(b, 4, "ftyp") && slices.ContainsFunc(brands, func(brand string) bool { return at(b, 8, brand) })
}

// holdsType is an OpenDocument package, whose first entry is its media type, as it is.
func holdsType(media string) func([]byte) bool {
	return func(b []byte) bool {
		return begins("PK\x03\x04")(b) && at(b, 30, "mimetype"+media) && !at(b, 38+len(media), "-")
	}
}

// office is an Office Open XML package: a ZIP archive that begins with one of its parts.
func office(b []byte) bool {
	first := []string{"[Content_Types].xml", "_rels/", "docProps/", "word/", "xl/"}
	return begins("PK\x03\x04")(b) && slices.ContainsFunc(first, func(name string) bool { return at(b, 30, name) })
}

// plain is text that no browser takes for a page.
func plain(b []byte) bool {
	for cut := 0; len(b) == sniffed-cut && cut < utf8.UTFMax && !utf8.Valid(b); cut++ { // the last letter may be cut
		b = b[:len(b)-1]
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	return len(start) > 0 && start[0] != '<' && utf8.Valid(b) && !slices.ContainsFunc(b, func(c byte) bool { return c < ' ' && c != '\n' && c != '\r' && c != '\t' })
}

// maxFileName bounds what a file may be called, in characters.
const maxFileName = 120

// named finds what a file is, and a name that fits: without a folder, with the end that its type has. A
// name that says another type than the content has is refused: it is a mistake, or a trick.
//
// Problems: file-type-unknown, file-type-other.
func named(name string, head []byte) (string, FileType, error) {
	name, err := text.Line(path.Base(strings.ReplaceAll(name, `\`, "/")), maxFileName)
	if err != nil || name == "." || name == "/" {
		name = ""
	}
	end := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	var found *format
	for _, f := range formats() {
		if f.holds(head) && (found == nil || slices.Contains(f.ends, end)) {
			found = &f
		}
	}
	switch {
	case found == nil:
		return "", "", problem.New(problem.Unsupported, "file-type-unknown")
	case end == "":
		name += "." + found.ends[0]
	case !slices.Contains(found.ends, end):
		return "", "", problem.New(problem.Unsupported, "file-type-other", "type", found.ends[0])
	}
	if strings.HasPrefix(name, ".") {
		name = found.ends[0] + name
	}
	return name, FileType(found.ends[0]), nil
}

// camera reports whether a piece of a picture holds what a camera writes into it: when and often where
// it was made.
func camera(piece []byte) bool {
	return holdsAny(piece, "Exif\x00\x00", "eXIf", "http://ns.adobe.com/xap/1.0/")
}

// macros reports whether a piece of a document holds a program.
func macros(piece []byte) bool { return holdsAny(piece, "vbaProject.bin") }

// longestMarker is kept of one piece of a file to find what goes on in the next.
const longestMarker = 32

func holdsAny(piece []byte, of ...string) bool {
	return slices.ContainsFunc(of, func(m string) bool { return bytes.Contains(piece, []byte(m)) })
}
