package cases

import (
	"context"
	"embed"
	"io/fs"
	"sync"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/files"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/registry"
	"dobosh/internal/storage"
	"dobosh/internal/work"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations are the tables of the room.
func Migrations() fs.FS { return migrations }

//go:embed words/*.json
var wordFiles embed.FS

// Words are the sentences of the room.
func Words() lang.Words { return lang.Words{Room: "cases", Files: wordFiles} }

// said are the sentences that the room keeps in every language, as in what it sends.
var said = sync.OnceValue(func() *lang.Catalogue { return lang.Must(Words()) })

// Notifier tells a person, within the transaction that gives the reason.
type Notifier interface {
	Send(ctx context.Context, tx *storage.Tx, n notify.Notice) error
	// SendAll is Send for up to [notify.MostAtOnce] together.
	SendAll(ctx context.Context, tx *storage.Tx, notices ...notify.Notice) error
}

// Looks leaves a receipt that somebody of a body saw the case of a person, before they
// see it. What was seen is named by JSON pointers, where it is more than the case itself.
type Looks interface {
	Looked(ctx context.Context, by act.Actor, c Case, seen ...string) error
}

// Config is what the room needs.
type Config struct {
	Member    registry.ID // that answers for cases that begin here
	Prefix    string      // of the numbers of cases, "ZR"
	Phone     string      // that people call for help; empty for none
	ByMail    bool        // what people are told can be answered by mail
	PublicURL string      // where people reach the portal, without a slash at the end
	Title     func(registry.ID) lang.Text
	Pack      *law.Pack
	DB        *storage.DB
	Key       *seal.Sealer // of what is said in cases; the same on all nodes of the member
	Files     files.Store  // of what is added to cases; nil where no files are taken
	Notifier  Notifier     // nil where no notices are sent
	Officers  Officers     // nil where nobody knows them: then nobody is away
	Journal   Journal      // nil where outcomes on the page of a case are kept in the database alone
	Work      *work.Runner // does what comes later; nil where nobody is reminded, no term ends by itself and officers decide nothing
	Sure      func() bool  // whether the clock of the node is believed, so that a term may end by it; nil for always
	Now       clock.Now

	Pseudonyms Pseudonyms // nil where nobody is found by their number
	NameKey    []byte     // by which names are found; the same on all nodes of the member; empty where none are kept
	Addresses  Addresses  // nil where nobody knows how people are reached
	Deliveries Deliveries // knows when outcomes reached their parties; nil where no notices are sent
}

// Room is the room of cases on one node. It is safe for concurrent use.
type Room struct {
	Config
	looks  Looks // set once, before anything is served
	enacts map[string]Enacts
	ends   map[string]Ends        // by kind
	leaves []Reduces              // what other rooms keep beside a case
	marks  *work.Queue[mark]      // nil without work
	drafts *work.Queue[work.None] // what was decided comes to hold; the ref is that of the draft
	meant  func() *meanings
}

// New makes the room and registers what clocks and decisions do in it later.
func New(cfg Config) *Room {
	r := &Room{Config: cfg, enacts: map[string]Enacts{}, ends: map[string]Ends{}, meant: sync.OnceValue(func() *meanings { return newMeanings(cfg.Pack) })}
	r.drafts = &work.Queue[work.None]{Name: "cases.drafts", Workers: 4, Do: r.holdLater}
	if cfg.Work != nil {
		r.marks = &work.Queue[mark]{Name: "cases.marks", DoAll: r.strike, Batch: marksAtOnce}
		cfg.Work.Register(r.marks, work.Every("cases.unmarked", time.Hour, r.markOld), work.Every("cases.fold", foldEvery, r.Fold))
		cfg.Work.Register(r.drafts, work.Every("cases.orphans", 5*time.Minute, r.FreeOrphans))
	}
	return r
}

// WatchedBy has looks of officers leave receipts. It is called once, before anything is
// served: without it officers see no case of a person.
func (r *Room) WatchedBy(l Looks) { r.looks = l }
