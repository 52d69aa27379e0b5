//go:build !linux

package testkit

import "errors"

func mountSmall(string, int64) error { return errors.New("only on Linux") }
func unmountSmall(string) error      { return nil }
