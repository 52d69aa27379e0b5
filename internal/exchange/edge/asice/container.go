package asice

import (
	"archive/zip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// MediaType is that of a container, and the content of its first file.
const MediaType = "application/vnd.etsi.asic-e+zip"

// The bounds of a container.
const (
	MaxBytes = 64 << 20 // of all its files together, unpacked
	MaxFiles = 16       // besides the three of the container itself
	maxName  = 100      // bytes
	maxType  = 200      // bytes
)

// The files of the container itself.
const (
	typeFile      = "mimetype"
	manifestFile  = "META-INF/ASiCManifest.xml"
	signatureFile = "META-INF/signature.p7s"
)

// ErrContainer is the cause of every container that is not what it should be.
var ErrContainer = errors.New("not a sound ASiC-E container")

func broken(format string, values ...any) error {
	return fmt.Errorf("%w: %w", ErrContainer, fmt.Errorf(format, values...))
}

// File is one signed file.
type File struct {
	Name string // letters, digits, ".", "_" and "-", at most 100, without a dot in front
	Type string // media type, may be empty
	Data []byte
}

// Container is one message with its signature. It is not changed once it is made.
type Container struct {
	Files     []File
	manifest  []byte
	signature []byte // DER
}

// Write writes the container. The same container gives the same bytes: files are
// not packed, and all are of the first day that the format knows.
func Write(w io.Writer, c Container) error {
	if len(c.signature) == 0 {
		return broken("it is not signed")
	}
	entries := []File{{Name: typeFile, Data: []byte(MediaType)}}
	entries = append(entries, c.Files...)
	return Bundle(w, append(entries, File{Name: manifestFile, Data: c.manifest}, File{Name: signatureFile, Data: c.signature})...)
}

// Bundle writes files into a zip archive as they are, in their order: what X-Road
// answers to "/asic" is such an archive of containers.
func Bundle(w io.Writer, files ...File) error {
	archive := zip.NewWriter(w)
	for _, f := range files {
		if err := store(archive, f); err != nil {
			return fmt.Errorf("write %s: %w", f.Name, err)
		}
	}
	return archive.Close()
}

// The first day of the dates in a zip archive, 1980-01-01.
const firstDay = 1<<5 | 1

// store writes a file with its length in front, so that the media type of a
// container stands at its fixed place (EN 319 162-1, annex A.1) and readers of
// streams find the end.
func store(archive *zip.Writer, f File) error {
	body, err := archive.CreateRaw(&zip.FileHeader{
		Name: f.Name, Method: zip.Store, ModifiedDate: firstDay, CRC32: crc32.ChecksumIEEE(f.Data), CompressedSize64: uint64(len(f.Data)),
		UncompressedSize64: uint64(len(f.Data)),
	})
	if err != nil {
		return err
	}
	_, err = body.Write(f.Data)
	return err
}

// Name is what X-Road calls the container of a message: the id of the message,
// "request" or "response", and a part that makes it unique. What may not stand
// in the name of a file becomes "_".
func Name(message, kind, unique string) string {
	return plain(cut(message)) + "-" + kind + "-" + plain(cut(unique)) + ".asice"
}

func cut(s string) string { return s[:min(len(s), maxName)] }

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if allowed(r) {
			return r
		}
		return '_'
	}, s)
}

func allowed(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
}

// check refuses files that could not be told apart, or from those of the
// container itself.
func check(files []File) error {
	seen, size := map[string]bool{}, 0
	for _, f := range files {
		folded := strings.ToLower(f.Name)
		switch {
		case f.Name == "" || len(f.Name) > maxName || f.Name[0] == '.' || plain(f.Name) != f.Name || folded == typeFile:
			return broken("%.100q is not the name of a file in it", f.Name)
		case seen[folded]:
			return broken("two files are called %s", f.Name)
		case len(f.Type) > maxType || strings.ContainsFunc(f.Type, func(r rune) bool { return r < ' ' || r > '~' }):
			return broken("the media type of %s is none", f.Name)
		}
		seen[folded] = true
		size += len(f.Data)
	}
	if len(files) == 0 || len(files) > MaxFiles || size > MaxBytes {
		return broken("it has %d files and %d bytes", len(files), size)
	}
	return nil
}
