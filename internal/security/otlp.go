package security

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// collector is a way to one of OpenTelemetry: OTLP 1 over HTTP, in JSON.
type collector struct {
	to     string
	client *http.Client
	origin Origin
}

func newCollector(address string, roots *x509.CertPool, origin Origin) *collector {
	return &collector{
		to: strings.TrimSuffix(address, "/") + "/v1/logs", origin: origin,
		client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, MaxIdleConns: 1, IdleConnTimeout: time.Minute}},
	}
}

// attribute is a key and a text, as OTLP writes them.
type attribute struct {
	Key   string `json:"key"`
	Value struct {
		Text string `json:"stringValue"`
	} `json:"value"`
}

func attributes(pairs ...string) (all []attribute) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			a := attribute{Key: pairs[i]}
			a.Value.Text = pairs[i+1]
			all = append(all, a)
		}
	}
	return all
}

// record is an event as a record of OTLP, with the document as its text.
type record struct {
	At       string `json:"timeUnixNano"`
	Number   int    `json:"severityNumber"`
	Severity string `json:"severityText"`
	Name     string `json:"eventName"`
	Body     struct {
		Text string `json:"stringValue"`
	} `json:"body"`
	Attributes []attribute `json:"attributes"`
}

func (c *collector) write(ctx context.Context, events []document) error {
	records := make([]record, len(events))
	for i, d := range events {
		r := record{At: strconv.FormatInt(d.instant.UnixNano(), 10), Number: 10, Severity: "INFO2", Name: d.Event.Action}
		if d.severity == warning {
			r.Number, r.Severity = 13, "WARN"
		}
		r.Body.Text = string(line(d))
		r.Attributes = attributes("event.action", d.Event.Action, "event.outcome", d.Event.Outcome, "event.reason", d.Event.Reason, "event.id", d.Event.ID)
		records[i] = r
	}
	body, err := json.Marshal(map[string]any{"resourceLogs": []any{map[string]any{
		"resource":  map[string]any{"attributes": attributes("service.name", "dobosh", "service.version", c.origin.Version, "service.instance.id", c.origin.Node, "organization.id", c.origin.Member)},
		"scopeLogs": []any{map[string]any{"scope": map[string]any{"name": "dobosh.security"}, "logRecords": records}},
	}}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection serves again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("the collector says %s", resp.Status)
	}
	return nil
}

func (c *collector) close() error {
	c.client.CloseIdleConnections()
	return nil
}
