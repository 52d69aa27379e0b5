// Command natsd is a server of NATS for tests, in a process that can be killed. It
// runs by the configuration file that it is given, until its standard input ends.
package main

import (
	"io"
	"log"
	"os"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	options, err := server.ProcessConfigFile(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	options.NoSigs = true
	s, err := server.NewServer(options)
	if err != nil {
		log.Fatal(err)
	}
	s.ConfigureLogger()
	s.Start()
	_, _ = io.Copy(io.Discard, os.Stdin) // whoever started it is gone when this ends
	s.Shutdown()
}
