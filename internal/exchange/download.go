package exchange

import (
	"errors"
	"io"
	"sync"

	"dobosh/internal/exchange/link"
	"dobosh/internal/registry"
)

// download is a long body of a response on its way to who asked.
type download struct {
	parts  *parts
	out    *outboundRequest
	node   registry.Node
	stream *link.Stream

	closing sync.Once
}

// Read implements io.Reader. Its errors are problems, save io.EOF.
func (d *download) Read(p []byte) (int, error) {
	n, err := d.parts.Read(p)
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case errors.Is(err, errPart) || errors.Is(err, errMessage) || errors.Is(err, errLong):
		return n, broken(d.node, err)
	}
	return n, Away(d.out.timeout, d.node, err)
}

// Close lets go of the exchange. What was not read is not sent any more.
func (d *download) Close() error {
	d.closing.Do(func() {
		_ = d.out.uploaded() // the response says what became of it
		d.stream.Close()
		d.out.timeout.end()
	})
	return nil
}
