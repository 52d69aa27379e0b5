package operator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/strict"
)

// The bounds of a request and of an answer, in bytes: of one that carries files, and
// of all others.
const (
	maxMessage      = 256 << 10
	maxMessageFiles = 8 << 20
)

func (act Act[In, Out]) most() int {
	if act.name == doing {
		return maxMessageFiles
	}
	return maxMessage
}

// The longest path of a socket that every system takes (sockaddr_un has 104
// bytes on some).
const maxPath = 100

// file is where the door is.
func file(dir string) string { return filepath.Join(dir, "operator.sock") }

// short gives a path by which a socket in a deep folder can be reached, where
// the system has one. done frees it.
func short(dir string) (path string, done func(), err error) {
	if path = file(dir); len(path) <= maxPath {
		return path, func() {}, nil
	}
	folder, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return file(fmt.Sprintf("/proc/self/fd/%d", folder.Fd())), func() { _ = folder.Close() }, nil // only looked at
}

// Listen opens the door of a node's folder. The caller has made sure that no
// other process runs the node: a socket that is there was left behind.
func Listen(ctx context.Context, dir string) (net.Listener, error) {
	if err := os.Remove(file(dir)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	path, done, err := short(dir)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := new(net.ListenConfig).Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("operator's door: %w", err)
	}
	if socket, ok := l.(*net.UnixListener); ok {
		socket.SetUnlinkOnClose(false) // by that time its short path may be another's
	}
	if err := os.Chmod(file(dir), 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Routes is where acts are answered; [net/http.ServeMux] is one.
type Routes interface {
	HandleFunc(pattern string, answer func(http.ResponseWriter, *http.Request))
}

// On answers an act at a route.
func On[In, Out any](routes Routes, act Act[In, Out], log *slog.Logger, do func(context.Context, In) (Out, error)) {
	routes.HandleFunc("POST /"+act.name, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), act.took)
		defer cancel()
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(act.took + quick)) // the server's own is for quick acts
		var in In
		err := strict.Upto(act.most()).Read(r.Body, &in)
		if err != nil {
			refuse(w, problem.New(problem.Invalid, "body-malformed").Because(err))
			return
		}
		out, err := do(ctx, in)
		if err != nil {
			log.WarnContext(ctx, "the operator was refused", slog.String("act", act.name), slog.Any("error", err))
			refuse(w, err)
			return
		}
		log.InfoContext(ctx, "the operator did", slog.String("act", act.name))
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(out) // the operator may have gone
	})
}

// refusal is a problem on its way to the operator, who may see the cause.
type refusal struct {
	Code   string            `json:"code"`
	Args   map[string]string `json:"args,omitempty"`
	Fields []problem.Field   `json:"fields,omitempty"`
	Cause  string            `json:"cause,omitempty"`
}

func refuse(w http.ResponseWriter, err error) {
	p := problem.Of(err)
	r := refusal{Code: p.Code, Args: p.Args, Fields: p.Fields}
	if p.Cause != nil {
		r.Cause = p.Cause.Error()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.Kind.Status())
	_ = json.NewEncoder(w).Encode(r) // the operator may have gone
}

// Ask has the node whose folder is dir do something. Errors are problems:
// "node-stopped" when no node runs there, "door-closed" when the caller may not
// open the door, or why the node refused.
func (act Act[In, Out]) Ask(ctx context.Context, dir string, in In) (out Out, err error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	client := &http.Client{Timeout: act.took + quick, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dial(dir)}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node/"+act.name, bytes.NewReader(raw))
	if err != nil {
		return out, err
	}
	resp, err := client.Do(r)
	if err != nil {
		return out, closed(dir, err)
	}
	defer func() { _ = resp.Body.Close() }()         // read only
	answer := strict.Upto(act.most()).AllowUnknown() // the node may be of a later version than the command
	if resp.StatusCode == http.StatusOK {
		return out, answer.Read(resp.Body, &out)
	}
	var said refusal
	if err := answer.Read(resp.Body, &said); err != nil || said.Code == "" {
		return out, fmt.Errorf("the node answered %d without a reason", resp.StatusCode)
	}
	return out, said.problem(resp.StatusCode)
}

func dial(dir string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		path, done, err := short(dir)
		if err != nil {
			return nil, err
		}
		defer done()
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
}

func closed(dir string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		return problem.New(problem.Forbidden, "door-closed", "file", file(dir)).Because(err)
	}
	return problem.New(problem.Unavailable, "node-stopped", "folder", dir).Because(err)
}

func (r refusal) problem(status int) error {
	p := &problem.Problem{Code: r.Code, Args: r.Args, Fields: r.Fields}
	if r.Cause != "" {
		p.Cause = errors.New(r.Cause)
	}
	for kind := problem.Internal; kind <= problem.Timeout; kind++ {
		if kind.Status() == status {
			p.Kind = kind
		}
	}
	return p
}
