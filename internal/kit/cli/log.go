package cli

import (
	"io"
	"log/slog"
	"regexp"
	"unicode/utf8"
)

// Logger writes lines of words on standard error; level is debug, info (when empty), warn
// or error.
func (c *Call) Logger(level string) *slog.Logger { return Logger(c.ErrOut, level, "text") }

// Logger writes one line for each record: words, or a JSON document where format is
// "json". Whatever is written is bounded, and what looks like a credential is left out:
// an error may quote what somebody sent.
func Logger(to io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	if level != "" {
		_ = l.UnmarshalText([]byte(level)) // the configuration was checked
	}
	o := &slog.HandlerOptions{Level: l, ReplaceAttr: tidy}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(to, o))
	}
	return slog.New(slog.NewTextHandler(to, o))
}

// maxValue is the most of one value that is written, in bytes.
const maxValue = 2 << 10

// credentials are texts that let whoever reads them in, with what stands before them.
var credentials = regexp.MustCompile(`(?i)\b((?:authorization|cookie)["']?\s*[=:]\s*["']?(?:(?:bearer|basic|dpop)\s+)?)[^&"',;]{4,}|\b((?:bearer|basic|dpop)\s+)[\w.~+/=-]{6,}|` +
	`(://)[^/\s:@]+:[^/\s@]+@|\b((?:password|passwd|secret|[a-z_]*token|api_?key)["']?\s*[=:]\s*["']?|[?&](?:code|state)=|code_verifier=)[^&\s"',;]{4,}`)

func tidy(groups []string, a slog.Attr) slog.Attr {
	text := ""
	switch a.Value.Kind() {
	case slog.KindString:
		text = a.Value.String()
	case slog.KindAny:
		err, ok := a.Value.Any().(error)
		if !ok {
			return a
		}
		text = err.Error()
	default:
		return a
	}
	if len(groups) == 0 && (a.Key == slog.LevelKey || a.Key == slog.TimeKey) {
		return a
	}
	cut := text
	if len(cut) > maxValue {
		for cut = cut[:maxValue]; !utf8.ValidString(cut) && len(cut) > maxValue-utf8.UTFMax; {
			cut = cut[:len(cut)-1]
		}
		cut += "…"
	}
	return slog.String(a.Key, credentials.ReplaceAllString(cut, "$1$2$3$4…"))
}
