package sms

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/phone"
)

// Config says how texts leave: to the gateway at URL, or into Folder.
type Config struct {
	// URL takes a POST for each text. https, or http on this machine.
	URL string `yaml:"url"`
	// Format is form (when empty) or json.
	Format string `yaml:"format"`
	// Body is what is posted, with {to}, {text}, {from} and {id} where those belong:
	// "to={to}&text={text}" when empty, or a JSON document with them in its texts.
	Body string `yaml:"body"`
	// From is how the sender is called, as the operator has registered it.
	From string `yaml:"from"`
	// TokenFile holds the bearer token; empty for none.
	TokenFile string `yaml:"token_file"`
	// Timeout bounds one text; ten seconds when zero.
	Timeout time.Duration `yaml:"timeout"`
	// Folder takes a file for each text, and nothing leaves; for demonstrations.
	Folder string `yaml:"folder"`
	// Countries are the calling codes to whose numbers texts go: ["381"]. A number that somebody
	// types with a zero is one of the first. Others are not taken, since there are numbers that
	// earn with each text.
	Countries []string `yaml:"countries"`
	// Parts is how many a text may take; 4 when zero.
	Parts int `yaml:"parts"`
}

// usualParts hold a subject, an address and a phone number in Cyrillic.
const usualParts = 4

// Check reports everything that is wrong with the configuration.
func (c Config) Check() error {
	var errs []error
	wrong := func(is bool, what string) {
		if is {
			errs = append(errs, errors.New(what))
		}
	}
	wrong((c.URL == "") == (c.Folder == ""), "url, folder: one of the two is needed")
	if c.URL != "" {
		u, err := url.Parse(c.URL)
		wrong(err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !here(u.Hostname())), "url: is no https address, or http on this machine; a token belongs into token_file")
		if _, err := c.template(); err != nil {
			errs = append(errs, fmt.Errorf("body: %w", err))
		}
	}
	wrong(len(c.Countries) == 0, "countries: the calling codes to which texts go are missing")
	for _, code := range c.Countries {
		wrong(!phone.Calling(code), fmt.Sprintf("countries: %q is no calling code, such as \"381\"", code))
	}
	wrong(c.Timeout < 0 || c.Timeout > time.Minute, "timeout: is not between 0 and 1m")
	wrong(c.Parts < 0 || c.Parts > 20, "parts: is not between 0 and 20")
	return errors.Join(errs...)
}

func here(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Number reads a number as somebody types it, as far as texts go there.
func (c Config) Number(typed string) (string, error) {
	first := ""
	if len(c.Countries) > 0 {
		first = c.Countries[0]
	}
	number, err := phone.Parse(typed, first)
	if err != nil {
		return "", err
	}
	for _, code := range c.Countries {
		if phone.In(number, code) {
			return number, nil
		}
	}
	return "", errors.New("no texts go to numbers of that country")
}

// Message is one text to one number in the form of E.164.
type Message struct {
	ID   string // the same text again has the same
	To   string
	Text string
}

// Sender has texts leave. An error that is neither [Refused] nor [Later] says that nobody
// takes any.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Refused says that a text will not be taken however often it is tried.
type Refused struct{ Reason string }

func (e *Refused) Error() string { return "the text was refused: " + e.Reason }

// Later says that a text may be taken after a while.
type Later struct {
	Reason string
	After  time.Duration // that the gateway asks for; zero where it says nothing
}

func (e *Later) Error() string { return "the text has to wait: " + e.Reason }

// Open makes the sender of a configuration that was checked.
func (c Config) Open(now clock.Now) (Sender, error) {
	if c.Folder != "" {
		return openFolder(c.Folder, now)
	}
	return c.gateway(now)
}

// Most is how many parts a text may take.
func (c Config) Most() int {
	if c.Parts == 0 {
		return usualParts
	}
	return c.Parts
}

// known are the places of a template.
func known(name string) bool { return name == "to" || name == "text" || name == "from" || name == "id" }

// places checks that a text of a template names nothing else, and notes what it names.
func places(s string, named map[string]bool) error {
	for {
		_, rest, found := strings.Cut(s, "{")
		if !found {
			return nil
		}
		name, after, found := strings.Cut(rest, "}")
		if !found || !known(name) {
			return fmt.Errorf("{%.20s} is none of {to}, {text}, {from}, {id}", name)
		}
		named[name], s = true, after
	}
}
