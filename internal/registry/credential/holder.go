package credential

import (
	"crypto/tls"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"dobosh/internal/kit/clock"
	"dobosh/internal/registry"
)

var (
	// ErrPeer means that the other side of a connection is not who it should be.
	ErrPeer = errors.New("the other node is not known by this key")
	// ErrCertificate means that a known node shows a certificate that does not
	// stand: of another issuer, or outside its dates.
	ErrCertificate = errors.New("the certificate of the other node does not stand")
	// ErrOtherKey means that a certificate or a request is about another key than
	// it should be.
	ErrOtherKey = errors.New("the certificate is of another key")
)

// Holder is what one node shows on its connections, and whom it lets be at the
// other side. It is safe for concurrent use.
type Holder struct {
	state    func() *registry.State
	now      clock.Now
	own      atomic.Pointer[tls.Certificate]
	standing standing

	mu    sync.Mutex
	hooks []func() // guarded by mu
}

// NewHolder shows own and believes the nodes of state.
func NewHolder(own tls.Certificate, state func() *registry.State, now clock.Now) *Holder {
	h := &Holder{state: state, now: now}
	h.own.Store(&own)
	return h
}

// Own is the certificate that is shown now. The caller does not change it.
func (h *Holder) Own() *tls.Certificate { return h.own.Load() }

// Pin is that of the key that is shown now.
func (h *Holder) Pin() string { return Pin(h.own.Load().Leaf) }

// Replace shows another certificate from now on, and then calls what
// [Holder.OnReplace] registered. Open connections go on with the one that they
// began with.
func (h *Holder) Replace(own tls.Certificate) {
	h.own.Store(&own)
	h.mu.Lock()
	hooks := slices.Clone(h.hooks)
	h.mu.Unlock()
	for _, call := range hooks {
		call()
	}
}

// OnReplace registers what is to be done after the certificate was replaced:
// pools open new connections, so that none outlives the certificate that it
// began with. It must not block.
func (h *Holder) OnReplace(call func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hooks = append(h.hooks, call)
}
