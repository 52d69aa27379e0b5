package bus

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startTimeout bounds the wait for the server to read its files.
const startTimeout = 30 * time.Second

// startServer runs a server that listens nowhere: its only client is this process.
func startServer(cfg Config, log *slog.Logger, failed func(error)) (*server.Server, error) {
	embedded, err := server.NewServer(&server.Options{
		ServerName:             cfg.Name,
		DontListen:             true,
		NoSigs:                 true,
		JetStream:              true,
		StoreDir:               cfg.Dir,
		JetStreamMaxMemory:     16 << 20,
		JetStreamMaxStore:      cfg.MaxBytes + 64<<20, // and what consumers remember
		SyncInterval:           time.Second,
		MaxPayload:             4 * MaxData,
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, err
	}
	serverLog := &serverLog{log: log, failed: failed}
	embedded.SetLoggerV2(serverLog, false, false, false)
	embedded.Start() // returns when its files are read, or when it gave up
	if serverLog.fatal.Load() != nil || !embedded.ReadyForConnections(startTimeout) {
		embedded.Shutdown()
		embedded.WaitForShutdown()
		return nil, fmt.Errorf("the server did not come up: %v", serverLog.fatal.Load())
	}
	return embedded, nil
}

// serverLog writes what the server has to say into our log. Its notices are for
// those who look closely. It has no context to pass on.
type serverLog struct {
	log    *slog.Logger
	failed func(error)  // is told that a store takes nothing any more
	fatal  atomic.Value // string: what it gave up on
}

func (l *serverLog) say(write func(string, ...any), format string, args []any) string {
	said := strings.TrimSpace(fmt.Sprintf(format, args...))
	write("nats: " + said)
	return said
}

func (l *serverLog) Noticef(format string, args ...any) { l.say(l.log.Debug, format, args) }
func (l *serverLog) Warnf(format string, args ...any)   { l.say(l.log.Warn, format, args) }
func (l *serverLog) Debugf(format string, args ...any)  { l.say(l.log.Debug, format, args) }
func (l *serverLog) Tracef(format string, args ...any)  { l.say(l.log.Debug, format, args) }

// Errorf is also where a store says that it could not write. To those who publish the
// server then says nothing at all: they wait for a confirmation that never comes.
func (l *serverLog) Errorf(format string, args ...any) {
	said := l.say(l.log.Error, format, args)
	for _, words := range []string{"critical write error", "failed to store", "will be disabled"} {
		if strings.Contains(strings.ToLower(said), words) {
			l.failed(errors.New(said))
		}
	}
}

// Fatalf reports why the server stops. Unlike its own logger it does not end the
// process.
func (l *serverLog) Fatalf(format string, args ...any) {
	l.fatal.Store(l.say(l.log.Error, format, args))
}
