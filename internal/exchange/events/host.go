package events

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

// maxURL bounds the address of a webhook.
const maxURL = 500

var errHost = errors.New("no host of webhooks: want host, host:port or http://host:port")

// Host is where webhooks may lead: a scheme, a host and a port.
type Host struct{ scheme, name, port string }

// ParseHost reads a host as an operator writes it: "host" or "host:port", with
// "http://" before it where the connection is not encrypted.
func ParseHost(text string) (Host, error) {
	h := Host{scheme: "https"}
	if rest, plain := strings.CutPrefix(text, "http://"); plain {
		h.scheme, text = "http", rest
	}
	text = strings.TrimPrefix(text, "https://")
	u, err := url.Parse(h.scheme + "://" + text)
	if err != nil || u.Hostname() == "" || u.Host != text || strings.ContainsAny(text, "*@ ") {
		return Host{}, errHost
	}
	return hostOf(u), nil
}

func hostOf(u *url.URL) Host {
	h := Host{scheme: u.Scheme, name: strings.ToLower(u.Hostname()), port: u.Port()}
	if h.port == "" {
		h.port = map[string]string{"https": "443", "http": "80"}[h.scheme]
	}
	return h
}

// String gives the host as it is written into a configuration.
func (h Host) String() string {
	text := net.JoinHostPort(h.name, h.port)
	if h.scheme == "http" {
		return "http://" + text
	}
	return text
}

// hookURL reads the address of a webhook, which leads to one of the hosts.
func hookURL(text string, hosts []Host) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxURL || u.User != nil || u.Fragment != "" || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, false
	}
	own := hostOf(u)
	for _, h := range hosts {
		if h == own {
			return u, true
		}
	}
	return nil, false
}
