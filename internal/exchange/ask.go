package exchange

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/registry"
)

// The paths and headers of the protocol between nodes.
const (
	questionPath  = "/dobosh/1/question"
	messageHeader = "Dobosh-Message"
	stampHeader   = "Dobosh-Stamp"
)

// Ask is one question to another institution's data service.
type Ask struct {
	Client   registry.ID // subsystem of this node's member
	Service  registry.ID
	Method   string
	Path     string // raw, with its leading slash
	Query    string
	Type     string // media type of Body
	Accept   string // media types of the answer, as in the header
	Body     []byte
	Purpose  string      // of the contract to ask under; empty for the first that covers the question
	Matter   string      // the case or event in which is asked
	Role     string      // who stands behind the question
	Subjects []string    // persons concerned in [ReceiptSector], where the asker knows them
	ID       string      // empty for a new one
	Message  string      // id that the information system gave the question, if any
	Headers  []Header    // that the information system gets besides; those of one connection are left out
	Behalf   registry.ID // consumer for whom a delegate asks; zero for itself
	Upload   io.Reader   // a long body, read once, instead of Body; nil for none
	Trace    string      // W3C traceparent; may be empty
	Node     string      // name of the node of the provider that must be asked; empty for any
}

// Answer is what came back, and how it can be proved.
type Answer struct {
	Reply   Reply
	Body    []byte
	Origin  string        // log of the provider
	Index   int64         // of the reply in it
	Headers []Header      // of the information system, as far as they may leave; the type stands in the reply
	Stream  io.ReadCloser // a long body, proved as it flows; nil when Body holds it; the caller closes it
	Hops    []Hop
}

// Ask asks and returns when the answer is here and proved. Errors are
// problems: they say whether the asker, the provider or the information
// system behind it has to act.
func (g *Gateway) Ask(ctx context.Context, a Ask) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, g.Deadline)
	defer cancel()
	question, node, err := g.prepare(a)
	if err != nil {
		return Answer{}, err
	}
	meta, err := encodeQuestion(question, a.Body)
	if err != nil {
		return Answer{}, err
	}
	stamp, err := g.Journal.Append(ctx, journal.Entry{Kind: "question", ID: question.ID, At: question.At, Subjects: a.Subjects, Meta: meta, Body: a.Body})
	if err != nil {
		return Answer{}, problem.New(problem.Unavailable, "journal-away").Because(err)
	}
	answer, raw, err := g.send(ctx, node, question, meta, stamp, a.Body)
	if err != nil {
		return Answer{}, err
	}
	g.record(ctx, question, a.Subjects, raw, answer)
	if answer.Reply.Refusal != nil {
		return answer, answer.Reply.Refusal.problem()
	}
	return answer, nil
}

// encodeQuestion gives the bytes that the journal commits to, if another node
// would take the question.
func encodeQuestion(q Question, body []byte) ([]byte, error) {
	if err := q.check(); err != nil {
		return nil, problem.New(problem.Invalid, "service-path").Because(err)
	}
	meta, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	if len(meta) > maxHeader || len(body) > maxBody {
		return nil, problem.New(problem.TooLarge, "question-too-large")
	}
	return meta, nil
}

// prepare finds the node to ask and the contract to ask under.
func (g *Gateway) prepare(a Ask) (Question, registry.Node, error) {
	state := g.State()
	if err := g.fresh(); err != nil {
		return Question{}, registry.Node{}, err
	}
	if a.Client.Owner() != g.Member || !state.HasSubsystem(a.Client) {
		return Question{}, registry.Node{}, problem.New(problem.Forbidden, "client-unknown", "client", a.Client.String())
	}
	nodes := state.Nodes(a.Service)
	if len(nodes) == 0 || !state.HasSubsystem(a.Service.System()) {
		return Question{}, registry.Node{}, problem.New(problem.NotFound, "provider-unknown", "service", a.Service.String())
	}
	if _, known := state.Service(a.Service); !known {
		return Question{}, registry.Node{}, problem.New(problem.NotFound, "service-unknown", "service", a.Service.String())
	}
	contract, err := g.choose(state, a)
	if err != nil {
		return Question{}, registry.Node{}, err
	}
	if a.ID == "" {
		a.ID = id.New()
	}
	return Question{
		Version: Version, ID: a.ID, At: g.Now(), Client: a.Client, Service: a.Service, Contract: contract.ID,
		Method: a.Method, Path: a.Path, Query: a.Query, Type: a.Type, Accept: a.Accept, Message: a.Message,
		Purpose: contract.Purpose, Provision: contract.Provision, Matter: a.Matter, Role: a.Role,
	}, nodes[0], nil
}

// fresh refuses to go on with a registry that nobody has confirmed for long.
func (g *Gateway) fresh() error {
	if age := g.Now().Sub(g.Contact()); age > g.Stale {
		return problem.New(problem.Unavailable, "registry-outdated")
	}
	return nil
}

// choose takes the first contract that lets the question through. Where none
// does, the error of the one that comes nearest says why.
func (g *Gateway) choose(state *registry.State, a Ask) (registry.Contract, error) {
	nearest := error(problem.New(problem.Forbidden, "contract-missing", "client", a.Client.String(), "service", a.Service.String()))
	for _, c := range state.Between(a.Client, a.Service) {
		if c.Service != a.Service.Service || a.Purpose != "" && c.Purpose != a.Purpose {
			continue
		}
		if _, covered := covers(c, a.Method, a.Path); !covered {
			continue
		}
		err := g.standing(c)
		if err == nil {
			return c, nil
		}
		nearest = err
	}
	return registry.Contract{}, nearest
}

// Standing reports why a contract does not hold on a day: its own period, or
// the provision on which it rests.
func Standing(c registry.Contract, law Law, day civil.Day) error {
	if day.Before(c.From) {
		return problem.New(problem.Forbidden, "contract-not-begun", "contract", c.ID, "day", c.From.String())
	}
	if !c.Holds(day) {
		return problem.New(problem.Forbidden, "contract-ended", "contract", c.ID, "day", c.To.String())
	}
	return law.InForce(c.Provision, day)
}

func (g *Gateway) standing(c registry.Contract) error { return Standing(c, g.Law, civil.Of(g.Now())) }

// send carries the question to the node and proves the answer.
func (g *Gateway) send(ctx context.Context, node registry.Node, q Question, meta []byte, stamp journal.Stamp, body []byte) (Answer, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+node.Address+questionPath, bytes.NewReader(body))
	if err != nil {
		return Answer{}, nil, err
	}
	req.Header.Set(messageHeader, encodeHeader(meta))
	req.Header.Set(stampHeader, stamp.Text())
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := g.client(node.TLS).Do(req)
	if err != nil {
		return Answer{}, nil, away(ctx, node, err)
	}
	defer func() { _ = resp.Body.Close() }() // read only
	payload, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return Answer{}, nil, away(ctx, node, err)
	}
	if err := ctx.Err(); err != nil { // what comes when nobody waits any more is late, whatever it says
		return Answer{}, nil, away(ctx, node, err)
	}
	if resp.StatusCode != http.StatusOK {
		return Answer{}, nil, g.unproved(node, resp.StatusCode, payload)
	}
	return g.prove(node, q, leaf(stamp, meta, body), resp.Header, payload)
}

func away(ctx context.Context, node registry.Node, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return problem.New(problem.Timeout, "node-slow", "body", node.Member.String()).Because(err)
	}
	return problem.New(problem.Unavailable, "node-away", "body", node.Member.String()).Because(err)
}

// unproved reads a refusal that came before the protocol got as far as a
// proof, for example because the clocks differ.
func (g *Gateway) unproved(node registry.Node, status int, payload []byte) error {
	var r Refusal
	if err := strict(payload, &r); err != nil || r.Code == "" {
		return problem.New(problem.BadGateway, "node-answer-broken", "body", node.Member.String()).Because(fmt.Errorf("status %d: %w", status, errMessage))
	}
	return r.problem()
}

// prove accepts an answer only if it is the provider's own, in its log, and
// to this very question.
func (g *Gateway) prove(node registry.Node, q Question, asked string, h http.Header, body []byte) (Answer, []byte, error) {
	broken := func(err error) (Answer, []byte, error) {
		return Answer{}, nil, problem.New(problem.BadGateway, "node-answer-broken", "body", node.Member.String()).Because(err)
	}
	if len(body) > maxBody {
		return broken(errors.New("the body is larger than agreed"))
	}
	meta, err := decodeHeader(h.Get(messageHeader))
	if err != nil {
		return broken(err)
	}
	stamp, origin, err := g.verify(node, h.Get(stampHeader), meta, body)
	if err != nil {
		return broken(err)
	}
	var reply Reply
	if err := strict(meta, &reply); err != nil {
		return broken(err)
	}
	if err := reply.check(); err != nil {
		return broken(err)
	}
	if reply.ID != q.ID || reply.Question != asked {
		return broken(errors.New("the answer belongs to another question"))
	}
	return Answer{Reply: reply, Body: body, Origin: origin, Index: stamp.Index}, meta, nil
}

// verify checks that a message is in the log of a node, and names the log.
func (g *Gateway) verify(node registry.Node, text string, meta, body []byte) (stamp journal.Stamp, origin string, err error) {
	verifier, origin, err := g.verifier(node.Log)
	if err != nil {
		return stamp, "", err
	}
	if stamp, err = journal.ParseStamp(text); err != nil {
		return stamp, "", err
	}
	return stamp, origin, verifier.Verify(stamp, sha256.Sum256(meta), sha256.Sum256(body))
}

// leaf names a message by its leaf in its sender's log.
func leaf(s journal.Stamp, meta, body []byte) string {
	hash := s.Leaf(sha256.Sum256(meta), sha256.Sum256(body))
	return base64.StdEncoding.EncodeToString(hash[:])
}

// record writes the answer into the asker's own journal. The question stands
// there already, so an answer that cannot be written is told to the log and
// does not take the answer away from the asker.
func (g *Gateway) record(ctx context.Context, q Question, subjects []string, raw []byte, a Answer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if _, err := g.Journal.Append(ctx, journal.Entry{Kind: "reply", ID: q.ID, At: g.Now(), Subjects: subjects, Meta: raw, Body: a.Body}); err != nil {
		g.Log.ErrorContext(ctx, "the answer is not in the journal", attr("exchange", q.ID), attr("error", err.Error()))
	}
}
