package node

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"

	"dobosh/internal/admission"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge"
	"dobosh/internal/journal"
	"dobosh/internal/keys"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/security"
)

// openWatch opens the security log; nil where none is configured.
func openWatch(ctx context.Context, b base, shared keys.Keys) (*security.Log, error) {
	if b.SecurityLog == nil {
		return nil, nil
	}
	key, err := shared.Key(ctx, "security")
	if err != nil {
		return nil, err
	}
	return security.Open(*b.SecurityLog, security.Origin{Member: b.Member.String(), Node: b.Name, Version: Version}, key, b.now, b.log)
}

// watched is the journal for rooms that do something on behalf of somebody: what stands
// in it as an act is noted by those who watch, too. So nothing that leaves a receipt, of
// roles, money, contracts or what was taken out, can be forgotten there.
type watched struct {
	*journal.Log
	watch *security.Log
}

// Append implements the interfaces of the rooms.
func (w watched) Append(ctx context.Context, e journal.Entry) (journal.Stamp, error) {
	stamp, err := w.Log.Append(ctx, e)
	if err == nil {
		w.note(ctx, e)
	}
	return stamp, err
}

// AppendAll implements the interfaces of the rooms.
func (w watched) AppendAll(ctx context.Context, entries ...journal.Entry) ([]journal.Stamp, error) {
	stamps, err := w.Log.AppendAll(ctx, entries...)
	for _, e := range entries {
		if err == nil {
			w.note(ctx, e)
		}
	}
	return stamps, err
}

func (w watched) note(ctx context.Context, e journal.Entry) {
	if w.watch != nil && (e.Kind == "act" || e.Kind == admission.Kind) {
		w.watch.Note(noted(ctx, e))
	}
}

// noted is an act of the journal as an event. Of the body, which nobody else may know,
// only the accounts are taken, as pseudonyms.
func noted(ctx context.Context, e journal.Entry) security.Event {
	var meta struct{ Act, Role, Matter, Officer, By, Member, Asker string }
	var body struct{ By, Account string }
	_ = json.Unmarshal(e.Meta, &meta) // what is of another form says nothing
	if len(e.Body) < 4<<10 {
		_ = json.Unmarshal(e.Body, &body)
	}
	asked := security.Asked(ctx)
	event := asked.Event(security.Action(cmp.Or(meta.Act, e.Kind)), "")
	event.Account, event.About, event.Matter = cmp.Or(asked.Account, body.By, meta.Officer, meta.By), body.Account, cmp.Or(meta.Matter, e.ID)
	event.Member = cmp.Or(meta.Member, meta.Asker)
	if len(event.Roles) == 0 && meta.Role != "" {
		event.Roles = []string{meta.Role}
	}
	if meta.Act == exchange.ActRead && meta.Matter == "" {
		event.Action = security.ReadOutside
	}
	return event
}

// noteExchange notes a question of another institution that was refused.
func noteExchange(watch *security.Log, o exchange.Observation) {
	if !o.Outbound && o.Code != "" {
		e := security.Event{Action: security.Exchange, Reason: o.Code, Surface: "exchange"}
		if o.Client != (registry.ID{}) {
			e.Member = o.Client.String()
		}
		watch.Note(e)
	}
}

// noteEdge notes a request of one of the member's own systems that was refused, as one
// that came in the wrong way, has no right or asks too much.
func noteEdge(watch *security.Log, surface string, s edge.Seen) {
	if s.Refusal == nil || !refuses(s.Refusal.Kind) {
		return
	}
	e := security.Event{Action: security.Refused, Reason: s.Refusal.Code, Surface: surface, Route: s.Route, Address: hostOf(s.From)}
	if s.Refusal.Code == "host-unknown" || s.Refusal.Code == "cross-site" {
		e.Action = security.TurnedAway
	}
	watch.Note(e)
}

// refuses reports whether a problem is that somebody may not, and not that something
// failed.
func refuses(k problem.Kind) bool {
	return k == problem.Unauthenticated || k == problem.Forbidden || k == problem.TooMany
}

// hostOf is the address of who came, without the port, which is another one each time.
func hostOf(from net.Addr) string {
	if from == nil {
		return ""
	}
	host, _, err := net.SplitHostPort(from.String())
	if err != nil {
		return from.String()
	}
	return host
}

// watchedTLS notes who comes with a certificate that the registry does not know, or that
// does not stand.
func watchedTLS(watch *security.Log, cfg *tls.Config) *tls.Config {
	judge := cfg.VerifyConnection
	cfg.VerifyConnection = func(c tls.ConnectionState) error {
		err := judge(c)
		if err != nil {
			watch.Note(security.Event{Action: security.Refused, Reason: "peer-unknown", Surface: "exchange"})
		}
		return err
	}
	return cfg
}

// operated notes what the operator does with a running node.
func (n *Node) operated(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		e := security.Event{Action: security.Operator, Surface: doorName, Route: r.Pattern}
		if seen.status >= http.StatusBadRequest {
			e.Reason = "operator-refused"
		}
		n.watch.Note(e)
	})
}
