package bench

import (
	"os"
	"testing"
)

func TestUsageOfThisProcess(t *testing.T) {
	u := readUsage(os.Getpid())
	if u.rss < 1<<20 || u.pss < 1<<20 || u.pss > u.rss {
		t.Errorf("resident %d, proportional %d bytes", u.rss, u.pss)
	}
	if gone := readUsage(1 << 30); gone != (usage{}) {
		t.Errorf("a process that does not exist takes %+v", gone)
	}
}
