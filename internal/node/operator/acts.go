package operator

import (
	"encoding/json"
	"time"

	"dobosh/internal/admission"
	"dobosh/internal/kit/lang"
	"dobosh/internal/registry"
)

// Act is something that a node can be asked to do, with what it needs to know
// and what it answers.
type Act[In, Out any] struct {
	name string
	took time.Duration // the longest that it may take
}

// quick is how long an act may take that waits for the authority at most.
const quick = 30 * time.Second

// The acts.
func Token() Act[Grant, Made]            { return Act[Grant, Made]{"token", quick} }
func Revoke() Act[Revocation, Told]      { return Act[Revocation, Told]{"revoke", quick} }
func Maintain() Act[Maintenance, Report] { return Act[Maintenance, Report]{"maintenance", quick} }
func Rotate() Act[Rotation, Rotated] {
	return Act[Rotation, Rotated]{"rotate", 3*LongestWait + 2*quick}
}
func Enact() Act[Enactment, Enacted] { return Act[Enactment, Enacted]{"enact", quick} }
func Do() Act[Doing, Outcome]        { return Act[Doing, Outcome]{doing, 2 * quick} }
func Status() Act[Done, Report]      { return Act[Done, Report]{"status", quick} }

// doing is the act that carries acts of rooms, and with them files.
const doing = "do"

// Doing is an act of a room, by its name, with values for its fields; those of files
// stand apart.
type Doing struct {
	Act    string              `json:"act"`
	Values map[string][]string `json:"values,omitempty"`
	Files  map[string][]byte   `json:"files,omitempty"`
}

// Outcome is what came of it, as programs would read it.
type Outcome struct {
	Value json.RawMessage `json:"value"`
}

// Done has nothing to say.
type Done struct{}

// Grant is whom a token lets in.
type Grant struct {
	Member     registry.ID   `json:"member"`
	Node       string        `json:"node"`
	Title      lang.Text     `json:"title,omitempty"`
	Subsystems []string      `json:"subsystems,omitempty"`
	Addresses  string        `json:"addresses,omitempty"` // pattern; empty for any address
	Life       time.Duration `json:"life,omitempty"`      // zero for the usual one
}

// Made is a token. Its text is shown once.
type Made struct {
	Text  string    `json:"text"`
	Until time.Time `json:"until"`
}

// Revocation takes a node out of the registry.
type Revocation struct {
	Member registry.ID `json:"member"`
	Node   string      `json:"node"`
	Why    string      `json:"why"`
}

// Enactment states instruments.
type Enactment struct {
	Instruments []registry.Instrument `json:"instruments"`
}

// Enacted says what was stated.
type Enacted struct {
	New  int   `json:"new"`  // instruments that are new, or were changed
	Size int64 `json:"size"` // statements of the registry

	Heard int `json:"heard"` // other nodes that have them
	Nodes int `json:"nodes"` // other nodes
}

// Told says how far what the authority said has come.
type Told struct {
	Heard      int  `json:"heard"`      // other nodes that have it
	Nodes      int  `json:"nodes"`      // other nodes
	Uncosigned bool `json:"uncosigned"` // too few witnesses have cosigned it yet
}

// Maintenance lets a node take no new questions, or take them again.
type Maintenance struct {
	On     bool      `json:"on"`
	Until  time.Time `json:"until,omitzero"`   // then it ends by itself; zero for never
	Notice lang.Text `json:"notice,omitempty"` // what askers are told; empty for when it ends
}

// LongestWait bounds [Rotation.Wait].
const LongestWait = admission.LongestWait

// Rotation replaces keys of a node.
type Rotation struct {
	TLS  bool          `json:"tls"`
	Log  bool          `json:"log"`
	Wait time.Duration `json:"wait"` // for the other nodes to hear of the new keys; at most five minutes
}

// Rotated says by what the node is known now; empty for what was not replaced.
type Rotated struct {
	TLS string `json:"tls,omitempty"` // pin
	Log string `json:"log,omitempty"` // verifier key
}

// Report is how a node is.
type Report struct {
	Node        string        `json:"node"`
	Member      registry.ID   `json:"member"`
	Version     string        `json:"version"`
	At          time.Time     `json:"at"`
	Since       time.Time     `json:"since"`          // it runs
	State       string        `json:"state"`          // "serving", "maintenance", "draining", or "unregistered" while the registry does not have it
	Until       time.Time     `json:"until,omitzero"` // the maintenance ends by itself
	Registry    RegistryState `json:"registry"`
	Journal     JournalState  `json:"journal"`
	Witnesses   []Witness     `json:"witnesses"`
	Certificate Certificate   `json:"certificate"`
	Peers       []Peer        `json:"peers"` // at most 100, without those of the node itself
	MorePeers   int           `json:"more_peers,omitempty"`
	Connections Connections   `json:"connections"`
}

// MaxPeers bounds the nodes that a report lists.
const MaxPeers = 100

// RegistryState is what a node knows of the others.
type RegistryState struct {
	Authority  bool      `json:"authority"` // the node keeps it
	Statements int64     `json:"statements"`
	Confirmed  time.Time `json:"confirmed,omitzero"` // last known to be current; zero for never
	StopsAt    time.Time `json:"stops_at,omitzero"`  // the exchange stops then unless it is confirmed; zero at the authority
	Forked     bool      `json:"forked"`
	Uncosigned int64     `json:"uncosigned,omitempty"` // statements of which only revocations count yet: too few witnesses have cosigned them
}

// JournalState is how the log is.
type JournalState struct {
	Key     string `json:"key"`
	Entries int64  `json:"entries"`
	Fault   string `json:"fault,omitempty"` // why it takes nothing any more
}

// Witness is how far one witness is.
type Witness struct {
	Name  string    `json:"name"`
	Size  int64     `json:"size"`        // entries that it cosigned
	At    time.Time `json:"at,omitzero"` // when; zero for never
	Fault string    `json:"fault,omitempty"`
}

// Certificate is what the node shows.
type Certificate struct {
	Pin     string    `json:"pin"`
	Issuer  string    `json:"issuer,omitempty"` // empty when the node signed it itself
	From    time.Time `json:"from"`
	Until   time.Time `json:"until"`
	RenewAt time.Time `json:"renew_at,omitzero"`
	Fault   string    `json:"fault,omitempty"` // code of why the last renewal failed
}

// Peer is another node of the registry.
type Peer struct {
	Member  registry.ID `json:"member"`
	Node    string      `json:"node"`
	Address string      `json:"address"`
	State   string      `json:"state"`
}

// Connections are those that are open between this node and others.
type Connections struct {
	Asking    int `json:"asking"`    // over which this node asks
	Answering int `json:"answering"` // over which it is asked
	Streams   int `json:"streams"`   // exchanges under way over them
}
