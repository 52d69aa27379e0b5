package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/act/budget"
	"dobosh/internal/admission"
	admissionpages "dobosh/internal/admission/pages"
	"dobosh/internal/api"
	"dobosh/internal/bus"
	"dobosh/internal/cases"
	casepages "dobosh/internal/cases/pages"
	"dobosh/internal/catalogue"
	cataloguepages "dobosh/internal/catalogue/pages"
	"dobosh/internal/contracts"
	contractpages "dobosh/internal/contracts/pages"
	"dobosh/internal/exchange"
	"dobosh/internal/exchange/edge"
	"dobosh/internal/exchange/events"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/exchange/link"
	"dobosh/internal/exchange/oversight"
	exchangepages "dobosh/internal/exchange/pages"
	"dobosh/internal/exchange/recall"
	"dobosh/internal/exchange/turnstile"
	"dobosh/internal/identity"
	identitypages "dobosh/internal/identity/pages"
	"dobosh/internal/journal"
	"dobosh/internal/keys"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/kit/trace"
	"dobosh/internal/law"
	"dobosh/internal/notify"
	"dobosh/internal/notify/mailbox"
	"dobosh/internal/participation"
	"dobosh/internal/portal"
	"dobosh/internal/receipts"
	receiptpages "dobosh/internal/receipts/pages"
	"dobosh/internal/registry"
	"dobosh/internal/registry/credential"
	registrypages "dobosh/internal/registry/pages"
	"dobosh/internal/rules"
	searchpages "dobosh/internal/search/pages"
	"dobosh/internal/security"
	"dobosh/internal/services"
	servicepages "dobosh/internal/services/pages"
	"dobosh/internal/storage"
	"dobosh/internal/words"
	"dobosh/internal/work"
	"dobosh/packs"

	"github.com/prometheus/client_golang/prometheus"
)

// Version is written into health answers; the build may replace it.
const Version = "0.1"

// Node is one running institution.
type Node struct {
	base
	rooms   rooms
	behind  systems  // the information systems that answer here
	brought []Brings // by the rooms, in the order of opening
	servers []*server
	say     problem.Say
	watch   *security.Log   // nil where nobody watches
	spans   *trace.Exporter // nil where traces are not kept

	ending   sync.Once
	draining chan struct{}   // closed when the node begins to end
	work     context.Context // of everything that runs; ends with stop
	stop     context.CancelFunc
	done     sync.WaitGroup
}

// rooms are those that are looked at from outside.
type rooms struct {
	journal    *journal.Log
	stream     *bus.Bus
	centre     centre
	gate       gate
	gateway    *exchange.Gateway
	sectors    *identity.Sectors
	identity   *identity.Identity // nil where nobody signs in
	oversight  *oversight.Room
	services   *services.Room // nil where none are given
	conditions conditions
}

// Identity gives roles and takes them; nil where nobody signs in.
func (n *Node) Identity() *identity.Identity { return n.rooms.identity }

// Origin is the name of the journal of a node.
func Origin(member registry.ID, name string) string { return member.String() + "/" + name }

// receiptKinds are the entries of the journal that people see as looks.
func receiptKinds() []string { return []string{"answer", "act"} }

// Purpose and provision under which an auditor takes evidence: the duty of the
// institution to show that it processes data lawfully (ZZPL, art. 5(2)).
const (
	auditPurpose   = "oversight"
	auditProvision = "zzpl/5/2"
)

// tables are those of all rooms, and of guests.
func tables(guests []Guest) []fs.FS {
	all := []fs.FS{
		migrations, keys.Migrations(), bus.Migrations(), api.Migrations(), budget.Migrations(), turnstile.Migrations(), work.Migrations(), journal.Migrations(), identity.Migrations(), registry.Migrations(), admission.Migrations(),
		contracts.Migrations(), catalogue.Migrations(), oversight.Migrations(), events.Migrations(), notify.Migrations(), mailbox.Migrations(), cases.Migrations(), services.Migrations(), receipts.Migrations(), participation.Migrations(),
	}
	for _, guest := range guests {
		for _, tables := range guest.Tables {
			all = append(all, storage.Beside(tables))
		}
	}
	return all
}

// New opens everything that the node keeps, and what guests bring: each room is
// given what it needs and gives what it brings. Nothing is served yet. On an error
// everything is closed again.
func New(ctx context.Context, cfg Config, now clock.Now, log *slog.Logger, guests ...Guest) (*Node, error) {
	log = log.With(slog.String("node", cfg.Name))
	n := &Node{base: base{cfg, now, cfg.agreement(now), log}, draining: make(chan struct{})}
	if err := n.open(ctx, guests); err != nil {
		return nil, errors.Join(fmt.Errorf("node %s: %w", cfg.Name, err), n.Close())
	}
	return n, nil
}

func (n *Node) open(ctx context.Context, guests []Guest) error {
	b, cfg, now, log := n.base, n.Config, n.now, n.log

	// The law, and the words in which everything is said.
	pack, err := ReadPack(cfg.Pack)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	var foreign []lang.Words
	for _, guest := range guests {
		foreign = append(foreign, guest.Words...)
	}
	words, err := words.Of(foreign...)
	if err != nil {
		return err
	}

	// What the node is known by.
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return err
	}
	logKey, err := credential.ReadKey(cfg.Keys.Log)
	if err != nil {
		return err
	}
	signer, err := journal.NewTurningSigner(Origin(cfg.Member, cfg.Name), logKey)
	if err != nil {
		return err
	}
	tlsKey, err := credential.ReadKey(cfg.Keys.TLS)
	if err != nil {
		return err
	}
	own, err := credential.Own(cfg.Dir, tlsKey, cfg.Name, now())
	if err != nil {
		return err
	}
	var c centre // is asked when somebody connects
	holder := credential.NewHolder(own, func() *registry.State { return c.State() }, now)
	sectors, err := identity.LoadSectors(cfg.Sectors)
	if err != nil {
		return err
	}

	// What proves everything. It belongs to one process, so what follows is not
	// touched by a second one.
	former, err := cfg.FormerKeys()
	if err != nil {
		return err
	}
	_, _, known, err := cfg.Evidence()
	if err != nil {
		return err
	}
	logged, err := cfg.journal()
	if err != nil {
		return err
	}
	logged.Key, logged.Former, logged.Known = logKey, former, known
	book, err := journal.Open(ctx, logged, now, log)
	if err != nil {
		return b.damaged(err)
	}
	n.take(Brings{
		Work: []func(context.Context){
			func(ctx context.Context) { book.KeepSwept(ctx, now, n.agreed.Sure, log) },
			func(ctx context.Context) { book.KeepArchived(ctx, log) },
		},
		Vital: []func(context.Context) error{book.Failed},
		Close: book.Close,
	}, nil)

	// Where everything is kept, what moves it, and what is done later.
	where, err := cfg.storage()
	if err != nil {
		return err
	}
	db, err := storage.Open(ctx, where, log, tables(guests)...)
	if err != nil {
		return err
	}
	n.say = words.Say
	n.take(Brings{Close: db.Close}, nil)
	shared := keys.Keys{DB: db, Dir: cfg.Dir}
	formKey, err := shared.Key(ctx, "forms")
	if err != nil {
		return err
	}
	n.watch, err = openWatch(ctx, b, shared)
	if err := n.take(Brings{Close: n.watch.Close}, err); err != nil {
		return err
	}
	answers := api.NewAnswers(db, now)
	jobs := work.New(db, now, log, cfg.Name)
	jobs.Register(work.Every("api-answers", time.Hour, n.surely(answers.Forget)))
	jobs.Register(work.Every("receipts.forget", 24*time.Hour, n.surely(n.forgetReceipts(db, book))))
	stream, err := bus.Start(ctx, bus.Config{Dir: filepath.Join(cfg.Dir, "bus"), Name: cfg.Name, Cluster: cfg.Bus.cluster()}, log)
	if err != nil {
		return err
	}
	if err := stream.Settle(ctx, db); err != nil {
		return errors.Join(err, stream.Close())
	}
	var relay *bus.Relay // while the node runs
	jobs.Register(work.Every("bus.clean", bus.CleanEvery, n.surely(func(ctx context.Context) error { return relay.Clean(ctx) })))
	n.take(Brings{
		Start:   func(context.Context) (err error) { relay, err = stream.Relay(db, now); return err },
		Figures: []prometheus.Collector{newQueueGauges(jobs)},
		Work:    []func(context.Context){jobs.Run},
		Vital:   []func(context.Context) error{stream.Failed},
		Close:   stream.Close,
	}, nil)

	// Whether they say the same.
	together, err := openTruth(ctx, b, db, book)
	if err != nil {
		return err
	}
	if together.was.Database {
		stream.Anew()
	}

	// Who is who, and who is let in.
	var brings Brings
	c, brings, err = openCentre(ctx, b, db, holder, signer)
	if err := n.take(brings, err); err != nil {
		return err
	}
	if !together.was.Database { // a copy of the registry may be older than the keys
		if err := b.known(c.State(), holder.Pin()); err != nil {
			return err
		}
	}
	b.certify(ctx, c.State, holder)
	if err := together.hear(ctx, holder, c.State()); err != nil {
		return err
	}
	g, brings, err := openGate(ctx, b, db, c, holder, watched{book, n.watch})
	if err := n.take(brings, err); err != nil {
		return err
	}
	inForce := registry.Law{Pack: pack, State: c.State}
	title := titles(c, pack)

	// How institutions ask each other.
	meter, exchanges := oversight.NewMeter(now), newExchangeMetrics()
	n.spans = openTraces(b)
	n.take(Brings{Close: n.spans.Close}, nil)
	gateway := exchange.New(exchange.Config{
		Member: cfg.Member, Node: cfg.Name, Credential: holder, State: c.State, Contact: func() time.Time { return c.contact(now()) }, Stale: cfg.Registry.Stale,
		Journal: book, Law: inForce, Sectors: sectors, Systems: n.behind.find, Now: now, Log: log,
		Observe: func(o exchange.Observation) {
			if o.Service != (registry.ID{}) { // otherwise it was a message that nobody could read
				meter.Observe(o)
			}
			exchanges.observe(o)
			noteExchange(n.watch, o)
			noteSpans(n.spans, o)
		},
		Traces:     cfg.Traces != nil,
		DB:         db,
		Checkpoint: func() []byte { return []byte(c.Checkpoint()) },
		Gossip:     func(checkpoint []byte) error { return c.Compare(context.Background(), checkpoint) },
	})
	jobs.Register(work.Every("exchange.forget", 10*time.Minute, n.surely(gateway.Forget)))
	n.take(Brings{
		Figures: []prometheus.Collector{exchanges.total, exchanges.seconds, exchanges.hops},
		Start:   gateway.Join,
		Work:    []func(context.Context){gateway.Remember, func(ctx context.Context) { partFromStrangers(ctx, c, gateway) }},
		Close:   func() error { gateway.Close(); return nil },
	}, nil)
	recalled := recall.New(recall.Room{Journal: book, Peer: func(r *http.Request) (registry.Node, error) { return holder.Peer(r.TLS) }, Continued: gateway.Continued, Log: log})
	n.take(Brings{
		Peers: map[string]http.Handler{"GET " + recall.Path: http.HandlerFunc(recalled.ServeMessages), "POST " + recall.ContinuePath: http.HandlerFunc(recalled.ServeContinuation)},
		Work:  []func(context.Context){func(ctx context.Context) { together.hearLater(ctx, c.State, holder.Own) }},
	}, nil)
	brings, err = openPrograms(b)
	if err := n.take(brings, err); err != nil {
		return err
	}
	happening, brings, err := openEvents(b, db, stream, jobs, gateway)
	if err := n.take(brings, err); err != nil {
		return err
	}

	jobs.Register(work.Every("bus.mend", bus.MendEvery, func(ctx context.Context) error { return relay.Mend(ctx, happening.Refetch) }))

	// Who vouches for this node, and for whom it vouches.
	watching, brings, err := openWitness(b, witnessedLogs{c, b.WitnessLogs})
	if err := n.take(brings, err); err != nil {
		return err
	}
	cosigners, brings, err := openWitnesses(ctx, b, book, holder)
	if err := n.take(brings, err); err != nil {
		return err
	}
	publishing, brings, err := openPublishing(ctx, b, c, holder)
	if err := n.take(brings, err); err != nil {
		return err
	}
	stamps, brings, err := openStamps(ctx, b, book)
	if err := n.take(brings, err); err != nil {
		return err
	}
	gossip := registry.Gossip{Registry: c.Registry, Self: cfg.Member, Every: cfg.Registry.every(), Ask: registry.AskCheckpoint(g.client), Log: log}
	n.take(Brings{Work: []func(context.Context){gossip.Run}}, nil)
	over := &oversight.Room{
		Member: cfg.Member, DB: db, Journal: watched{book, n.watch}, Meter: meter, Purpose: auditPurpose, Provision: auditProvision, Now: now,
		Evidences: &evidence.Room{Journal: book, Registry: c, Signer: signer, Now: now, Translate: sectors.Translate, Cosigned: cosigners.soon, Stamped: cfg.stamped},
	}

	// What there is to ask for, and by which right.
	builtIn := [][]byte{receipts.Description()}
	for _, guest := range guests {
		builtIn = append(builtIn, guest.Descriptions...)
	}
	listed, brings, err := openCatalogue(ctx, b, db, c, g, pack, builtIn)
	if err := n.take(brings, err); err != nil {
		return err
	}
	agreed := contracts.New(contracts.Config{
		Member: cfg.Member, DB: db, Work: jobs, State: c.State, Registry: c.submit, Courier: contracts.HTTP{Client: g.client},
		Law: pack, Signer: signer, Journal: watched{book, n.watch}, Descriptions: offered{listed}, Now: now, Log: log,
	})
	n.take(Brings{
		Peers: map[string]http.Handler{"POST " + contracts.Path: agreed.Handler(g.member)},
		Work:  []func(context.Context){agreed.Follow},
	}, nil)
	interfaces := programs{b, answers, words.Say, n.watch}
	brings, err = interfaces.contracts(agreed)
	if err := n.take(brings, err); err != nil {
		return err
	}
	brings, err = interfaces.catalogue(listed)
	if err := n.take(brings, err); err != nil {
		return err
	}
	brings, err = interfaces.events(happening)
	if err := n.take(brings, err); err != nil {
		return err
	}

	// People: how word reaches them, and who signs in.
	demonstration := slices.ContainsFunc(guests, func(g Guest) bool { return g.Demonstration })
	var courier *notify.Courier
	if cfg.Mail != nil {
		if courier, err = notify.New(*cfg.Mail, db, jobs, now, log); err != nil {
			return err
		}
		mark := func(tag lang.Tag) string {
			if !demonstration {
				return ""
			}
			return words.Say(tag, "paper.notice")
		}
		brings, err := n.openNotices(ctx, courier, shared, mark)
		if err := n.take(brings, err); err != nil {
			return err
		}
	}
	var people *identity.Identity
	if cfg.SignIn != nil {
		met := identity.Needs{
			Member: cfg.Member.String(), DB: db, Journal: watched{book, n.watch}, Sectors: sectors, Now: now, Log: log, Watch: n.watch, Work: jobs, Title: title(cfg.Member),
		}
		if met.ContactKey, err = shared.Key(ctx, "contacts"); err != nil {
			return err
		}
		if courier != nil {
			met.Post, met.Phones, met.Book = codes{courier, cfg.SMS, cfg.PublicURL}, cfg.SMS != nil, addresses{courier}
		}
		if people, err = identity.New(ctx, *cfg.SignIn, met); err != nil {
			return err
		}
		n.take(Brings{Close: people.Close}, nil)
	}

	// What is here as a guest, and what the institution does itself.
	host := Host{Member: cfg.Member, Pack: pack, DB: db, Gateway: gateway, Sectors: sectors, Courier: courier, Words: words, Keys: shared, Now: now, Log: log}
	for _, guest := range guests {
		brings, err = guest.Open(ctx, host)
		if err := n.take(brings, err); err != nil {
			return err
		}
	}
	trust := believed{b, c}
	spoken, err := shared.Key(ctx, "cases")
	if err != nil {
		return err
	}
	names, err := shared.Key(ctx, "names")
	if err != nil {
		return err
	}
	matters, err := n.openCases(pack, db, jobs, watched{book, n.watch}, courier, people, sectors, spoken, names, title)
	if err != nil {
		return err
	}
	jobs.Register(work.Daily("cases.retention", 3*time.Hour, n.surely(matters.Retain)))
	jobs.Register(work.Daily("cases.strays", 4*time.Hour, n.surely(matters.RemoveStrays)))
	watch := &receipts.Watch{Member: cfg.Member, DB: db, Journal: watched{book, n.watch}, Now: now}
	jobs.Register(work.Daily("looks.forget", 3*time.Hour, watch.Forget))
	sealing, err := shared.Key(ctx, "copies")
	if err != nil {
		return err
	}
	copied, err := seal.New(sealing)
	if err != nil {
		return err
	}
	asked, err := receipts.NewSystem(receipts.SystemConfig{
		Work: jobs, Files: matters.Files, Key: copied,
		Member: cfg.Member, DB: db, Pack: pack, Cases: matters, Journal: watched{book, n.watch}, Title: title, Sectors: sectors, Watch: watch, Now: now, Page: receiptpages.CopyPage,
	})
	if err != nil {
		return err
	}
	casePages, err := casepages.New(matters, pack)
	if err != nil {
		return err
	}
	questions, err := receiptpages.NewQuestions(asked)
	if err != nil {
		return err
	}
	answering := cfg.Member
	answering.Subsystem, answering.Service = "receipts", receipts.ServiceCode
	n.take(Brings{
		Systems: map[registry.ID]exchange.System{answering: exchange.Handler(asked.Handler())},
		Pages:   []portal.Room{casePages, questions},
		Start:   asked.Adopt,
	}, nil)
	voices, brings, err := openVoices(ctx, pack, db, shared, matters, now)
	if err := n.take(brings, err); err != nil {
		return err
	}
	answered, brings, err := openMailbox(ctx, b, db, jobs, shared, courier, people, matters)
	if err := n.take(brings, err); err != nil {
		return err
	}
	var given *services.Room
	if cfg.Services != nil {
		secret, err := shared.Key(ctx, "decisions")
		if err != nil {
			return err
		}
		key, err := seal.New(secret)
		if err != nil {
			return err
		}
		needs := services.Config{
			Member: cfg.Member, Prefix: cfg.Services.Prefix, PublicURL: cfg.PublicURL, Title: title, Account: cfg.Services.Account,
			Pack: pack, DB: db, Work: jobs, Asker: gateway, Journal: watched{book, n.watch}, Key: key, Witness: cosigners, Sectors: sectors, Trust: trust.proofs, Workers: cfg.Services.Workers,
			Now: now, Sure: n.agreed.Sure, Log: log, Demo: demonstration,
		}
		needs.Cases = matters
		needs.Looks = guarded{watch}
		unusual, err := receiptpages.NewWatch(watch)
		if err != nil {
			return err
		}
		given = services.New(needs)
		if courier != nil {
			courier.EncloseBy(given.PaperOf)
		}
		asker := cfg.Member
		asker.Subsystem = "portal"
		ids, err := shared.Key(ctx, "looks")
		if err != nil {
			return err
		}
		shown, err := seal.New(ids)
		if err != nil {
			return err
		}
		gathered := &receipts.Room{Portal: asker, State: c.State, Pack: pack, Asker: gateway, Words: listed, Now: now, Key: shown}
		gathered.Looks, gathered.Whys = receipts.NewBudgets(db, now)
		jobs.Register(work.Daily("budgets", 3*time.Hour, budget.Forget(db, now)))
		own, err := receiptpages.New(gathered)
		if err != nil {
			return err
		}
		offered, err := servicepages.New(given, papers{given, trust}, pack)
		if err != nil {
			return err
		}
		n.take(Brings{
			Pages: []portal.Room{offered, searchpages.New(matters, pack), own, unusual},
			Start: func(ctx context.Context) error { return given.Listen(ctx, stream) },
			Keeps: given.Keeps(),
			Work:  []func(context.Context){given.KeepSealed},
		}, nil)
		brings, err = interfaces.counter(given, stream, sectors)
		if err := n.take(brings, err); err != nil {
			return err
		}
	}

	matters.WatchedBy(looks{given, asked})
	asked.Holds(holdings(courier, people, given, voices)...)
	jobs.Register(work.Daily("looks.copies", 4*time.Hour, n.surely(asked.RemoveStrays)))
	if given != nil {
		matters.EnactedBy("services", given)
	}

	// What the operator does and sees.
	signed := &containers{base: b}
	rotation := &admission.Rotation{RotationConfig: admission.RotationConfig{
		Member: cfg.Member, Node: cfg.Name, Authority: c.authority != nil, TLSFile: cfg.Keys.TLS, LogFile: cfg.Keys.Log, Former: cfg.formerFile(),
		Registry: c.Registry, Submit: c.submit, Holder: holder, Renewer: g.renewer, Journal: book, Signer: signer, Rekeyed: signed.rekeyed,
		Beside: func(do func(context.Context)) { n.done.Go(func() { do(n.work) }) }, Log: log,
	}}
	d := &door{publishing: publishing, base: b, centre: c, gate: g, journal: book, witnesses: cosigners, gateway: gateway, rotation: rotation, words: words, since: now(), begun: time.Now()}
	if d.acts, err = actsOf(agreed, listed); err != nil {
		return err
	}
	whole := &integrity{db: db}
	vital := &vitals{log: log, parts: append(d.parts(db, stream, func() *bus.Relay { return relay }, jobs, whole, pack), part{"mailbox", answered.part})}
	n.take(Brings{Work: []func(context.Context){d.endPauses, rotation.Finish, n.stayKnown, vital.watch, whole.watch, func(ctx context.Context) { b.watchClock(ctx, d.askTime) }}}, nil)
	seen := conditions{door: d, oversight: over, stamps: stamps, title: title, vitals: vital}

	agreements, err := contractpages.New(contractpages.Deps{Contracts: agreed, Pack: pack, Announced: listed})
	if err != nil {
		return err
	}

	// What was said in the journal since the database last followed it.
	brings, err = together.settle(ctx, n.brought)
	if err := n.take(brings, err); err != nil {
		return err
	}

	// The pages of the rooms that others show something on, and the frame of all.
	queued, err := queuePages(cfg.Member, jobs)
	if err != nil {
		return err
	}
	dataServices, err := cataloguepages.New(cataloguepages.Deps{DataServices: listed, Pack: pack, Contracts: true, Public: c.authority != nil})
	if err != nil {
		return err
	}
	shown := []portal.Room{
		queued,
		exchangepages.New(exchangepages.Deps{Oversight: over, Conditions: seen, Events: happening, Pack: pack}),
		agreements,
		dataServices,
	}
	frame := portal.Config{
		Body: title(cfg.Member), Kind: "city", PublicURL: cfg.PublicURL, Help: portal.Help{Phone: cfg.Help.Phone, Counter: cfg.Help.Counter},
		FormKey: formKey, Banner: demonstration, Catalogue: words, Now: now, Log: log, Address: cfg.address(), Watch: n.watch,
	}
	if people != nil {
		frame.SignIn, frame.Sessions = people, people
		if people.ByContact() {
			frame.ByContact = identitypages.ByContact
		}
		given, err := identitypages.New(people)
		if err != nil {
			return err
		}
		shown = append(shown, given)
	}
	if c.authority != nil {
		frame.Kind = "supervisor"
		published := registrypages.Deps{State: c.State, Law: inForce, Pack: pack}
		if watching != nil {
			published.Witness = watching
		}
		shown = append(shown, registrypages.New(published), admissionpages.New(admission.Newcomers{Member: cfg.Member, Office: g.office}))
	}
	n.take(Brings{Pages: shown}, nil)
	front, err := n.portal(frame)
	if err != nil {
		return err
	}

	// Where everybody comes in.
	stamper, err := openStamper(ctx, b, c)
	if err != nil {
		return err
	}
	m := newMetrics(now, book, c, cosigners, n.watch, n.brought)
	m.registry.MustRegister(partFigures{vital})
	read, figures, err := cfg.Operations.figures(m.handler())
	if err != nil {
		return err
	}
	surfaces := []surface{
		{name: "portal", address: cfg.Listen.Portal, routes: vital.routes().all(front.Rows(), front)},
		{name: "exchange", address: cfg.Listen.Exchange, routes: n.peers(), tls: watchedTLS(n.watch, g.secure(link.Protocol)), protocols: g.protocols(gateway)},
		{name: "operations", address: cfg.Listen.Operations, routes: vital.routes().on("GET /metrics", read, figures).on("GET /openapi.json", act.Anyone(), http.HandlerFunc(describeOperations))},
		{name: "systems", address: cfg.Listen.Systems, routes: n.systems()},
	}
	if stamper != nil {
		surfaces = append(surfaces, surface{name: "time-stamps", address: cfg.TimeStampAuthority.Listen, routes: newRoutes().on("/", act.Anyone(), stamper)})
	}
	if watching != nil {
		surfaces = append(surfaces, surface{name: "witness", address: cfg.Listen.Witness, routes: newRoutes().on("POST /add-checkpoint", act.Anyone(), watching).on("GET /newest", act.Anyone(), watching)})
	}
	for _, s := range surfaces {
		if err := n.listen(ctx, m, gateway, s); err != nil {
			return err
		}
	}
	if cfg.Listen.Edge != "" || cfg.Edge.TLS != nil {
		if err := signed.certify(logKey); err != nil {
			return err
		}
		if err := n.listenEdge(ctx, m, edge.Config{
			Asker: gateway, Member: cfg.Member, State: c.State, Say: words.Say, Descriptions: listed, Log: log, Traces: n.spans != nil,
			InForce: func(contract registry.Contract) bool {
				return exchange.Standing(contract, inForce, civil.Of(now())) == nil
			},
			Archive: edge.Archive{Journal: watched{book, n.watch}, Signer: signed.signer.Load, Now: now},
		}); err != nil {
			return err
		}
	}
	if err := n.listenOperator(ctx, d); err != nil {
		return err
	}
	n.rooms = rooms{
		journal: book, stream: stream, centre: c, gate: g, gateway: gateway, sectors: sectors, identity: people, oversight: over, services: given, conditions: seen,
	}
	return nil
}

// take takes in what a room brings, unless it could not be opened.
func (n *Node) take(b Brings, err error) error {
	if err != nil {
		return err
	}
	for service, system := range b.Systems {
		n.behind.put(service, system)
	}
	n.brought = append(n.brought, b)
	return nil
}

// ReadPack reads the pack in a folder, or the one that is built in.
func ReadPack(folder string) (*law.Pack, error) {
	fsys := packs.Serbia()
	if folder != "" {
		fsys = os.DirFS(folder)
	}
	pack, err := law.Load(fsys)
	if err != nil {
		return nil, err
	}
	if findings := rules.Check(pack); len(findings) > 0 {
		return nil, law.Findings(findings)
	}
	return pack, nil
}

// Serve runs the node until ctx ends and closes it.
func (n *Node) Serve(ctx context.Context) error {
	for name, address := range n.Addresses() {
		n.log.InfoContext(ctx, "serving", slog.String("surface", name), slog.String("address", address))
	}
	debug.FreeOSMemory() // a node that waits for work does not keep what its start needed
	err := n.Run(ctx)
	closing := time.Now()
	err = errors.Join(err, n.Close())
	n.log.InfoContext(ctx, "stopped", slog.Duration("took", time.Since(closing)))
	return err
}

// Run sets the rooms to work and serves until ctx ends.
func (n *Node) Run(ctx context.Context) error {
	n.work, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, b := range n.brought {
		if b.Start != nil {
			if err := b.Start(n.work); err != nil {
				return fmt.Errorf("node %s: %w", n.Name, err)
			}
		}
		for _, do := range b.Work {
			n.done.Go(func() { do(n.work) })
		}
	}
	failed := make(chan error, len(n.servers)+len(n.brought))
	for _, b := range n.brought {
		for _, do := range b.Vital {
			n.done.Go(func() {
				if err := do(n.work); err != nil {
					failed <- err
				}
			})
		}
	}
	for _, s := range n.servers {
		n.done.Go(func() { failed <- s.run() })
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return fmt.Errorf("node %s: %w", n.Name, err)
	}
}

// Close stops everything: first what is under way is finished, as far as it
// takes no longer than [grace], then the rooms end in the order opposite to that
// of opening.
func (n *Node) Close() error {
	errs := n.drain()
	if n.stop != nil {
		n.stop()
	}
	n.done.Wait()
	for _, b := range slices.Backward(n.brought) {
		if b.Close != nil {
			errs = append(errs, b.Close())
		}
	}
	n.brought, n.servers = nil, nil
	return errors.Join(errs...)
}

// partFromStrangers cuts the connections of nodes that were taken out of the
// registry, at each change of it, until ctx ends.
func partFromStrangers(ctx context.Context, c centre, gateway *exchange.Gateway) {
	for {
		changed := c.Changed()
		gateway.CloseRevoked()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
