package bench_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"dobosh/internal/lab/bench"
)

// Every sampled proof verifies, and what was acknowledged is there after the
// journal is opened again, also without the files that can be made again.
func TestEverySampledProofVerifies(t *testing.T) {
	o := bench.JournalOptions{Dir: t.TempDir(), Entries: 2000, Body: 128, Subjects: 40, Appenders: 4, Seconds: 1, Samples: 300, Rebuild: true, Log: t.Output()}
	result, err := bench.RunJournal(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !result.OK() || result.Samples != 300 || result.FirstErr != "" {
		t.Errorf("%+v", result)
	}
	if result.PathHashes != 11 { // 2,000 leaves lie under eleven levels
		t.Errorf("the longest path has %d hashes", result.PathHashes)
	}
	if result.AppendsPerS == 0 || result.DiskEntry < 128 {
		t.Errorf("nothing was appended: %+v", result)
	}
}

func TestJournalThatIsInterruptedEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := bench.RunJournal(ctx, bench.JournalOptions{Dir: t.TempDir(), Entries: 1_000_000, Body: 1, Subjects: 1, Appenders: 1, Seconds: 1, Samples: 1, Log: t.Output()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestBadOptionsOfAJournalAreRefused(t *testing.T) {
	used := t.TempDir()
	if err := os.WriteFile(used+"/something", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	good := bench.JournalOptions{Dir: t.TempDir(), Entries: 1000, Subjects: 1, Appenders: 1, Seconds: 1, Samples: 1}
	for says, spoil := range map[string]func(*bench.JournalOptions){
		"entries":   func(o *bench.JournalOptions) { o.Entries = 10 },
		"body":      func(o *bench.JournalOptions) { o.Body = 1 << 20 },
		"subjects":  func(o *bench.JournalOptions) { o.Subjects = 0 },
		"appenders": func(o *bench.JournalOptions) { o.Appenders = 5000 },
		"seconds":   func(o *bench.JournalOptions) { o.Seconds = 0 },
		"samples":   func(o *bench.JournalOptions) { o.Samples = 0 },
		"not empty": func(o *bench.JournalOptions) { o.Dir = used },
		"of disk":   func(o *bench.JournalOptions) { o.Entries, o.Body = 1_000_000_000, 64<<10 },
	} {
		o := good
		spoil(&o)
		if _, err := bench.RunJournal(t.Context(), o); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("error %v, want one about %s", err, says)
		}
	}
}
