package payments_test

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"

	"dobosh/internal/kit/account"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/id"
	"dobosh/internal/kit/problem"
	"dobosh/internal/lab/registers/payments"
	"dobosh/internal/lab/testquestion"
	"dobosh/internal/storage"
	"dobosh/internal/testkit"
)

const service = "parental-allowance"

func onBoth(t *testing.T, test func(t *testing.T, a testquestion.Asker, register *payments.Register)) {
	testkit.Databases(t, func(t *testing.T, open func(...fs.FS) *storage.DB) {
		a := testquestion.New(t)
		test(t, a, payments.New(open(payments.Migrations()), a.Desk(), clock.System))
	})
}

func TestAccount(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *payments.Register) {
		woman := testquestion.Woman(1990, 1)
		accounts := []payments.Account{{Person: a.Own(woman), Number: account.Make(999, 12345)}}
		for range 2 {
			if err := register.Put(t.Context(), accounts); err != nil {
				t.Fatal(err)
			}
		}
		status, answer := a.Ask(register.Handler(), "family", "/v1/accounts/"+a.Called("family", woman))
		if status != http.StatusOK || len(answer) != 1 || answer["account"] != accounts[0].Number {
			t.Errorf("%d %v", status, answer)
		}
		status, answer = a.Ask(register.Handler(), "family", "/v1/accounts/"+a.Called("family", testquestion.Woman(1990, 2)))
		a.Refused(status, answer, http.StatusNotFound, "person-unknown")
		status, answer = a.Ask(register.Handler(), "family", "/v1/accounts/"+a.Called("tax", woman))
		a.Refused(status, answer, http.StatusNotFound, "person-unknown")
	})
}

func TestPutRefusesWrongAccounts(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *payments.Register) {
		accounts := []payments.Account{{"a", account.Make(999, 1)}, {"b", "999000000000000100"}}
		if err := register.Put(t.Context(), accounts); !errors.Is(err, account.ErrCheck) {
			t.Errorf("got %v", err)
		}
		if _, err := register.Account(t.Context(), "a"); !problem.HasCode(err, "person-unknown") {
			t.Errorf("half of a batch stayed: %v", err)
		}
	})
}

func TestGrant(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *payments.Register) {
		woman, birth := a.Called("family", testquestion.Woman(1990, 1)), id.New()
		paid := func(sector, person, service, birth string) any {
			t.Helper()
			status, answer := a.Ask(register.Handler(), sector, "/v1/grants/"+person+"/"+service+"/"+birth)
			if status != http.StatusOK || len(answer) != 1 {
				t.Errorf("%d %v", status, answer)
			}
			return answer["paid"]
		}
		if paid("family", woman, service, birth) != false {
			t.Error("paid before anything was granted")
		}
		note := payments.GrantNote{Person: woman, Service: service, Birth: birth, Decision: id.New()}
		for range 2 {
			if status, answer := a.Send(register.Handler(), "family", "/v1/grants", note); status != http.StatusCreated || answer["paid"] != true {
				t.Errorf("note: %d %v", status, answer)
			}
		}
		if paid("family", woman, service, birth) != true || paid("tax", a.Called("tax", testquestion.Woman(1990, 1)), service, birth) != true {
			t.Error("noted and not paid")
		}
		if paid("family", woman, service, id.New()) != false || paid("family", woman, "newborn-grant", birth) != false ||
			paid("family", a.Called("family", testquestion.Woman(1990, 2)), service, birth) != false {
			t.Error("paid for another child, service or person")
		}
		note.Decision = id.New()
		status, answer := a.Send(register.Handler(), "family", "/v1/grants", note)
		a.Refused(status, answer, http.StatusConflict, "already-granted")
	})
}

func TestTwoDecisionsAtOnceGrantOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *payments.Register) {
		birth, noted := id.New(), make(chan error, 8)
		var wg sync.WaitGroup
		for range cap(noted) {
			wg.Go(func() {
				noted <- register.Note(t.Context(), payments.Grant{Person: "a", Service: service, Birth: birth, Decision: id.New()})
			})
		}
		wg.Wait()
		granted := 0
		for range cap(noted) {
			switch err := <-noted; {
			case err == nil:
				granted++
			case !problem.HasCode(err, "already-granted"):
				t.Error(err)
			}
		}
		if granted != 1 {
			t.Errorf("%d decisions granted", granted)
		}
	})
}

func TestBadGrants(t *testing.T) {
	onBoth(t, func(t *testing.T, a testquestion.Asker, register *payments.Register) {
		woman := a.Called("family", testquestion.Woman(1990, 1))
		for path, want := range map[string]string{
			woman + "/" + service + "/1":                                       "birth:reference-malformed",
			woman + "/Parental/" + id.New():                                    "service:service-malformed",
			woman + "/" + strings.Repeat("a", 65) + "/" + id.New():             "service:service-malformed",
			woman + "/x%2Fy/%20":                                               "service:service-malformed birth:reference-malformed",
			woman + "/" + service + "/" + testquestion.Woman(1990, 1).String(): "birth:reference-malformed",
			woman + "/" + service + "/" + strings.ToUpper(id.New()[:25]+"A"):   "birth:reference-malformed",
		} {
			status, answer := a.Ask(register.Handler(), "family", "/v1/grants/"+path)
			a.Refused(status, answer, http.StatusUnprocessableEntity, "grant-invalid", strings.Fields(want)...)
		}
		good := payments.GrantNote{Person: woman, Service: service, Birth: id.New(), Decision: id.New()}
		for want, change := range map[string]func(*payments.GrantNote){
			"422 grant-invalid decision:reference-malformed": func(n *payments.GrantNote) { n.Decision = "" },
			"422 grant-invalid birth:reference-malformed":    func(n *payments.GrantNote) { n.Birth = "x" },
			"422 grant-invalid service:service-malformed":    func(n *payments.GrantNote) { n.Service = "" },
			"404 person-unknown":                             func(n *payments.GrantNote) { n.Person = "x" },
		} {
			note, parts := good, strings.Fields(want)
			change(&note)
			status, answer := a.Send(register.Handler(), "family", "/v1/grants", note)
			a.Refused(status, answer, map[string]int{"422": 422, "404": 404}[parts[0]], parts[1], parts[2:]...)
		}
		status, answer := a.Send(register.Handler(), "family", "/v1/grants", `{"amount":0}`)
		a.Refused(status, answer, http.StatusUnprocessableEntity, "body-malformed")
	})
}

// The first two are examples of the National Bank of Serbia for its payment code,
// the third is in public use.
