package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// kustomizeRoot stands for the repository in the paths that Kustomize sees, so that `..` above it is noticed.
const kustomizeRoot = "/<repository>"

// kustomizeFiles is the tree as Kustomize's file system: read-only, and what lies outside the repository is not there.
type kustomizeFiles struct {
	tree          *tree
	refused       map[complaint]bool
	changesSchema bool
	marks         bool   // whether the kustomization in `marked` shall note the origins of its resources
	marked        string // the directory that is built
}

func (f *kustomizeFiles) inTree(name string) (string, error) {
	cleaned := path.Clean(name)
	if cleaned == kustomizeRoot {
		return "", nil
	}
	below, inside := strings.CutPrefix(cleaned, kustomizeRoot+"/")
	if !inside {
		return "", &fs.PathError{Op: "open", Path: name, Err: errOutside}
	}
	return below, nil
}

func (f *kustomizeFiles) at(name string) entry {
	below, err := f.inTree(name)
	if err != nil {
		return entry{}
	}
	return f.tree.entry(below)
}

// IsDir is true for a directory of the tree.
func (f *kustomizeFiles) IsDir(name string) bool { return f.at(name).directory }

// Exists is true for whatever the tree has.
func (f *kustomizeFiles) Exists(name string) bool { return f.at(name).found }

// ReadDir lists the names in a directory.
func (f *kustomizeFiles) ReadDir(name string) ([]string, error) {
	below, err := f.inTree(name)
	if err != nil {
		return nil, err
	}
	if !f.tree.entry(below).directory {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.tree.list(below), nil
}

// CleanedAbs parts a path into directory and file.
func (f *kustomizeFiles) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	cleaned := path.Clean(name)
	if !strings.HasPrefix(cleaned, "/") {
		cleaned = path.Join(kustomizeRoot, cleaned)
	}
	below, err := f.inTree(cleaned)
	if err != nil {
		return "", "", err
	}
	switch at := f.tree.entry(below); {
	case at.directory:
		return filesys.ConfirmedDir(cleaned), "", nil
	case at.found:
		return filesys.ConfirmedDir(path.Dir(cleaned)), path.Base(cleaned), nil
	default:
		return "", "", fmt.Errorf("'%s' doesn't exist", name)
	}
}

// ReadFile reads, and looks into kustomizations before Kustomize does.
func (f *kustomizeFiles) ReadFile(name string) ([]byte, error) {
	below, err := f.inTree(name)
	if err != nil {
		return nil, err
	}
	if at := f.tree.entry(below); !at.found || at.directory {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	content, err := f.tree.read(below)
	if err != nil || !isKustomization(below) {
		return content, err
	}
	if err := f.inspect(below, content); err != nil {
		return nil, err
	}
	if f.marks && path.Dir("/"+below) == path.Join("/", f.marked) {
		return markOrigins(content), nil
	}
	return content, nil
}

// Glob matches the last part of a pattern.
func (f *kustomizeFiles) Glob(pattern string) ([]string, error) {
	directory, last := path.Split(pattern)
	names, err := f.ReadDir(directory)
	if err != nil {
		return nil, nil //nolint:nilerr // as filepath.Glob: what cannot be read does not match
	}
	var found []string
	for _, name := range names {
		if matches, err := path.Match(last, name); err != nil {
			return nil, err
		} else if matches {
			found = append(found, path.Join(directory, name))
		}
	}
	return found, nil
}

// Walk visits a directory and all below it.
func (f *kustomizeFiles) Walk(root string, visit filepath.WalkFunc) error {
	at := f.at(root)
	if !at.found {
		return visit(root, nil, &fs.PathError{Op: "lstat", Path: root, Err: fs.ErrNotExist})
	}
	err := visit(root, status{name: path.Base(root), directory: at.directory}, nil)
	if err == filepath.SkipDir && at.directory {
		return nil
	}
	if err != nil || !at.directory {
		return err
	}
	names, err := f.ReadDir(root)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := f.Walk(path.Join(root, name), visit); err != nil {
			return err
		}
	}
	return nil
}

// Open reads a file whole.
func (f *kustomizeFiles) Open(name string) (filesys.File, error) {
	content, err := f.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return openFile{Reader: bytes.NewReader(content), status: status{name: path.Base(name), size: int64(len(content))}}, nil
}

func readOnly(operation, name string) error {
	return &fs.PathError{Op: operation, Path: name, Err: fs.ErrPermission}
}

// Create is refused, as is all that writes.
func (f *kustomizeFiles) Create(name string) (filesys.File, error) {
	return nil, readOnly("create", name)
}

// Mkdir is refused.
func (f *kustomizeFiles) Mkdir(name string) error { return readOnly("mkdir", name) }

// MkdirAll is refused.
func (f *kustomizeFiles) MkdirAll(name string) error { return readOnly("mkdir", name) }

// RemoveAll is refused.
func (f *kustomizeFiles) RemoveAll(name string) error { return readOnly("remove", name) }

// WriteFile is refused.
func (f *kustomizeFiles) WriteFile(name string, _ []byte) error { return readOnly("write", name) }

// openFile is a file that was read.
type openFile struct {
	*bytes.Reader
	status status
}

func (o openFile) Close() error               { return nil }
func (o openFile) Write([]byte) (int, error)  { return 0, readOnly("write", o.status.name) }
func (o openFile) Stat() (fs.FileInfo, error) { return o.status, nil }

// status is what the engines may know about a file: no time, no owner.
type status struct {
	name      string
	size      int64
	directory bool
}

func (s status) Name() string       { return s.name }
func (s status) Size() int64        { return s.size }
func (s status) ModTime() time.Time { return time.Time{} }
func (s status) IsDir() bool        { return s.directory }
func (s status) Sys() any           { return nil }
func (s status) Mode() fs.FileMode {
	if s.directory {
		return fs.ModeDir | 0o555
	}
	return 0o444
}
