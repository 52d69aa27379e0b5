package sms

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/strict"
)

// Written is a text as it lies in a folder.
type Written struct {
	ID     string    `json:"id"`
	At     time.Time `json:"at"`
	To     string    `json:"to"`
	Text   string    `json:"text"`
	Coding Coding    `json:"coding"`
	Parts  int       `json:"parts"`
}

const (
	longestFile = 64 << 10
	suffix      = ".sms.json"
)

// folder writes texts into files instead of sending them.
type folder struct {
	path string
	now  clock.Now
}

func openFolder(path string, now clock.Now) (folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return folder{}, fmt.Errorf("folder of texts: %w", err)
	}
	return folder{path, now}, nil
}

// Send implements [Sender]: a text that comes again lies there once.
func (f folder) Send(_ context.Context, m Message) error {
	w := Written{ID: nameOf(m), At: f.now().UTC(), To: m.To, Text: m.Text}
	w.Coding, w.Parts = Measure(m.Text)
	text, err := json.MarshalIndent(w, "", "  ")
	if err != nil {
		return &Refused{"bad-message"}
	}
	at := filepath.Join(f.path, w.ID+suffix)
	if err := os.WriteFile(at+".new", text, 0o600); err != nil {
		return fmt.Errorf("folder of texts: %w", err)
	}
	if err := os.Rename(at+".new", at); err != nil {
		return fmt.Errorf("folder of texts: %w", err)
	}
	return nil
}

// Read gives the newest texts of a folder, the oldest first. What is not there has none.
func Read(path string, most int) ([]Written, error) {
	entries, err := os.ReadDir(path)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("folder of texts: %w", err)
	}
	var all []Written
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), suffix) {
			continue
		}
		raw, err := os.Open(filepath.Join(path, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("folder of texts: %w", err)
		}
		var w Written
		err = strict.Upto(longestFile).Read(raw, &w)
		_ = raw.Close() // it was only read
		if err != nil {
			return nil, fmt.Errorf("text %s: %w", e.Name(), err)
		}
		all = append(all, w)
	}
	slices.SortFunc(all, func(a, b Written) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all[max(0, len(all)-most):], nil
}
