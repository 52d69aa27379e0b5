package paymentfile_test

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
	"dobosh/internal/paymentfile"
)

func sample(transfers int) paymentfile.File {
	f := paymentfile.File{
		ID:            "ZR-20261124-1",
		MadeAt:        time.Date(2026, 11, 23, 15, 4, 5, 0, time.UTC),
		Debtor:        "Град Зрењанин, Одељење за друштвене делатности",
		DebtorAccount: account.Make(840, 1234567),
		Execution:     civil.Date(2026, 11, 24),
	}
	for i := range transfers {
		f.Transfers = append(f.Transfers, paymentfile.Transfer{
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

func written(t interface{ Fatal(...any) }, f paymentfile.File) []byte {
	var b bytes.Buffer
	if err := paymentfile.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFile(t)
		got, err := paymentfile.Read(bytes.NewReader(written(t, f)))
		if err != nil || !reflect.DeepEqual(got, f) {
			t.Fatalf("%v\n got %+v\nwant %+v", err, got, f)
		}
	})
}

func anyFile(t *rapid.T) paymentfile.File {
	reference := rapid.StringMatching(`[A-Za-z0-9?:().,'+-]([A-Za-z0-9 ?:().,'+-]{0,33}[A-Za-z0-9?:().,'+-])?`)
	text := rapid.StringMatching(`[A-Za-zА-Шђњжčćž0-9<>&"'\]/.;–€𝄞]([A-Za-zА-Шђњжčćž0-9<>&"'\]/.;–€𝄞 ]{0,138}[A-Za-zА-Ш<>&])?`)
	number := func(name string) string {
		return account.Make(rapid.Int64Range(0, 999).Draw(t, name), rapid.Int64Range(0, 1e13-1).Draw(t, name))
	}
	f := paymentfile.File{
		ID:            reference.Draw(t, "id"),
		MadeAt:        time.Unix(rapid.Int64Range(946_684_800, 253_402_300_799).Draw(t, "made"), 0).UTC(),
		Debtor:        text.Draw(t, "debtor"),
		DebtorAccount: number("debtor account"),
		Execution:     civil.Date(2000, 1, 1).AddDays(rapid.IntRange(0, 365*7999).Draw(t, "execution")),
	}
	for _, id := range rapid.SliceOfNDistinct(reference, 1, 20, rapid.ID).Draw(t, "ids") {
		f.Transfers = append(f.Transfers, paymentfile.Transfer{
			ID: id, EndToEnd: reference.Draw(t, "end to end"), Creditor: text.Draw(t, "creditor"), Account: number("account"),
			Amount: money.Para(rapid.Int64Range(1, int64(paymentfile.MaxAmount)).Draw(t, "amount")), Purpose: text.Draw(t, "purpose"),
		})
	}
	return f
}

func TestSumsAreExact(t *testing.T) {
	f := sample(3)
	f.Transfers[0].Amount, f.Transfers[1].Amount, f.Transfers[2].Amount = paymentfile.MaxAmount, 1, 10
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
	f := sample(paymentfile.MaxTransfers)
	var p pieces
	if err := paymentfile.Write(&p, f); err != nil {
		t.Fatal(err)
	}
	if p.largest > 8<<10 || p.total < 40<<20 {
		t.Errorf("%d bytes in pieces of up to %d", p.total, p.largest)
	}
}

func TestReadingAndWritingMeet(t *testing.T) {
	f := sample(1000)
	r, w := io.Pipe()
	go func() { w.CloseWithError(paymentfile.Write(w, f)) }()
	got, err := paymentfile.Read(r)
	if err != nil || len(got.Transfers) != len(f.Transfers) || got.Sum() != f.Sum() {
		t.Errorf("read back: %d transfers, %v", len(got.Transfers), err)
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("ж", 141)
	cases := map[string]struct {
		spoil func(*paymentfile.File)
		want  error
	}{
		"no transfers":           {func(f *paymentfile.File) { f.Transfers = nil }, paymentfile.ErrEmpty},
		"too many":               {func(f *paymentfile.File) { f.Transfers = make([]paymentfile.Transfer, paymentfile.MaxTransfers+1) }, paymentfile.ErrTooMany},
		"same id":                {func(f *paymentfile.File) { f.Transfers[2].ID = f.Transfers[0].ID }, paymentfile.ErrDuplicate},
		"no file id":             {func(f *paymentfile.File) { f.ID = "" }, paymentfile.ErrReference},
		"long file id":           {func(f *paymentfile.File) { f.ID = strings.Repeat("a", 36) }, paymentfile.ErrReference},
		"Cyrillic id":            {func(f *paymentfile.File) { f.Transfers[1].ID = "ЗР-1" }, paymentfile.ErrReference},
		"id with a line":         {func(f *paymentfile.File) { f.Transfers[1].ID = "a\nb" }, paymentfile.ErrReference},
		"id with mark-up":        {func(f *paymentfile.File) { f.Transfers[1].ID = "a<b" }, paymentfile.ErrReference},
		"id begins with a slash": {func(f *paymentfile.File) { f.Transfers[1].ID = "/a" }, paymentfile.ErrReference},
		"id ends with a slash":   {func(f *paymentfile.File) { f.Transfers[1].EndToEnd = "a/" }, paymentfile.ErrReference},
		"id with two slashes":    {func(f *paymentfile.File) { f.Transfers[1].EndToEnd = "a//b" }, paymentfile.ErrReference},
		"id with a space before": {func(f *paymentfile.File) { f.Transfers[1].EndToEnd = " a" }, paymentfile.ErrReference},
		"no debtor":              {func(f *paymentfile.File) { f.Debtor = "" }, paymentfile.ErrText},
		"no creditor":            {func(f *paymentfile.File) { f.Transfers[1].Creditor = "" }, paymentfile.ErrText},
		"long creditor":          {func(f *paymentfile.File) { f.Transfers[1].Creditor = long }, paymentfile.ErrText},
		"spaces for a name":      {func(f *paymentfile.File) { f.Transfers[1].Creditor = "  " }, paymentfile.ErrText},
		"control character":      {func(f *paymentfile.File) { f.Transfers[1].Creditor = "a\x00b" }, paymentfile.ErrText},
		"line in a purpose":      {func(f *paymentfile.File) { f.Transfers[1].Purpose = "a\nb" }, paymentfile.ErrText},
		"bytes that are no text": {func(f *paymentfile.File) { f.Transfers[1].Purpose = "a\xffb" }, paymentfile.ErrText},
		"no purpose":             {func(f *paymentfile.File) { f.Transfers[1].Purpose = "" }, paymentfile.ErrText},
		"zero":                   {func(f *paymentfile.File) { f.Transfers[1].Amount = 0 }, paymentfile.ErrAmount},
		"negative":               {func(f *paymentfile.File) { f.Transfers[1].Amount = -1 }, paymentfile.ErrAmount},
		"too much":               {func(f *paymentfile.File) { f.Transfers[1].Amount = paymentfile.MaxAmount + 1 }, paymentfile.ErrAmount},
		"wrong account":          {func(f *paymentfile.File) { f.Transfers[1].Account = "160000000000000001" }, account.ErrCheck},
		"short account":          {func(f *paymentfile.File) { f.Transfers[1].Account = "160-1-17" }, account.ErrForm},
		"wrong own account":      {func(f *paymentfile.File) { f.DebtorAccount = "840000000095584511" }, account.ErrCheck},
		"no day":                 {func(f *paymentfile.File) { f.Execution = civil.Day{} }, paymentfile.ErrDay},
		"a day elsewhere":        {func(f *paymentfile.File) { f.Execution, _ = civil.Parse("2026-11-24[Asia/Seoul]") }, paymentfile.ErrDay},
		"no instant":             {func(f *paymentfile.File) { f.MadeAt = time.Time{} }, paymentfile.ErrInstant},
		"parts of a second":      {func(f *paymentfile.File) { f.MadeAt = f.MadeAt.Add(time.Millisecond) }, paymentfile.ErrInstant},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := sample(3)
			c.spoil(&f)
			var out bytes.Buffer
			if err := paymentfile.Write(&out, f); !errors.Is(err, c.want) {
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
	if err := paymentfile.Write(full{}, sample(1)); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	f := sample(10_000)
	for b.Loop() {
		if err := paymentfile.Write(io.Discard, f); err != nil {
			b.Fatal(err)
		}
	}
}
