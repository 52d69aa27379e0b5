package node_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"dobosh/internal/lab/demo"
	"dobosh/internal/node"
	"dobosh/internal/notify/post"
	"dobosh/internal/notify/sms"
	"dobosh/internal/testkit"
)

// TestAPhoneIsReached: in the demonstration word of a birth reaches one mother on her phone, in the script that she
// reads, and lies in the folder that the mailbox shows.
func TestAPhoneIsReached(t *testing.T) {
	w := newTown(t)
	w.all()
	w.birth("ana")
	city := filepath.Join(w.dir, demo.City)
	var texts []sms.Written
	testkit.Eventually(t, "a text to a phone", func() bool {
		texts = testkit.Must[[]sms.Written](t)(sms.Read(filepath.Join(city, "texts"), 10))
		return len(texts) > 0
	})
	says := regexp.MustCompile(`^Grad Zrenjanin: .*\bZR-[0-9A-Z-]+.* Šta treba da uradite: http://\S+/cases\S* Pitanja: 023 000 000$`)
	for _, text := range texts {
		if text.To != "+38160000002" || text.Parts > 4 || !says.MatchString(text.Text) {
			t.Errorf("%+v", text)
		}
	}
}

// TestALetterIsHandedOver: word of a birth goes to another mother on paper, and lies in the folder of who prints.
func TestALetterIsHandedOver(t *testing.T) {
	w := newTown(t)
	w.all()
	w.birth("tamara")
	folder := filepath.Join(w.dir, demo.City, "letters")
	var lines []post.Line
	testkit.Eventually(t, "a letter", func() bool {
		lines = testkit.Must[[]post.Line](t)(post.Lines(folder))
		return len(lines) > 0
	})
	if to := lines[0].To; len(to) != 3 || to[0] != "Тамара Замишљенић" || lines[0].Sheets == 0 {
		t.Errorf("%+v", lines[0])
	}
}

// TestWhatWasPrintedIsInNoBackup: letters and texts lie in the open until they are fetched, with names, addresses and decisions,
// and nothing of them comes back after it was deleted.
func TestWhatWasPrintedIsInNoBackup(t *testing.T) {
	w := newTown(t)
	apart := testkit.Must[[]string](t)(node.ApartOf(w.files[demo.City]))
	for _, folder := range []string{"letters", "texts"} {
		if !slices.Contains(apart, filepath.Join(w.dir, demo.City, folder)) {
			t.Errorf("%s is copied: apart are %v", folder, apart)
		}
	}
}
