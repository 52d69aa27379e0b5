package bench

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/lab/voices"
	"dobosh/internal/participation/routing"
)

// RoutingOptions are the choices of "dobosh-lab bench routing".
type RoutingOptions struct {
	Data string // a CSV with columns text and label, and group where texts belong together; empty for the set of our own making
	Seed uint64
}

// RoutingResult says how well texts are sorted that were not learned from, and how fast.
type RoutingResult struct {
	Data       string                     `json:"data"`
	Categories int                        `json:"categories"`
	Groups     int                        `json:"groups"` // texts of one are on one side of the split
	All        routing.Figures            `json:"all"`
	Scripts    map[string]routing.Figures `json:"scripts,omitempty"` // where the data says them
	Threshold  float64                    `json:"threshold"`         // of the model that learned from all; above 1 for never
	TrainS     float64                    `json:"train_s"`           // of that model, with finding probabilities and threshold
	TextUS     float64                    `json:"text_us"`           // CPU time of one text: proposals, words and past cases
	LearnUS    float64                    `json:"learn_us"`          // CPU time of one lesson
	ModelMB    float64                    `json:"model_mb"`          // saved
}

// OK says that there is a result; how good is for people to judge.
func (r RoutingResult) OK() bool { return r.All.Texts > 0 }

// The bounds of what is read.
const (
	mostRoutingBytes = 256 << 20
	mostRoutingTexts = routing.MostExamples
)

// RunRouting measures how texts are sorted: five times it learns from four fifths and sorts the rest.
func RunRouting(ctx context.Context, o RoutingOptions) (r RoutingResult, err error) {
	examples, scripts, err := routingData(o.Data)
	if err != nil {
		return r, err
	}
	if r.Data = o.Data; r.Data == "" {
		r.Data = "texts of our own making"
	}
	groups := map[string]bool{}
	for _, e := range examples {
		groups[e.Group] = true
	}
	r.Groups = len(groups)

	held, err := routing.CrossValidate(ctx, examples, o.Seed)
	if err != nil {
		return r, err
	}
	r.All = routing.Measure(held)
	per := map[string][]routing.Held{}
	for _, h := range held {
		if scripts[h.Index] != "" {
			per[scripts[h.Index]] = append(per[scripts[h.Index]], h)
		}
	}
	r.Scripts = map[string]routing.Figures{}
	for script, held := range per {
		r.Scripts[script] = routing.Measure(held)
	}

	begin := time.Now()
	model, err := routing.Train(ctx, examples, o.Seed)
	if err != nil {
		return r, err
	}
	r.TrainS, r.Threshold, r.Categories = round(time.Since(begin).Seconds()), model.Standing().Threshold, len(model.Categories())
	var saved counted
	if err := model.Save(&saved); err != nil {
		return r, err
	}
	r.ModelMB = round(float64(saved) / megabyte)
	r.TextUS, err = each(ctx, func(i int) error {
		model.Propose(examples[i%len(examples)].Text)
		return nil
	})
	if err != nil {
		return r, err
	}
	r.LearnUS, err = each(ctx, func(i int) error { return model.Learn(examples[i%len(examples)]) })
	return r, err
}

type counted int

func (c *counted) Write(p []byte) (int, error) {
	*c += counted(len(p))
	return len(p), nil
}

// each does something again and again until a second of CPU time is used, and gives the microseconds of one.
func each(ctx context.Context, do func(i int) error) (float64, error) {
	pid := os.Getpid()
	before, begin := readUsage(pid).cpu, time.Now()
	for n := 0; ; n++ {
		if err := errors.Join(ctx.Err(), do(n)); err != nil {
			return 0, err
		}
		if n%500 != 499 {
			continue
		}
		spent := readUsage(pid).cpu - before
		if spent == 0 && time.Since(begin) > time.Second { // this machine does not tell
			return round(time.Since(begin).Seconds() * 1e6 / float64(n+1)), nil
		}
		if spent >= time.Second {
			return round(spent.Seconds() * 1e6 / float64(n+1)), nil
		}
	}
}

// routingData reads texts with their labels. Columns are found by their names; text and label must be
// there.
func routingData(file string) (all []routing.Example, scripts []string, err error) {
	var from io.Reader
	if file == "" {
		var own strings.Builder
		if err := voices.Write(&own, voices.Texts(1)); err != nil {
			return nil, nil, err
		}
		from = strings.NewReader(own.String())
	} else {
		f, err := os.Open(file)
		if err != nil {
			return nil, nil, err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		from = io.LimitReader(f, mostRoutingBytes)
	}
	in := csv.NewReader(from)
	in.Comment, in.ReuseRecord = '#', true
	names, err := in.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("data: %w", err)
	}
	names = slices.Clone(names)
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	text, label := slices.Index(names, "text"), slices.Index(names, "label")
	if text < 0 || label < 0 {
		return nil, nil, fmt.Errorf("data: the first line names the columns; text and label must be among them, not %q", names)
	}
	of := func(row []string, name string) string {
		if at := slices.Index(names, name); at >= 0 {
			return row[at]
		}
		return ""
	}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("data: %w", err)
		}
		if len(all) == mostRoutingTexts {
			return nil, nil, fmt.Errorf("data: more than %d texts", mostRoutingTexts)
		}
		e := routing.Example{ID: strconv.Itoa(len(all) + 1), Text: strings.Clone(row[text]), Category: strings.Clone(row[label]), Group: strings.Clone(of(row, "group"))}
		if e.Group == "" {
			e.Group = e.Text
			e.Group = e.Group[:min(len(e.Group), 100)]
		}
		all, scripts = append(all, e), append(scripts, strings.Clone(of(row, "script")))
	}
	return all, scripts, nil
}

// Write says it for people.
func (r RoutingResult) Write(w io.Writer) {
	var b strings.Builder
	line := func(name string, f routing.Figures) {
		fmt.Fprintf(&b, "%-24s %5d texts: right first %.3f, among three %.3f, macro-F1 %.3f; calibration error %.3f, of three %.3f; alone %.3f of which right %.3f\n",
			name, f.Texts, f.Accuracy, f.Top3, f.MacroF1, f.ECE, f.ECEOf3, f.Coverage, f.Precision)
	}
	line(r.Data, r.All)
	for _, script := range []string{voices.Cyrillic, voices.Latin, voices.ASCII, voices.English, voices.Korean} {
		if f, there := r.Scripts[script]; there {
			line("  "+script, f)
		}
	}
	fmt.Fprintf(&b, "%d categories, %d groups; decides alone from %.3f on\n", r.Categories, r.Groups, r.Threshold)
	fmt.Fprintf(&b, "%.1f µs of CPU time a text, %.0f µs a lesson; trained in %.1f s; %.1f MB saved\n", r.TextUS, r.LearnUS, r.TrainS, r.ModelMB)
	_, _ = io.WriteString(w, b.String()) // nobody reads what cannot be written
}
