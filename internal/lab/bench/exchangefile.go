package bench

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"net/http"
	"runtime"
	"time"

	"dobosh/internal/kit/strict"
)

// largestFile bounds ExchangeOptions.File: what the contract of the measurement
// lets through.
const largestFile = 64 << 30

// FileFlow is one large body that was fetched, and one that was sent.
type FileFlow struct {
	Bytes    int64              `json:"bytes"`
	FetchedS float64            `json:"fetched_s"` // as the answer of a GET
	SentS    float64            `json:"sent_s"`    // as the body of a POST
	FetchMBS float64            `json:"fetch_mb_per_s"`
	SendMBS  float64            `json:"send_mb_per_s"`
	Same     bool               `json:"same"`    // what came is what went, by SHA-256, both ways
	PeakMB   map[string]float64 `json:"peak_mb"` // the most memory that each node ever had resident (Linux)
}

// OK says that both bodies came as they went.
func (f *FileFlow) OK() bool { return f.Same }

// flow fetches and sends one large body through both nodes.
func (r *exchangeRig) flow(ctx context.Context, size int64, log io.Writer) (ExchangeResult, error) {
	result := ExchangeResult{Connections: 1, Rounds: 1, Cores: runtime.NumCPU(), Nodes: map[string]Node{}}
	f := &FileFlow{Bytes: size, PeakMB: map[string]float64{}}
	sent := sumOf(size)
	_, _ = fmt.Fprintf(log, "fetching %d MB\n", size>>20)
	begun := time.Now()
	fetched, err := r.fetch(ctx, size)
	if err != nil {
		return result, fmt.Errorf("fetch: %w", err)
	}
	f.FetchedS, f.FetchMBS = speed(size, time.Since(begun))
	_, _ = fmt.Fprintf(log, "sending %d MB\n", size>>20)
	begun = time.Now()
	arrived, err := r.send(ctx, size)
	if err != nil {
		return result, fmt.Errorf("send: %w", err)
	}
	f.SentS, f.SendMBS = speed(size, time.Since(begun))
	f.Same = fetched == sent && arrived == sent
	for _, p := range r.nodes {
		f.PeakMB[p.name] = round(float64(p.usage().peak) / megabyte)
	}
	result.File = f
	return result, ctx.Err()
}

func speed(size int64, took time.Duration) (seconds, perSecond float64) {
	return round(took.Seconds()), round(float64(size) / megabyte / max(took.Seconds(), 1e-9))
}

// received is what somebody got of a body.
type received struct {
	Bytes int64  `json:"bytes"`
	Sum   string `json:"sha256"`
}

func sumUp(from io.Reader) (received, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, from)
	return received{n, digest(sum)}, err
}

func digest(h hash.Hash) string { return fmt.Sprintf("%x", h.Sum(nil)) }

// sumOf is what the whole pattern comes to.
func sumOf(size int64) received {
	r, _ := sumUp(pattern(size)) // a pattern does not fail
	return r
}

// pattern is a body of so many bytes that does not repeat soon.
func pattern(size int64) io.Reader { return io.LimitReader(&counting{}, size) }

type counting struct{ at uint64 }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.at++
		p[i] = byte(c.at * 0x9E3779B97F4A7C15 >> 56)
	}
	return len(p), nil
}

func (r *exchangeRig) fetch(ctx context.Context, size int64) (got received, err error) {
	resp, err := r.fileRequest(ctx, http.MethodGet, fmt.Sprint(size), nil)
	if err != nil {
		return got, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	return sumUp(resp.Body)
}

func (r *exchangeRig) send(ctx context.Context, size int64) (got received, err error) {
	resp, err := r.fileRequest(ctx, http.MethodPost, "new", pattern(size))
	if err != nil {
		return got, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end
	err = strict.Upto(1<<10).Read(resp.Body, &got)
	return got, err
}

func (r *exchangeRig) fileRequest(ctx context.Context, method, file string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+r.edge+filesPath+file, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("X-Road-Client", benchedClient)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return nil, fmt.Errorf("status %d: %s: %w", resp.StatusCode, said, resp.Body.Close())
	}
	return resp, nil
}
