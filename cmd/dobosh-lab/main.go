// Command dobosh-lab shows Dobosh ("dobosh-lab demo") and measures it
// ("dobosh-lab bench loop"). It has what no institution runs: invented people,
// registers of a state that does not exist, a provider that lets anybody sign in,
// a mailbox for every message, and loads.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"dobosh/internal/lab/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
