package sms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/strict"
)

const (
	longestAnswer = 16 << 10
	longestBody   = 8 << 10
	longestWait   = 24 * time.Hour // that a gateway may ask for
	usualTimeout  = 10 * time.Second
)

// gateway posts texts to an operator.
type gateway struct {
	cfg    Config
	fill   template
	token  string
	client *http.Client
	now    clock.Now
}

// template makes what is posted from the values of its places.
type template func(value *strings.Replacer) ([]byte, error)

func (c Config) gateway(now clock.Now) (*gateway, error) {
	fill, err := c.template()
	if err != nil {
		return nil, err
	}
	g := &gateway{cfg: c, fill: fill, now: now, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, Proxy: http.ProxyFromEnvironment, MaxResponseHeaderBytes: longestAnswer},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       c.Timeout,
	}}
	if g.client.Timeout == 0 {
		g.client.Timeout = usualTimeout
	}
	if c.TokenFile == "" {
		return g, nil
	}
	token, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return nil, fmt.Errorf("token of the gateway: %w", err)
	}
	g.token = strings.TrimSpace(string(token))
	return g, nil
}

// template reads the body of the configuration. Values are put into its texts and never
// into its form, so that no text of a person changes what is asked.
func (c Config) template() (template, error) {
	named := map[string]bool{}
	var fill template
	switch c.Format {
	case "", "form":
		body := c.Body
		if body == "" {
			body = "to={to}&text={text}"
		}
		values, err := url.ParseQuery(body)
		if err != nil || len(body) > longestBody {
			return nil, errors.New("is no form: name={to}&other={text}")
		}
		for _, all := range values {
			for _, s := range all {
				if err := places(s, named); err != nil {
					return nil, err
				}
			}
		}
		fill = func(value *strings.Replacer) ([]byte, error) {
			filled := url.Values{}
			for name, all := range values {
				for _, s := range all {
					filled.Add(name, value.Replace(s))
				}
			}
			return []byte(filled.Encode()), nil
		}
	case "json":
		var document any
		if err := strict.Upto(longestBody).Decode([]byte(c.Body), &document); err != nil {
			return nil, fmt.Errorf("is no JSON: %w", err)
		}
		if _, err := walk(document, func(s string) (string, error) { return s, places(s, named) }); err != nil {
			return nil, err
		}
		fill = func(value *strings.Replacer) ([]byte, error) {
			filled, err := walk(document, func(s string) (string, error) { return value.Replace(s), nil })
			if err != nil {
				return nil, err
			}
			return json.Marshal(filled)
		}
	default:
		return nil, fmt.Errorf("format %q is neither form nor json", c.Format)
	}
	if !named["to"] || !named["text"] {
		return nil, errors.New("{to} and {text} stand in no text of it")
	}
	return fill, nil
}

// walk makes a JSON document with each of its texts changed.
func walk(v any, change func(string) (string, error)) (any, error) {
	switch v := v.(type) {
	case string:
		return change(v)
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			changed, err := walk(item, change)
			if err != nil {
				return nil, err
			}
			out[i] = changed
		}
		return out, nil
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			changed, err := walk(member, change)
			if err != nil {
				return nil, err
			}
			out[name] = changed
		}
		return out, nil
	}
	return v, nil
}

// Send implements [Sender]. Which status means what stands in docs/operate.md.
func (g *gateway) Send(ctx context.Context, m Message) error {
	id := nameOf(m)
	body, err := g.fill(strings.NewReplacer("{to}", m.To, "{text}", m.Text, "{from}", g.cfg.From, "{id}", id))
	if err != nil {
		return &Refused{"bad-message"}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.cfg.URL, strings.NewReader(string(body)))
	if err != nil {
		return &Refused{"bad-message"}
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if g.cfg.Format == "json" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Idempotency-Key", id)
	if g.token != "" {
		r.Header.Set("Authorization", "Bearer "+g.token)
	}
	answer, err := g.client.Do(r)
	if err != nil { // its text has the address of the gateway, and that may have more than others are to know
		return errors.New("the gateway for texts does not answer")
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, longestAnswer)) // the connection is used again
	_ = answer.Body.Close()
	reason := "sms-" + strconv.Itoa(answer.StatusCode)
	switch status := answer.StatusCode; {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests, status >= 500:
		return &Later{reason, g.after(answer.Header.Get("Retry-After"))}
	case status < 400, status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusProxyAuthRequired:
		return errors.New("the gateway for texts does not know us there: " + reason)
	}
	return &Refused{reason}
}

// after reads how long a gateway wants to be left alone: seconds or a date (RFC 9110 section 10.2.3).
func (g *gateway) after(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds > 0 {
		return min(time.Duration(min(seconds, 1<<20))*time.Second, longestWait)
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(at.Sub(g.now()), 0), longestWait)
	}
	return 0
}

// nameOf names a text to others without saying what it is about.
func nameOf(m Message) string {
	sum := sha256.Sum256([]byte(m.ID))
	return hex.EncodeToString(sum[:16])
}
