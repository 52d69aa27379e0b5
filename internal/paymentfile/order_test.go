package paymentfile_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

// order is the sequence of each element's children in pain.001.001.09, as the
// message definition report gives it, down to what this package writes: "!"
// must stand, "?" may, "+" stands once or more, "|" is one of a choice.
var order = map[string]string{
	"Document":         "CstmrCdtTrfInitn!",
	"CstmrCdtTrfInitn": "GrpHdr! PmtInf+ SplmtryData?",
	"GrpHdr":           "MsgId! CreDtTm! Authstn? NbOfTxs! CtrlSum? InitgPty! FwdgAgt?",
	"PmtInf": "PmtInfId! PmtMtd! BtchBookg? NbOfTxs? CtrlSum? PmtTpInf? ReqdExctnDt! PoolgAdjstmntDt? Dbtr! DbtrAcct! DbtrAgt! " +
		"DbtrAgtAcct? InstrForDbtrAgt? UltmtDbtr? ChrgBr? ChrgsAcct? ChrgsAcctAgt? CdtTrfTxInf+",
	"CdtTrfTxInf": "PmtId! PmtTpInf? Amt! XchgRateInf? ChrgBr? ChqInstr? UltmtDbtr? IntrmyAgt1? IntrmyAgt1Acct? IntrmyAgt2? " +
		"IntrmyAgt2Acct? IntrmyAgt3? IntrmyAgt3Acct? CdtrAgt? CdtrAgtAcct? Cdtr? CdtrAcct? UltmtCdtr? InstrForCdtrAgt? " +
		"InstrForDbtrAgt? Purp? RgltryRptg? Tax? RltdRmtInf? RmtInf? SplmtryData?",
	"PmtId":       "InstrId? EndToEndId! UETR?",
	"Amt":         "InstdAmt| EqvtAmt|",
	"ReqdExctnDt": "Dt| DtTm|",
	"InitgPty":    "Nm? PstlAdr? Id? CtryOfRes? CtctDtls?",
	"Dbtr":        "Nm? PstlAdr? Id? CtryOfRes? CtctDtls?",
	"Cdtr":        "Nm? PstlAdr? Id? CtryOfRes? CtctDtls?",
	"DbtrAcct":    "Id! Tp? Ccy? Nm? Prxy?",
	"CdtrAcct":    "Id! Tp? Ccy? Nm? Prxy?",
	"Id":          "IBAN| Othr|",
	"Othr":        "Id! SchmeNm? Issr?",
	"SchmeNm":     "Cd| Prtry|",
	"DbtrAgt":     "FinInstnId! BrnchId?",
	"CdtrAgt":     "FinInstnId! BrnchId?",
	"FinInstnId":  "BICFI? ClrSysMmbId? LEI? Nm? PstlAdr? Othr?",
	"ClrSysMmbId": "ClrSysId? MmbId!",
	"RmtInf":      "Ustrd? Strd?",
}

// longest is the most characters that a text may have: Max35Text and its kin.
var longest = map[string]int{
	"MsgId": 35, "PmtInfId": 35, "InstrId": 35, "EndToEndId": 35, "MmbId": 35, "Cd": 4, "Nm": 140, "Ustrd": 140,
	"NbOfTxs": 15, "CtrlSum": 19, "InstdAmt": 19, "CreDtTm": 20, "Dt": 10, "PmtMtd": 3, "Ccy": 3, "Id": 34,
}

func TestOrderOfTheStandard(t *testing.T) {
	for _, size := range []int{1, 2, 7} {
		root := tree(t, written(t, sample(size)))
		if root.name.Space != "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09" || root.name.Local != "Document" {
			t.Fatalf("begins with %v", root.name)
		}
		checkOrder(t, root)
	}
}

type element struct {
	name     xml.Name
	text     string
	children []*element
}

func tree(t *testing.T, b []byte) *element {
	dec := xml.NewDecoder(bytes.NewReader(b))
	stack := []*element{{}}
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return stack[0].children[0]
		}
		if err != nil {
			t.Fatal(err)
		}
		top := stack[len(stack)-1]
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name}
			top.children = append(top.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(token)
		}
	}
}

func checkOrder(t *testing.T, e *element) {
	name := e.name.Local
	if len(e.children) == 0 {
		if n := utf8.RuneCountInString(e.text); longest[name] == 0 || n == 0 || n > longest[name] {
			t.Errorf("%s has %d characters of %d", name, n, longest[name])
		}
		return
	}
	if strings.TrimSpace(e.text) != "" {
		t.Errorf("%s has text beside elements", name)
	}
	rest := e.children
	chosen := 0
	for _, place := range strings.Fields(order[name]) {
		want, mode := place[:len(place)-1], place[len(place)-1]
		n := 0
		for len(rest) > 0 && rest[0].name.Local == want && (n == 0 || mode == '+') {
			rest = rest[1:]
			n++
		}
		if n == 0 && (mode == '!' || mode == '+') {
			t.Errorf("%s lacks %s", name, want)
		}
		if mode == '|' {
			chosen += n
		}
	}
	if strings.Contains(order[name], "|") && chosen != 1 {
		t.Errorf("%s has %d of its choices", name, chosen)
	}
	if len(rest) > 0 {
		t.Errorf("%s is not where the standard has it in %s", rest[0].name.Local, name)
	}
	for _, child := range e.children {
		checkOrder(t, child)
	}
}
