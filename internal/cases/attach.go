package cases

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"dobosh/internal/act"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/kit/seal"
	"dobosh/internal/law"
	"dobosh/internal/storage"
)

// Bounds of the files of a case.
const (
	MaxFile      = 25 << 20 // bytes of one
	MaxFiles     = 20       // of a case
	MaxCaseFiles = 100 << 20
)

// Attachment is a file of a case.
type Attachment struct {
	ID     string
	Thread Thread
	By     law.Mover
	Name   string
	Type   FileType
	Size   int64
	Camera bool // the picture carries what a camera wrote into it
	At     time.Time
	Erased time.Time // zero while the content is there

	cased   string
	account string
	named   []byte
	key     []byte
}

// Kilobytes is the size as people read it, never 0.
func (a Attachment) Kilobytes() int64 { return (a.Size + 1023) / 1024 }

var attachments = storage.NewTable("cases_files",
	storage.Col("id", func(a *Attachment) *string { return &a.ID }),
	storage.Col("case_id", func(a *Attachment) *string { return &a.cased }),
	storage.Col("thread", func(a *Attachment) *Thread { return &a.Thread }),
	storage.Col("by_whom", func(a *Attachment) *law.Mover { return &a.By }),
	storage.Col("account", func(a *Attachment) *string { return &a.account }),
	storage.Col("name", func(a *Attachment) *[]byte { return &a.named }),
	storage.Col("type", func(a *Attachment) *FileType { return &a.Type }),
	storage.Col("size", func(a *Attachment) *int64 { return &a.Size }),
	storage.Flag("camera", func(a *Attachment) *bool { return &a.Camera }),
	storage.Col("key", func(a *Attachment) *[]byte { return &a.key }),
	storage.Time("at", func(a *Attachment) *time.Time { return &a.At }),
	storage.Time("erased_at", func(a *Attachment) *time.Time { return &a.Erased }),
)

// Kept is a file that was checked and stands in the store, and belongs to no case yet. [Room.Attach]
// gives it to one; what no case gets is removed a day later.
type Kept struct{ attachment Attachment }

// Keep checks a file and puts it into the store, sealed under a key of its own: it is read once, piece by
// piece, and never stands anywhere in the open.
//
// Problems: file-type-unknown, file-type-other where the name says another type than the content has,
// file-macros, file-empty, file-large, files-nowhere; those of the reader.
func (r *Room) Keep(ctx context.Context, name string, content io.Reader) (_ Kept, err error) {
	if r.Files == nil {
		return Kept{}, problem.New(problem.Unavailable, "files-nowhere")
	}
	head := make([]byte, sniffed)
	n, err := io.ReadFull(content, head)
	switch {
	case errors.Is(err, io.EOF):
		return Kept{}, problem.New(problem.Invalid, "file-empty")
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return Kept{}, err
	}
	a := Attachment{ID: id.New()}
	if a.Name, a.Type, err = named(name, head[:n]); err != nil {
		return Kept{}, err
	}
	secret := make([]byte, seal.KeySize)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the program instead
	key, err := seal.New(secret)
	if err != nil {
		return Kept{}, err
	}
	beside, err := os.CreateTemp("", "dobosh-file-")
	if err != nil {
		return Kept{}, fmt.Errorf("keep file: %w", err)
	}
	defer func() { err = errors.Join(err, beside.Close(), os.Remove(beside.Name())) }()
	sealed, err := a.sealTo(beside, key, io.MultiReader(bytes.NewReader(head[:n]), content))
	if err != nil {
		return Kept{}, err
	}
	if _, err := beside.Seek(0, io.SeekStart); err != nil {
		return Kept{}, fmt.Errorf("keep file: %w", err)
	}
	if err := r.Files.Put(ctx, a.blob(), beside, sealed); err != nil {
		return Kept{}, problem.New(problem.Unavailable, "files-away").Because(err)
	}
	a.named = r.Key.Seal([]byte(a.Name), []byte("file name "+a.ID))
	a.key = r.Key.Seal(secret, []byte("file key "+a.ID))
	return Kept{a}, nil
}

// blobs begin the names of files in the store.
const blobs = "cases/"

func (a Attachment) blob() string { return blobs + a.ID }

// bound is what the pieces of the file are bound to.
func (a Attachment) bound() string { return "file " + a.ID }

// sealTo writes a file sealed, and finds out its size and what should be known of it.
func (a *Attachment) sealTo(to io.Writer, key *seal.Sealer, content io.Reader) (sealed int64, err error) {
	buffer := make([]byte, longestMarker+seal.Piece) // begins with the end of the piece before
	out := key.Writer(to, a.bound())
	for {
		read, err := io.ReadFull(content, buffer[longestMarker:])
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, err
		}
		if a.Size += int64(read); a.Size > MaxFile {
			return 0, problem.New(problem.TooLarge, "file-large", "mb", strconv.Itoa(MaxFile>>20))
		}
		seen := buffer[:longestMarker+read]
		if macros(seen) {
			return 0, problem.New(problem.Unsupported, "file-macros")
		}
		a.Camera = a.Camera || camera(seen)
		if _, err := out.Write(buffer[longestMarker : longestMarker+read]); err != nil {
			return 0, fmt.Errorf("keep file: %w", err)
		}
		if read < seal.Piece {
			if err := out.Close(); err != nil {
				return 0, fmt.Errorf("keep file: %w", err)
			}
			return out.Sealed, nil
		}
		copy(buffer, seen[len(seen)-longestMarker:])
	}
}

// Attach adds a kept file to a case, within the transaction of the caller. It is seen by whoever sees the thread.
//
// Problems: case-unknown, files-many, files-large, case-reduced.
func (r *Room) Attach(ctx context.Context, tx *storage.Tx, id string, thread Thread, by law.Mover, account string, k Kept) error {
	c, err := r.caseWhere(ctx, tx, "id", id)
	if err != nil {
		return err
	}
	if !c.Reduced.IsZero() {
		return problem.New(problem.Gone, "case-reduced")
	}
	if err := roomFor(ctx, tx, c, k.attachment.Size); err != nil {
		return err
	}
	a := k.attachment
	a.cased, a.Thread, a.By, a.account, a.At = c.ID, thread, by, account, r.Now()
	if _, err := attachments.Insert(ctx, tx, "", a); err != nil {
		return fmt.Errorf("attach: %w", err)
	}
	return nil
}

// roomFor refuses what would be more than a case may have.
func roomFor(ctx context.Context, from storage.Reader, c Case, size int64) error {
	var n int
	var all int64
	if err := from.QueryRowContext(ctx, `select count(*), coalesce(sum(size), 0) from cases_files where case_id = $1 and erased_at = 0`, c.ID).Scan(&n, &all); err != nil {
		return fmt.Errorf("files of case: %w", err)
	}
	switch {
	case n >= MaxFiles:
		return problem.New(problem.Conflict, "files-many", "n", strconv.Itoa(MaxFiles))
	case all+size > MaxCaseFiles:
		return problem.New(problem.TooLarge, "files-large", "mb", strconv.Itoa(MaxCaseFiles>>20))
	}
	return nil
}

// HandIn takes a file for a thread of a case from its party, or from an officer who handles it.
//
// Problems: those of [Room.Case], [Room.Keep] and [Room.Attach].
func (r *Room) HandIn(ctx context.Context, by act.Actor, number string, thread Thread, name string, content io.Reader) error {
	s, err := r.sight(ctx, by, number)
	if err != nil {
		return err
	}
	if !s.sees(thread) {
		return unknown()
	}
	if err := roomFor(ctx, r.DB.Read(ctx), s.Case, 1); err != nil {
		return err // before anything large is read
	}
	k, err := r.Keep(ctx, name, content)
	if err != nil {
		return err
	}
	whom, account := law.ByOfficer, by.Account
	if s.own {
		whom, account = law.ByParty, ""
	}
	return r.DB.Write(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := r.Attach(ctx, tx, s.ID, thread, whom, account, k); err != nil || !s.own {
			return err
		}
		c, err := r.caseWhere(ctx, tx, "id", s.ID)
		if err != nil {
			return err
		}
		if !c.isOf(by) { // a mandate has ended while the file came
			return unknown()
		}
		return r.unread(ctx, tx, &c)
	})
}

// files lists the files of some threads of a case, the oldest first.
func (r *Room) files(ctx context.Context, from storage.Reader, c Case, threads ...Thread) ([]Attachment, error) {
	f := storage.Among("thread", threads...)
	and(&f, "case_id = %s", c.ID)
	all, err := attachments.All(ctx, from, fmt.Sprintf(`where %s order by id limit %d`, f.Where, maxMessages), f.Args...)
	if err != nil {
		return nil, fmt.Errorf("files of case: %w", err)
	}
	for i := range all {
		if err := r.openName(&all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (r *Room) openName(a *Attachment) error {
	if !a.Erased.IsZero() {
		return nil
	}
	name, err := r.Key.Open(a.named, []byte("file name "+a.ID))
	if err != nil {
		return fmt.Errorf("file %s: %w", a.ID, err)
	}
	a.Name = string(name)
	return nil
}

// File gives the content of a file to whoever sees its thread; the caller closes it. Its first piece was
// opened before it returns, so that what does not open is an error and no half of a file.
//
// Problems: those of [Room.Case]; case-file-unknown, file-erased, files-away.
func (r *Room) File(ctx context.Context, by act.Actor, number, file string) (Attachment, io.ReadCloser, error) {
	s, err := r.sight(ctx, by, number)
	if err != nil {
		return Attachment{}, nil, err
	}
	a, err := attachments.One(ctx, r.DB.Read(ctx), `where id = $1 and case_id = $2`, file, s.ID)
	if errors.Is(err, storage.ErrNotFound) || err == nil && !s.sees(a.Thread) {
		return a, nil, problem.New(problem.NotFound, "case-file-unknown")
	}
	if err != nil {
		return a, nil, fmt.Errorf("file of case: %w", err)
	}
	if !a.Erased.IsZero() {
		return a, nil, problem.New(problem.Gone, "file-erased")
	}
	if err := r.openName(&a); err != nil {
		return a, nil, err
	}
	secret, err := r.Key.Open(a.key, []byte("file key "+a.ID))
	if err != nil {
		return a, nil, fmt.Errorf("file %s: %w", a.ID, err)
	}
	key, err := seal.New(secret)
	if err != nil {
		return a, nil, err
	}
	if r.Files == nil {
		return a, nil, problem.New(problem.Unavailable, "files-nowhere")
	}
	stored, err := r.Files.Get(ctx, a.blob())
	if err != nil {
		return a, nil, problem.New(problem.Unavailable, "files-away").Because(err)
	}
	opened, err := key.Reader(stored, a.Size, a.bound())
	if err != nil {
		return a, nil, problem.New(problem.Unavailable, "files-away").Because(err)
	}
	return a, opened, nil
}

// strayAge is how old a file in the store is that no case has got, and none will.
const strayAge = 24 * time.Hour

// RemoveStrays removes from the store what no case has: an upload that ended in the middle, and what was erased.
func (r *Room) RemoveStrays(ctx context.Context) error {
	if r.Files == nil {
		return nil
	}
	all, err := r.Files.List(ctx, blobs)
	if err != nil {
		return fmt.Errorf("files of cases: %w", err)
	}
	for _, f := range all {
		name := f.Name[len(blobs):]
		if at, ok := id.Time(name); !ok || r.Now().Sub(at) < strayAge {
			continue
		}
		_, err := attachments.One(ctx, r.DB.Read(ctx), `where id = $1 and erased_at = 0`, name)
		if errors.Is(err, storage.ErrNotFound) {
			err = r.Files.Delete(ctx, f.Name)
		}
		if err != nil {
			return fmt.Errorf("files of cases: %w", err)
		}
	}
	return nil
}
