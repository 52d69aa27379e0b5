package node

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"dobosh/internal/journal"
	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/problem"
	"dobosh/internal/node/operator"
	"dobosh/internal/registry"
)

// lookAtPause is how often a node in maintenance looks whether it is over.
const lookAtPause = 5 * time.Second

// maxPause bounds how far ahead the end of a maintenance may lie.
const maxPause = 30 * 24 * time.Hour

// pauseFile holds when the maintenance ends by itself.
func (d *door) pauseFile() string { return filepath.Join(d.Dir, "maintenance") }

// maintain says in the registry that the node takes no new questions, or that it
// takes them again. What it has begun it finishes; where the member has other
// nodes, those are asked.
func (d *door) maintain(ctx context.Context, m operator.Maintenance) (operator.Report, error) {
	if ahead := m.Until.Sub(d.now()); m.On && !m.Until.IsZero() && (ahead <= 0 || ahead > maxPause) {
		return operator.Report{}, problem.New(problem.Invalid, "maintenance-until")
	}
	own, known := d.State().Node(d.Member, d.Name)
	if !known {
		return operator.Report{}, problem.New(problem.Conflict, "node-unregistered")
	}
	if err := d.mayTell(); err != nil {
		return operator.Report{}, err
	}
	own.State, own.Notice = "", nil
	if m.On {
		own.State, own.Notice = registry.NodeMaintenance, d.notice(m)
	}
	if err := d.submit.Submit(ctx, registry.Statement{Node: &own}); err != nil {
		return operator.Report{}, err
	}
	if err := d.keepPause(m); err != nil {
		return operator.Report{}, err
	}
	if _, _, err := d.told(ctx); err != nil {
		return operator.Report{}, err
	}
	return d.report(), nil
}

// notice is what those are told who ask meanwhile.
func (d *door) notice(m operator.Maintenance) lang.Text {
	if len(m.Notice) > 0 || m.Until.IsZero() {
		return m.Notice
	}
	text, day := lang.Text{}, civil.Of(m.Until)
	for source, tag := range map[string]lang.Tag{"sr": lang.SrCyrl, "en": lang.En} {
		text[source] = d.words.Say(tag, "operator.until", "until", lang.Day(day, tag)+" "+m.Until.In(day.Start().Location()).Format("15:04"))
	}
	return text
}

func (d *door) keepPause(m operator.Maintenance) error {
	if m.On && !m.Until.IsZero() {
		return journal.WriteWhole(d.pauseFile(), []byte(m.Until.UTC().Format(time.RFC3339)+"\n"))
	}
	if err := os.Remove(d.pauseFile()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// pauseEnds is when the maintenance ends by itself; zero for never.
func (d *door) pauseEnds() time.Time {
	raw, err := os.ReadFile(d.pauseFile())
	if err != nil {
		return time.Time{}
	}
	until, _ := time.Parse(time.RFC3339, strings.TrimSpace(string(raw))) // zero when it cannot be read
	return until
}

// endPauses ends a maintenance whose time is over, until ctx ends.
func (d *door) endPauses(ctx context.Context) {
	look := time.NewTicker(lookAtPause)
	defer look.Stop()
	for {
		if until := d.pauseEnds(); !until.IsZero() && !d.now().Before(until) && d.standing() == registry.NodeMaintenance {
			if _, err := d.maintain(ctx, operator.Maintenance{}); err != nil && ctx.Err() == nil {
				d.log.WarnContext(ctx, "the maintenance is over, but the registry does not know it yet", slog.Any("error", err))
			}
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return
		}
	}
}
