package notify

import (
	"errors"
	"testing"

	"dobosh/internal/kit/lang"
)

// What is carried at once arrives, at an address of any script, and lies in no table.
func TestWhatIsCarriedAtOnceIsKeptNowhere(t *testing.T) {
	onEngines(t, func(t *testing.T, r *rig) {
		to, err := Deliverable("jovan@пример.срб")
		if err != nil || to != "jovan@xn--e1afmkfd.xn--90a3ac" {
			t.Fatalf("%q: %v", to, err)
		}
		parcel := Parcel{Notice: "code-1", To: to, Lang: lang.En, Subject: "Your code", Text: "Your code is 1234 5678.", Link: "https://zrenjanin.example"}
		if err := r.AtOnce(t.Context(), Email, parcel); err != nil {
			t.Fatal(err)
		}
		if sent := r.sink.Messages(); len(sent) != 1 || sent[0].To[0] != to || sent[0].Subject != "Your code" {
			t.Errorf("arrived: %+v", sent)
		}
		for _, table := range []string{"notify_notices", "notify_deliveries", "work_jobs"} {
			var n int
			if err := r.db.Read(t.Context()).QueryRowContext(t.Context(), "select count(*) from "+table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s has %d rows: %v", table, n, err)
			}
		}
		if err := r.AtOnce(t.Context(), SMS, parcel); !errors.Is(err, ErrRefused) {
			t.Errorf("on a channel that is not there: %v", err)
		}
		if err := r.sink.Close(); err != nil {
			t.Fatal(err)
		}
		if err := r.AtOnce(t.Context(), Email, parcel); err == nil || errors.Is(err, ErrRefused) {
			t.Errorf("without a mail server: %v", err)
		}
	})
}
