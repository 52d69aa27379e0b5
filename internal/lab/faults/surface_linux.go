package faults

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// surface is a file system before the folder of a node that hands everything on to
// another folder, and fails as it is told: a disk that can be ill. Whoever serves it
// must not map its files into memory, or a page that is wanted waits for who waits
// for it.
type surface struct {
	fuse.RawFileSystem
	server *fuse.Server
	shared sync.Map     // nodes of the kernel for files that are shared memory; see spares
	calls  atomic.Int64 // so that one of several fails

	mu  sync.Mutex
	ill illness // guarded by mu
}

// newSurface puts a surface over folder at, for what lies in folder under.
func newSurface(at, under string) (*surface, error) {
	root, err := fs.NewLoopbackRoot(under)
	if err != nil {
		return nil, err
	}
	var never time.Duration // the folder beneath is changed by others too
	s := &surface{RawFileSystem: fs.NewNodeFS(root, &fs.Options{EntryTimeout: &never, AttrTimeout: &never, NullPermissions: true})}
	s.server, err = fuse.NewServer(s, at, &fuse.MountOptions{
		FsName: "dobosh-faults", Name: "dobosh", DirectMount: true, DisableXAttrs: true,
		DisabledCapabilities: fuse.CAP_PASSTHROUGH | fuse.CAP_READDIRPLUS, // or the kernel goes past this
	})
	if err != nil {
		return nil, fmt.Errorf("a file system of this program: %w", err)
	}
	go s.server.Serve()
	if err := s.server.WaitMount(); err != nil {
		return nil, fmt.Errorf("a file system of this program: %w", err)
	}
	return s, nil
}

func (s *surface) close() error { return s.server.Unmount() }

// fall makes the disk ill, or well again.
func (s *surface) fall(ill illness) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ill = ill
}

// Kinds of calls.
const (
	reading = iota
	writing
	syncing
)

// meets says what a call comes to before it is done.
func (s *surface) meets(call int, node uint64) fuse.Status {
	s.mu.Lock()
	ill := s.ill
	s.mu.Unlock()
	if _, spared := s.shared.Load(node); spared {
		return fuse.OK
	}
	if ill.late > 0 {
		time.Sleep(ill.late)
	}
	switch {
	case ill.gives == 0, call == reading && !ill.reads, call == writing && !ill.writes,
		ill.each > 1 && s.calls.Add(1)%ill.each != 0:
		return fuse.OK
	}
	return fuse.Status(ill.gives)
}

// spares leaves files alone that are memory shared between processes, as SQLite has
// one: the kernel writes them when it likes, and nobody hears that it failed.
func (s *surface) spares(name string, node uint64) {
	if strings.HasSuffix(name, "-shm") {
		s.shared.Store(node, true)
	}
}

func (s *surface) Lookup(cancel <-chan struct{}, h *fuse.InHeader, name string, out *fuse.EntryOut) fuse.Status {
	status := s.RawFileSystem.Lookup(cancel, h, name, out)
	if status.Ok() {
		s.spares(name, out.NodeId)
	}
	return status
}

func (s *surface) Forget(node, lookups uint64) {
	s.shared.Delete(node)
	s.RawFileSystem.Forget(node, lookups)
}

func (s *surface) Create(cancel <-chan struct{}, in *fuse.CreateIn, name string, out *fuse.CreateOut) fuse.Status {
	if status := s.meets(writing, in.NodeId); !status.Ok() {
		return status
	}
	status := s.RawFileSystem.Create(cancel, in, name, out)
	if status.Ok() {
		s.spares(name, out.NodeId)
	}
	return status
}

func (s *surface) Open(cancel <-chan struct{}, in *fuse.OpenIn, out *fuse.OpenOut) fuse.Status {
	call := reading
	if in.Flags&(syscall.O_WRONLY|syscall.O_RDWR|syscall.O_TRUNC) != 0 {
		call = writing
	}
	if status := s.meets(call, in.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.Open(cancel, in, out)
}

func (s *surface) Read(cancel <-chan struct{}, in *fuse.ReadIn, buf []byte) (fuse.ReadResult, fuse.Status) {
	if status := s.meets(reading, in.NodeId); !status.Ok() {
		return nil, status
	}
	return s.RawFileSystem.Read(cancel, in, buf)
}

func (s *surface) Write(cancel <-chan struct{}, in *fuse.WriteIn, data []byte) (uint32, fuse.Status) {
	if status := s.meets(writing, in.NodeId); !status.Ok() {
		return 0, status
	}
	return s.RawFileSystem.Write(cancel, in, data)
}

// Writev leaves it to Write.
func (s *surface) Writev(<-chan struct{}, *fuse.WriteIn, [][]byte) (uint32, fuse.Status) {
	return 0, fuse.ENOSYS
}

func (s *surface) SetAttr(cancel <-chan struct{}, in *fuse.SetAttrIn, out *fuse.AttrOut) fuse.Status {
	if status := s.meets(writing, in.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.SetAttr(cancel, in, out)
}

func (s *surface) Mkdir(cancel <-chan struct{}, in *fuse.MkdirIn, name string, out *fuse.EntryOut) fuse.Status {
	if status := s.meets(writing, in.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.Mkdir(cancel, in, name, out)
}

func (s *surface) Unlink(cancel <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	if status := s.meets(writing, h.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.Unlink(cancel, h, name)
}

func (s *surface) Rmdir(cancel <-chan struct{}, h *fuse.InHeader, name string) fuse.Status {
	if status := s.meets(writing, h.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.Rmdir(cancel, h, name)
}

func (s *surface) Rename(cancel <-chan struct{}, in *fuse.RenameIn, from, to string) fuse.Status {
	if status := s.meets(writing, in.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.Rename(cancel, in, from, to)
}

func (s *surface) Link(cancel <-chan struct{}, in *fuse.LinkIn, name string, out *fuse.EntryOut) fuse.Status {
	if status := s.meets(writing, in.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.Link(cancel, in, name, out)
}

func (s *surface) Fallocate(cancel <-chan struct{}, in *fuse.FallocateIn) fuse.Status {
	if status := s.meets(writing, in.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.Fallocate(cancel, in)
}

func (s *surface) CopyFileRange(cancel <-chan struct{}, in *fuse.CopyFileRangeIn) (uint32, fuse.Status) {
	if status := s.meets(writing, in.NodeId); !status.Ok() {
		return 0, status
	}
	return s.RawFileSystem.CopyFileRange(cancel, in)
}

func (s *surface) Fsync(cancel <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	if status := s.meets(syncing, in.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.Fsync(cancel, in)
}

func (s *surface) FsyncDir(cancel <-chan struct{}, in *fuse.FsyncIn) fuse.Status {
	if status := s.meets(syncing, in.NodeId); !status.Ok() {
		return status
	}
	return s.RawFileSystem.FsyncDir(cancel, in)
}
