package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dobosh/internal/files"
	"dobosh/internal/kit/problem"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// archives opens both kinds, empty.
func archives(t *testing.T) map[string]files.Store {
	t.Helper()
	backend := s3mem.New()
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	if err := backend.CreateBucket("archive"); err != nil {
		t.Fatal(err)
	}
	s3, err := files.NewS3(files.S3Config{Endpoint: strings.TrimPrefix(server.URL, "http://"), Bucket: "archive", Region: "us-east-1", AccessKey: "key", SecretKey: "secret", Insecure: true})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]files.Store{"folder": files.Folder(filepath.Join(t.TempDir(), "archive")), "s3": s3}
}

// faulty is an archive that can be away, and can die or lie while something is put there.
type faulty struct {
	files.Store
	gone atomic.Bool
	put  func(name string) error // before something is put; nil for nothing
	lie  atomic.Bool             // what is put is changed on the way
	read atomic.Int64            // how often something was read
}

var errGone = errors.New("nobody answers")

func (f *faulty) Put(ctx context.Context, name string, content io.Reader, size int64) error {
	if f.gone.Load() {
		return errGone
	}
	if f.put != nil {
		if err := f.put(name); err != nil {
			return err
		}
	}
	if f.lie.Load() {
		b, err := io.ReadAll(content)
		if err != nil {
			return err
		}
		b[len(b)/2] ^= 1
		content = bytes.NewReader(b)
	}
	return f.Store.Put(ctx, name, content, size)
}

func (f *faulty) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if f.read.Add(1); f.gone.Load() {
		return nil, errGone
	}
	return f.Store.Get(ctx, name)
}

func (f *faulty) GetPart(ctx context.Context, name string, offset, size int64) (io.ReadCloser, error) {
	if f.read.Add(1); f.gone.Load() {
		return nil, errGone
	}
	return f.Store.GetPart(ctx, name, offset, size)
}

func (f *faulty) List(ctx context.Context, prefix string) ([]files.File, error) {
	if f.gone.Load() {
		return nil, errGone
	}
	return f.Store.List(ctx, prefix)
}

// archivedLog has 60 entries in small segments, all but the last of which are only in the archive.
func archivedLog(t *testing.T, to files.Store) (*Log, Config, []Stamp) {
	t.Helper()
	cfg := testConfig(t.TempDir())
	cfg.SegmentBytes, cfg.Archive, cfg.Local = 1500, to, -1
	l := openLog(t, cfg)
	stamps := appendMany(t, l, 60)
	if moved, err := l.Archive(t.Context()); err != nil || moved < 10 {
		t.Fatalf("archived %d, %v", moved, err)
	}
	if here, err := listSegments(cfg.Dir); err != nil || len(here) != 1 {
		t.Fatalf("here are %v, %v", here, err)
	}
	return l, cfg, stamps
}

func readsAll(t *testing.T, read func(context.Context, int64) (Entry, Stamp, error), stamps []Stamp, l *Log) {
	t.Helper()
	for i := range stamps {
		e, stamp, err := read(t.Context(), int64(i))
		if err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		meta, body := hashesOf(e)
		if err := Verify(stamp, meta, body, l.Key()); err != nil || string(e.Body) != string(testEntry(i).Body) {
			t.Errorf("entry %d: %s, %v", i, e.Body, err)
		}
	}
}

// What lies in the archive is read, proved, searched, checked and viewed as before, on a folder and on a store behind S3, and after a
// new start.
func TestArchivedSegmentsAreReadOnDemand(t *testing.T) {
	for kind, to := range archives(t) {
		t.Run(kind, func(t *testing.T) {
			counted := &faulty{Store: to}
			l, cfg, stamps := archivedLog(t, counted)
			readsAll(t, l.Read, stamps, l)
			closeLog(t, l)

			before := counted.read.Load()
			l = openLog(t, cfg)
			if n := counted.read.Load() - before; n != 0 {
				t.Errorf("opening read the archive %d times", n)
			}
			readsAll(t, l.Read, stamps, l)
			found, _, err := l.Search(t.Context(), Query{From: testEntry(3).At, To: testEntry(6).At})
			if err != nil || len(found) != 3 {
				t.Errorf("found %d, %v", len(found), err)
			}
			v, err := OpenView(cfg.Dir, counted, testNow, l.Key())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = v.Close() }()
			readsAll(t, v.Read, stamps, l)
			report, err := Check(t.Context(), cfg.Dir, counted, l.Keys(), stamps[20].Checkpoint)
			if err != nil || !report.OK() || report.Entries != 60 || report.Archived != report.Segments-1 {
				t.Errorf("report %+v, %v", report, err)
			}

			// What is derived is made again from the archive.
			closeLog(t, l)
			for _, name := range []string{"hashes", "offsets"} {
				if err := os.Remove(filepath.Join(cfg.Dir, name)); err != nil {
					t.Fatal(err)
				}
			}
			l = openLog(t, cfg)
			readsAll(t, l.Read, stamps, l)

			// And the file that names what lies there, from the archive itself.
			closeLog(t, l)
			was := readFile(t, cfg.Dir, archivedFile)
			if err := os.Remove(filepath.Join(cfg.Dir, archivedFile)); err != nil {
				t.Fatal(err)
			}
			l = openLog(t, cfg)
			if !bytes.Equal(readFile(t, cfg.Dir, archivedFile), was) {
				t.Error("the file is another one")
			}
			readsAll(t, l.Read, stamps, l)
		})
	}
}

// While the archive is away, entries that lie there say so, proofs are made, appends go on, and a start needs nothing of it.
func TestTheArchiveIsAway(t *testing.T) {
	to := &faulty{Store: files.Folder(t.TempDir())}
	l, cfg, stamps := archivedLog(t, to)
	closeLog(t, l)
	to.gone.Store(true)
	l = openLog(t, cfg)
	if _, _, err := l.Read(t.Context(), 1); !errors.Is(err, ErrArchiveAway) || !problem.HasCode(err, "archive-away") {
		t.Errorf("read: %v", err)
	}
	if _, err := l.Logged(t.Context(), 1); !errors.Is(err, ErrArchiveAway) {
		t.Errorf("logged: %v", err)
	}
	if _, _, err := l.Search(t.Context(), Query{ID: "id-2"}); !errors.Is(err, ErrArchiveAway) {
		t.Errorf("search: %v", err)
	}
	if _, err := Check(t.Context(), cfg.Dir, to, l.Keys()); !errors.Is(err, ErrArchiveAway) {
		t.Errorf("check: %v", err)
	}
	if _, err := l.ProofFor(1, stamps[1].Salt, l.Checkpoint()); err != nil {
		t.Errorf("a proof: %v", err)
	}
	if moved, err := l.Archive(t.Context()); moved != 0 || !errors.Is(err, ErrArchiveAway) {
		t.Errorf("archived %d, %v", moved, err)
	}
	if state := l.Archiving(); state.Err == nil || state.Segments == 0 {
		t.Errorf("the state is %+v", state)
	}
	later := appendMany(t, l, 20)
	if state := l.Archiving(); state.Waiting == 0 {
		t.Errorf("nothing waits: %+v", state)
	}
	if _, _, err := l.Read(t.Context(), later[19].Index); err != nil {
		t.Error(err)
	}
	to.gone.Store(false)
	if _, err := l.Archive(t.Context()); err != nil || l.Archiving().Waiting != 0 || l.Archiving().Err != nil {
		t.Errorf("archived %+v, %v", l.Archiving(), err)
	}
	readsAll(t, l.Read, stamps, l)
}

// An empty folder where the archive was mounted takes nothing, and what it lacks is not lost: it is away.
func TestAnArchiveThatIsNotMounted(t *testing.T) {
	l, cfg, _ := archivedLog(t, files.Folder(t.TempDir()))
	closeLog(t, l)
	cfg.Archive = files.Folder(t.TempDir())
	l = openLog(t, cfg)
	appendMany(t, l, 20)
	if moved, err := l.Archive(t.Context()); moved != 0 || !errors.Is(err, ErrArchiveAway) {
		t.Errorf("archived %d, %v", moved, err)
	}
	if _, _, err := l.Read(t.Context(), 1); !errors.Is(err, ErrArchiveAway) {
		t.Errorf("read: %v", err)
	}
	if err := os.Remove(filepath.Join(cfg.Dir, archivedFile)); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	if _, err := Open(t.Context(), cfg, testNow, quiet()); !errors.Is(err, ErrArchiveAway) {
		t.Errorf("opened without the file that names what lies there: %v", err)
	}
	cfg.Archive = nil
	damage := (*DamageError)(nil)
	if _, err := Open(t.Context(), cfg, testNow, quiet()); !errors.As(err, &damage) {
		t.Errorf("opened without its beginning: %v", err)
	}
}

// Nothing leaves the directory before the archive has given back the same bytes; and what is damaged here does not become the only copy.
func TestNothingLeavesBeforeTheArchiveHasIt(t *testing.T) {
	cfg := testConfig(t.TempDir())
	to := &faulty{Store: files.Folder(t.TempDir())}
	cfg.SegmentBytes, cfg.Archive, cfg.Local = 1500, to, -1
	l := openLog(t, cfg)
	stamps := appendMany(t, l, 30)
	here, err := listSegments(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	all := func(what string) {
		t.Helper()
		if now, err := listSegments(cfg.Dir); err != nil || len(now) != len(here) {
			t.Errorf("%s: %d of %d segments are here, %v", what, len(now), len(here), err)
		}
	}
	damage := (*DamageError)(nil)
	to.lie.Store(true)
	if _, err := l.Archive(t.Context()); !errors.As(err, &damage) {
		t.Errorf("an archive that changes what it is given: %v", err)
	}
	all("changed on the way")
	to.lie.Store(false)
	to.put = func(string) error { return errGone }
	if _, err := l.Archive(t.Context()); !errors.Is(err, ErrArchiveAway) {
		t.Errorf("an archive that takes nothing: %v", err)
	}
	all("not taken")
	to.put = nil
	if err := flip(cfg.Dir, segmentName(here[0]), 700); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Archive(t.Context()); !errors.As(err, &damage) || damage.File != segmentName(here[0]) {
		t.Errorf("a segment that is damaged: %v", err)
	}
	all("damaged")
	if err := flip(cfg.Dir, segmentName(here[0]), 700); err != nil {
		t.Fatal(err)
	}
	if moved, err := l.Archive(t.Context()); err != nil || moved != len(here)-1 { // what the archive changed is put again
		t.Errorf("archived %d, %v", moved, err)
	}
	readsAll(t, l.Read, stamps, l)
}

// A damaged entry of the archive is damage, found by reading it and by checking all; mended, it is read again.
func TestTheArchiveIsDamaged(t *testing.T) {
	dir := t.TempDir()
	l, cfg, stamps := archivedLog(t, files.Folder(dir))
	first := l.segments.of(7)
	path := first.kept.name(testOrigin)
	p, err := l.derived.place(7)
	if err != nil {
		t.Fatal(err)
	}
	if err := flip(dir, path, int(p.offset)+70); err != nil {
		t.Fatal(err)
	}
	damage := (*DamageError)(nil)
	if _, _, err := l.Read(t.Context(), 7); !errors.As(err, &damage) || damage.File != segmentName(first.first) {
		t.Errorf("read: %v", err)
	}
	report, err := Check(t.Context(), cfg.Dir, cfg.Archive, l.Keys())
	if err != nil || report.OK() || report.Findings[0].File != segmentName(first.first) {
		t.Errorf("report %+v, %v", report, err)
	}
	if err := flip(dir, path, int(p.offset)+70); err != nil {
		t.Fatal(err)
	}
	readsAll(t, l.Read, stamps, l)
}

// An entry of the archive that is whole, and is another one, is not taken for the one that was asked for.
func TestTheArchiveGivesAnotherEntry(t *testing.T) {
	dir := t.TempDir()
	l, _, _ := archivedLog(t, files.Folder(dir))
	other := testConfig(t.TempDir())
	other.SegmentBytes, other.Archive, other.Local = 1500, files.Folder(t.TempDir()), -1
	o := openLog(t, other)
	appendMany(t, o, 60) // as long as the others, and sealed with other keys
	if _, err := o.Archive(t.Context()); err != nil {
		t.Fatal(err)
	}
	name := l.segments.of(7).kept.name(testOrigin)
	writeFile(t, readFile(t, string(other.Archive.(files.Folder)), o.segments.of(7).kept.name(testOrigin)), dir, name)
	damage := (*DamageError)(nil)
	if _, _, err := l.Read(t.Context(), 7); !errors.As(err, &damage) {
		t.Errorf("read: %v", err)
	}
}

// A crash at any point of archiving is finished by the next start: whatever was done, every entry is read, and the next time goes on.
func TestACrashWhileArchiving(t *testing.T) {
	cfg := testConfig(t.TempDir())
	store := t.TempDir()
	cfg.SegmentBytes = 1500
	l := openLog(t, cfg)
	stamps := appendMany(t, l, 30)
	closeLog(t, l)
	second, err := listSegments(cfg.Dir)
	if err != nil {
		t.Fatal(err)
	}
	name := segmentName(second[0])
	raw := readFile(t, cfg.Dir, name)
	a := archivedOf(0, raw)
	put := func(t *testing.T, to files.Store, content []byte) {
		t.Helper()
		if err := to.Put(t.Context(), a.name(testOrigin), bytes.NewReader(content), int64(len(content))); err != nil {
			t.Fatal(err)
		}
	}
	for what, crash := range map[string]func(t *testing.T, dir string, to files.Store){
		"before anything was put": func(*testing.T, string, files.Store) {},
		"put, in part":            func(t *testing.T, _ string, to files.Store) { put(t, to, raw[:len(raw)/2]) },
		"put, not noted":          func(t *testing.T, _ string, to files.Store) { put(t, to, raw) },
		"noted in part": func(t *testing.T, dir string, to files.Store) {
			put(t, to, raw)
			writeFile(t, []byte(archivedStart+a.line()[:40]), dir, archivedFile)
		},
		"noted, not removed": func(t *testing.T, dir string, to files.Store) {
			put(t, to, raw)
			if err := addArchived(dir, a); err != nil {
				t.Fatal(err)
			}
		},
		"removed": func(t *testing.T, dir string, to files.Store) {
			put(t, to, raw)
			if err := errors.Join(addArchived(dir, a), os.Remove(filepath.Join(dir, name))); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			now := cfg
			now.Dir, now.Local = copyDir(t, cfg.Dir), -1
			now.Archive = files.Folder(filepath.Join(store, strings.ReplaceAll(what, " ", "-")))
			crash(t, now.Dir, now.Archive)
			l := openLog(t, now)
			readsAll(t, l.Read, stamps, l)
			if _, err := l.Archive(t.Context()); err != nil {
				t.Fatal(err)
			}
			if here, err := listSegments(now.Dir); err != nil || len(here) != 1 {
				t.Errorf("here are %v, %v", here, err)
			}
			readsAll(t, l.Read, stamps, l)
			closeLog(t, l)
			l = openLog(t, now)
			if report, err := Check(t.Context(), now.Dir, now.Archive, l.Keys(), stamps[29].Checkpoint); err != nil || !report.OK() {
				t.Errorf("report %+v, %v", report, err)
			}
		})
	}
}

// Who was erased, and whose time is over, cannot be read from the archive either: what lies there was sealed with keys that never were
// there, and holds nothing in the clear.
func TestWhatWasErasedCannotBeReadFromTheArchive(t *testing.T) {
	dir := t.TempDir()
	cfg := testConfig(t.TempDir())
	cfg.SegmentBytes, cfg.Archive, cfg.Local = 400, files.Folder(dir), -1
	l := openLog(t, cfg)
	about := Entry{Kind: "answer", Meta: []byte(`{"asker":"somebody"}`), Body: []byte("what is known of ana"), Subjects: []string{"ana"}}
	appendOne(t, l, about)
	appendOne(t, l, Entry{Kind: "reply", Meta: []byte(`{}`), Body: []byte("what was answered"), Until: keptUntil(0)})
	appendMany(t, l, 6)
	keys := readFile(t, cfg.Dir, keysFile)
	if _, err := l.Archive(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e, _, err := l.Read(t.Context(), 0); err != nil || string(e.Body) != "what is known of ana" {
		t.Fatalf("before: %+v, %v", e, err)
	}
	if known, err := l.Erase(t.Context(), "ana"); err != nil || !known {
		t.Fatal(known, err)
	}
	if n, err := l.Sweep(t.Context(), midnight(0)); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	for range 2 { // in the same process, with blocks in memory, and after a new start
		if _, _, err := l.Read(t.Context(), 0); !errors.Is(err, ErrErased) {
			t.Errorf("ana: %v", err)
		}
		if e, _, err := l.Read(t.Context(), 1); err != nil || !e.Ended || len(e.Body) > 0 {
			t.Errorf("a body whose time is over: %+v, %v", e, err)
		}
		closeLog(t, l)
		l = openLog(t, cfg)
	}
	report, err := Check(t.Context(), cfg.Dir, cfg.Archive, l.Keys())
	if err != nil || !report.OK() || report.Erased != 1 || report.Ended != 1 {
		t.Errorf("report %+v, %v", report, err)
	}
	err = filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw := readFile(t, path)
		for slot := slotSize; slot+slotSize <= len(keys); slot += slotSize {
			if key := slotKey(keys[slot : slot+slotSize]); bytes.Contains(raw, key[:]) {
				t.Errorf("a key lies in %s", path)
			}
		}
		if bytes.Contains(raw, []byte("ana")) || bytes.Contains(raw, []byte("what was answered")) {
			t.Errorf("%s says something in the clear", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A log of 2,000 segments opens with a few descriptors and keeps few, however many segments are read; some of them are in the archive.
func TestManySegmentsNeedFewDescriptors(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.Archive, cfg.Local = archives(t)["s3"], 1800
	l := openLog(t, cfg)
	appendOne(t, l, testEntry(0))
	closeLog(t, l)
	manySegments(t, l, 2000)
	l = openLog(t, cfg)
	if moved, err := l.Archive(t.Context()); err != nil || moved != 199 {
		t.Fatalf("archived %d, %v", moved, err)
	}
	closeLog(t, l)
	before, err := openFiles()
	if err != nil {
		t.Skip("this system does not list the descriptors of a process:", err)
	}
	begun := time.Now()
	l = openLog(t, cfg)
	t.Logf("opened in %s", time.Since(begun))
	at := func(what string, most int) {
		t.Helper()
		now, err := openFiles()
		if err != nil || now-before > most {
			t.Errorf("%s: %d descriptors, %v", what, now-before, err)
		}
	}
	at("opened", 8)
	for index := range l.Size() {
		if _, err := l.Logged(t.Context(), index); err != nil {
			t.Fatal(err)
		}
	}
	at("read", 8+maxOpen)
	if all := l.segments.all(); len(all) != 2000 || l.Size() != 2000 {
		t.Errorf("there are %d segments and %d entries", len(all), l.Size())
	}
}

// manySegments puts segments with an entry each behind the one entry of a log, up to a number, as the log itself would have.
func manySegments(t *testing.T, l *Log, number int64) {
	t.Helper()
	kept, err := openKeyring(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = kept.file.Close() }()
	tree, err := restoreEdge(1, readOf(t, l.dir))
	if err != nil {
		t.Fatal(err)
	}
	h := l.head.Load()
	for tree.size < number {
		first := tree.size
		e := testEntry(0)
		with, err := kept.sealing(&e)
		if err != nil {
			t.Fatal(err)
		}
		frames, s := sealEntry(segmentHead(l.origin, first, h.checkpoint), &e, with)
		tree.add(nil, s.leaf)
		if h, err = l.sign(tree.size, tree.close()); err != nil {
			t.Fatal(err)
		}
		tree.settle()
		writeFile(t, appendFrame(frames, frameCheckpoint, h.checkpoint), l.dir, segmentName(first))
	}
}

func readOf(t *testing.T, dir string) *derived {
	t.Helper()
	d, err := openDerivedReadOnly(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.close() })
	return d
}

// openFiles counts the descriptors of this process.
func openFiles() (int, error) {
	list, err := os.ReadDir("/proc/self/fd")
	return len(list), err
}

// Readers go on while segments are appended, archived and pushed out of the few that are open.
func TestReadersWhileSegmentsGo(t *testing.T) {
	cfg := testConfig(t.TempDir())
	cfg.SegmentBytes, cfg.Archive, cfg.Local = 600, files.Folder(t.TempDir()), -1
	l := openLog(t, cfg)
	appendMany(t, l, 60)
	v, err := OpenView(cfg.Dir, cfg.Archive, testNow, l.Key())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = v.Close() }()
	done := make(chan error, 4)
	for reader := range 4 {
		read := l.Read
		if reader%2 == 0 {
			read = v.Read
		}
		go func() {
			for round := range 10 {
				for i := range int64(60) {
					if e, _, err := read(context.Background(), (i*7+int64(reader))%60); err != nil {
						done <- fmt.Errorf("round %d: %w", round, err)
						return
					} else if e.Kind != "answer" {
						done <- fmt.Errorf("it read %+v", e)
						return
					}
				}
			}
			done <- nil
		}()
	}
	for range 10 {
		appendMany(t, l, 5)
		if _, err := l.Archive(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	parts, _, err := Parts(cfg.Dir, l.Keys()...)
	if err != nil || len(parts) < 20 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	for i, p := range parts {
		if p.Archived != (i < len(parts)-1) {
			t.Errorf("part %+v", p)
		}
	}
}

// The keys of a log that lost them are given up for what lies in the archive too.
func TestKeysAreGivenUpWithAnArchive(t *testing.T) {
	l, cfg, _ := archivedLog(t, files.Folder(t.TempDir()))
	closeLog(t, l)
	if err := os.Remove(filepath.Join(cfg.Dir, keysFile)); err != nil {
		t.Fatal(err)
	}
	if given, err := GiveUpKeys(t.Context(), cfg.Dir, testOrigin, cfg.Archive); err != nil || given < 8 {
		t.Fatalf("%d keys, %v", given, err)
	}
	l = openLog(t, cfg)
	if _, _, err := l.Read(t.Context(), 1); !errors.Is(err, ErrErased) {
		t.Errorf("read: %v", err)
	}
}

// The file that names what lies in the archive is cut, and other things stand in it.
func TestTheFileOfArchivedSegments(t *testing.T) {
	l, cfg, stamps := archivedLog(t, files.Folder(t.TempDir()))
	closeLog(t, l)
	raw := readFile(t, cfg.Dir, archivedFile)
	writeFile(t, append(bytes.Clone(raw), "00000000000000"...), cfg.Dir, archivedFile) // a line that was not finished
	l = openLog(t, cfg)
	readsAll(t, l.Read, stamps, l)
	closeLog(t, l)
	damage := (*DamageError)(nil)
	for what, content := range map[string][]byte{
		"empty": nil, "another head": []byte("dobosh archived v2\n"),
		"a line of something": append(bytes.Clone(raw), bytes.Repeat([]byte("x"), archivedLine)...),
	} {
		writeFile(t, content, cfg.Dir, archivedFile)
		if _, err := Open(t.Context(), cfg, testNow, quiet()); !errors.As(err, &damage) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, list := range [][]files.File{{{Name: "x/other", Size: 1}}, {{Name: "../0000000000000000000-00.seg", Size: 1}}} {
		if err := PutArchived(t.TempDir(), list); err == nil {
			t.Errorf("%v was taken", list)
		}
	}
}
