package station

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"dobosh/internal/node"

	"gopkg.in/yaml.v3"
)

// FileName is the file beside a node's configuration that says what the
// laboratory adds. Paths in it are relative to it; a key that is not here is an
// error.
const FileName = "lab.yaml"

// Config is the configuration of a station.
type Config struct {
	Node node.Config
	Adds
}

// Adds is what stands in [FileName].
type Adds struct {
	// Registers puts the demonstration registers behind the node.
	Registers *Registers `yaml:"registers"`
	// Demo marks every page as a demonstration.
	Demo *Demo `yaml:"demo"`
	// Staff gives the staff of the demonstration their roles at every start.
	Staff bool `yaml:"staff"`
	// Clock is a file that says by how much the clock of the node is off, for
	// example "-1h"; it is looked at again and again. Empty for a right clock.
	Clock string `yaml:"clock"`
}

// Registers configures the demonstration registers.
type Registers struct {
	// Stories fills the registers with the persons of the demonstration.
	Stories bool `yaml:"stories"`
	// Crowd adds so many generated persons, for measurements.
	Crowd int `yaml:"crowd"`
	// Systems may record births over HTTP, each known by its bearer token.
	Systems []node.System `yaml:"systems"`
}

// Demo are the addresses that the pages of a demonstration lead to.
type Demo struct {
	City       string `yaml:"city"`
	Registers  string `yaml:"registers"`
	Supervisor string `yaml:"supervisor"`
	Mail       string `yaml:"mail"`
}

// Load reads and checks the configuration of a node, and what stands beside it;
// without a [FileName] nothing is added.
func Load(path string) (Config, error) {
	cfg, err := node.Load(path)
	if err != nil {
		return Config{}, err
	}
	adds, err := ReadAdds(path)
	if adds.Clock != "" && !filepath.IsAbs(adds.Clock) {
		adds.Clock = filepath.Join(filepath.Dir(path), adds.Clock)
	}
	return Config{cfg, adds}, err
}

// ReadAdds reads what stands beside the configuration of a node.
func ReadAdds(path string) (Adds, error) {
	return load(filepath.Join(filepath.Dir(path), FileName))
}

func load(path string) (adds Adds, err error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Adds{}, nil
	}
	if err != nil {
		return Adds{}, fmt.Errorf("configuration: %w", err)
	}
	d := yaml.NewDecoder(bytes.NewReader(raw))
	d.KnownFields(true)
	if err := d.Decode(&adds); err != nil && !errors.Is(err, io.EOF) {
		return Adds{}, fmt.Errorf("configuration %s: %w", path, err)
	}
	if adds.Registers == nil {
		return adds, nil
	}
	if crowd := adds.Registers.Crowd; crowd < 0 || crowd > 1_000_000 {
		return Adds{}, fmt.Errorf("configuration %s: registers.crowd: is not between 0 and 1,000,000", path)
	}
	for i, s := range adds.Registers.Systems {
		if !filepath.IsAbs(s.TokenFile) {
			adds.Registers.Systems[i].TokenFile = filepath.Join(filepath.Dir(path), s.TokenFile)
		}
	}
	return adds, nil
}

// Write writes what is added beside the configuration of a node.
func (a Adds) Write(path string) error {
	raw, err := yaml.Marshal(a)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(filepath.Dir(path), FileName), raw, 0o600)
}
