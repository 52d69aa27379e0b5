package edge

import (
	"os"
	"regexp"
	"testing"
	"time"

	"dobosh/internal/exchange"
)

// Every text that tells how long an information system may take tells the constant.
func TestTextsTellTheSamePatience(t *testing.T) {
	for file, says := range map[string]string{
		"../../node/config_systems.go":   `// Timeout for the beginning of an answer; (\w+) \(exchange\.SystemTimeout\) when zero`,
		"../system/config.go":            `\(exchange\.SystemTimeout, ([^)]+)\) when zero`,
		"../gateway.go":                  `with an information system, for one response; 0 for (.+)\n`,
		"../../../docs/spec/exchange.md": `it answers 502, 503, 504, or not within ([^|]+?) \| .system-away`,
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(says).FindAllSubmatch(text, -1)
		if len(found) != 1 {
			t.Errorf("%s tells it %d times", file, len(found))
			continue
		}
		span := regexp.MustCompile(` ?s(econds)?$`).ReplaceAllString(string(found[0][1]), "s")
		if told, err := time.ParseDuration(span); err != nil || told != exchange.SystemTimeout {
			t.Errorf("%s tells %q, and it is %v (%v)", file, found[0][1], exchange.SystemTimeout, err)
		}
	}
}
