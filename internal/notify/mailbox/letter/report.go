package letter

import (
	"bytes"
	"regexp"
	"strings"
)

// Report is what a server says of a mail that we sent.
type Report struct {
	Recipient string   // in canonical form; empty where it does not say
	Action    string   // failed, delayed, delivered, relayed or expanded; empty where it does not say
	Status    string   // RFC 3463: "5.1.1"; empty where it does not say
	Text      string   // what the other server said; one line
	Originals []string // message ids of the mail, as far as they can be found
	// Final says that the mail will not arrive, Hard that the address is none, or is one no
	// more: a full mailbox and a refused text are not.
	Final, Hard bool
}

// reported knows the reports: those that have a form, and those that only say it.
func (in *reader) reported(h head, subject, text string, nobody bool) (kind Kind, sign string) {
	switch in.report {
	case "disposition-notification":
		return Receipt, "disposition-notification"
	case "feedback-report":
		in.original(text)
		return Complaint, "feedback-report"
	case "delivery-status", "":
	default:
		return "", ""
	}
	l := in.letter
	if in.report == "delivery-status" {
		r := readStatus(in.status)
		l.Report = r
		in.original(text)
		switch r.Action {
		case "delivered", "relayed", "expanded":
			return Receipt, "delivery-status"
		case "delayed":
			return Delay, "delivery-status"
		}
		r.settle(text)
		return Bounce, "delivery-status"
	}
	daemon := false
	for _, a := range l.From {
		local, _, _ := strings.Cut(a.Email, "@")
		daemon = daemon || local == "mailer-daemon" || local == "postmaster" || local == "mailerdaemon" || strings.HasPrefix(local, "mail-daemon") || strings.HasPrefix(local, "microsoftexchange")
	}
	late, back := begins(subject, list().Delayed), begins(subject, list().Returned)
	old := strings.Contains(text, "This is the qmail-send program at") || strings.Contains(text, "This message was created automatically by mail delivery software")
	switch {
	case late && (daemon || nobody):
		kind, sign = Delay, "subject"
	case h.has("x-failed-recipients"):
		kind, sign = Bounce, "x-failed-recipients"
	case old && (daemon || nobody):
		kind, sign = Bounce, "text"
	case back && (daemon || nobody):
		kind, sign = Bounce, "subject"
	case daemon && nobody && permanent.MatchString(text):
		kind, sign = Bounce, "daemon"
	default:
		return "", ""
	}
	l.Report = &Report{}
	if to := addresses(h.first("x-failed-recipients")); len(to) > 0 {
		l.Report.Recipient = to[0].Email
	}
	in.original(text)
	if kind == Bounce {
		l.Report.settle(text)
	}
	return kind, sign
}

var (
	permanent = regexp.MustCompile(`\b5\d\d[ -]|\b5\.\d{1,3}\.\d{1,3}\b`)
	status    = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	code      = regexp.MustCompile(`(?:^|[\s:(])([45]\d\d)[ -]`)
	mailID    = regexp.MustCompile(`(?i)message-id:\s*<([^<>\s]{1,300})>`)
)

// readStatus reads the status of the first recipient for whom there is one that failed,
// or of the first.
func readStatus(raw []byte) *Report {
	best := &Report{}
	for block := range bytes.SplitSeq(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n\n")) {
		h, _ := newSource(bytes.NewReader(bytes.TrimLeft(block, "\n"))).header(longestStatus) // some leave more than one line empty
		if !h.has("action") && !h.has("status") {
			continue
		}
		r := &Report{Action: first(h.first("action")), Status: status.FindString(h.first("status"))}
		for _, name := range []string{"final-recipient", "original-recipient"} {
			_, address, _ := strings.Cut(h.first(name), ";")
			if r.Recipient == "" {
				r.Recipient = Canonical(address)
			}
		}
		_, said, _ := strings.Cut(h.first("diagnostic-code"), ";")
		r.Text = cut(words(said), 500)
		if best.Action == "" && best.Status == "" || best.Action != "failed" && r.Action == "failed" {
			best = r
		}
	}
	return best
}

// settle works out from status, code and words how final it is.
func (r *Report) settle(text string) {
	if r.Status == "" {
		r.Status = status.FindString(r.Text)
	}
	if r.Status == "" {
		r.Status = status.FindString(text)
	}
	class := byte('5') // a server that gives up says failed whatever its last answer was
	said := r.Status
	if said == "" || strings.HasSuffix(said, ".0.0") {
		if m := code.FindStringSubmatch(r.Text + "\n" + text); m != nil {
			said = m[1]
		}
	}
	if said != "" {
		class = said[0]
	}
	r.Final = true
	switch {
	case class != '5':
	case strings.HasPrefix(r.Status, "5.1.") && r.Status != "5.1.7" && r.Status != "5.1.8", r.Status == "5.2.1", r.Status == "5.4.4":
		r.Hard = true
	case r.Status == "" || r.Status == "5.0.0":
		r.Hard = said == "550" || said == "551" || said == "553"
	}
}

// original finds which of our mails a report is about.
func (in *reader) original(text string) {
	l := in.letter
	found := append(ids(in.inner.first("message-id")), ids(in.inner.first("original-message-id"))...)
	for _, m := range mailID.FindAllStringSubmatch(cut(text, 64<<10), 5) {
		found = append(found, m[1])
	}
	found = append(found, l.Answers...)
	if l.Report == nil {
		l.Report = &Report{}
	}
	l.Report.Originals = found
}
