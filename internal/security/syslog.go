package security

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

const (
	facility      = 10 // security and authorization messages: RFC 5424, 6.2.1
	syslogTimeout = 5 * time.Second
)

// syslog is a way to a receiver of RFC 5424: over UDP a message is a datagram (RFC 5426),
// over TCP and TLS its length stands before it (RFC 6587, 3.4.1; RFC 5425, 4.3).
type syslog struct {
	to     *url.URL
	roots  *x509.CertPool
	origin Origin
	conn   net.Conn // nil while there is none
}

func (s *syslog) write(ctx context.Context, events []document) error {
	if s.conn == nil {
		conn, err := s.dial(ctx)
		if err != nil {
			return err
		}
		s.conn = conn
	}
	err := s.conn.SetWriteDeadline(time.Now().Add(syslogTimeout))
	var all bytes.Buffer
	for _, d := range events {
		message := s.message(d)
		if s.to.Scheme == "udp" {
			if err == nil {
				_, err = s.conn.Write(message)
			}
			continue
		}
		fmt.Fprintf(&all, "%d %s", len(message), message)
	}
	if err == nil && all.Len() > 0 {
		if err = s.alive(); err == nil {
			_, err = s.conn.Write(all.Bytes())
		}
	}
	if err != nil {
		err = errors.Join(err, s.close())
	}
	return err
}

// alive is the error of a connection that the receiver has closed: it never says
// anything, so whatever can be read is the end. What is written after that would be lost.
func (s *syslog) alive() error {
	if err := s.conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return err
	}
	_, err := s.conn.Read(make([]byte, 1))
	var late net.Error
	if err == nil || errors.As(err, &late) && late.Timeout() {
		return nil
	}
	return err
}

func (s *syslog) dial(ctx context.Context) (net.Conn, error) {
	plain := &net.Dialer{Timeout: syslogTimeout}
	if s.to.Scheme != "tls" {
		return plain.DialContext(ctx, s.to.Scheme, s.to.Host)
	}
	secure := &tls.Dialer{NetDialer: plain, Config: &tls.Config{RootCAs: s.roots, MinVersion: tls.VersionTLS12}}
	ctx, cancel := context.WithTimeout(ctx, syslogTimeout)
	defer cancel()
	return secure.DialContext(ctx, "tcp", s.to.Host)
}

// message is an event as RFC 5424 has it, with the document as its text.
func (s *syslog) message(d document) []byte {
	head := fmt.Sprintf("<%d>1 %s %s dobosh - %s [origin software=\"dobosh\" swVersion=\"%s\"] ",
		facility*8+d.severity, d.At, field(s.origin.Node, 255), field(d.Event.Action, 32), field(s.origin.Version, 32))
	return append([]byte(head), line(d)...)
}

// field is a value of a header: printable ASCII, bounded, and a hyphen for none.
func field(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f || strings.ContainsRune(`"]\`, r) {
			return '_'
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}

func (s *syslog) close() error {
	if s.conn == nil {
		return nil
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}
