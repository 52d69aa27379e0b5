package command

import (
	"context"

	"dobosh/internal/kit/cli"

	"github.com/nats-io/nats-server/v2/server"
)

// runJetStream is a server that measurements start, as a process that can be
// killed.
func runJetStream(ctx context.Context, c *cli.Call) error {
	if err := c.Parse(1, 1); err != nil {
		return err
	}
	options, err := server.ProcessConfigFile(c.Flags.Arg(0))
	if err != nil {
		return err
	}
	options.NoSigs = true
	s, err := server.NewServer(options)
	if err != nil {
		return err
	}
	s.ConfigureLogger()
	s.Start()
	<-ctx.Done()
	s.Shutdown()
	s.WaitForShutdown()
	return nil
}
