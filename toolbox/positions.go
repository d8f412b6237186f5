package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	node "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

func init() {
	operations["positions"] = readPositions
}

// place counts from 1.
type place struct{ line, column int }

func (p place) MarshalJSON() ([]byte, error) { return json.Marshal([2]int{p.line, p.column}) }

// placed is one document and where each of its fields (its key) and items stands, by JSON pointer.
type placed struct {
	Path      string           `json:"path"`
	Index     int              `json:"index"`
	Line      int              `json:"line"`
	Positions map[string]place `json:"positions"`
}

func readPositions(r *request) (any, error) {
	var arguments texts
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	contents, complaints := arguments.contents(r.tree)
	answer := []placed{}
	for _, content := range contents {
		found, refused := positionsIn(content.Path, []byte(content.Text))
		answer = append(answer, found...)
		complaints = append(complaints, refused...)
	}
	if len(complaints) > 0 {
		return nil, refuse(complaints...)
	}
	return map[string]any{"documents": answer}, nil
}

// positionsIn a file: the documents are those of `yaml`, by the same index.
func positionsIn(name string, content []byte) ([]placed, []complaint) {
	var answer []placed
	var complaints []complaint
	for _, piece := range splitDocuments(content) {
		values, refused := piece.values(name)
		complaints = append(complaints, refused...)
		for position, value := range values {
			if string(value.Value) == "null" {
				continue
			}
			found := map[string]place{}
			if position == 0 {
				found = piece.positions()
			}
			answer = append(answer, placed{Path: name, Index: len(answer), Line: value.Line, Positions: found})
		}
	}
	return answer, complaints
}

const positionsMax = 200_000

// positions of a piece that is known to parse; what yaml.v3 reads otherwise than Kubernetes has none.
func (p piece) positions() map[string]place {
	walk := placing{found: map[string]place{}, lines: p.line - 1}
	var root node.Node
	if err := node.Unmarshal(p.content, &root); err != nil || len(root.Content) == 0 {
		return walk.found
	}
	walk.value("", root.Content[0], root.Content[0])
	return walk.found
}

type placing struct {
	found map[string]place
	lines int
}

// value notes where a value stands that `at` introduces: its key, or the item itself.
func (w *placing) value(pointer string, at, value *node.Node) {
	if len(w.found) >= positionsMax {
		panic(&excess{fmt.Sprintf("more than %d positions", positionsMax)})
	}
	w.found[pointer] = place{at.Line + w.lines, at.Column}
	if value.Kind == node.AliasNode {
		value = value.Alias
	}
	switch value.Kind {
	case node.MappingNode:
		w.mapping(pointer, value)
	case node.SequenceNode:
		for index, item := range value.Content {
			w.value(fmt.Sprintf("%s/%d", pointer, index), item, item)
		}
	}
}

// mapping visits in the order of the text, as Kubernetes' parser does: what is merged in overwrites what stands before it.
func (w *placing) mapping(pointer string, value *node.Node) {
	for index := 0; index+1 < len(value.Content); index += 2 {
		key := value.Content[index]
		if isMerge(key) {
			w.merged(pointer, value.Content[index+1])
			continue
		}
		below := pointer + "/" + escapePointer(keyText(key))
		w.forget(below)
		w.value(below, key, value.Content[index+1])
	}
}

func (w *placing) merged(pointer string, value *node.Node) {
	if value.Kind == node.AliasNode {
		value = value.Alias
	}
	switch value.Kind {
	case node.MappingNode:
		w.mapping(pointer, value)
	case node.SequenceNode: // of several, the first wins
		for index := len(value.Content) - 1; index >= 0; index-- {
			w.merged(pointer, value.Content[index])
		}
	}
}

// forget what is now overwritten.
func (w *placing) forget(pointer string) {
	if _, known := w.found[pointer]; !known {
		return
	}
	for one := range w.found {
		if one == pointer || strings.HasPrefix(one, pointer+"/") {
			delete(w.found, one)
		}
	}
}

func isMerge(key *node.Node) bool { return key.Kind == node.ScalarNode && key.ShortTag() == "!!merge" }

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)
var wordKey = regexp.MustCompile(`^(?i:y|n|yes|no|on|off|true|false|null)$`)

// keyText is the key as Kubernetes reads it: `yes:` is "true", `0x10:` is "16".
func keyText(key *node.Node) string {
	for key.Kind == node.AliasNode {
		key = key.Alias
	}
	if key.Style != 0 || plainKey.MatchString(key.Value) && !wordKey.MatchString(key.Value) {
		return key.Value
	}
	read, err := yaml.YAMLToJSON([]byte("? " + key.Value + "\n: 0\n"))
	var single map[string]any
	if err != nil || json.Unmarshal(read, &single) != nil {
		return key.Value
	}
	for text := range single {
		return text
	}
	return key.Value
}

func escapePointer(text string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(text)
}

// kustomizationFields reads a kustomization as far as it can be read, with the places of its fields.
func kustomizationFields(content []byte) (map[string]any, map[string]place) {
	var fields map[string]any
	if yaml.Unmarshal(content, &fields) != nil {
		return nil, nil
	}
	return fields, piece{content: content, line: 1}.positions()
}
