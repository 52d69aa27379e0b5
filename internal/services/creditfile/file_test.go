package creditfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
	"dobosh/internal/services/creditfile"
)

func sample(transfers int) creditfile.File {
	f := creditfile.File{
		ID:            "ZR-20261124-1",
		MadeAt:        time.Date(2026, 11, 23, 15, 4, 5, 0, time.UTC),
		Debtor:        "Град Зрењанин, Одељење за друштвене делатности",
		DebtorAccount: account.Make(840, 1234567),
		Execution:     civil.Date(2026, 11, 24),
	}
	for i := range transfers {
		f.Transfers = append(f.Transfers, creditfile.Transfer{
			ID:       fmt.Sprintf("ZR-2026-%d", i+1),
			EndToEnd: "ZR-2026-7KQ4-M9PD-X",
			Creditor: "Милица Пример & син <demo>",
			Account:  account.Make(160, int64(i)),
			Amount:   money.Para(30_000_001 + int64(i)),
			Purpose:  "Родитељски додатак, 1. рата",
		})
	}
	return f
}

func written(t interface{ Fatal(...any) }, f creditfile.File) []byte {
	var b bytes.Buffer
	if err := creditfile.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFile(t)
		got, err := creditfile.Read(bytes.NewReader(written(t, f)))
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, got, f)
		}
	})
}

func anyFile(t *rapid.T) creditfile.File {
	reference := rapid.StringMatching(`[A-Za-z0-9?:().,'+-]([A-Za-z0-9 ?:().,'+-]{0,33}[A-Za-z0-9?:().,'+-])?`)
	text := rapid.StringMatching(`[A-Za-zА-Шђњжčćž0-9<>&"'\]/.;–€𝄞]([A-Za-zА-Шђњжčćž0-9<>&"'\]/.;–€𝄞 ]{0,138}[A-Za-zА-Ш<>&])?`)
	number := func(name string) string {
		return account.Make(rapid.Int64Range(0, 999).Draw(t, name), rapid.Int64Range(0, 1e13-1).Draw(t, name))
	}
	f := creditfile.File{
		ID:            reference.Draw(t, "id"),
		MadeAt:        time.Unix(rapid.Int64Range(946_684_800, 253_402_300_799).Draw(t, "made"), 0).UTC(),
		Debtor:        text.Draw(t, "debtor"),
		DebtorAccount: number("debtor account"),
		Execution:     civil.Date(2000, 1, 1).AddDays(rapid.IntRange(0, 365*7999).Draw(t, "execution")),
	}
	for _, id := range rapid.SliceOfNDistinct(reference, 1, 20, rapid.ID).Draw(t, "ids") {
		f.Transfers = append(f.Transfers, creditfile.Transfer{
			ID: id, EndToEnd: reference.Draw(t, "end to end"), Creditor: text.Draw(t, "creditor"), Account: number("account"),
			Amount: money.Para(rapid.Int64Range(1, int64(creditfile.MaxAmount)).Draw(t, "amount")), Purpose: text.Draw(t, "purpose"),
		})
	}
	return f
}

func TestSumsAreExact(t *testing.T) {
	f := sample(3)
	f.Transfers[0].Amount, f.Transfers[1].Amount, f.Transfers[2].Amount = creditfile.MaxAmount, 1, 10
	xml := string(written(t, f))
	for _, want := range []string{"<NbOfTxs>3</NbOfTxs><CtrlSum>1000000000.10</CtrlSum>"} {
		if n := strings.Count(xml, want); n != 2 {
			t.Errorf("%s stands %d times, want 2 (header and payment information)", want, n)
		}
	}
}

// pieces sees how a file is handed over.
type pieces struct{ total, largest int }

func (p *pieces) Write(b []byte) (int, error) {
	p.total += len(b)
	p.largest = max(p.largest, len(b))
	return len(b), nil
}

func TestTheLargestFileLeavesInSmallPieces(t *testing.T) {
	f := sample(creditfile.MaxTransfers)
	var p pieces
	if err := creditfile.Write(&p, f); err != nil {
		t.Fatal(err)
	}
	if p.largest > 8<<10 || p.total < 40<<20 {
		t.Errorf("%d bytes in pieces of up to %d", p.total, p.largest)
	}
}

func TestReadingAndWritingMeet(t *testing.T) {
	f := sample(1000)
	r, w := io.Pipe()
	go func() { w.CloseWithError(creditfile.Write(w, f)) }()
	got, err := creditfile.Read(r)
	if err != nil || len(got.Transfers) != len(f.Transfers) || got.Sum() != f.Sum() {
		t.Errorf("read back: %d transfers, %v", len(got.Transfers), err)
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("ж", 141)
	cases := map[string]struct {
		spoil func(*creditfile.File)
		want  error
	}{
		"no transfers":           {func(f *creditfile.File) { f.Transfers = nil }, creditfile.ErrEmpty},
		"too many":               {func(f *creditfile.File) { f.Transfers = make([]creditfile.Transfer, creditfile.MaxTransfers+1) }, creditfile.ErrTooMany},
		"same id":                {func(f *creditfile.File) { f.Transfers[2].ID = f.Transfers[0].ID }, creditfile.ErrDuplicate},
		"no file id":             {func(f *creditfile.File) { f.ID = "" }, creditfile.ErrReference},
		"long file id":           {func(f *creditfile.File) { f.ID = strings.Repeat("a", 36) }, creditfile.ErrReference},
		"Cyrillic id":            {func(f *creditfile.File) { f.Transfers[1].ID = "ЗР-1" }, creditfile.ErrReference},
		"id with a line":         {func(f *creditfile.File) { f.Transfers[1].ID = "a\nb" }, creditfile.ErrReference},
		"id with mark-up":        {func(f *creditfile.File) { f.Transfers[1].ID = "a<b" }, creditfile.ErrReference},
		"id begins with a slash": {func(f *creditfile.File) { f.Transfers[1].ID = "/a" }, creditfile.ErrReference},
		"id ends with a slash":   {func(f *creditfile.File) { f.Transfers[1].EndToEnd = "a/" }, creditfile.ErrReference},
		"id with two slashes":    {func(f *creditfile.File) { f.Transfers[1].EndToEnd = "a//b" }, creditfile.ErrReference},
		"id with a space before": {func(f *creditfile.File) { f.Transfers[1].EndToEnd = " a" }, creditfile.ErrReference},
		"no debtor":              {func(f *creditfile.File) { f.Debtor = "" }, creditfile.ErrText},
		"no creditor":            {func(f *creditfile.File) { f.Transfers[1].Creditor = "" }, creditfile.ErrText},
		"long creditor":          {func(f *creditfile.File) { f.Transfers[1].Creditor = long }, creditfile.ErrText},
		"spaces for a name":      {func(f *creditfile.File) { f.Transfers[1].Creditor = "  " }, creditfile.ErrText},
		"control character":      {func(f *creditfile.File) { f.Transfers[1].Creditor = "a\x00b" }, creditfile.ErrText},
		"line in a purpose":      {func(f *creditfile.File) { f.Transfers[1].Purpose = "a\nb" }, creditfile.ErrText},
		"bytes that are no text": {func(f *creditfile.File) { f.Transfers[1].Purpose = "a\xffb" }, creditfile.ErrText},
		"no purpose":             {func(f *creditfile.File) { f.Transfers[1].Purpose = "" }, creditfile.ErrText},
		"zero":                   {func(f *creditfile.File) { f.Transfers[1].Amount = 0 }, creditfile.ErrAmount},
		"negative":               {func(f *creditfile.File) { f.Transfers[1].Amount = -1 }, creditfile.ErrAmount},
		"too much":               {func(f *creditfile.File) { f.Transfers[1].Amount = creditfile.MaxAmount + 1 }, creditfile.ErrAmount},
		"wrong account":          {func(f *creditfile.File) { f.Transfers[1].Account = "160000000000000001" }, account.ErrCheck},
		"short account":          {func(f *creditfile.File) { f.Transfers[1].Account = "160-1-17" }, account.ErrForm},
		"wrong own account":      {func(f *creditfile.File) { f.DebtorAccount = "840000000095584511" }, account.ErrCheck},
		"no day":                 {func(f *creditfile.File) { f.Execution = civil.Day{} }, creditfile.ErrDay},
		"a day elsewhere":        {func(f *creditfile.File) { f.Execution, _ = civil.Parse("2026-11-24[Asia/Seoul]") }, creditfile.ErrDay},
		"no instant":             {func(f *creditfile.File) { f.MadeAt = time.Time{} }, creditfile.ErrInstant},
		"parts of a second":      {func(f *creditfile.File) { f.MadeAt = f.MadeAt.Add(time.Millisecond) }, creditfile.ErrInstant},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := sample(3)
			c.spoil(&f)
			var out bytes.Buffer
			if err := creditfile.Write(&out, f); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if out.Len() > 0 {
				t.Errorf("%d bytes were written before the refusal", out.Len())
			}
		})
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestAFullDiskIsAnError(t *testing.T) {
	if err := creditfile.Write(full{}, sample(1)); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	f := sample(10_000)
	for b.Loop() {
		if err := creditfile.Write(io.Discard, f); err != nil {
			b.Fatal(err)
		}
	}
}
