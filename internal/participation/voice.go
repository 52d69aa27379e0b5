package participation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"dobosh/internal/storage"
)

// Voice is what somebody raised, beside its case.
type Voice struct {
	Case      string // id
	Number    string // of the case
	Kind      string // of the pack
	Person    string // pseudonym of whoever raised it
	Place     string // code; empty for none
	Agreed    bool   // it may be published
	At        time.Time
	Public              // as published; zero where it is not
	Published time.Time // zero while it is not public
	Officer   string    // account that published it
	Supports  int64     // rows of the supports
	raised    []byte    // sealed
}

// Public is what of a voice everybody reads.
type Public struct {
	Subject, Body string
	Answer        string // empty while there is none
}

var voices = storage.NewTable("participation_voices",
	storage.Col("case_id", func(v *Voice) *string { return &v.Case }),
	storage.Col("number", func(v *Voice) *string { return &v.Number }),
	storage.Col("kind", func(v *Voice) *string { return &v.Kind }),
	storage.Col("person", func(v *Voice) *string { return &v.Person }),
	storage.Col("place", func(v *Voice) *string { return &v.Place }),
	storage.Col("raised", func(v *Voice) *[]byte { return &v.raised }),
	storage.Flag("agreed", func(v *Voice) *bool { return &v.Agreed }),
	storage.Time("at", func(v *Voice) *time.Time { return &v.At }),
	storage.Col("subject", func(v *Voice) *string { return &v.Subject }),
	storage.Col("body", func(v *Voice) *string { return &v.Body }),
	storage.Col("answer", func(v *Voice) *string { return &v.Answer }),
	storage.Time("published_at", func(v *Voice) *time.Time { return &v.Published }),
	storage.Col("officer", func(v *Voice) *string { return &v.Officer }),
	storage.Col("supports", func(v *Voice) *int64 { return &v.Supports }),
)

func (r *Room) voice(ctx context.Context, from storage.Reader, number string) (Voice, error) {
	v, err := voices.One(ctx, from, `where number = $1`, number)
	if errors.Is(err, storage.ErrNotFound) {
		return v, unknown()
	}
	if err != nil {
		return v, fmt.Errorf("voice: %w", err)
	}
	return v, nil
}

// Raised is what somebody raised, in their own words.
type Raised struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

func (r *Room) sealRaised(of string, in Raised) ([]byte, error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return r.Key.Seal(raw, []byte("voice "+of)), nil
}

func (r *Room) openRaised(v Voice) (in Raised, err error) {
	raw, err := r.Key.Open(v.raised, []byte("voice "+v.Case))
	if err != nil {
		return in, fmt.Errorf("voice: %w", err)
	}
	return in, json.Unmarshal(raw, &in)
}
