// Package command is the command line: it reads arguments, calls the rooms and
// prints what they say. It decides nothing.
package command

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// The exit codes of the program.
const (
	exitOK    = 0
	exitNo    = 1 // it ran, and the answer is no
	exitUsage = 2
)

// errNo means that a check ran and failed; what is wrong was printed.
var errNo = errors.New("the check failed")

// command is one thing that the program does.
type command struct {
	name  string // words after "dobosh"
	about string
	run   func(ctx context.Context, c *call) error
}

// call is one use of a command.
type call struct {
	flags  *flag.FlagSet
	args   []string
	out    io.Writer
	errOut io.Writer
}

// parse reads the flags, which may stand before, between and behind the
// arguments, and makes sure that as many arguments are there as the command
// wants.
func (c *call) parse(least, most int) error {
	var arguments []string
	for rest := c.args; ; {
		if err := c.flags.Parse(rest); err != nil {
			return err
		}
		if rest = c.flags.Args(); len(rest) == 0 {
			break
		}
		arguments, rest = append(arguments, rest[0]), rest[1:]
	}
	if err := c.flags.Parse(append([]string{"--"}, arguments...)); err != nil {
		return err
	}
	if n := len(arguments); n < least || most >= 0 && n > most {
		c.flags.Usage()
		return flag.ErrHelp
	}
	return nil
}

func (c *call) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.out, format, args...) // nobody reads what cannot be written
}

func commands() []command {
	return []command{
		{"demo", "run the demonstration: three nodes, an identity provider, a mailbox", runDemo},
		{"serve", "run one node: serve --config FILE", runServe},
		{"token", "let a node in, at the authority: token --config FILE MEMBER NAME", runToken},
		{"join", "make this machine a node, with a token: join TOKEN [--dir DIR]", runJoin},
		{"status", "how a running node is: status --config FILE [--json]", runStatus},
		{"maintenance", "let a running node take no new questions, or take them again: maintenance on|off --config FILE [--until TIME]", runMaintenance},
		{"rotate", "give a running node new keys: rotate --config FILE [--tls] [--log]", runRotate},
		{"revoke", "take a node out of the registry, at the authority: revoke --config FILE MEMBER NAME --why TEXT", runRevoke},
		{"config check", "check a configuration file: config check FILE", checkConfig},
		{"key", "make a private key: key FILE", makeKey},
		{"pack check", "check a pack: pack check [DIR]", checkPack},
		{"pack test", "run the examples written beside the rules: pack test [DIR]", testPack},
		{"pack diff", "compare two packs: who gains, who loses, which contracts stop: pack diff OLD NEW", diffPacks},
		{"verify", "check a decision or the evidence of an exchange offline: verify [--trust KEYS] FILE", verifyFile},
		{"evidence export", "prove an exchange to anybody: evidence export --config FILE [--content] ID", exportEvidence},
		{"journal check", "check a journal on the disk: journal check --key KEY DIR, or journal check --config FILE", checkJournal},
		{"bench loop", "measure the whole loop, three processes: bench loop [--json]", benchLoop},
		{"bench exchange", "measure two nodes that ask each other, beside nginx: bench exchange [--json]", benchExchange},
		{"bench registry", "measure the registry and thousands who follow it: bench registry [--json]", benchRegistry},
		{"bench journal", "measure a journal with many entries: bench journal [--json] [--entries N]", benchJournal},
		{"version", "print the version", printVersion},
	}
}

// Main runs the command that args name and gives the exit code.
func Main(ctx context.Context, args []string, out, errOut io.Writer) int {
	for _, c := range commands() {
		words := strings.Fields(c.name)
		if len(args) < len(words) || !slices.Equal(args[:len(words)], words) {
			continue
		}
		flags := flag.NewFlagSet("dobosh "+c.name, flag.ContinueOnError)
		flags.SetOutput(errOut)
		return exit(c.run(ctx, &call{flags: flags, args: args[len(words):], out: out, errOut: errOut}), errOut)
	}
	usage(errOut)
	return exitUsage
}

func exit(err error, errOut io.Writer) int {
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, flag.ErrHelp):
		return exitUsage
	case errors.Is(err, errNo):
		return exitNo
	}
	_, _ = fmt.Fprintln(errOut, "dobosh:", inWords(err))
	return exitNo
}

func usage(w io.Writer) {
	_, _ = fmt.Fprintln(w, "dobosh runs the digital side of an institution.")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  dobosh %-14s %s\n", c.name, c.about)
	}
}

// logger writes for people on standard error.
func logger(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if level != "" {
		_ = l.UnmarshalText([]byte(level)) // the configuration was checked
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: l}))
}

func folder(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func readFile(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return raw, nil
}
