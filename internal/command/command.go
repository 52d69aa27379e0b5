// Package command is the command line of an institution: it reads arguments,
// calls the rooms and prints what they say. It decides nothing.
package command

import (
	"context"
	"fmt"
	"io"
	"os"

	"dobosh/internal/kit/cli"
	"dobosh/internal/kit/lang"
	"dobosh/internal/words"
)

// dobosh is the program that an institution runs.
func dobosh() cli.Program {
	program := cli.Program{
		Name:  "dobosh",
		About: "dobosh runs the digital side of an institution.",
		Words: func() (*lang.Catalogue, error) { return words.Of() },
		Commands: []cli.Command{
			{Name: "serve", About: "run one node: serve --config FILE", Run: runServe},
			{Name: "found", About: "begin a federation: keys, configuration and first statements of its authority: found INSTANCE/CLASS/MEMBER --title TEXT", Run: runFound},
			{Name: "enact", About: "state instruments of the pack in the registry, at the authority: enact --config FILE [REF…]", Run: runEnact},
			{Name: "recover registry", About: "take the lost registry of the authority over from a node that follows: recover registry --config FILE --from HOST:PORT", Run: runRecoverRegistry},
			{Name: "recover witness", About: "make the lost memory of a witness anew, from other witnesses: recover witness --config FILE", Run: runRecoverWitness},
			{Name: "promote", About: "make a standby keep the registry, or end a fork: promote --config FILE --recovery KEY --why TEXT", Run: runPromote},
			{Name: "token", About: "let a node in, at the authority: token --config FILE MEMBER NAME", Run: runToken},
			{Name: "join", About: "make this machine a node, with a token: join TOKEN [--dir DIR]", Run: runJoin},
			{Name: "status", About: "how a running node is: status --config FILE [--json]", Run: runStatus},
			{Name: "maintenance", About: "let a running node take no new questions, or take them again: maintenance on|off --config FILE [--until TIME]", Run: runMaintenance},
			{Name: "rotate", About: "give a running node new keys: rotate --config FILE [--tls] [--log]", Run: runRotate},
			{Name: "revoke", About: "take a node out of the registry, at the authority: revoke --config FILE MEMBER NAME --why TEXT", Run: runRevoke},
			{Name: "backup", About: "copy what a node keeps, while it serves: backup --config FILE --to DIR|s3://HOST/BUCKET/PREFIX", Run: runBackup},
			{Name: "restore", About: "put a copy back: restore --from DIR|s3://… --to DIR on an empty machine, or --config FILE", Run: runRestore},
			{Name: "recover journal", About: "go on where entries or keys are gone for good: recover journal --config FILE --why TEXT [--without-keys]", Run: runRecoverJournal},
			{Name: "config check", About: "check a configuration file: config check FILE", Run: checkConfig},
			{Name: "key", About: "make a private key: key FILE", Run: makeKey},
			{Name: "pack check", About: "check a pack: pack check [DIR]", Run: checkPack},
			{Name: "pack test", About: "run the examples written beside the rules: pack test [DIR]", Run: testPack},
			{Name: "pack diff", About: "compare two packs: who gains, who loses, which contracts stop: pack diff OLD NEW", Run: diffPacks},
			{Name: "verify", About: "check a decision or the evidence of an exchange offline: verify [--trust KEYS] FILE", Run: verifyFile},
			{Name: "evidence export", About: "prove an exchange to anybody: evidence export --config FILE [--content] ID", Run: exportEvidence},
			{Name: "journal check", About: "check a journal on the disk: journal check --key KEY DIR, or journal check --config FILE", Run: checkJournal},
			{Name: "version", About: "print the version", Run: printVersion},
		},
	}
	for _, a := range connecting() {
		program.Commands = append(program.Commands, a.command())
	}
	return program
}

// Main runs the command that args name and gives the exit code.
func Main(ctx context.Context, args []string, out, errOut io.Writer) int {
	return dobosh().Main(ctx, args, out, errOut)
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
