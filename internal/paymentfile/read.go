package paymentfile

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/kit/account"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/money"
)

// ErrForm says that a file is not of the form that Write gives it.
var ErrForm = errors.New("not a payment file of this form")

// maxToken bounds the bytes between two elements, so that no text without an
// end fills the memory.
const maxToken = 16 << 10

// Read reads a file that Write wrote. Elements that Write does not write, sums
// that do not add up and everything that Write would refuse are errors.
func Read(r io.Reader) (File, error) {
	limit := &meter{r: r}
	in := &reader{dec: xml.NewDecoder(limit), limit: limit}
	f := in.file()
	if in.err != nil {
		return File{}, fmt.Errorf("read payment file: %w", in.err)
	}
	if err := f.check(); err != nil {
		return File{}, fmt.Errorf("read payment file: %w", err)
	}
	return f, nil
}

// meter lets at most maxToken bytes through until it is set back to zero.
type meter struct {
	r    io.Reader
	used int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.used >= maxToken {
		return 0, fmt.Errorf("%w: more than %d bytes in one piece", ErrForm, maxToken)
	}
	n, err := m.r.Read(p[:min(len(p), maxToken-m.used)])
	m.used += n
	return n, err
}

// reader expects one element after another. After the first that does not come
// it reads nothing more and err says what was missing.
type reader struct {
	dec   *xml.Decoder
	limit *meter
	next  xml.Token // read ahead, not yet taken
	err   error
}

func (r *reader) file() (f File) {
	r.in("Document", func() {
		r.in("CstmrCdtTrfInitn", func() {
			var count int
			var sum string
			r.in("GrpHdr", func() {
				f.ID = r.leaf("MsgId")
				f.MadeAt = parse(r, "CreDtTm", func(s string) (time.Time, error) { return time.Parse(instant, s) })
				count, sum = parse(r, "NbOfTxs", exactCount), r.leaf("CtrlSum")
				f.Debtor = r.name("InitgPty")
			})
			r.in("PmtInf", func() { r.payments(&f, count, sum) })
		})
	})
	if token := r.peek(); r.err == nil && token != nil {
		r.fail("the end", token)
	}
	return f
}

func (r *reader) payments(f *File, count int, sum string) {
	r.exact("PmtInfId", f.ID)
	r.exact("PmtMtd", method)
	r.exact("NbOfTxs", strconv.Itoa(count))
	r.exact("CtrlSum", sum)
	r.in("ReqdExctnDt", func() { f.Execution = parse(r, "Dt", civil.Parse) })
	if name := r.name("Dbtr"); r.err == nil && name != f.Debtor {
		r.err = fmt.Errorf("%w: the debtor has two names", ErrForm)
	}
	f.DebtorAccount = r.account("DbtrAcct")
	r.sameBank(r.member("DbtrAgt"), f.DebtorAccount)
	for r.err == nil && len(f.Transfers) < count {
		var t Transfer
		r.in("CdtTrfTxInf", func() {
			r.in("PmtId", func() { t.ID, t.EndToEnd = r.leaf("InstrId"), r.leaf("EndToEndId") })
			r.in("Amt", func() { t.Amount = parse(r, "InstdAmt", exactAmount) })
			bank := r.member("CdtrAgt")
			t.Creditor = r.name("Cdtr")
			t.Account = r.account("CdtrAcct")
			r.sameBank(bank, t.Account)
			r.in("RmtInf", func() { t.Purpose = r.leaf("Ustrd") })
		})
		f.Transfers = append(f.Transfers, t)
	}
	if r.err == nil && sum != f.Sum().Decimal() {
		r.err = fmt.Errorf("%w: the transfers come to %s, but the header says %.20s", ErrForm, f.Sum().Decimal(), sum)
	}
}

func exactCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > MaxTransfers || strconv.Itoa(n) != s {
		return 0, fmt.Errorf("%.15q is not a number of transfers from 1 to %d", s, MaxTransfers)
	}
	return n, nil
}

// exactAmount takes an amount only as Write writes it.
func exactAmount(s string) (money.Para, error) {
	amount, err := money.Parse(s)
	if err == nil && amount.Decimal() != s {
		err = money.ErrNotAnAmount
	}
	return amount, err
}

func (r *reader) name(element string) (who string) {
	r.in(element, func() { who = r.leaf("Nm") })
	return who
}

func (r *reader) account(element string) (number string) {
	r.in(element, func() {
		r.in("Id", func() {
			r.in("Othr", func() {
				number = r.leaf("Id")
				r.in("SchmeNm", func() { r.exact("Cd", scheme) })
			})
		})
		r.exact("Ccy", currency)
	})
	return number
}

func (r *reader) member(element string) (code string) {
	r.in(element, func() {
		r.in("FinInstnId", func() {
			r.in("ClrSysMmbId", func() { code = r.leaf("MmbId") })
		})
	})
	return code
}

func (r *reader) sameBank(code, number string) {
	if r.err == nil && code != account.Bank(number) {
		r.err = fmt.Errorf("%w: an account is not of the bank that is named", ErrForm)
	}
}

func (r *reader) exact(element, want string) {
	if got := r.leaf(element); r.err == nil && got != want {
		r.err = fmt.Errorf("%w: %s is %.40q and should be %q", ErrForm, element, got, want)
	}
}

// parse reads an element with a text that has a meaning of its own.
func parse[T any](r *reader, element string, read func(string) (T, error)) (value T) {
	s := r.leaf(element)
	if r.err != nil {
		return value
	}
	value, err := read(s)
	if err != nil {
		r.err = fmt.Errorf("%w: %s: %w", ErrForm, element, err)
	}
	return value
}

func (r *reader) leaf(element string) (text string) {
	r.in(element, func() {
		if data, ok := r.peek().(xml.CharData); ok {
			text = string(data)
			r.next = nil
		}
	})
	return text
}

// in takes the start of an element, what is inside, and its end.
func (r *reader) in(element string, inside func()) {
	if !r.at(element) {
		r.fail("<"+element+">", r.peek())
		return
	}
	r.next = nil
	inside()
	if _, ok := r.peek().(xml.EndElement); !ok {
		r.fail("</"+element+">", r.peek())
	}
	r.next = nil
}

// at reports whether the named element begins here, with the attributes that
// it has in this form.
func (r *reader) at(element string) bool {
	start, ok := r.peek().(xml.StartElement)
	var has strings.Builder
	for _, a := range start.Attr {
		if a.Name.Space != "" {
			has.WriteString(a.Name.Space + ":")
		}
		has.WriteString(a.Name.Local + "=" + a.Value)
	}
	wanted := ""
	switch element {
	case "Document":
		wanted = "xmlns=" + namespace
	case "InstdAmt":
		wanted = "Ccy=" + currency
	}
	return ok && start.Name == xml.Name{Space: namespace, Local: element} && has.String() == wanted
}

// peek gives the next token that matters; nil at the end and after an error.
// The declaration is skipped, and so are line ends between elements.
func (r *reader) peek() xml.Token {
	for r.err == nil && r.next == nil {
		r.limit.used = 0
		token, err := r.dec.Token()
		switch t := token.(type) {
		case xml.ProcInst:
			if t.Target == "xml" {
				continue
			}
		case xml.CharData:
			if string(t) == "\n" {
				continue
			}
		}
		if err == io.EOF {
			return nil
		}
		r.next, r.err = xml.CopyToken(token), err
	}
	if r.err != nil {
		return nil
	}
	return r.next
}

func (r *reader) fail(want string, got xml.Token) {
	if r.err != nil {
		return
	}
	kind := "this"
	switch t := got.(type) {
	case nil:
		kind = "the end"
	case xml.StartElement:
		kind = fmt.Sprintf("<%.40s> with %d attributes", t.Name.Local, len(t.Attr))
	case xml.EndElement:
		kind = fmt.Sprintf("</%.40s>", t.Name.Local)
	case xml.CharData:
		kind = "text"
	}
	line, column := r.dec.InputPos()
	r.err = fmt.Errorf("%w: line %d, column %d: %s expected, not %s", ErrForm, line, column, want, kind)
}
