package notify

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"os"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// How the connection to the mail server is protected.
const (
	StartTLS = "starttls" // mandatory, RFC 3207
	TLS      = "tls"      // from the first byte, RFC 8314
	Plain    = "none"     // only to this machine
)

// Config names the mail server.
type Config struct {
	Host string `yaml:"host"`
	Port int    `yaml:"port"`
	// From is the sender: "City of Zrenjanin <dobosh@zrenjanin.example>".
	From string `yaml:"from"`
	// TLS is StartTLS when empty.
	TLS string `yaml:"tls"`
	// User signs in at the server with the password in the file; empty for none.
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
	// Attempts is how often a message is tried; 100 when zero. Together with the
	// pauses that is about four days, as RFC 5321 section 4.5.4.1 asks.
	Attempts int `yaml:"attempts"`
	// Pause comes after the first failure and doubles with each, up to an hour; ten
	// seconds when zero.
	Pause time.Duration `yaml:"pause"`
	// Together is how long notices of one event wait for each other, so that they are one
	// message; thirty seconds when zero.
	Together time.Duration `yaml:"together"`
}

// Check reports everything that is wrong with the configuration.
func (c Config) Check() error {
	var errs []error
	wrong := func(is bool, what string) {
		if is {
			errs = append(errs, errors.New(what))
		}
	}
	_, err := mail.ParseAddress(c.From)
	wrong(err != nil || !short(c.From, 300), "from: is no e-mail address")
	wrong(c.Host == "", "host: is missing")
	wrong(c.Port < 1 || c.Port > 65535, "port: is not between 1 and 65535")
	wrong(c.Attempts < 0 || c.Pause < 0 || c.Together < 0 || c.Together > time.Hour, "attempts, pause, together: must not be negative, and together no more than 1h")
	wrong((c.User == "") != (c.PasswordFile == ""), "user, password_file: need each other")
	switch c.TLS {
	case "", StartTLS, TLS:
	case Plain:
		ip := net.ParseIP(c.Host)
		wrong(c.Host != "localhost" && (ip == nil || !ip.IsLoopback()), "tls: none is only for a server on this machine")
		wrong(c.User != "", "tls: none and a user would show the password")
	default:
		wrong(true, fmt.Sprintf("tls: %q is none of starttls, tls, none", c.TLS))
	}
	return errors.Join(errs...)
}

func (c Config) withDefaults() Config {
	if c.TLS == "" {
		c.TLS = StartTLS
	}
	if c.Attempts == 0 {
		c.Attempts = 100
	}
	if c.Pause == 0 {
		c.Pause = 10 * time.Second
	}
	if c.Together == 0 {
		c.Together = 30 * time.Second
	}
	return c
}

// client makes the SMTP client; it does not connect.
func (c Config) client() (*gomail.Client, error) {
	options := []gomail.Option{gomail.WithPort(c.Port), gomail.WithTimeout(serverTimeout)}
	switch c.TLS {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS:
		options = append(options, gomail.WithSSL())
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if c.User != "" {
		password, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return nil, fmt.Errorf("mail password: %w", err)
		}
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(c.User), gomail.WithPassword(strings.TrimSpace(string(password))))
	}
	return gomail.NewClient(c.Host, options...)
}
