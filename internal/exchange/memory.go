package exchange

import "context"

// Bounds of the memory that whole bodies take while they come and until they
// are answered.
const (
	memoryUnit  = 1 << 20
	memoryUnits = 256
	smallBody   = 64 << 10 // a body up to here is not counted: its stream's window holds as much
)

// memoryLimit bounds the bytes of all whole bodies that are in memory at once. Who
// finds no room waits, and does not read on meanwhile.
type memoryLimit struct {
	taking chan struct{} // held by the one who takes, so that two cannot wait for each other
	units  chan struct{}
}

func newMemoryLimit() *memoryLimit {
	return &memoryLimit{taking: make(chan struct{}, 1), units: make(chan struct{}, memoryUnits)}
}

// take waits for room for so many bytes; release must be called once when they
// are let go of.
func (b *memoryLimit) take(ctx context.Context, size int) (release func(), err error) {
	if size <= smallBody {
		return func() {}, nil
	}
	select {
	case b.taking <- struct{}{}:
	case <-ctx.Done():
		return func() {}, ctx.Err()
	}
	defer func() { <-b.taking }()
	want, got := min(memoryUnits, (size+memoryUnit-1)/memoryUnit), 0
	release = func() {
		for range got {
			<-b.units
		}
	}
	for ; got < want; got++ {
		select {
		case b.units <- struct{}{}:
		case <-ctx.Done():
			release()
			return func() {}, ctx.Err()
		}
	}
	return release, nil
}
