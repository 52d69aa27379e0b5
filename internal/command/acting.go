package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dobosh/internal/act"
	"dobosh/internal/catalogue"
	"dobosh/internal/contracts"
	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/lang"
	"dobosh/internal/node"
	"dobosh/internal/node/operator"
	"dobosh/internal/registry"
	"dobosh/internal/words"
)

// acting is a command that does an act of a room, through the door of the operator.
// The fields of the act are its flags, so that a command asks for what the page and
// the interface ask for, and is refused the same.
type acting struct {
	name, about string
	act         string
	args        []string // fields that stand as arguments, in their order
	most        int      // of the arguments that may stay away
	say         func(c *cli.Call, raw json.RawMessage) error
}

// acts are those of the rooms that a member is connected by, as they are defined:
// nothing of a room is needed for that.
func acts() (map[string]act.Act, error) {
	all := map[string]act.Act{}
	for _, define := range []func() ([]act.Act, error){new(contracts.Room).Acts, new(catalogue.Room).Acts} {
		defined, err := define()
		if err != nil {
			return nil, err
		}
		for _, a := range defined {
			all[a.Name] = a
		}
	}
	return all, nil
}

func (a acting) command() cli.Command {
	return cli.Command{Name: a.name, About: a.about + ": " + a.usage(), Run: a.run}
}

func (a acting) usage() string {
	usage := a.name
	for i, name := range a.args {
		if i < len(a.args)-a.most {
			usage += " " + strings.ToUpper(name)
		} else {
			usage += " [" + strings.ToUpper(name) + "]"
		}
	}
	return usage + " --config FILE"
}

func (a acting) run(ctx context.Context, c *cli.Call) error {
	defined, err := acts()
	if err != nil {
		return err
	}
	said, err := words.Of()
	if err != nil {
		return err
	}
	one := defined[a.act]
	in := operator.Doing{Act: a.act, Values: map[string][]string{}, Files: map[string][]byte{}}
	for _, f := range one.Fields {
		if !slices.Contains(a.args, f.Name) {
			flagOf(c, f, said, in.Values)
		}
	}
	asJSON := c.Flags.Bool("json", false, "print the answer as programs read it")
	file := c.Flags.String("config", "", "configuration file of the node")
	if err := c.Parse(len(a.args)-a.most, len(a.args)); err != nil {
		return err
	}
	if *file == "" {
		return errors.New(c.Flags.Name() + " wants --config FILE")
	}
	cfg, err := node.Load(*file)
	if err != nil {
		return err
	}
	for i, name := range a.args {
		field := one.Fields[slices.IndexFunc(one.Fields, func(f act.Asked) bool { return f.Name == name })]
		switch value := c.Flags.Arg(i); {
		case value == "":
		case field.Kind == act.File:
			if in.Files[name], err = readFile(value); err != nil {
				return err
			}
		default:
			in.Values[name] = []string{value}
		}
	}
	a.complete(cfg.Member, in.Values)
	out, err := operator.Do().Ask(ctx, cfg.Dir, in)
	if err != nil {
		return err
	}
	if *asJSON {
		c.Printf("%s\n", out.Value)
		return nil
	}
	return a.say(c, out.Value)
}

// flagOf makes the flag of a field: its name with dashes, and its label to explain it.
func flagOf(c *cli.Call, f act.Asked, said *lang.Catalogue, into map[string][]string) {
	name, says := strings.ReplaceAll(f.Name, "_", "-"), f.Name
	if said.Has(f.Says) {
		says = said.Say(lang.En, f.Says)
	}
	if hint := f.Says + "-hint"; said.Has(hint) {
		says += ". " + said.Say(lang.En, hint)
	}
	switch f.Kind {
	case act.Consent, act.YesNo:
		c.Flags.BoolFunc(name, says, func(value string) error {
			into[f.Name] = []string{map[bool]string{true: "yes", false: "no"}[value == "true"]}
			return nil
		})
	case act.Several:
		c.Flags.Func(name, says+" (`values` with commas between them, or the flag again)", func(value string) error {
			for one := range strings.SplitSeq(value, ",") {
				into[f.Name] = append(into[f.Name], strings.TrimSpace(one))
			}
			return nil
		})
	default:
		c.Flags.Func(name, says, func(value string) error {
			into[f.Name] = []string{value}
			return nil
		})
	}
}

// complete puts the own member before what is named by its end alone: a service by
// SUBSYSTEM/SERVICE, and who asks by its subsystem.
func (a acting) complete(own registry.ID, values map[string][]string) {
	for name, parts := range map[string]int{"service": 1, "consumer": 0} {
		if given := values[name]; len(given) == 1 && given[0] != "" && strings.Count(given[0], "/") == parts {
			values[name] = []string{own.String() + "/" + given[0]}
		}
	}
}

// connecting are the commands by which a member is connected with others: its services
// are published, and contracts are made.
func connecting() []acting {
	return []acting{
		{name: "service list", about: "services of the member, those that are only behind the node too", act: "service.list", say: sayOwnServices},
		{name: "service publish", about: "publish a service without a description", act: "service.publish", args: []string{"service"}, say: sayPublished},
		{name: "service describe", about: "publish the OpenAPI description of a service, from a file or with --fetch from where the configuration says; with --plan only say what would follow", act: "service.describe", args: []string{"service", "file"}, most: 1, say: sayPublished},
		{name: "service withdraw", about: "take back a version that was announced", act: "service.withdraw", args: []string{"service"}, say: sayPublished},
		{name: "service find", about: "services of all members", act: "contract.services", args: []string{"words"}, most: 1, say: sayServices},
		{name: "service show", about: "what a service answers", act: "contract.operations", args: []string{"service"}, say: sayOperations},
		{name: "purposes", about: "what data may be asked for", act: "contract.purposes", say: sayOffers},
		{name: "provisions", about: "what is in force that allows it", act: "contract.provisions", say: sayOffers},
		{name: "contract askers", about: "who of the member may ask", act: "contract.askers", say: sayOffers},
		{name: "contract ask", about: "ask the other side for a contract, signed", act: "contract.ask", say: sayProposal},
		{name: "contract proposals", about: "what is being agreed, and was", act: "contract.proposals", say: sayProposals},
		{name: "contract show", about: "a proposal with its version and terms", act: "contract.proposal", args: []string{"proposal"}, say: sayProposal},
		{name: "contract approve", about: "sign what the other side signed; --version as it was shown", act: "contract.approve", args: []string{"proposal"}, say: sayProposal},
		{name: "contract refuse", about: "say no, with --reason", act: "contract.refuse", args: []string{"proposal"}, say: sayProposal},
		{name: "contract withdraw", about: "take back a proposal of this side", act: "contract.withdraw", args: []string{"proposal"}, say: sayProposal},
		{name: "contract list", about: "contracts in force", act: "contract.contracts", say: sayStandings},
		{name: "contract read", about: "a contract in force with its terms", act: "contract.contract", args: []string{"contract"}, say: sayStanding},
		{name: "contract end", about: "take a contract out of force, with --reason", act: "contract.end", args: []string{"contract"}, say: sayStanding},
	}
}

// answered takes what a node answered; it may be of a later version than the command.
func answered[T any](raw json.RawMessage, say func(T)) error {
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	say(out)
	return nil
}

// english is a text as commands print it.
func english(t lang.Text) string { return t.In(lang.En) }
