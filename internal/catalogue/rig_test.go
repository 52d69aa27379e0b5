package catalogue_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/catalogue"
	"dobosh/internal/identity"
	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/law"
	"dobosh/internal/registry"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

func TestMain(m *testing.M) {
	testkit.NoneLeft(m)
}

var (
	city   = registry.ID{Instance: "RS", Class: "GOV", Member: "CITY"}
	state  = registry.ID{Instance: "RS", Class: "GOV", Member: "STATE"}
	births = registry.ID{Instance: "RS", Class: "GOV", Member: "STATE", Subsystem: "civil", Service: "births"}
	asker  = registry.ID{Instance: "RS", Class: "GOV", Member: "CITY", Subsystem: "family"}

	engineer = act.As("engineer", identity.Operator)
	officer  = act.As("officer", identity.Contracts)
)

// rig is a registry with two members, and a room on the node of each.
type rig struct {
	t         testing.TB
	clock     *clock.Manual
	authority *registry.Authority
	provider  *catalogue.Room // on the node of STATE
	consumer  *catalogue.Room // on the node of CITY
	asked     int             // how often a node was asked for a description
	away      bool            // the provider's node does not answer
	other     []byte          // what it gives instead
}

func newRig(t testing.TB, engine string) *rig {
	t.Helper()
	r := &rig{t: t, clock: clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))}
	signer, verifier := signerOf(t, "RS/registry"), verifierOf(t, "RS/registry")
	var err error
	r.authority, err = registry.NewAuthority(t.Context(), testkit.Database(t, engine)(registry.Migrations()), signer, verifier, r.clock.Now)
	testkit.OK(t, err)
	testkit.OK(t, r.authority.Append(t.Context(), r.beginning()...))
	r.provider = r.room(engine, state)
	r.consumer = r.room(engine, city)
	return r
}

func (r *rig) room(engine string, member registry.ID) *catalogue.Room {
	r.t.Helper()
	room, err := catalogue.New(r.t.Context(), catalogue.Config{
		Member: member, Node: "a", State: r.authority.State, Submit: r.authority.Submitter(member, signerOf(r.t, member.String()+"/a")), Peers: r,
		DB: testkit.Database(r.t, engine)(catalogue.Migrations()), Event: lifeEvent, Now: r.clock.Now, Log: slog.New(slog.DiscardHandler),
	})
	testkit.OK(r.t, err)
	room.Refresh()
	return room
}

func lifeEvent(code string) (lang.Text, bool) {
	return lang.Text{"sr": "Рођење детета", "en": "Birth of a child"}, code == "birth"
}

// Description implements catalogue.Peers: the provider's storage is behind it.
func (r *rig) Description(ctx context.Context, _ registry.Node, digest string) (io.ReadCloser, error) {
	r.asked++
	if r.away {
		return nil, errors.New("away")
	}
	if r.other != nil {
		return io.NopCloser(strings.NewReader(string(r.other))), nil
	}
	raw, _, err := r.provider.Document(ctx, births)
	return io.NopCloser(strings.NewReader(string(raw))), err
}

func (r *rig) beginning() []registry.Statement {
	all := []registry.Statement{
		{Member: &registry.Member{ID: state, Title: lang.Text{"sr": "Државни регистри", "en": "State registers"}, Subsystems: []string{"civil"}}},
		{Member: &registry.Member{ID: city, Title: lang.Text{"sr": "Град", "en": "City"}, Subsystems: []string{"family"}}},
	}
	for _, member := range []registry.ID{state, city} {
		log := member.String() + "/a"
		key, err := note.NewEd25519VerifierKey(log, testkit.Key(log).Public().(ed25519.PublicKey))
		testkit.OK(r.t, err)
		pin := sha256.Sum256([]byte(log))
		all = append(all, registry.Statement{Node: &registry.Node{Member: member, Name: "a", Address: "127.0.0.1:1", TLS: hex.EncodeToString(pin[:]), Log: key}})
	}
	return all
}

// contract makes CITY a consumer of the births, of these fields.
func (r *rig) contract(fields ...string) {
	r.t.Helper()
	c := registry.Contract{
		ID: "city-births", Consumer: asker, Provider: births.System(), Service: births.Service, Methods: []string{"GET"}, Paths: []string{"/v1/births/{birth}"},
		Fields: fields, Purpose: "p", Provision: law.Ref("zup/103"), Sector: "family", Quota: 10, Retention: 1, From: civil.Date(2020, 1, 1),
	}
	signed, err := c.Sign(signerOf(r.t, state.String()+"/a"), signerOf(r.t, city.String()+"/a"))
	testkit.OK(r.t, err)
	testkit.OK(r.t, r.authority.Append(r.t.Context(), registry.Statement{Contract: signed}))
	r.provider.Refresh()
	r.consumer.Refresh()
}

func (r *rig) publishes(raw []byte, from civil.Day) catalogue.Plan {
	r.t.Helper()
	p, err := r.provider.Publish(r.t.Context(), engineer, catalogue.Draft{Service: births, Raw: raw, Tags: []string{"birth"}, From: from})
	testkit.OK(r.t, err)
	r.provider.Refresh()
	r.consumer.Refresh()
	return p
}

func (r *rig) service() registry.Service {
	r.t.Helper()
	sv, err := r.provider.Service(births)
	testkit.OK(r.t, err)
	return sv
}

// description makes a version of the births that answers these fields, all of
// them texts.
func description(version string, fields ...string) []byte {
	properties := make([]string, len(fields))
	for i, f := range fields {
		properties[i] = f + ": {type: string}"
	}
	return fmt.Appendf(nil, `openapi: 3.0.3
info: {title: Матична књига рођених, version: '%s', description: Одговара ко је када рођен.}
paths:
  /v1/births/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        200: {description: d, content: {application/json: {schema: {type: object, properties: {%s}}}}}
`, version, strings.Join(properties, ", "))
}

func signerOf(t testing.TB, name string) note.Signer {
	t.Helper()
	s, err := journal.NewSigner(name, testkit.Key(name))
	testkit.OK(t, err)
	return s
}

func verifierOf(t testing.TB, name string) note.Verifier {
	t.Helper()
	v, err := journal.NewKey(name, testkit.Key(name).Public().(ed25519.PublicKey))
	testkit.OK(t, err)
	return v
}
