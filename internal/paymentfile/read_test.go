package paymentfile_test

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"dobosh/internal/kit/account"
	"dobosh/internal/paymentfile"
)

func TestReadRefuses(t *testing.T) {
	good := string(written(t, sample(2)))
	cases := map[string]struct {
		old, new string
		want     error
	}{
		"not XML":            {good, "300000", paymentfile.ErrForm},
		"nothing":            {good, "", paymentfile.ErrForm},
		"another version":    {"pain.001.001.09", "pain.001.001.03", paymentfile.ErrForm},
		"a prefix":           {"<Document xmlns=", "<p:Document xmlns:p=", nil},
		"unknown element":    {"<BtchBookg>", "", nil},
		"added element":      {"<NbOfTxs>", "<Authstn/><NbOfTxs>", paymentfile.ErrForm},
		"attribute":          {"<MsgId>", `<MsgId lang="sr">`, paymentfile.ErrForm},
		"another currency":   {`Ccy="RSD"`, `Ccy="EUR"`, paymentfile.ErrForm},
		"account currency":   {"<Ccy>RSD", "<Ccy>EUR", paymentfile.ErrForm},
		"IBAN":               {"<Othr><Id>", "<IBAN><Id>", nil},
		"another method":     {"<PmtMtd>TRF", "<PmtMtd>CHK", paymentfile.ErrForm},
		"another count":      {"<NbOfTxs>2", "<NbOfTxs>3", paymentfile.ErrForm},
		"count of none":      {"<NbOfTxs>2", "<NbOfTxs>0", paymentfile.ErrForm},
		"count too high":     {"<NbOfTxs>2", "<NbOfTxs>100001", paymentfile.ErrForm},
		"padded count":       {"<NbOfTxs>2", "<NbOfTxs>02", paymentfile.ErrForm},
		"another sum":        {"<CtrlSum>6", "<CtrlSum>7", paymentfile.ErrForm},
		"another amount":     {">300000.01<", ">300000.02<", paymentfile.ErrForm},
		"short amount":       {">300000.01<", ">300000.0<", paymentfile.ErrForm},
		"padded amount":      {">300000.01<", ">0300000.01<", paymentfile.ErrForm},
		"another bank":       {"<MmbId>160", "<MmbId>170", paymentfile.ErrForm},
		"wrong account":      {"<Id>1600000000000000", "<Id>1600000000000010", account.ErrCheck},
		"another own bank":   {"<MmbId>840", "<MmbId>841", paymentfile.ErrForm},
		"no such day":        {"2026-11-24", "2026-11-31", paymentfile.ErrForm},
		"local time":         {"15:04:05Z", "15:04:05+01:00", paymentfile.ErrForm},
		"same id":            {"ZR-2026-2<", "ZR-2026-1<", paymentfile.ErrDuplicate},
		"after the end":      {"</Document>", "</Document><Document/>", paymentfile.ErrForm},
		"cut":                {"</Document>", "", nil},
		"comment":            {"<GrpHdr>", "<!-- --><GrpHdr>", paymentfile.ErrForm},
		"document type":      {"<Document", `<!DOCTYPE Document [<!ENTITY a "b">]><Document`, paymentfile.ErrForm},
		"entity":             {"Милица", "&a;", nil},
		"no transfers":       {good[strings.Index(good, "<CdtTrfTxInf>"):strings.LastIndex(good, "</PmtInf>")], "", paymentfile.ErrForm},
		"two debtors":        {"<Dbtr><Nm>Град", "<Dbtr><Nm>Село", paymentfile.ErrForm},
		"element for a text": {"<Ustrd>", "<Ustrd><b/>", paymentfile.ErrForm},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			spoilt := strings.Replace(good, c.old, c.new, 1)
			_, err := paymentfile.Read(strings.NewReader(spoilt))
			switch {
			case spoilt == good:
				if c.want != nil {
					t.Error("the case spoils nothing")
				}
			case err == nil:
				t.Error("was read")
			case c.want != nil && !errors.Is(err, c.want):
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// forever gives the same bytes without end.
type forever struct{ piece string }

func (f forever) Read(p []byte) (int, error) { return copy(p, f.piece), nil }

func TestReadEndsWithoutAnEnd(t *testing.T) {
	good := string(written(t, sample(1)))
	transfer := good[strings.Index(good, "<CdtTrfTxInf>"):strings.LastIndex(good, "</PmtInf>")]
	upTo := func(mark string) string { return good[:strings.Index(good, mark)+len(mark)] }
	for name, r := range map[string]io.Reader{
		"text":       io.MultiReader(strings.NewReader(upTo("<Ustrd>")), forever{"a"}),
		"spaces":     io.MultiReader(strings.NewReader(upTo("<GrpHdr>")), forever{" "}),
		"elements":   io.MultiReader(strings.NewReader(upTo("<GrpHdr>")), forever{"<a>"}),
		"lines":      io.MultiReader(strings.NewReader(upTo("<GrpHdr>")), forever{"\n"}),
		"attributes": io.MultiReader(strings.NewReader(upTo("<GrpHdr>")[:len(upTo("<GrpHdr>"))-1]), forever{` a="b"`}),
		"transfers":  io.MultiReader(strings.NewReader(upTo("</DbtrAgt>")), repeated{&transfer, new(int)}),
	} {
		if _, err := paymentfile.Read(r); err == nil {
			t.Errorf("%s without end were read", name)
		}
	}
}

// repeated gives a text over and over, whatever the size of the reader's buffer.
type repeated struct {
	text *string
	at   *int
}

func (r repeated) Read(p []byte) (int, error) {
	n := copy(p, (*r.text)[*r.at:])
	*r.at = (*r.at + n) % len(*r.text)
	return n, nil
}

func FuzzRead(f *testing.F) {
	f.Add(written(f, sample(1)))
	f.Add(written(f, sample(3)))
	f.Add([]byte("<Document/>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := paymentfile.Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, err := paymentfile.Read(bytes.NewReader(written(t, file)))
		if err != nil || !reflect.DeepEqual(again, file) {
			t.Fatalf("%v\n%+v\n%+v", err, file, again)
		}
	})
}
