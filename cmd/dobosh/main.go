// Command dobosh runs the digital side of an institution, a municipality or a
// country. "dobosh-lab demo" shows it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"dobosh/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
