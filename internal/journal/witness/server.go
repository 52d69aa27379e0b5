package witness

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
)

// Logs knows the logs that a witness watches.
type Logs interface {
	// Keys returns the keys of the log with this origin, none when it is not known. A log may have several while one is replaced.
	Keys(origin string) []note.Verifier
}

// Config says who a witness is.
type Config struct {
	Dir  string        // where it remembers what it cosigned; made when absent
	Name string        // the name of its key
	Key  crypto.Signer // Ed25519, for cosignatures of this name only
	Logs Logs
}

// Server is a witness. It is safe for concurrent use.
type Server struct {
	signer note.Signer
	key    note.Verifier
	logs   Logs
	store  store
	now    clock.Now
	log    *slog.Logger

	mu    sync.Mutex
	locks map[string]*sync.Mutex // one per origin: comparing, remembering and signing are one step
}

// NewServer opens the memory of a witness.
func NewServer(cfg Config, now clock.Now, log *slog.Logger) (*Server, error) {
	signer, err := journal.NewCosigner(cfg.Name, cfg.Key, now)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	key, err := cosignerKey(cfg.Name, cfg.Key.Public())
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	st, err := openStore(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("witness: %w", err)
	}
	return &Server{signer: signer, key: key, logs: cfg.Logs, store: st, now: now, log: log, locks: map[string]*sync.Mutex{}}, nil
}

// Key verifies the cosignatures of this witness.
func (s *Server) Key() note.Verifier { return s.key }

// Newest is the newest checkpoint of a log that this witness has cosigned, signed by the log; nil when there is none.
func (s *Server) Newest(origin string) ([]byte, error) { return s.store.load(origin) }

// Remember makes a checkpoint, signed by its log, the newest that this witness
// cosigned, where it remembers none that is as large: for a witness that lost its
// memory and heard from others.
func (s *Server) Remember(signed []byte) error {
	claimed, err := journal.PeekCheckpoint(signed)
	if err != nil {
		return err
	}
	c, err := journal.OpenCheckpoint(signed, s.logs.Keys(claimed.Origin)...)
	if err != nil {
		return err
	}
	lock := s.lock(c.Origin)
	lock.Lock()
	defer lock.Unlock()
	newest, err := s.newest(c.Origin)
	if err != nil || newest.Size >= c.Size {
		return err
	}
	return s.store.save(c.Origin, signed)
}

// SeenAt is when this witness last cosigned a log; zero when it never did.
func (s *Server) SeenAt(origin string) time.Time { return s.store.savedAt(origin) }

// refusal is an answer that is not 200.
type refusal struct {
	status int
	says   string
	size   int64 // with 409: the size of the newest cosigned checkpoint
}

func (r *refusal) Error() string { return r.says }

// The path behind the prefix at which a witness shows the newest checkpoint of a log that it cosigned, as it was signed by the
// log, and the type by which that is known for what it is.
const (
	newestPath = "/newest"
	newestType = "text/x.dobosh.checkpoint"
)

// ServeHTTP answers POST …/add-checkpoint, POST …/continue and GET …/newest?origin=LOG; the caller routes these paths here.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, newestPath) && r.Method == http.MethodGet {
		s.showNewest(w, r)
		return
	}
	if strings.HasSuffix(r.URL.Path, continuePath) && r.Method == http.MethodPost {
		s.serveContinue(w, r)
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "add-checkpoint is a POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxRequest))
	if err != nil {
		http.Error(w, "the request is too long or broke off", http.StatusBadRequest)
		return
	}
	line, err := s.add(r.Context(), body)
	var no *refusal
	switch {
	case err == nil:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		io.WriteString(w, line)
	case errors.As(err, &no) && no.status == http.StatusConflict:
		w.Header().Set("Content-Type", "text/x.tlog.size")
		w.WriteHeader(http.StatusConflict)
		io.WriteString(w, strconv.FormatInt(no.size, 10)+"\n")
	case errors.As(err, &no):
		http.Error(w, no.says, no.status)
	default:
		s.log.ErrorContext(r.Context(), "witness cannot remember", slog.Any("error", err))
		http.Error(w, "the witness cannot remember now", http.StatusInternalServerError)
	}
}

// showNewest lets a log ask what it was, before it goes on.
func (s *Server) showNewest(w http.ResponseWriter, r *http.Request) {
	origin := r.URL.Query().Get("origin")
	if len(s.logs.Keys(origin)) == 0 {
		http.Error(w, "this log is not known here", http.StatusNotFound)
		return
	}
	signed, err := s.Newest(origin)
	switch {
	case err != nil:
		s.log.ErrorContext(r.Context(), "witness cannot remember", slog.Any("error", err))
		http.Error(w, "the witness cannot remember now", http.StatusInternalServerError)
	case signed == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		w.Header().Set("Content-Type", newestType+"; charset=utf-8")
		_, _ = w.Write(signed) // the log may have gone
	}
}

// add checks a request in the order of C2SP tlog-witness and returns the cosignature line.
func (s *Server) add(ctx context.Context, body []byte) (string, error) {
	req, err := parseRequest(body)
	if err != nil {
		return "", &refusal{status: http.StatusBadRequest, says: err.Error()}
	}
	c, err := s.authenticate(req)
	if err != nil {
		return "", err
	}
	if req.old > c.Size {
		return "", &refusal{status: http.StatusBadRequest, says: "the old size is larger than the checkpoint's"}
	}
	lock := s.lock(c.Origin)
	lock.Lock()
	defer lock.Unlock()
	if err := s.extends(ctx, req, c); err != nil {
		return "", err
	}
	line, err := journal.Cosign(req.checkpoint, s.signer)
	if err != nil {
		return "", err
	}
	if err := s.store.save(c.Origin, req.checkpoint); err != nil {
		return "", err
	}
	return line, nil
}

// authenticate finds the log by its origin and checks its signature.
func (s *Server) authenticate(req request) (journal.Checkpoint, error) {
	claimed, err := journal.PeekCheckpoint(req.checkpoint)
	if err != nil {
		return claimed, &refusal{status: http.StatusBadRequest, says: err.Error()}
	}
	keys := s.logs.Keys(claimed.Origin)
	if len(keys) == 0 {
		return claimed, &refusal{status: http.StatusNotFound, says: "this log is not known here"}
	}
	c, err := journal.OpenCheckpoint(req.checkpoint, keys...)
	if err != nil {
		return claimed, &refusal{status: http.StatusForbidden, says: "no known key of this log has signed the checkpoint"}
	}
	return c, nil
}

// extends checks that the checkpoint continues the newest one cosigned. The caller holds the lock of the origin.
func (s *Server) extends(ctx context.Context, req request, c journal.Checkpoint) error {
	newest, err := s.newest(c.Origin)
	if err != nil {
		return err
	}
	if req.old != newest.Size {
		return &refusal{status: http.StatusConflict, says: "the old size is not that of the newest cosigned checkpoint", size: newest.Size}
	}
	if req.old == c.Size && newest.Size > 0 && newest.Root != c.Root {
		s.log.WarnContext(ctx, "a log shows two histories", slog.String("origin", c.Origin), slog.Int64("size", c.Size))
		return &refusal{status: http.StatusConflict, says: "another checkpoint of this size was cosigned", size: newest.Size}
	}
	if !consistent(req.proof, newest, c) {
		s.log.WarnContext(ctx, "a checkpoint does not extend the one before", slog.String("origin", c.Origin),
			slog.Int64("old", req.old), slog.Int64("size", c.Size))
		return &refusal{status: http.StatusUnprocessableEntity, says: "the consistency proof does not hold"}
	}
	return nil
}

func consistent(proof tlog.TreeProof, old, c journal.Checkpoint) bool {
	if old.Size == 0 || old.Size == c.Size {
		return len(proof) == 0
	}
	return tlog.CheckTree(proof, c.Size, c.Root, old.Size, old.Root) == nil
}

func (s *Server) newest(origin string) (journal.Checkpoint, error) {
	signed, err := s.store.load(origin)
	if err != nil || signed == nil {
		return journal.Checkpoint{}, err
	}
	return journal.PeekCheckpoint(signed)
}

func (s *Server) lock(origin string) *sync.Mutex {
	s.mu.Lock()
	defer s.mu.Unlock()
	lock := s.locks[origin]
	if lock == nil {
		lock = new(sync.Mutex)
		s.locks[origin] = lock
	}
	return lock
}
