package events

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"dobosh/internal/bus"
	"dobosh/internal/kit/problem"
)

const (
	// hookPatience bounds one call of a webhook.
	hookPatience = 10 * time.Second
	// hookAnswer is how much of an answer is read, so that the connection can be
	// used again.
	hookAnswer = 4 << 10
)

// The headers of a webhook (Standard Webhooks 1.0.0).
const (
	hookID        = "Webhook-Id"
	hookTimestamp = "Webhook-Timestamp"
	hookSignature = "Webhook-Signature"
)

// errNoLonger says that the subscriber wants no more events (HTTP 410).
var errNoLonger = errors.New("the webhook is gone")

// hookIDOf names an event for the receiver of a webhook: the same for the same
// event, whenever and to whomever it is sent.
func hookIDOf(e bus.Event) string {
	sum := sha256.Sum256([]byte(e.Source + "#" + e.ID))
	return "evt_" + hex.EncodeToString(sum[:16])
}

// sign signs a webhook (Standard Webhooks 1.0.0, symmetric signature): HMAC-SHA256
// over id, seconds since 1970 and body, with points between them.
func sign(secret []byte, id string, seconds int64, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(id + "." + strconv.FormatInt(seconds, 10) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// newHookClient makes the client for webhooks: redirects are not followed, since
// they could lead to a host that nobody named, and no proxy is asked.
func newHookClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSHandshakeTimeout: 5 * time.Second,
			IdleConnTimeout:     60 * time.Second,
			MaxIdleConnsPerHost: 4,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// call sends an event to the webhook of a subscription, once. It was taken when
// there is no error.
func (r *Room) call(ctx context.Context, s Subscription, e bus.Event) error {
	u, ok := hookURL(s.Webhook, r.Hosts)
	if !ok {
		return problem.New(problem.Forbidden, "webhook-host")
	}
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, r.hookPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return problem.New(problem.Forbidden, "webhook-host").Because(err)
	}
	id, seconds := hookIDOf(e), r.Now().Unix()
	req.Header.Set("Content-Type", EventType)
	req.Header.Set("User-Agent", "dobosh")
	req.Header.Set(hookID, id)
	req.Header.Set(hookTimestamp, strconv.FormatInt(seconds, 10))
	req.Header.Set(hookSignature, sign(s.secret, id, seconds, body))
	resp, err := r.hooks.Do(req)
	if err != nil {
		if outer, ok := errors.AsType[*url.Error](err); ok {
			err = outer.Err // without the address, which may hold a key
		}
		return problem.New(problem.BadGateway, "webhook-away").Because(err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, hookAnswer)) // what it says is not asked for
	_ = resp.Body.Close()
	switch {
	case resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode == http.StatusGone:
		return problem.New(problem.Gone, "webhook-gone").Because(errNoLonger)
	}
	return problem.New(problem.BadGateway, "webhook-refused", "status", strconv.Itoa(resp.StatusCode))
}
