package portal

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
)

type requestIDKey struct{}

// RequestID names the request that ctx belongs to, for a person to quote and
// an operator to find.
func RequestID(ctx context.Context) string {
	s, _ := ctx.Value(requestIDKey{}).(string)
	return s
}

// logRequests writes one line for each request. The address is not among its
// words, only the route: an address names a matter.
func logRequests(log *slog.Logger, now clock.Now, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, name := now(), id.New()
		w.Header().Set("X-Request-Id", name)
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, name))
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		log.InfoContext(r.Context(), "request", slog.String("method", method(r)), slog.String("route", r.Pattern),
			slog.Int("status", seen.status), slog.Duration("took", now().Sub(began).Round(time.Microsecond)), slog.String("request", name))
	})
}

// method bounds what a stranger can write into the log.
func method(r *http.Request) string {
	if len(r.Method) > 8 {
		return "other"
	}
	return r.Method
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer underneath.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
