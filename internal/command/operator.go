package command

import (
	"errors"
	"fmt"
	"strings"

	"dobosh/internal/kit/cli"
	"dobosh/internal/node"
	"dobosh/internal/registry"
)

// running reads the configuration of the node that a command is about, after the
// other flags were named.
func running(c *cli.Call, arguments int) (node.Config, error) {
	file := c.Flags.String("config", "", "configuration file of the node")
	if err := c.Parse(arguments, arguments); err != nil {
		return node.Config{}, err
	}
	if *file == "" {
		return node.Config{}, errors.New(c.Flags.Name() + " wants --config FILE")
	}
	return node.Load(*file)
}

// memberOf reads INSTANCE/CLASS/MEMBER. Of the instance of the node, CLASS/MEMBER
// is enough, and MEMBER where the class is given apart.
func memberOf(text, class string, own registry.ID) (registry.ID, error) {
	switch strings.Count(text, "/") {
	case 0:
		if class == "" {
			class = own.Class
		}
		text = own.Instance + "/" + class + "/" + text
	case 1:
		text = own.Instance + "/" + text
	}
	id, err := registry.ParseID(text)
	if err != nil || id != id.Owner() {
		return id, fmt.Errorf("%q is no member: wants INSTANCE/CLASS/MEMBER", text)
	}
	return id, nil
}
