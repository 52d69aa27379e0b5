package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// disk is where a node keeps everything, in the hands of whoever makes trouble.
type disk struct {
	at      string   // the folder of the node
	under   string   // the same files, past whatever fails at at
	small   bool     // it has a size of its own, and can be filled
	surface *surface // nil where none can be had
}

// illness is how a disk fails.
type illness struct {
	gives  syscall.Errno // instead of doing it; 0 for nothing
	reads  bool          // what is read fails too
	writes bool          // what is written fails; else only making it durable
	each   int64         // one of so many fails; 0 and 1 for all
	late   time.Duration // before whatever is read, written or made durable
}

// newDisk gives a folder a small disk, under a surface that can fail. What this
// machine lacks is said, and done without.
func newDisk(at string, lacks func(format string, args ...any)) (*disk, error) {
	d := &disk{at: at, under: filepath.Join(filepath.Dir(at), ".disk")} // a name that no backup takes
	if err := errors.Join(os.MkdirAll(d.at, 0o700), os.MkdirAll(d.under, 0o700)); err != nil {
		return nil, err
	}
	own := mount(d.under)
	var none error
	if d.surface, none = newSurface(d.at, d.under); none != nil {
		lacks("disks that give errors, or are slow: %v", none)
		if own == nil {
			own = errors.Join(unmount(d.under), mount(d.at))
		}
		d.surface, d.under = nil, d.at
	}
	if own != nil {
		lacks("disks of their own: %v; a limit on the size of files stands in for them", own)
	}
	d.small = own == nil
	return d, nil
}

// close takes the disk away, and copies what was on it to a folder when one is given.
func (d *disk) close(to string) error {
	var errs []error
	if d.surface != nil {
		errs = append(errs, d.surface.close())
	}
	if to != "" {
		_ = os.Remove(filepath.Join(d.under, "operator.sock")) // a socket cannot be copied; where there is none it is well
		errs = append(errs, os.CopyFS(to, os.DirFS(d.under)))
	}
	if d.small {
		errs = append(errs, unmount(d.under))
	}
	return errors.Join(errs...)
}

// readOnly lets nothing be written, as the kernel does with a disk that it no longer
// trusts. Where only the disk itself can be made read-only, nobody may have a file
// open for writing: the node meets it at a start.
func (t *trouble) readOnly(ctx context.Context, f Fault, k *keeper) error {
	if k.disk.surface != nil {
		return ail(ctx, f, k, illness{gives: syscall.EROFS, writes: true})
	}
	if err := k.down(func() error { return remount(k.disk.under, true) }); err != nil {
		return err
	}
	_ = wait(ctx, f.Lasts)
	return k.down(func() error { return remount(k.disk.under, false) })
}

// failDisk gives errors of the disk: always or now and then, for all that is done or
// only when it is to be made durable.
func failDisk(ctx context.Context, f Fault, k *keeper) error {
	ways := []illness{{writes: true}, {}, {reads: true, writes: true}, {writes: true, each: 3}}
	ill := ways[f.Much%uint64(len(ways))]
	ill.gives = syscall.EIO
	return ail(ctx, f, k, ill)
}

// slowDisk has whatever is done with a file wait.
func slowDisk(ctx context.Context, f Fault, k *keeper) error {
	return ail(ctx, f, k, illness{late: time.Duration(2+f.Much%150) * time.Millisecond})
}

func ail(ctx context.Context, f Fault, k *keeper, ill illness) error {
	k.disk.surface.fall(ill)
	_ = wait(ctx, f.Lasts)
	k.disk.surface.fall(illness{})
	return nil
}

// closeDisks takes the disks away. On request what they have stays beside the
// configurations, for somebody who looks into a finding.
func (t *trouble) closeDisks(keep bool) error {
	var errs []error
	for _, d := range t.disks {
		to := ""
		if keep {
			to = filepath.Join(filepath.Dir(d.at), "kept")
		}
		if err := d.close(to); err != nil {
			errs = append(errs, fmt.Errorf("disk at %s: %w", d.at, err))
		}
	}
	return errors.Join(errs...)
}
