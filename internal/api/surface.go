package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/security"
)

// maxBody is the most that a program may send where a surface says nothing else, in
// bytes; an act may bound its fields below that.
const maxBody = 1 << 20

// Surface is a set of acts that programs reach under one address.
type Surface struct {
	Name    string // stable, for the log and the keys of requests; "surface." and it is the key of its title
	At      string // what stands before its routes, as "/contracts"; a route "/" is that address itself
	Acts    []act.Act
	Bodies  []Body
	Who     Who
	Answers *Answers // nil where nothing is changed
	Most    int64    // bytes of a body; 0 for 1 MiB
	Say     problem.Say
	Log     *slog.Logger
	Watch   Watch // nil for nobody
}

// Watch notes what those who watch over many systems should see; it does not wait.
type Watch interface{ Note(e security.Event) }

// Body is a route that takes a body which is no JSON object of fields, in a format
// that others have defined, and reads it itself.
type Body struct {
	Name, Route string
	Right       act.Right
	Takes       []string // media types
	Most        int64    // bytes of the body
	Out         any      // a value of the type that is answered
	// Do answers; made reports that something new came to be (201).
	Do func(ctx context.Context, by act.Actor, header http.Header, body []byte) (made bool, out any, err error)
}

// pathPart is a name in the pattern of a route.
var pathPart = regexp.MustCompile(`\{([a-z_]+)\}`)

// Served answers requests to a surface.
type Served struct {
	Surface
	handler http.Handler
}

// ServeHTTP answers one request.
func (s *Served) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Rows lists every route with who may: those of the acts and bodies, the
// description, and the refusal of every other question.
func (s Surface) Rows() (rows []act.Row) {
	for _, a := range s.Acts {
		rows = append(rows, act.Row{Pattern: s.Pattern(a.Route), Right: a.Right})
	}
	for _, b := range s.Bodies {
		rows = append(rows, act.Row{Pattern: s.Pattern(b.Route), Right: b.Right})
	}
	return append(rows, act.Row{Pattern: s.describedAt(), Right: act.Anyone()}, act.Row{Pattern: s.At + "/", Right: act.Anyone()})
}

// Pattern is where a route stands on the listener.
func (s Surface) Pattern(route string) string {
	method, path, _ := strings.Cut(route, " ")
	if path == "/" && s.At != "" {
		path = ""
	}
	return method + " " + s.At + path
}

func (s Surface) describedAt() string { return "GET " + s.At + "/openapi.json" }

// Handler serves the acts of the surface and its description.
func (s Surface) Handler() (*Served, error) {
	mux := http.NewServeMux()
	for _, a := range s.Acts {
		method, path, ok := strings.Cut(a.Route, " ")
		if !ok || !strings.HasPrefix(path, "/") {
			return nil, fmt.Errorf("surface %s: act %s has no route", s.Name, a.Name)
		}
		if method != http.MethodGet && s.Answers == nil {
			return nil, fmt.Errorf("surface %s: act %s changes something, and no answers are remembered", s.Name, a.Name)
		}
		mux.Handle(s.Pattern(a.Route), s.serve(a))
	}
	for _, b := range s.Bodies {
		if b.Right.IsZero() {
			return nil, fmt.Errorf("surface %s: %s has no right", s.Name, b.Route)
		}
		mux.Handle(s.Pattern(b.Route), s.guarded(b.Right, func(w http.ResponseWriter, r *http.Request, by act.Actor) (answer, error) {
			body, err := readAll(w, r, b.Most)
			if err != nil {
				return answer{}, err
			}
			made, out, err := b.Do(r.Context(), by, r.Header, body)
			return encode(made, out, err)
		}))
	}
	described, err := json.Marshal(s.Description())
	if err != nil {
		return nil, fmt.Errorf("surface %s: %w", s.Name, err)
	}
	mux.HandleFunc(s.describedAt(), func(w http.ResponseWriter, _ *http.Request) {
		write(w, answer{http.StatusOK, described})
	})
	mux.HandleFunc(s.At+"/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, problem.New(problem.NotFound, "question-unknown"))
	})
	return &Served{s, mux}, nil
}

// serve answers requests for one act.
func (s Surface) serve(a act.Act) http.Handler {
	return s.guarded(a.Right, func(w http.ResponseWriter, r *http.Request, by act.Actor) (answer, error) {
		return s.answer(w, r, a, by)
	})
}

// guarded lets only those ask who may, before anything of the body is read.
func (s Surface) guarded(right act.Right, do func(w http.ResponseWriter, r *http.Request, by act.Actor) (answer, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
			s.refuse(w, r, problem.New(problem.Forbidden, "cross-site"))
			return
		}
		by, err := s.Who(r)
		who := security.Who{Account: by.Account, Surface: s.Name, Route: r.Pattern}
		r = r.WithContext(security.By(r.Context(), who))
		if err == nil {
			err = right.Admit(by)
		}
		var given answer
		if err == nil {
			given, err = do(w, r, by)
		}
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		write(w, given)
	})
}

// answer does the act, once under the key of the request if it has one. Who asks
// may do it.
func (s Surface) answer(w http.ResponseWriter, r *http.Request, a act.Act, by act.Actor) (answer, error) {
	inPath := map[string]string{}
	for _, part := range pathPart.FindAllStringSubmatch(a.Route, -1) {
		inPath[part[1]] = r.PathValue(part[1])
	}
	if r.Method == http.MethodGet {
		out, err := a.Do(r.Context(), by, act.FromValues(r.URL.Query()).With(inPath))
		return encode(a.Made, out, err)
	}
	body, err := readBody(w, r, cmp.Or(s.Most, maxBody))
	if err != nil {
		return answer{}, err
	}
	do := func(ctx context.Context) (answer, error) {
		out, err := a.Do(ctx, by, act.FromJSON(func() ([]byte, error) { return body, nil }).With(inPath))
		return encode(a.Made, out, err)
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return do(r.Context())
	}
	request := bytes.Join([][]byte{[]byte(r.Method), []byte(r.URL.Path), body}, []byte{0})
	return s.Answers.once(r.Context(), s.Name, by, key, request, do)
}

// readBody reads a JSON body within the bound. No body at all is an empty object.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.ContentLength != 0 && (err != nil || kind != "application/json") {
		return nil, problem.New(problem.Invalid, "body-not-json").Because(err)
	}
	return readAll(w, r, most)
}

func readAll(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, problem.New(problem.TooLarge, "body-too-large").Because(err)
	}
	if err != nil {
		return nil, problem.New(problem.Invalid, "body-malformed").Because(err)
	}
	return body, nil
}

func encode(made bool, out any, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	status := http.StatusOK
	if made {
		status = http.StatusCreated
	}
	body, err := json.Marshal(out)
	return answer{status, body}, err
}

func write(w http.ResponseWriter, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the asker may have gone
}

// refuse answers with a problem document. What only we can repair goes to the
// log, without the path.
func (s Surface) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if p := problem.Of(err); p.Kind == problem.Internal && r.Context().Err() == nil {
		s.Log.ErrorContext(r.Context(), "an interface gave no answer", slog.String("surface", s.Name), slog.String("route", r.Pattern), slog.Any("error", err))
	}
	w.Header().Set("Cache-Control", "no-store")
	if p := problem.Of(err); s.Watch != nil && (p.Kind == problem.Unauthenticated || p.Kind == problem.Forbidden || p.Kind == problem.TooMany) {
		who := security.Asked(r.Context())
		who.Surface, who.Route = s.Name, r.Pattern
		s.Watch.Note(who.Event(security.Refused, p.Code))
	}
	if p := problem.Of(err); p.Kind == problem.TooMany || p.Kind == problem.Unavailable {
		w.Header().Set("Retry-After", p.Wait())
	}
	problem.WriteJSON(w, r, err, s.spoken)
}

// spoken says a problem as an interface says it: where its sentence is about a page,
// there is another, under "api." and its code.
func (s Surface) spoken(tag lang.Tag, key string, pairs ...string) string {
	if code, ok := strings.CutPrefix(key, "problem."); ok {
		if said := s.Say(tag, "api."+code, pairs...); !strings.HasPrefix(said, "[") {
			return said
		}
	}
	return s.Say(tag, key, pairs...)
}
