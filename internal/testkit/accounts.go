package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
)

// Accounts makes an account of NATS for each of some members, as an operator does.
// config is what a server has to know of them, credentials are the files of one user
// of each.
func Accounts(tb testing.TB, members ...string) (config string, credentials []string) {
	tb.Helper()
	operator := pairOf(tb, nkeys.CreateOperator)
	preload := ""
	account := func(name string) pair {
		made := pairOf(tb, nkeys.CreateAccount)
		claims := jwt.NewAccountClaims(made.public)
		claims.Name = name
		if name != "SYS" { // which has no streams
			claims.Limits.JetStreamLimits = jwt.JetStreamLimits{MemoryStorage: -1, DiskStorage: -1, Streams: -1, Consumer: -1}
		}
		preload += made.public + ": " + Must[string](tb)(claims.Encode(operator)) + "\n"
		return made
	}
	for i, member := range members {
		owner, user := account(member), pairOf(tb, nkeys.CreateUser)
		claims := jwt.NewUserClaims(user.public)
		text := Must[[]byte](tb)(jwt.FormatUserConfig(Must[string](tb)(claims.Encode(owner)), Must[[]byte](tb)(user.Seed())))
		file := filepath.Join(tb.TempDir(), fmt.Sprintf("%d.creds", i))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			tb.Fatal(err)
		}
		credentials = append(credentials, file)
	}
	system := account("SYS")
	claims := jwt.NewOperatorClaims(operator.public)
	claims.Name, claims.SystemAccount = "test", system.public
	return strings.Join([]string{"operator: " + Must[string](tb)(claims.Encode(operator)), "system_account: " + system.public, "resolver: MEMORY", "resolver_preload: {\n" + preload + "}\n"}, "\n"), credentials
}

// pair is a key with its public half.
type pair struct {
	nkeys.KeyPair
	public string
}

func pairOf(tb testing.TB, create func() (nkeys.KeyPair, error)) pair {
	tb.Helper()
	made := Must[nkeys.KeyPair](tb)(create())
	return pair{made, Must[string](tb)(made.PublicKey())}
}
