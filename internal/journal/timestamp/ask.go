package timestamp

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"time"

	tsp "github.com/digitorus/timestamp"
)

// askTimeout is how long one request may take.
const askTimeout = 10 * time.Second

var errAway = errors.New("time-stamp authority does not answer")

// ask has data time-stamped by the authority at a URL and verifies what comes back. Errors are errAway, ErrTimeStamp, or that of
// making the request.
func ask(ctx context.Context, client *http.Client, url string, trust Trust, data []byte) ([]byte, TimeStamp, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	digest := sha256.Sum256(data)
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 64))
	if err != nil {
		return nil, TimeStamp{}, err
	}
	query, err := (&tsp.Request{HashAlgorithm: crypto.SHA256, HashedMessage: digest[:], Certificates: true, Nonce: nonce}).Marshal()
	if err != nil {
		return nil, TimeStamp{}, err
	}
	response, err := post(ctx, client, url, query)
	if err != nil {
		return nil, TimeStamp{}, fmt.Errorf("%w: %w", errAway, err)
	}
	stamp, err := trust.verify(response, digest, nonce)
	return response, stamp, err
}

func post(ctx context.Context, client *http.Client, url string, query []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(query))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", queryType)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // read only
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != replyType {
		return nil, fmt.Errorf("status %d, %.60q", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	return io.ReadAll(io.LimitReader(resp.Body, MaxResponse+1))
}
