package bus

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"time"

	"dobosh/internal/kit/clock"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// reconnectPause is how long to wait before a server is tried again.
	reconnectPause = 100 * time.Millisecond
	// clusterPatience bounds the wait for the servers at the start.
	clusterPatience = 2 * time.Minute
	// clusterLook bounds one attempt of a start, and clusterPause is the rest after.
	clusterLook  = 5 * time.Second
	clusterPause = 500 * time.Millisecond
	// metadataDatabase is where the stream says whose it is.
	metadataDatabase = "dobosh.database"
)

// Cluster says how servers of JetStream outside of this process are reached. All
// nodes of a member that share a database share the stream.
type Cluster struct {
	URLs        []string // of one or more of the servers, nats:// or tls://
	Credentials string   // file of credentials (.creds) as NATS makes them; empty for none
	CA          string   // file with the issuers of the servers' certificates; empty for those of the machine
	Certificate string   // of this client, with Key; empty for none
	Key         string
	Prefix      string // of all names; for servers whose account several members share
	Domain      string // of JetStream, where a leaf node is asked
	Replicas    int    // servers that have each event; 0 for 3
}

// prefixForm is what names of streams and subjects may be made of.
var prefixForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`)

// Check says what is wrong.
func (c Cluster) Check() error {
	var errs []error
	if len(c.URLs) == 0 {
		errs = append(errs, errors.New("urls: none"))
	}
	if c.Prefix != "" && !prefixForm.MatchString(c.Prefix) {
		errs = append(errs, fmt.Errorf("prefix: %q is not 1 to 32 letters, digits, - and _", c.Prefix))
	}
	if c.Domain != "" && !prefixForm.MatchString(c.Domain) {
		errs = append(errs, fmt.Errorf("domain: %q is not 1 to 32 letters, digits, - and _", c.Domain))
	}
	if c.Replicas < 0 || c.Replicas > 5 || c.Replicas == 2 || c.Replicas == 4 {
		errs = append(errs, fmt.Errorf("replicas: %d is none of 1, 3, 5", c.Replicas))
	}
	if (c.Certificate == "") != (c.Key == "") {
		errs = append(errs, errors.New("certificate_file: needs key_file, and the other way round"))
	}
	return errors.Join(errs...)
}

func (c Cluster) options(node string) []nats.Option {
	options := []nats.Option{nats.Name("dobosh " + node), nats.RetryOnFailedConnect(true), nats.PingInterval(5 * time.Second), nats.MaxPingsOutstanding(2)}
	if c.Credentials != "" {
		options = append(options, nats.UserCredentials(c.Credentials))
	}
	if c.CA != "" {
		options = append(options, nats.RootCAs(c.CA))
	}
	if c.Certificate != "" {
		options = append(options, nats.ClientCert(c.Certificate, c.Key))
	}
	if c.Prefix != "" {
		options = append(options, nats.CustomInboxPrefix(c.Prefix+".inbox")) // so that one permission gives all
	}
	return options
}

// openCluster opens the stream at the servers, as soon as they can.
func (b *Bus) openCluster(ctx context.Context, cfg Config) error {
	if err := cfg.Cluster.Check(); err != nil {
		return err
	}
	if err := b.connect(strings.Join(cfg.Cluster.URLs, ","), cfg.Cluster.Domain, cfg.Cluster.options(cfg.Name)...); err != nil {
		return err
	}
	wanted := b.streamConfig(cfg)
	wanted.Replicas = cfg.Cluster.Replicas
	if wanted.Replicas == 0 {
		wanted.Replicas = 3
	}
	ctx, cancel := context.WithTimeout(ctx, clusterPatience)
	defer cancel()
	for {
		err := b.openStream(ctx, wanted)
		var refused *jetstream.APIError
		switch {
		case err == nil && b.conn.MaxPayload() < 4*MaxData:
			return fmt.Errorf("the servers take messages of %d bytes, and %d are needed (max_payload)", b.conn.MaxPayload(), 4*MaxData)
		case err == nil:
			return nil
		case errors.Is(b.conn.LastError(), nats.ErrAuthorization):
			return fmt.Errorf("the JetStream cluster lets this node in only with other credentials (bus.credentials_file): %w", b.conn.LastError())
		case unbelieved(b.conn.LastError()) != "":
			return fmt.Errorf("the JetStream cluster: %s: %w", unbelieved(b.conn.LastError()), b.conn.LastError())
		case ctx.Err() != nil, errors.As(err, &refused) && refused.Code/100 == 4:
			return fmt.Errorf("the JetStream cluster: %w", errors.Join(err, b.conn.LastError()))
		}
		b.log.WarnContext(ctx, "waiting for the JetStream cluster", slog.Any("error", errors.Join(err, b.conn.LastError())))
		_ = clock.Pause(ctx, clusterPause) // the loop sees the end of ctx
	}
}

// unbelieved says what to configure where the two sides do not believe each other's
// certificates; empty for another error.
func unbelieved(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not of an issuer that this node trusts (bus.ca_file)"
	}
	if refused, ok := errors.AsType[*net.OpError](err); ok && refused.Op == "remote error" { // an alert of TLS
		return "it lets this node in only with another certificate (bus.certificate_file)"
	}
	return ""
}

// openStream makes the stream, or brings it to what is wanted and keeps what it
// says of itself.
func (b *Bus) openStream(ctx context.Context, wanted jetstream.StreamConfig) error {
	ctx, cancel := context.WithTimeout(ctx, clusterLook)
	defer cancel()
	there, err := b.js.Stream(ctx, wanted.Name)
	switch {
	case err == nil:
		wanted.Metadata = there.CachedInfo().Config.Metadata
	case !errors.Is(err, jetstream.ErrStreamNotFound):
		return err
	}
	b.stream, err = b.js.CreateOrUpdateStream(ctx, wanted)
	return err
}
