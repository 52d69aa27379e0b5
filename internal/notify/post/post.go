// Package post has letters leave on paper: a file for each in a folder, and beside it a line in a list
// that says to a printing house what to print, in how many sheets and where to. What the post says of a
// letter afterwards comes back as a table, see [ReadAdvice].
//
// What it promises:
//
//   - A line stands in a list before its letter has its name, and says the SHA-256 of the letter: what is
//     printed is what was written, and whoever takes letters away finds each in a list.
//   - A letter that is put there again, after a crash, lies there once. Its line may stand twice, and half of one before it. It is put
//     there again only where it was taken away before anybody noted that it went: a number is printed once.
//   - Files belong to the account of the node; who prints gets into the folder by what the operator allows.
//
// What does not hold: that a letter was printed or arrived. "Handed over" says that it lies in the folder.
package post

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"dobosh/internal/kit/civil"
	"dobosh/internal/kit/clock"
	"dobosh/internal/kit/lang"
	"dobosh/internal/kit/strict"
)

// Config says where letters are handed over.
type Config struct {
	// Folder takes the letters and the lists; the printing house fetches them there.
	Folder string `yaml:"folder"`
	// Sender is the address to which the post takes letters back, in one line.
	Sender lang.Text `yaml:"sender"`
	// Advice are the words of the post in its tables of what became of letters: each means delivered,
	// collected or returned, or heads the column number, day or what. Those six are always understood.
	Advice map[string]string `yaml:"advice"`
}

const longestSender = 120 // characters, two lines above the address

// Check reports everything that is wrong with the configuration.
func (c Config) Check() error {
	var errs []error
	if c.Folder == "" {
		errs = append(errs, errors.New("folder: is missing"))
	}
	if len(c.Sender) == 0 {
		errs = append(errs, errors.New("sender: the address to which the post takes letters back is missing"))
	}
	for _, said := range c.Sender {
		if len([]rune(said)) > longestSender || strings.ContainsAny(said, "\n\r") {
			errs = append(errs, errors.New("sender: is longer than a line of 120 characters"))
		}
	}
	for word, means := range c.Advice {
		if word == "" || !Became(means).known() && means != "number" && means != "day" && means != "what" {
			errs = append(errs, fmt.Errorf("advice: %q means none of delivered, collected, returned, number, day, what", word))
		}
	}
	return errors.Join(errs...)
}

// Letter is one to print.
type Letter struct {
	Number  string // by which the post tells what became of it
	To      []string
	Lang    lang.Tag
	Subject string
	Text    string
	Link    string
	At      time.Time
	// Enclosed are documents as PDF that go into the same envelope.
	Enclosed [][]byte
}

// Print writes a letter as PDF and says how many sheets it has. [ErrUnprintable] is in its error where no
// further try helps.
type Print func(w io.Writer, l Letter) (sheets int, err error)

// ErrUnprintable says that a letter cannot be set.
var ErrUnprintable = errors.New("the letter cannot be printed")

// Line is what a list says of a letter.
type Line struct {
	Number string    `json:"number"`
	File   string    `json:"file"`
	SHA256 string    `json:"sha256"`
	Sheets int       `json:"sheets"`
	To     []string  `json:"to"`
	Lang   lang.Tag  `json:"lang"`
	At     time.Time `json:"at"`
	// Slip asks for a slip that the addressee signs, since a term begins with the delivery.
	Slip bool `json:"slip"`
	// Enclosed are printed after the letter and go into the same envelope.
	Enclosed []Enclosure `json:"enclosed,omitempty"`
}

// Enclosure is a file that goes into the envelope of a letter.
type Enclosure struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Outbox is the folder. It is safe for concurrent use within a process.
type Outbox struct {
	cfg   Config
	print Print
	now   clock.Now
	list  sync.Mutex // one line after the other
}

// Open makes the folder where there is none.
func Open(cfg Config, print Print, now clock.Now) (*Outbox, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("letters: %w", err)
	}
	if err := os.MkdirAll(cfg.Folder, 0o700); err != nil {
		return nil, fmt.Errorf("folder of letters: %w", err)
	}
	return &Outbox{cfg: cfg, print: print, now: now}, nil
}

// Put hands a letter over. slip asks the post for a slip that is signed.
func (o *Outbox) Put(_ context.Context, l Letter, slip bool) error {
	name := l.Number + ".pdf"
	at := filepath.Join(o.cfg.Folder, name)
	if _, err := os.Stat(at); err == nil {
		return nil // it was handed over, and whoever did it died before saying so
	}
	var pdf bytes.Buffer
	sheets, err := o.print(&pdf, l)
	if err != nil {
		return err
	}
	says := Line{Number: l.Number, File: name, SHA256: sumOf(pdf.Bytes()), Sheets: sheets, To: l.To, Lang: l.Lang, At: l.At.UTC(), Slip: slip}
	for i, document := range l.Enclosed {
		e := Enclosure{fmt.Sprintf("%s-%d.pdf", l.Number, i+1), sumOf(document)}
		if err := write(filepath.Join(o.cfg.Folder, e.File), os.O_TRUNC, document); err != nil {
			return fmt.Errorf("folder of letters: %w", err)
		}
		says.Enclosed = append(says.Enclosed, e)
	}
	line, err := json.Marshal(says)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnprintable, err)
	}
	if err := write(at+".new", os.O_TRUNC, pdf.Bytes()); err != nil {
		return fmt.Errorf("folder of letters: %w", err)
	}
	o.list.Lock()
	err = add(filepath.Join(o.cfg.Folder, "letters-"+civil.Of(l.At).String()+".jsonl"), append(line, '\n'))
	o.list.Unlock()
	if err == nil {
		err = os.Rename(at+".new", at)
	}
	if err != nil {
		return fmt.Errorf("folder of letters: %w", err)
	}
	return nil
}

func sumOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// write puts content into a file, durably.
func write(path string, how int, content []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|how, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return errors.Join(err, f.Sync(), f.Close())
}

// add puts a line behind a list, durably, and on a line of its own where the one before it has no end: somebody
// died, or the disk was full.
func add(path string, line []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	last := []byte{'\n'}
	if err == nil && info.Size() > 0 {
		_, err = f.ReadAt(last, info.Size()-1)
	}
	if err == nil {
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
		_, err = f.Write(line)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

const (
	longestList = 64 << 20
	longestLine = 16 << 10
)

// Lines gives what the lists of a folder say, the oldest first and each letter once. What is not there has none.
func Lines(folder string) ([]Line, error) {
	lists, err := filepath.Glob(filepath.Join(folder, "letters-*.jsonl"))
	if err != nil {
		return nil, fmt.Errorf("lists of letters: %w", err)
	}
	var all []Line
	at := map[string]int{}
	for _, path := range lists { // sorted by day
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("list of letters: %w", err)
		}
		raw, err := io.ReadAll(io.LimitReader(f, longestList))
		_ = f.Close() // it was only read
		if err != nil {
			return nil, fmt.Errorf("list of letters: %w", err)
		}
		for text := range strings.SplitSeq(strings.TrimSpace(string(raw)), "\n") {
			if !json.Valid([]byte(text)) { // half a line; the whole one follows
				continue
			}
			var l Line
			if err := strict.Upto(longestLine).Decode([]byte(text), &l); err != nil {
				return nil, fmt.Errorf("list of letters %s: %w", filepath.Base(path), err)
			}
			if i, ok := at[l.Number]; ok {
				all[i] = l
				continue
			}
			at[l.Number] = len(all)
			all = append(all, l)
		}
	}
	return all, nil
}
