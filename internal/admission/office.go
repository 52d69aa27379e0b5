package admission

import (
	"context"
	"crypto"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/page"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	"dobosh/internal/security"
	"dobosh/internal/storage"
)

// Authority keeps the registry; [registry.Authority] does.
type Authority interface {
	State() *registry.State
	Append(ctx context.Context, statements ...registry.Statement) error
}

// Journal keeps what the supervisor did.
type Journal interface {
	Append(ctx context.Context, e journal.Entry) (journal.Stamp, error)
}

// Watch notes what those who watch over many systems should see; it does not wait.
type Watch interface{ Note(e security.Event) }

// Kind is that of the entries in which the journal keeps acts of an office.
const Kind = "admission"

// OfficeConfig is what an office needs from its node.
type OfficeConfig struct {
	DB        *storage.DB
	Registry  Authority
	Issuer    *credential.Issuer // nil where certificates are not issued
	Holder    *credential.Holder // of the authority's node
	Address   string             // where joiners reach the authority, host:port
	Key       string             // verifies the checkpoints of the registry
	Witnesses []Witness          // that new nodes are told to ask
	Journal   Journal
	Watch     Watch // nil for nobody
	Now       clock.Now
	Log       *slog.Logger
}

// Office is the authority's side: it makes tokens, admits who brings one, issues
// certificates to the nodes of the registry, and takes nodes out. It is safe for
// concurrent use.
type Office struct {
	OfficeConfig
	tokens tokens
	limits *limits
	dial   func(ctx context.Context, n registry.Node) error

	admitting sync.Mutex // held from when a joiner is compared with the registry until it stands there
}

// NewOffice opens the office.
func NewOffice(cfg OfficeConfig) *Office {
	o := &Office{OfficeConfig: cfg, tokens: tokens{cfg.DB, cfg.Now}, limits: newLimits(cfg.Now)}
	o.dial = o.connectBack
	return o
}

// ConnectBack makes a mutual TLS connection to a node at the address that it says,
// and fails unless that node answers there with its key.
func (o *Office) ConnectBack(ctx context.Context, n registry.Node) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return o.dial(ctx, n)
}

// Offer makes a token for one node, good for life ([DefaultTokenLife] when
// zero). by is the account of who makes it. The text is shown once: only the hash
// of its secret is kept. Errors: "form-incomplete" with what is wrong with each
// field, "tokens-too-many".
func (o *Office) Offer(ctx context.Context, g Grant, by string, life time.Duration) (text string, made Made, err error) {
	if life == 0 {
		life = DefaultTokenLife
	}
	if life < time.Minute || life > MaxTokenLife {
		return "", Made{}, problem.New(problem.Invalid, "form-incomplete").At("life", "token-life-form")
	}
	if err := g.check(o.Registry.State()); err != nil {
		return "", Made{}, err
	}
	made, secret, err := o.tokens.add(ctx, g, by, life)
	if err != nil {
		return "", Made{}, err
	}
	t := Token{Address: o.Address, Pin: o.Holder.Pin(), Key: o.Key, Witnesses: o.Witnesses, Member: g.Member, Node: g.Node, Secret: secret}
	if o.Issuer != nil {
		print, err := credential.Fingerprint(o.Issuer.Root())
		if err != nil {
			return "", Made{}, err
		}
		t.Issuer = hex.EncodeToString(print[:])
	}
	if err := t.check(); err != nil {
		return "", Made{}, fmt.Errorf("make a token: %w", err)
	}
	if text, err = t.Text(); err != nil {
		return "", Made{}, err
	}
	return text, made, o.note(ctx, deed{What: "token-made", By: by, Member: g.Member, Node: g.Node, Token: made.ID})
}

// Tokens lists the tokens that were made, newest first, without secrets.
func (o *Office) Tokens(ctx context.Context, after page.Key) (page.Page[Made], error) {
	return o.tokens.list(ctx, after)
}

// Withdraw makes a token useless that nobody has used. Errors: "join-token-unknown",
// "join-token-used".
func (o *Office) Withdraw(ctx context.Context, token, by string) error {
	made, err := o.tokens.withdraw(ctx, token)
	if err != nil {
		return err
	}
	return o.note(ctx, deed{What: "token-withdrawn", By: by, Member: made.Grant.Member, Node: made.Grant.Node, Token: made.ID})
}

// Revoke takes a node out of the registry: from the next request on it is
// refused everywhere the registry has come. Errors: "node-unknown",
// "reason-missing".
func (o *Office) Revoke(ctx context.Context, member registry.ID, name, reason, by string) error {
	reason = strings.TrimSpace(reason)
	if reason == "" || len(reason) > 2000 {
		return problem.New(problem.Invalid, "form-incomplete").At("reason", "reason-missing")
	}
	node := nodeNamed(o.Registry.State(), member, name)
	if node == nil {
		return problem.New(problem.NotFound, "node-unknown", "node", name, "member", member.String())
	}
	if node.TLS == o.Holder.Pin() {
		return problem.New(problem.Conflict, "node-is-authority")
	}
	if err := o.note(ctx, deed{What: "node-revoked", By: by, Member: member, Node: name, Reason: reason, Pin: node.TLS}); err != nil {
		return err
	}
	return o.Registry.Append(ctx, registry.Statement{Node: &registry.Node{Member: member, Name: name}})
}

// Enacts states instruments, after the journal has who did. Errors are those of
// the registry.
func (o *Office) Enacts(ctx context.Context, by string, instruments []registry.Statement) error {
	refs := make([]string, len(instruments))
	for i, st := range instruments {
		refs[i] = st.Instrument.Ref
	}
	if err := o.note(ctx, deed{What: "instruments-enacted", By: by, Instruments: refs}); err != nil {
		return err
	}
	err := o.Registry.Append(ctx, instruments...)
	if errors.Is(err, registry.ErrStatement) {
		return problem.New(problem.Invalid, "statement-refused", "detail", err.Error()).Because(err)
	}
	return err
}

// deed is what the supervisor's journal holds of an act of this office.
type deed struct {
	What   string      `json:"act"` // token-made, token-withdrawn, node-admitted, node-revoked, instruments-enacted
	By     string      `json:"by"`  // account, or pin of the node
	Member registry.ID `json:"member,omitzero"`
	Node   string      `json:"node,omitempty"`
	Token  string      `json:"token,omitempty"` // id
	Pin    string      `json:"pin,omitempty"`
	Reason string      `json:"reason,omitempty"`

	Instruments []string `json:"instruments,omitempty"` // references
}

// note makes an act durable in the journal.
func (o *Office) note(ctx context.Context, a deed) error {
	meta, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if _, err := o.Journal.Append(ctx, journal.Entry{Kind: Kind, ID: id.New(), At: o.Now(), Meta: meta}); err != nil {
		return problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	return nil
}

// issue signs a certificate; none where the office has no issuer.
func (o *Office) issue(key crypto.PublicKey, n registry.Node) ([]byte, error) {
	if o.Issuer == nil {
		return nil, nil
	}
	return o.Issuer.Issue(key, n.Member, n.Name)
}
