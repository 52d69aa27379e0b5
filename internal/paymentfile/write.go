package paymentfile

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"dobosh/internal/kit/account"
)

const (
	namespace = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
	currency  = "RSD"
	method    = "TRF"  // a credit transfer (PaymentMethod3Code)
	scheme    = "BBAN" // a number of the country, not an IBAN (ExternalAccountIdentification1Code)
	instant   = "2006-01-02T15:04:05Z"
)

// Write checks the whole file and writes it. An error from check means that
// nothing was written.
func Write(w io.Writer, f File) error {
	if err := f.check(); err != nil {
		return fmt.Errorf("payment file: %w", err)
	}
	out := writer{buf: bufio.NewWriter(w)}
	out.file(f)
	if err := out.buf.Flush(); err != nil {
		return fmt.Errorf("write payment file: %w", err)
	}
	return nil
}

// writer puts elements out. Errors of bufio stick until Flush, so nothing
// between has to look at them.
type writer struct{ buf *bufio.Writer }

func (w writer) file(f File) {
	count, sum := strconv.Itoa(len(f.Transfers)), f.Sum().Decimal()
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<Document xmlns="` + namespace + `">`)
	w.in("CstmrCdtTrfInitn", func() {
		w.in("GrpHdr", func() {
			w.leaf("MsgId", f.ID)
			w.leaf("CreDtTm", f.MadeAt.UTC().Format(instant))
			w.leaf("NbOfTxs", count)
			w.leaf("CtrlSum", sum)
			w.party("InitgPty", f.Debtor)
		})
		w.in("PmtInf", func() {
			w.leaf("PmtInfId", f.ID)
			w.leaf("PmtMtd", method)
			w.leaf("NbOfTxs", count)
			w.leaf("CtrlSum", sum)
			w.in("ReqdExctnDt", func() { w.leaf("Dt", f.Execution.String()) })
			w.party("Dbtr", f.Debtor)
			w.account("DbtrAcct", f.DebtorAccount)
			w.bank("DbtrAgt", f.DebtorAccount)
			for _, t := range f.Transfers {
				w.in("CdtTrfTxInf", func() {
					w.in("PmtId", func() {
						w.leaf("InstrId", t.ID)
						w.leaf("EndToEndId", t.EndToEnd)
					})
					w.in("Amt", func() { w.raw(`<InstdAmt Ccy="` + currency + `">` + t.Amount.Decimal() + "</InstdAmt>") })
					w.bank("CdtrAgt", t.Account)
					w.party("Cdtr", t.Creditor)
					w.account("CdtrAcct", t.Account)
					w.in("RmtInf", func() { w.leaf("Ustrd", t.Purpose) })
				})
				w.raw("\n")
			}
		})
	})
	w.raw("</Document>\n")
}

func (w writer) party(name, who string) {
	w.in(name, func() { w.leaf("Nm", who) })
}

func (w writer) account(name, number string) {
	w.in(name, func() {
		w.in("Id", func() {
			w.in("Othr", func() {
				w.leaf("Id", number)
				w.in("SchmeNm", func() { w.leaf("Cd", scheme) })
			})
		})
		w.leaf("Ccy", currency)
	})
}

// bank names a bank by the first three digits of its accounts, which are its
// number in the country's clearing.
func (w writer) bank(name, number string) {
	w.in(name, func() {
		w.in("FinInstnId", func() {
			w.in("ClrSysMmbId", func() { w.leaf("MmbId", account.Bank(number)) })
		})
	})
}

func (w writer) in(name string, inside func()) {
	w.raw("<" + name + ">")
	inside()
	w.raw("</" + name + ">")
}

func (w writer) leaf(name, value string) {
	w.raw("<" + name + ">")
	if strings.ContainsAny(value, `<>&"'`) {
		_ = xml.EscapeText(w.buf, []byte(value)) // sticks in buf
	} else {
		w.raw(value)
	}
	w.raw("</" + name + ">")
}

func (w writer) raw(s string) { _, _ = w.buf.WriteString(s) }
