//go:build !linux

package faults

import "errors"

var errHere = errors.New("only on Linux")

func mount(string) error         { return errHere }
func remount(string, bool) error { return errHere }
func unmount(string) error       { return errHere }
func fill(string, int64) error   { return errHere }
func empty(string) error         { return errHere }

const fileSize, descriptors = 0, 0

type limit struct{ soft, hard uint64 }

func limited(int, uintptr, *limit) (limit, error) { return limit{}, errHere }
func opened(int) (int, error)                     { return 0, errHere }

type surface struct{}

func newSurface(string, string) (*surface, error) { return nil, errHere }
func (*surface) fall(illness)                     {}
func (*surface) close() error                     { return nil }
