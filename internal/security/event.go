package security

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/kit/id"
)

// Action is what happened, a stable name.
type Action string

// The actions that are noted here; what rooms do is noted under the name of the act in
// the journal.
const (
	SignIn      Action = "sign-in"
	SignOut     Action = "sign-out"
	SessionEnd  Action = "session-end"
	Refused     Action = "refused"      // a request, for the reason given
	TurnedAway  Action = "turned-away"  // a request that was not meant for the surface
	Exchange    Action = "exchange"     // a question of another institution, refused
	Operator    Action = "operator"     // a command of the operator
	Started     Action = "node-started" // the node serves
	ReadOutside Action = "read-outside" // somebody read what no matter of theirs is about
	Dropped     Action = "events-dropped"
)

// kinds are the values of event.category and event.type of an action.
func (a Action) kinds() (category, kind string) {
	name := string(a)
	switch {
	case a == SignIn:
		return "authentication", "start"
	case a == SignOut, a == SessionEnd, strings.HasPrefix(name, "sessions-"):
		return "session", "end"
	case strings.HasPrefix(name, "role-"):
		return "iam", "change"
	case a == Refused, a == TurnedAway, a == Exchange:
		return "web", "denied"
	case a == Started:
		return "process", "start"
	case a == Dropped:
		return "process", "error"
	case a == Operator, strings.HasPrefix(name, "node-"), strings.HasPrefix(name, "token-"), strings.HasPrefix(name, "instruments-"), strings.HasPrefix(name, "contract"), strings.HasPrefix(name, "proposal"):
		return "configuration", "change"
	}
	return "database", "access"
}

// Event is something that happened. What is not known stays empty.
type Event struct {
	Action  Action
	Reason  string   // code of the problem; what has one did not happen
	Account string   // of who did it; a pseudonym of it is noted
	About   string   // account to which it was done; the same
	Address string   // from which it came; the same
	Roles   []string // of Account
	Surface string   // of the node
	Route   string   // pattern of the route, never its path
	Request string   // by which the request is found in the other log
	Matter  string   // id under which the act stands in the journal
	Member  string   // institution that asked
	Count   int64    // of what was dropped
}

// Origin is whose log it is.
type Origin struct {
	Member, Node, Version string
}

// document is an event in the Elastic Common Schema; see docs/spec/security-log.md.
type document struct {
	At      string `json:"@timestamp"`
	Message string `json:"message"`
	ECS     struct {
		Version string `json:"version"`
	} `json:"ecs"`
	Event struct {
		ID       string   `json:"id"`
		Kind     string   `json:"kind"`
		Category []string `json:"category"`
		Type     []string `json:"type"`
		Action   string   `json:"action"`
		Outcome  string   `json:"outcome"`
		Reason   string   `json:"reason,omitempty"`
		Dataset  string   `json:"dataset"`
		Provider string   `json:"provider"`
		Severity int      `json:"severity"`
	} `json:"event"`
	Log struct {
		Level string `json:"level"`
	} `json:"log"`
	Service struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		Node    named  `json:"node"`
	} `json:"service"`
	Organization identified `json:"organization"`
	User         *user      `json:"user,omitempty"`
	Source       *source    `json:"source,omitempty"`
	HTTP         *request   `json:"http,omitempty"`
	Labels       labels     `json:"labels,omitzero"`
	severity     int        // of syslog
	instant      time.Time
}

type (
	named struct {
		Name string `json:"name"`
	}
	identified struct {
		ID string `json:"id"`
	}
	source struct {
		Address string `json:"address"`
	}
	user struct {
		ID     string      `json:"id,omitempty"`
		Roles  []string    `json:"roles,omitempty"`
		Target *identified `json:"target,omitempty"`
	}
	request struct {
		Request identified `json:"request"`
	}
	labels struct {
		Surface string `json:"surface,omitempty"`
		Route   string `json:"route,omitempty"`
		Matter  string `json:"matter,omitempty"`
		Member  string `json:"member,omitempty"`
		Dropped string `json:"dropped,omitempty"`
	}
)

// The severities of syslog (RFC 5424, 6.2.1) that are used.
const (
	warning = 4
	notice  = 5
)

// document makes what is written.
func (l *Log) document(e Event) document {
	d := document{instant: l.now().UTC(), severity: notice}
	d.At = d.instant.Format("2006-01-02T15:04:05.000000Z")
	d.ECS.Version = "8.17.0"
	category, kind := e.Action.kinds()
	d.Event.ID, d.Event.Kind, d.Event.Category, d.Event.Type = id.New(), "event", []string{category}, []string{kind}
	d.Event.Action, d.Event.Outcome, d.Event.Reason = string(e.Action), "success", e.Reason
	d.Event.Dataset, d.Event.Provider = "dobosh.security", "dobosh"
	d.Message = string(e.Action)
	d.Log.Level = "notice"
	if e.Reason != "" {
		d.Event.Outcome, d.severity, d.Log.Level = "failure", warning, "warning"
		d.Message += ": " + e.Reason
	}
	d.Event.Severity = d.severity
	d.Service.Name, d.Service.Version, d.Service.Node.Name = "dobosh", l.origin.Version, l.origin.Node
	d.Organization.ID = l.origin.Member
	if e.Account != "" || e.About != "" {
		d.User = &user{ID: l.pseudonym("account", e.Account), Roles: e.Roles}
		if e.About != "" {
			d.User.Target = &identified{l.pseudonym("account", e.About)}
		}
	}
	if e.Address != "" {
		d.Source = &source{l.pseudonym("address", e.Address)}
	}
	if e.Request != "" {
		d.HTTP = &request{identified{e.Request}}
	}
	d.Labels = labels{Surface: e.Surface, Route: e.Route, Matter: e.Matter, Member: e.Member}
	if e.Count > 0 {
		d.Labels.Dropped = strconv.FormatInt(e.Count, 10)
	}
	return d
}

// pseudonym names an account or an address for as long as the node has its key.
func (l *Log) pseudonym(kind, of string) string {
	if of == "" {
		return ""
	}
	mac := hmac.New(sha256.New, l.key)
	_, _ = mac.Write([]byte(kind + "\x00" + of)) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:10]))
}
