package faults

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"dobosh/internal/lab/bench"
	"dobosh/internal/lab/demo"
	"dobosh/internal/lab/station"
)

// audit reads the tables of nodes that have stopped, and holds them against what
// the driver was told.
type audit struct {
	lost     func(node string, at time.Time) bool
	rows     func(at time.Time) bool
	named    int // acknowledged, and gone where that may be
	findings []string
}

func (a *audit) find(format string, args ...any) {
	a.findings = append(a.findings, fmt.Sprintf(format, args...))
}

// open opens the database of a node for reading; nil, with a finding, when that fails.
func (a *audit) open(cfg station.Config) *sql.DB {
	driver, name := "sqlite", "file:"+filepath.Join(cfg.Node.Dir, "dobosh.db")
	if file := cfg.Node.Storage.PostgresFile; file != "" {
		url, err := os.ReadFile(file)
		if err != nil {
			a.find("database of %s: %v", cfg.Node.Name, err)
			return nil
		}
		driver, name = "pgx", strings.TrimSpace(string(url))
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		a.find("database of %s: %v", cfg.Node.Name, err)
		return nil
	}
	return db
}

// each calls take for every row of two texts.
func (a *audit) each(ctx context.Context, cfg station.Config, take func(first, second string), query string) {
	db := a.open(cfg)
	if db == nil {
		return
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		a.find("database of %s: %v", cfg.Node.Name, err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var first, second string
		if err := rows.Scan(&first, &second); err != nil {
			a.find("database of %s: %v", cfg.Node.Name, err)
			return
		}
		take(first, second)
	}
	if err := rows.Err(); err != nil {
		a.find("database of %s: %v", cfg.Node.Name, err)
	}
}

// registers: every acknowledged birth is there, and none twice.
func (a *audit) registers(ctx context.Context, cfg station.Config, told bench.Told) {
	recorded, tokens := map[string]bool{}, map[string]int{}
	a.each(ctx, cfg, func(id, token string) { recorded[id] = true; tokens[token]++ }, `select id, token from civil_births`)
	for _, birth := range told.Births {
		if !recorded[birth] && a.rows(told.At[birth]) {
			a.named++
			continue
		}
		if !recorded[birth] {
			a.find("birth %s was acknowledged and is not in the register", birth)
		}
	}
	for token, n := range tokens {
		if n > 1 {
			a.find("the birth of %s was recorded %d times", token, n)
		}
	}
}

// city: every acknowledged decision is there for its offer, is in the journal,
// and pays once.
func (a *audit) city(ctx context.Context, cfg station.Config, told bench.Told) {
	decisions, payments := map[string]string{}, map[string]int{}
	a.each(ctx, cfg, func(id, offer string) { decisions[id] = offer }, `select id, offer from services_decisions`)
	a.each(ctx, cfg, func(decision, number string) { payments[decision+"/"+number]++ }, `select decision, cast(number as text) from services_payments`)
	for offer, decision := range told.Decisions {
		switch {
		case decisions[decision] != offer:
			a.find("decision %s on offer %s was acknowledged, and the city has it on offer %q", decision, offer, decisions[decision])
		case payments[decision+"/1"] != 1:
			a.find("decision %s pays its first rate %d times", decision, payments[decision+"/1"])
		}
	}
	a.heard(ctx, cfg, told)
	a.each(ctx, cfg, func(offer, state string) { a.find("offer %s is %s, and its term was far", offer, state) },
		`select id, state from services_offers where state = 'lapsed'`)
	unsealed := 0
	a.each(ctx, cfg, func(string, string) { unsealed++ }, `select id, offer from services_decisions where log_index < 0`)
	if unsealed > 0 {
		a.find("%d decisions of the city are not in its journal", unsealed)
	}
	a.each(ctx, cfg, func(index, n string) { a.find("entry %s of the journal stands for %s decisions", index, n) },
		`select cast(log_index as text), cast(count(*) as text) from services_decisions where log_index >= 0 group by log_index having count(*) > 1`)
}

// heard says of every birth that was recorded and of which an offer is missing what the city has made of it: nothing, when it never
// heard of it, or how far that has come.
func (a *audit) heard(ctx context.Context, cfg station.Config, told bench.Told) {
	made, offers := map[string][]string{}, map[string]int{}
	a.each(ctx, cfg, func(birth, came string) { made[birth] = append(made[birth], came) }, `select subject, service || ' is ' || state from services_assessments order by service`)
	a.each(ctx, cfg, func(birth, _ string) { offers[birth]++ }, `select subject, id from services_offers`)
	for _, birth := range told.Births {
		if offers[birth] < told.Offers && !a.rows(told.At[birth]) {
			a.find("birth %s has %d offers; the city has made of it %q", birth, offers[birth], made[birth])
		}
	}
}

// payments: every file that was taken was prepared by one person and released by
// another, and is that of the payments that it had when it was taken.
func (a *audit) payments(ctx context.Context, cfg station.Config, told bench.Told) {
	files, counts := map[string]string{}, map[string]string{}
	a.each(ctx, cfg, func(id, hands string) { files[id] = hands }, `select id, prepared_by || ' ' || released_by from services_payment_files where released_at > 0`)
	a.each(ctx, cfg, func(id, n string) { counts[id] = n }, `select file, cast(count(*) as text) from services_payments where file <> '' group by file`)
	for _, f := range told.Files {
		hands, there := files[f.ID]
		prepared, released, _ := strings.Cut(hands, " ")
		switch {
		case !there && a.lost(demo.City, f.At):
			a.named++
		case !there:
			a.find("payment file %s was released and taken, and the city does not have it", f.ID)
		case prepared == "" || released == "" || prepared == released:
			a.find("payment file %s was prepared by %q and released by %q", f.ID, prepared, released)
		case counts[f.ID] != strconv.Itoa(len(f.Transfers)):
			a.find("payment file %s had %d payments when it was taken, and has %s", f.ID, len(f.Transfers), counts[f.ID])
		}
	}
}

// queue: what was put aside waits for a person, and nothing here needed one.
func (a *audit) queue(ctx context.Context, name string, cfg station.Config) {
	a.each(ctx, cfg, func(queue, fault string) { a.find("%s put a job of %s aside: %s", name, queue, fault) }, `select queue, fault from work_jobs where dead > 0`)
}
