package services

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"dobosh/internal/kit/problem"
)

// Bounds of what strangers have this node check.
const (
	checkers  = 2                // files at once
	checkWait = 3 * time.Second  // how long the next waits for its turn
	checkTime = 10 * time.Second // how long whoever asked waits for an answer
)

// Check does some checking that anybody may ask for, when it is its turn. What takes
// too long is given up with the problem "check-slow", and keeps its place until it ends,
// so that there is never more of it than [checkers]; where nobody has ended for a while
// the problem is "check-busy".
func (r *Room) Check(ctx context.Context, do func()) error {
	turn, cancel := context.WithTimeout(ctx, checkWait)
	defer cancel()
	select {
	case r.checking <- struct{}{}:
	case <-turn.Done():
		if err := ctx.Err(); err != nil {
			return err
		}
		return problem.New(problem.Unavailable, "check-busy")
	}
	ended := make(chan error, 1)
	go func() {
		defer func() { <-r.checking }()
		defer func() {
			if cause := recover(); cause != nil {
				r.Log.ErrorContext(ctx, "panic while a file was checked", slog.Any("panic", cause), slog.String("stack", string(debug.Stack())))
				ended <- fmt.Errorf("panic while a file was checked: %v", cause)
			}
		}()
		do()
		ended <- nil
	}()
	late := time.NewTimer(checkTime)
	defer late.Stop()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return problem.New(problem.Unavailable, "check-slow")
	}
}
