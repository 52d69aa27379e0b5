package edge

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"strings"
	"testing"

	"dobosh/internal/exchange/edge/asice"
	"dobosh/internal/exchange/evidence"
	"dobosh/internal/journal"
	"dobosh/internal/testkit"

	"golang.org/x/mod/sumdb/note"
)

// What an information system asks for in its query and its headers is in evidence only with the content, and of a container
// in a file of its own.
func TestWhatWasAskedForIsNotInBareEvidence(t *testing.T) {
	const number, free = "2911026715019", "free-text-of-a-header"
	w, own := archived(t)
	before := w.city.journal.Size()
	a := throughTLS(w, own, plainTarget+"?x="+number, "X-Road-Client", family.String(), "X-Road-Id", "with-a-query", "X-Own", free)
	if a.status != 200 {
		t.Fatal(a.body)
	}
	testkit.Eventually(t, "the response is noted", func() bool { return w.city.journal.Size() >= before+2 })
	found, _, err := w.city.journal.Search(t.Context(), journal.Query{Kinds: []string{"question"}, Newest: true})
	if err != nil || len(found) == 0 {
		t.Fatalf("%v %v", found, err)
	}
	for _, s := range []*side{w.city, w.state} {
		room := evidence.Room{Journal: anyTime{s.journal}, Registry: w.authority, Signer: testkit.Must[note.Signer](t)(journal.NewSigner(s.member.String()+"/"+s.name, s.logKey)), Now: s.clock.Now}
		whole := testkit.Must[[]byte](t)(room.Export(t.Context(), found[0].Entry.ID))
		bare := testkit.Must[[]byte](t)(room.Export(t.Context(), found[0].Entry.ID, evidence.WithoutBodies))
		for _, text := range []string{number, free} {
			if bytes.Contains(bare, []byte(text)) || bytes.Contains(decoded(bare), []byte(text)) {
				t.Errorf("%s: %s is in %s", s.member, text, bare)
			}
		}
		f := testkit.Must[evidence.File](t)(evidence.Parse(whole))
		if !bytes.Contains(f.Request.Body, []byte(`"query":"x=`+number)) || !bytes.Contains(f.Request.Body, []byte(free)) {
			t.Errorf("%s: the content is %s", s.member, f.Request.Body)
		}
	}

	archive := testkit.Must[*zip.Reader](t)(archiveOf(throughTLS(w, own, strings.Replace(archiveTarget, "my-id", "with-a-query", 1)+"&requestOnly")))
	c := testkit.Must[asice.Container](t)(asice.Read(testkit.Must[[]byte](t)(io.ReadAll(testkit.Must[io.ReadCloser](t)(archive.File[0].Open())))))
	shown := map[string]string{}
	for _, file := range c.Files {
		shown[file.Name] = string(file.Data)
	}
	if strings.Contains(shown["message.json"], number) || !strings.Contains(shown["opening.json"], number) || shown["attachment1"] != "" {
		t.Errorf("%q", shown)
	}
}

func archiveOf(a answered) (*zip.Reader, error) {
	return zip.NewReader(strings.NewReader(a.body), int64(len(a.body)))
}

// decoded is what stands in base64 in a file.
func decoded(raw []byte) (all []byte) {
	for _, text := range strings.Split(string(raw), `"`) {
		if b, err := base64.StdEncoding.DecodeString(text); err == nil {
			all = append(all, b...)
		}
	}
	return all
}

// anyTime finds ids whose clock is another one than the journal's.
type anyTime struct{ *stoppable }

func (j anyTime) Search(ctx context.Context, q journal.Query) ([]journal.Logged, int64, error) {
	wanted := q.ID
	q.ID, q.Match = "", func(e journal.Entry) bool { return e.ID == wanted }
	return j.stoppable.Search(ctx, q)
}
