package node

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dobosh/internal/kit/clock"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
	"dobosh/internal/work"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func TestTheFiguresOfTheQueue(t *testing.T) {
	db := testkit.Database(t, testkit.Engines()[0])(work.Migrations())
	jobs := work.New(db, clock.System, slog.New(slog.DiscardHandler), "a")
	q := &work.Queue[work.None]{Name: "room.letters", ByHand: true}
	jobs.Register(q)
	err := db.Write(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		for ref, option := range map[string]work.Option{"now": work.In(0), "later": work.In(1 << 50), "aside": work.Aside(context.DeadlineExceeded, 3)} {
			if err := q.Add(ctx, tx, ref, work.None{}, option); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	figures := prometheus.NewRegistry()
	figures.MustRegister(newQueueGauges(jobs))
	w := httptest.NewRecorder()
	promhttp.HandlerFor(figures, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{`dobosh_work_waiting{queue="room.letters"} 2`, `dobosh_work_due{queue="room.letters"} 1`, `dobosh_work_dead{queue="room.letters"} 1`} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("no %s in %s", want, w.Body)
		}
	}
}
