// Package cli is what the programs have in common on their command lines: a
// table of commands, flags that may stand anywhere, exit codes, and errors in the
// words of the pages. A program is its table; the package decides nothing else.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"dobosh/internal/kit/lang"
)

// The exit codes of a program.
const (
	OK    = 0
	No    = 1 // it ran, and the answer is no
	Usage = 2
)

// ErrNo means that a check ran and failed; what is wrong was printed.
var ErrNo = errors.New("the check failed")

// Program is what can be typed.
type Program struct {
	Name     string
	About    string // one sentence
	Commands []Command
	Words    func() (*lang.Catalogue, error) // says the problems
}

// Command is one thing that a program does.
type Command struct {
	Name  string // words after the name of the program
	About string
	Run   func(ctx context.Context, c *Call) error
}

// Call is one use of a command.
type Call struct {
	Flags  *flag.FlagSet
	Args   []string
	Out    io.Writer
	ErrOut io.Writer
}

// Main runs the command that args name and gives the exit code.
func (p Program) Main(ctx context.Context, args []string, out, errOut io.Writer) int {
	for _, c := range p.Commands {
		words := strings.Fields(c.Name)
		if len(args) < len(words) || !slices.Equal(args[:len(words)], words) {
			continue
		}
		flags := flag.NewFlagSet(p.Name+" "+c.Name, flag.ContinueOnError)
		flags.SetOutput(errOut)
		err := c.Run(ctx, &Call{Flags: flags, Args: args[len(words):], Out: out, ErrOut: errOut})
		switch {
		case err == nil:
			return OK
		case errors.Is(err, flag.ErrHelp):
			return Usage
		case !errors.Is(err, ErrNo):
			_, _ = fmt.Fprintln(errOut, p.Name+":", p.Say(err))
		}
		return No
	}
	p.help(args, errOut)
	return Usage
}

// help says what can be typed. After a word that begins commands it lists those alone;
// what begins none is named, above all that there are.
func (p Program) help(args []string, out io.Writer) {
	listed := p.Commands
	if len(args) > 0 && !slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		_, _ = fmt.Fprintf(out, "%s: there is no command %q; there is:\n", p.Name, strings.Join(args[:min(2, len(args))], " "))
		begun := slices.DeleteFunc(slices.Clone(p.Commands), func(c Command) bool { return strings.Fields(c.Name)[0] != args[0] })
		if len(begun) > 0 {
			listed = begun
		}
	} else {
		_, _ = fmt.Fprintln(out, p.About)
	}
	width := 0
	for _, c := range listed {
		width = max(width, len(c.Name))
	}
	for _, c := range listed {
		_, _ = fmt.Fprintf(out, "  %s %-*s  %s\n", p.Name, width, c.Name, c.About)
	}
}

// Parse reads the flags, which may stand before, between and behind the
// arguments, and makes sure that as many arguments are there as the command
// wants; most is negative for any number.
func (c *Call) Parse(least, most int) error {
	var arguments []string
	for rest := c.Args; ; {
		if err := c.Flags.Parse(rest); err != nil {
			return err
		}
		if rest = c.Flags.Args(); len(rest) == 0 {
			break
		}
		arguments, rest = append(arguments, rest[0]), rest[1:]
	}
	if err := c.Flags.Parse(append([]string{"--"}, arguments...)); err != nil {
		return err
	}
	if n := len(arguments); n < least || most >= 0 && n > most {
		c.Flags.Usage()
		return flag.ErrHelp
	}
	return nil
}

// Printf prints what the command has to say.
func (c *Call) Printf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Out, format, args...) // nobody reads what cannot be written
}
