package node

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"dobosh/internal/exchange"
	"dobosh/internal/journal"
	"dobosh/internal/keys"
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
	if err == nil && e.Kind == "act" && w.watch != nil {
		w.watch.Note(noted(ctx, e))
	}
	return stamp, err
}

// noted is an act of the journal as an event. Of the body, which nobody else may know,
// only the accounts are taken, as pseudonyms.
func noted(ctx context.Context, e journal.Entry) security.Event {
	var meta struct{ Act, Role, Matter, Officer string }
	var body struct{ By, Account string }
	_ = json.Unmarshal(e.Meta, &meta) // what is of another form says nothing
	if len(e.Body) < 4<<10 {
		_ = json.Unmarshal(e.Body, &body)
	}
	asked := security.Asked(ctx)
	event := asked.Event(security.Action(cmp.Or(meta.Act, e.Kind)), "")
	event.Account, event.About, event.Matter = cmp.Or(asked.Account, body.By, meta.Officer), body.Account, cmp.Or(meta.Matter, e.ID)
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
		watch.Note(security.Event{Action: security.Exchange, Reason: o.Code, Surface: "exchange", Member: o.Client.String()})
	}
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
