package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startPatience bounds the wait for the server to read its files.
const startPatience = 30 * time.Second

// startServer runs a server that listens nowhere: its only client is this process.
func startServer(cfg Config, log *slog.Logger) (*server.Server, error) {
	embedded, err := server.NewServer(&server.Options{
		ServerName:             cfg.Name,
		DontListen:             true,
		NoSigs:                 true,
		JetStream:              true,
		StoreDir:               cfg.Dir,
		JetStreamMaxMemory:     16 << 20,
		JetStreamMaxStore:      cfg.MaxBytes + 64<<20, // and what consumers remember
		SyncInterval:           time.Second,
		MaxPayload:             4 * maxData,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, err
	}
	embedded.SetLoggerV2(serverLog{log}, false, false, false)
	embedded.Start()
	if !embedded.ReadyForConnections(startPatience) {
		embedded.Shutdown()
		return nil, errors.New("the server does not come up")
	}
	if !embedded.JetStreamEnabled() {
		embedded.Shutdown()
		return nil, fmt.Errorf("JetStream does not start in %s, see the log", cfg.Dir)
	}
	return embedded, nil
}

// serverLog writes what the server has to say into our log. Its notices are for
// those who look closely. It has no context to pass on.
type serverLog struct{ log *slog.Logger }

func (l serverLog) say(write func(string, ...any), format string, args []any) {
	write("nats: " + strings.TrimSpace(fmt.Sprintf(format, args...)))
}

func (l serverLog) Noticef(format string, args ...any) { l.say(l.log.Debug, format, args) }
func (l serverLog) Warnf(format string, args ...any)   { l.say(l.log.Warn, format, args) }
func (l serverLog) Fatalf(format string, args ...any)  { l.say(l.log.Error, format, args) }
func (l serverLog) Errorf(format string, args ...any)  { l.say(l.log.Error, format, args) }
func (l serverLog) Debugf(format string, args ...any)  { l.say(l.log.Debug, format, args) }
func (l serverLog) Tracef(format string, args ...any)  { l.say(l.log.Debug, format, args) }
