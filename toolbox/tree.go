package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// tree is the caller's files: each path is asked for at most once in a request. It never opens anything itself.
type tree struct {
	link    *link
	limits  limits
	asks    int
	bytes   int
	entries map[string]entry
	names   map[string][]string
	files   map[string][]byte
}

type entry struct{ found, directory bool }

func newTree(l *link, bounds limits) *tree {
	return &tree{link: l, limits: bounds, entries: map[string]entry{}, names: map[string][]string{}, files: map[string][]byte{}}
}

var errOutside = errors.New("leads outside the repository")

// normal turns a path into the tree's own form: no leading `/`, the root is "".
func normal(name string) (string, error) {
	cleaned := path.Clean(strings.TrimPrefix(name, "/"))
	if cleaned == ".." || strings.HasPrefix(cleaned, "../") {
		return "", fmt.Errorf("%s %w", name, errOutside)
	}
	if cleaned == "." {
		return "", nil
	}
	return cleaned, nil
}

// ask panics with what ends the request, because engines take any error for "there is no such file".
func (t *tree) ask(kind, name string) (frame, []byte) {
	t.asks++
	if t.asks > t.limits.Asks {
		panic(&excess{fmt.Sprintf("more than %d looks at files", t.limits.Asks)})
	}
	if err := t.link.write(frame{Ask: kind, Path: name}, nil); err != nil {
		panic(fmt.Errorf("asking for %s: %w", name, err))
	}
	reply, payload, err := t.link.read()
	if err != nil {
		panic(fmt.Errorf("asking for %s: %w", name, err))
	}
	return reply, payload
}

func (t *tree) entry(name string) entry {
	known, seen := t.entries[name]
	if !seen {
		reply, _ := t.ask("entry", name)
		known = entry{found: reply.Found, directory: reply.Directory}
		t.entries[name] = known
	}
	return known
}

func (t *tree) list(name string) []string {
	known, seen := t.names[name]
	if !seen {
		reply, _ := t.ask("names", name)
		known = append([]string(nil), reply.Names...)
		sort.Strings(known)
		t.names[name] = known
	}
	return known
}

func (t *tree) read(name string) ([]byte, error) {
	if content, seen := t.files[name]; seen {
		return content, nil
	}
	reply, content := t.ask("read", name)
	if !reply.Found {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	t.bytes += len(content)
	if t.bytes > t.limits.ReadBytes {
		panic(&excess{fmt.Sprintf("more than %d bytes of files", t.limits.ReadBytes)})
	}
	t.files[name] = content
	return content, nil
}

// join resolves a path that a file in the tree names, seen from a directory of the tree.
func join(directory, name string) (string, error) { return normal(path.Join(directory, name)) }

const depthMax = 64

// walk visits every file below a directory, in order of names.
func (t *tree) walk(directory string, visit func(name string) error) error {
	if strings.Count(directory, "/") > depthMax {
		return &excess{fmt.Sprintf("%s is more than %d directories deep", directory, depthMax)}
	}
	for _, base := range t.list(directory) {
		name := path.Join(directory, base)
		switch at := t.entry(name); {
		case at.directory:
			if err := t.walk(name, visit); err != nil {
				return err
			}
		case at.found:
			if err := visit(name); err != nil {
				return err
			}
		}
	}
	return nil
}
