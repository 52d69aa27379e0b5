package pages

import (
	"time"

	"dobosh/internal/kit/lang"
)

// Condition is how a node is. A zero instant means never, or none.
type Condition struct {
	Journal     string // why the journal takes nothing; empty while it does
	Entries     int64
	Witnessed   int64     // entries that witnesses have cosigned
	Witnesses   bool      // there are some to ask
	CosignedAt  time.Time // when a witness last cosigned
	StampedAt   time.Time // when an authority last time-stamped the journal
	Stamps      bool      // there is an authority to ask
	StampsFail  time.Time // since when the authority does not answer; zero while it does
	RegistryAt  time.Time // when the registry was last known to be current
	StopsAt     time.Time // when the node stops without the registry
	Forked      bool      // the registry showed two histories
	Revoked     bool      // the registry does not have this node
	Certificate time.Time // until when the node's certificate is valid
	Hidden      int       // receipts that persons do not see yet
	Quotas      []QuotaUse
	Peers       []PeerState
	Troubles    []Trouble // of parts of the node that stand nowhere else
}

// Trouble is a part of the node that somebody should see to.
type Trouble struct {
	Alarm  string // its sentence is alarm.ALARM, and what to do alarm.ALARM.do
	Values []any  // pairs for the sentence
}

// QuotaUse is how much of a contract's questions for this day is used.
type QuotaUse struct {
	Contract    string
	Used, Quota int
}

// quotaShown is the share of a quota, in percent, from which the operator sees
// it; from quotaDue on somebody should act.
const (
	quotaShown = 10
	quotaDue   = 80
)

// Share is the part that is used, in percent.
func (q QuotaUse) Share() int {
	if q.Quota == 0 {
		return 0
	}
	return int(int64(q.Used) * 100 / int64(q.Quota))
}

// PeerState is another node as this one last met it.
type PeerState struct {
	Body    lang.Text
	Node    string
	State   string // as in the registry; empty while it serves
	Failing bool   // it did not answer the last time
	Took    time.Duration
}

// alarm is a sentence about something that somebody should see to, and what to
// do.
type alarm struct{ Says, Do string }

const (
	lateRegistry    = 10 * time.Minute
	lateWitness     = 10 * time.Minute
	lateStamp       = 10 * time.Minute
	lateCertificate = 48 * time.Hour
)

// alarms lists what is wrong with the node, the worst first.
func (v *visit) alarms(c Condition) (list []alarm) {
	now := v.Now()
	add := func(is bool, key string, pairs ...any) {
		if is {
			list = append(list, alarm{v.Say("alarm."+key, pairs...), v.Say("alarm." + key + ".do")})
		}
	}
	add(c.Journal != "", "journal")
	for _, t := range c.Troubles {
		add(true, t.Alarm, t.Values...)
	}
	add(c.Forked, "forked")
	add(c.Revoked, "revoked")
	add(!c.RegistryAt.IsZero() && now.Sub(c.RegistryAt) > lateRegistry, "registry", "since", v.Instant(c.RegistryAt), "until", v.Instant(c.StopsAt))
	add(!c.Certificate.IsZero() && c.Certificate.Sub(now) < lateCertificate, "certificate", "until", v.Instant(c.Certificate))
	add(c.Witnesses && c.Witnessed < c.Entries && now.Sub(c.CosignedAt) > lateWitness, "witness")
	add(c.Stamps && !c.StampsFail.IsZero() && now.Sub(c.StampsFail) > lateStamp, "stamps", "since", v.Instant(c.StampsFail))
	for _, q := range c.Quotas {
		add(q.Share() >= quotaDue, "quota", "contract", q.Contract, "share", q.Share())
	}
	for _, p := range c.Peers {
		add(p.Failing, "peer", "body", v.Plain(p.Body), "node", p.Node)
	}
	return list
}
