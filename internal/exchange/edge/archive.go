package edge

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge/asice"
	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"

	"github.com/valyala/fasthttp"
)

// Archive is what "/asic" is answered from.
type Archive struct {
	Journal Journal
	Signer  func() *asice.Signer // certified by the present key of the journal
	Now     clock.Now
}

// Journal is the log of this node, as it is read. What is read of it is noted in it.
type Journal interface {
	AppendAll(ctx context.Context, entries ...journal.Entry) ([]journal.Stamp, error)
	Search(ctx context.Context, q journal.Query) (found []journal.Logged, next int64, err error)
	Read(ctx context.Context, index int64) (journal.Entry, journal.Stamp, error)
}

// wanted is a request for the containers of one X-Road-Id.
type wanted struct {
	message string
	client  registry.ID
	kinds   []string // of messages: "request", "response"
	unique  bool     // whether more than one exchange is an error
}

// errWanted is the cause of a request for containers that is none.
var errWanted = errors.New("queryId, xRoadInstance, memberClass, memberCode and subsystemCode are needed")

// readWanted reads the query of "/asic", as X-Road's signed document service does.
func readWanted(raw string) (w wanted, err error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return w, errWanted
	}
	w = wanted{
		message: query.Get("queryId"), kinds: []string{"request", "response"}, unique: query.Has("unique"),
		client: registry.ID{Instance: query.Get("xRoadInstance"), Class: query.Get("memberClass"), Member: query.Get("memberCode"), Subsystem: query.Get("subsystemCode")},
	}
	if again, err := registry.ParseID(w.client.String()); err != nil || again != w.client || w.client.Subsystem == "" || w.message == "" || len(w.message) > maxText {
		return w, errWanted
	}
	switch request, response := query.Has("requestOnly"), query.Has("responseOnly"); {
	case request && response:
		return w, errors.New("requestOnly and responseOnly exclude each other")
	case request:
		w.kinds = w.kinds[:1]
	case response:
		w.kinds = w.kinds[1:]
	}
	return w, nil
}

// asic answers with a zip archive of the messages that one of this member's
// subsystems sent or got under an X-Road-Id, each signed by this node. It is for clients with a certificate that was
// agreed, and each reading is a receipt: whoever is concerned sees it like any other look. Errors are
// plain text, as in X-Road.
func (e *Edge) asic(ctx *fasthttp.RequestCtx, r head) {
	w, err := readWanted(r.query)
	if err == nil && r.method != "GET" {
		err = errors.New("only GET is answered")
	}
	if err != nil {
		plainly(ctx, http.StatusBadRequest, err.Error())
		return
	}
	if err := e.admit(ctx, w.client); err != nil {
		status := problem.Of(err).Kind.Status()
		if status == http.StatusForbidden { // a subsystem that is not here
			status = http.StatusNotFound
		}
		ctx.SetUserValue(refusal{}, problem.Of(err))
		_, text := said(problem.Of(err))
		plainly(ctx, status, text)
		return
	}
	if e.Clients[w.client.Subsystem].Connection != HTTPSPinned {
		p := problem.New(problem.Unauthenticated, "client-certificates-none", "client", w.client.String())
		ctx.SetUserValue(refusal{}, p)
		_, text := said(p)
		plainly(ctx, http.StatusUnauthorized, text)
		return
	}
	files, err := e.containers(w)
	var archive bytes.Buffer
	if err == nil && len(files) > 0 {
		err = asice.Bundle(&archive, files...)
	}
	switch {
	case errors.Is(err, errSeveral):
		plainly(ctx, http.StatusBadRequest, err.Error())
	case err != nil:
		plainly(ctx, http.StatusInternalServerError, "The messages cannot be read")
	case len(files) == 0:
		plainly(ctx, http.StatusNotFound, "No signed documents were found")
	default:
		ctx.SetContentType("application/zip")
		ctx.Response.Header.Add("Content-Disposition", `attachment; filename="`+asice.Name(w.message, "messages", "all")+`.zip"`)
		ctx.Response.SetBodyRaw(archive.Bytes())
	}
}

func plainly(ctx *fasthttp.RequestCtx, status int, text string) {
	ctx.SetStatusCode(status)
	ctx.SetContentType("text/plain;charset=utf-8")
	ctx.Response.SetBodyString(text)
}

// errSeveral says that one id was given to several exchanges.
var errSeveral = errors.New("several exchanges have this id")

// The bounds of one archive: of the exchanges in it, and of the searches for them,
// each of which reads a bounded part of the journal.
const (
	maxExchanges = 10
	maxSearches  = 50
	maxFollowing = 5 // for the response, which stands close behind its request
)

// containers makes the containers of a request, the newest exchange first.
func (e *Edge) containers(w wanted) (files []asice.File, err error) {
	ctx, cancel := context.WithTimeout(e.life, headTimeout)
	defer cancel()
	requests, err := e.Archive.requests(ctx, w)
	if err != nil {
		return nil, err
	}
	var looks []journal.Entry
	if w.unique && len(requests) > 1 {
		return nil, errSeveral
	}
	for _, q := range requests {
		entries, err := e.Archive.messages(ctx, q, w.kinds)
		if err != nil {
			return nil, err
		}
		for _, m := range entries {
			file, err := e.Archive.container(w.message, m)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
		look, err := e.look(w, q.Entry, entries)
		if err != nil {
			return nil, err
		}
		looks = append(looks, look)
	}
	if _, err := e.Archive.Journal.AppendAll(ctx, looks...); len(looks) > 0 && err != nil {
		return nil, fmt.Errorf("note who reads the archive: %w", err)
	}
	return files, nil
}

// look is the receipt of one exchange that is read again.
func (e *Edge) look(w wanted, asked journal.Entry, messages []message) (journal.Entry, error) {
	q, err := exchange.ReadRequest(asked.Meta)
	if err != nil {
		return journal.Entry{}, err
	}
	said := journal.Receipt{
		Asker: w.client.String(), Role: exchange.RoleSystem, Holder: e.Member.String(), Act: exchange.ActRead, Purpose: q.Purpose, Provision: string(q.Provision), Matter: q.Matter, Contract: q.Contract,
	}
	look := journal.Entry{Kind: "act", ID: id.New(), At: e.Archive.Now(), Subjects: slices.Clone(asked.Subjects)}
	for _, m := range messages {
		for _, person := range m.Subjects {
			if !slices.Contains(look.Subjects, person) && len(look.Subjects) < journal.MaxSubjects {
				look.Subjects = append(look.Subjects, person)
			}
		}
		if r, err := exchange.ReadResponse(m.Meta); err == nil && m.kind == "response" {
			said.Fields = r.Fields
		}
	}
	look.Meta, err = json.Marshal(said)
	return look, err
}

// requests finds the requests with an X-Road-Id that a subsystem put or got.
func (a Archive) requests(ctx context.Context, w wanted) (found []journal.Logged, err error) {
	if a.Journal == nil || a.Signer == nil {
		return nil, nil
	}
	q := journal.Query{Kinds: []string{"question", "asked"}, Newest: true, Limit: maxExchanges, Match: func(entry journal.Entry) bool {
		asked, err := exchange.ReadRequest(entry.Meta)
		return err == nil && (asked.Message == w.message || asked.ID == w.message) && (asked.Client == w.client || asked.Service.System() == w.client)
	}}
	for range maxSearches {
		some, next, err := a.Journal.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
		if q.After = next; next == 0 || len(found) >= maxExchanges {
			break
		}
	}
	return found[:min(len(found), maxExchanges)], nil
}

// message is one message of an exchange as the journal has it.
type message struct {
	kind string // "request" or "response"
	journal.Entry
	stamp journal.Stamp
}

// messages finds those of an exchange that are wanted.
func (a Archive) messages(ctx context.Context, question journal.Logged, kinds []string) (list []message, err error) {
	read := func(kind string, index int64) error {
		entry, stamp, err := a.Journal.Read(ctx, index)
		if errors.Is(err, journal.ErrErased) {
			return nil
		}
		list = append(list, message{kind, entry, stamp})
		return err
	}
	if slices.Contains(kinds, "request") {
		if err := read("request", question.Index); err != nil {
			return nil, err
		}
	}
	if !slices.Contains(kinds, "response") {
		return list, nil
	}
	q := journal.Query{Kinds: []string{"reply", "answer"}, From: question.Entry.At, Limit: 1, After: question.Index, Match: func(e journal.Entry) bool { return e.ID == question.Entry.ID }}
	for range maxFollowing {
		found, next, err := a.Journal.Search(ctx, q)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			return list, read("response", found[0].Index)
		}
		if q.After = next; next == 0 {
			break
		}
	}
	return list, nil
}

// container signs one message: what its node committed to, its query and headers, its body, and its
// place in the log.
func (a Archive) container(name string, m message) (asice.File, error) {
	opening := min(exchange.Opening(m.Meta), len(m.Body)) // of a body that is gone nothing is there
	files := []asice.File{{Name: "message.json", Type: "application/json", Data: m.Meta}, {Name: "stamp.txt", Type: "text/plain", Data: []byte(m.stamp.Text())}}
	if len(m.Received) > 0 { // of the log that it came from
		files = append(files, asice.File{Name: "received.txt", Type: "text/plain", Data: []byte(base64.RawURLEncoding.EncodeToString(m.Received))})
	}
	if opening > 0 {
		files = append(files, asice.File{Name: "opening.json", Type: "application/json", Data: m.Body[:opening]})
	}
	if len(m.Body) > opening {
		files = append(files, asice.File{Name: "attachment1", Type: "application/octet-stream", Data: m.Body[opening:]})
	}
	c, err := a.Signer().Sign(a.Now(), files...)
	if err != nil {
		return asice.File{}, err
	}
	var whole bytes.Buffer
	if err := asice.Write(&whole, c); err != nil {
		return asice.File{}, err
	}
	return asice.File{Name: asice.Name(name, m.kind, m.ID), Type: asice.MediaType, Data: whole.Bytes()}, nil
}
