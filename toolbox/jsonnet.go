package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/google/go-jsonnet"
)

func init() {
	operations["jsonnet"] = evaluateJsonnet
}

const jsonnetStackMax = 500

// binding is an external variable or a top-level argument: text, or code.
type binding struct {
	Value string `json:"value"`
	Code  bool   `json:"code"`
}

func evaluateJsonnet(r *request) (any, error) {
	var arguments struct {
		Path    string             `json:"path"`
		ExtVars map[string]binding `json:"extVars"`
		TLAs    map[string]binding `json:"tlas"`
		Libs    []string           `json:"libs"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	if at := r.tree.entry(arguments.Path); !at.found || at.directory {
		return nil, refuse(complaint{Text: "there is no such file", Path: arguments.Path})
	}
	vm := jsonnet.MakeVM()
	vm.MaxStack = jsonnetStackMax
	vm.Importer(&jsonnetImports{tree: r.tree, libs: arguments.Libs, found: map[string]jsonnet.Contents{}})
	bind(arguments.ExtVars, vm.ExtVar, vm.ExtCode)
	bind(arguments.TLAs, vm.TLAVar, vm.TLACode)
	output, err := vm.EvaluateFile(arguments.Path)
	if err != nil {
		return nil, refuse(jsonnetComplaint(arguments.Path, err))
	}
	resources, err := jsonnetResources([]byte(output))
	if err != nil {
		return nil, refuse(complaint{Text: err.Error(), Path: arguments.Path})
	}
	return map[string]any{"resources": resources}, nil
}

func bind(bindings map[string]binding, text, code func(name, value string)) {
	for _, name := range sortedNames(bindings) {
		if bindings[name].Code {
			code(name, bindings[name].Value)
		} else {
			text(name, bindings[name].Value)
		}
	}
}

// jsonnetImports finds imports beside the importing file, then in the library directories, never outside the tree.
type jsonnetImports struct {
	tree  *tree
	libs  []string
	found map[string]jsonnet.Contents
}

// Import is Jsonnet's way to ask for a file; the same place has the same contents each time.
func (i *jsonnetImports) Import(importedFrom, importedPath string) (jsonnet.Contents, string, error) {
	for _, directory := range append([]string{path.Dir(importedFrom)}, i.libs...) {
		name, err := join(directory, importedPath)
		if err != nil || strings.HasPrefix(importedPath, "/") {
			return jsonnet.Contents{}, "", fmt.Errorf("import %q %w", importedPath, errOutside)
		}
		if contents, known := i.found[name]; known {
			return contents, name, nil
		}
		if at := i.tree.entry(name); !at.found || at.directory {
			continue
		}
		content, err := i.tree.read(name)
		if err != nil {
			return jsonnet.Contents{}, "", err
		}
		i.found[name] = jsonnet.MakeContentsRaw(content)
		return i.found[name], name, nil
	}
	return jsonnet.Contents{}, "", fmt.Errorf("couldn't open import %q: no match locally or in the library paths", importedPath)
}

var inJsonnet = regexp.MustCompile(`(?m)(?:^|\s)([^\s:()]+):\(?(\d+):(\d+)`)

// jsonnetComplaint takes the place out of Jsonnet's message: of a runtime error, the innermost frame.
func jsonnetComplaint(name string, err error) complaint {
	text := strings.TrimSpace(err.Error())
	found := complaint{Text: text, Path: name}
	if match := inJsonnet.FindStringSubmatch(text); match != nil {
		found.Path = match[1]
		found.Line, _ = strconv.Atoi(match[2])
		found.Column, _ = strconv.Atoi(match[3])
	}
	if first, _, several := strings.Cut(text, "\n"); several {
		found.Text = first
	}
	return found
}

// jsonnetResources flattens as Argo CD does: an object or an array of objects, and each `List` into its items.
func jsonnetResources(output []byte) ([]json.RawMessage, error) {
	var several []json.RawMessage
	if json.Unmarshal(output, &several) != nil {
		several = []json.RawMessage{output}
	}
	resources := []json.RawMessage{}
	for index, one := range several {
		one = bytes.TrimSpace(one)
		if !bytes.HasPrefix(one, []byte("{")) {
			return nil, fmt.Errorf("the result is neither an object nor an array of objects (item %d)", index)
		}
		var list struct {
			Items json.RawMessage `json:"items"`
		}
		if json.Unmarshal(one, &list) == nil && bytes.HasPrefix(list.Items, []byte("[")) {
			var items []json.RawMessage
			if err := json.Unmarshal(list.Items, &items); err != nil {
				return nil, err
			}
			resources = append(resources, items...)
			continue
		}
		resources = append(resources, one)
	}
	return resources, nil
}
