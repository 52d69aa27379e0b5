package asice

import (
	"archive/zip"
	"bytes"
	"io"
)

// maxOverhead is what a container may have beyond its files, in bytes.
const maxOverhead = 1 << 20

// Read unpacks a container and checks that its files are those of its manifest,
// and that nothing else is in it: it is byte for byte what [Write] makes. Whose
// signature it is, [Container.Verify] says. The error is [ErrContainer].
func Read(raw []byte) (Container, error) {
	if len(raw) > MaxBytes+maxOverhead {
		return Container{}, broken("it has %d bytes", len(raw))
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return Container{}, broken("it is no archive: %w", err)
	}
	if n := len(archive.File); n > MaxFiles+3 || n == 0 || archive.File[0].Name != typeFile {
		return Container{}, broken("it does not begin with its media type, or has %d files", n)
	}
	c, err := unpack(archive.File[1:])
	if err != nil {
		return Container{}, err
	}
	same := comparison{rest: raw}
	if err := Write(&same, c); err != nil || len(same.rest) > 0 {
		return Container{}, broken("it has something beside its files")
	}
	return c, nil
}

func unpack(entries []*zip.File) (Container, error) {
	var c Container
	left := int64(MaxBytes)
	for _, entry := range entries {
		data, err := contentOf(entry, left)
		if err != nil {
			return Container{}, err
		}
		left -= int64(len(data))
		switch {
		case entry.Name == manifestFile && c.manifest == nil:
			c.manifest = data
		case entry.Name == signatureFile && c.signature == nil:
			c.signature = data
		default:
			c.Files = append(c.Files, File{Name: entry.Name, Data: data})
		}
	}
	if err := check(c.Files); err != nil {
		return Container{}, err
	}
	m, err := readManifest(c.manifest)
	if err != nil {
		return Container{}, err
	}
	c.Files, err = m.covers(c.Files)
	if err != nil {
		return Container{}, err
	}
	return c, check(c.Files)
}

// contentOf unpacks one file, if it has no more than is left.
func contentOf(entry *zip.File, left int64) ([]byte, error) {
	body, err := entry.Open()
	if err != nil {
		return nil, broken("%.100q cannot be read: %w", entry.Name, err)
	}
	defer func() { _ = body.Close() }() // read only
	data, err := io.ReadAll(io.LimitReader(body, left+1))
	if err != nil {
		return nil, broken("%.100q cannot be read: %w", entry.Name, err)
	}
	if int64(len(data)) > left {
		return nil, broken("%.100q is too large", entry.Name)
	}
	return data, nil
}

// comparison is a writer that takes only what is there already.
type comparison struct{ rest []byte }

// Write implements [io.Writer].
func (c *comparison) Write(p []byte) (int, error) {
	rest, same := bytes.CutPrefix(c.rest, p)
	if !same {
		return 0, ErrContainer
	}
	c.rest = rest
	return len(p), nil
}
