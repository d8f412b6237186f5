package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	node "go.yaml.in/yaml/v3"
)

// writeDecrypted gives documents the text that SOPS itself gives them.
func writeDecrypted(r *request) (any, error) {
	var arguments struct {
		Format    string      `json:"format"`
		Documents []*sopsNode `json:"documents"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	var text string
	var err error
	switch arguments.Format {
	case "yaml":
		text, err = yamlText(arguments.Documents)
	case "json":
		text, err = jsonText(arguments.Documents)
	case "dotenv":
		text, err = dotenvText(arguments.Documents)
	default:
		return nil, fmt.Errorf("no format %q", arguments.Format)
	}
	if err != nil {
		return nil, refuse(complaint{Text: err.Error()})
	}
	return map[string]string{"text": text}, nil
}

// typed is a leaf as the value that it stands for; no message repeats its text.
func (n *sopsNode) typed() (any, error) {
	var value any
	var err error
	switch n.Kind {
	case "null":
		return nil, nil
	case "int":
		value, err = strconv.Atoi(n.Text)
	case "float":
		value, err = strconv.ParseFloat(n.Text, 64)
	case "bool":
		value, err = strconv.ParseBool(n.Text)
	case "time":
		var read time.Time
		err = read.UnmarshalText([]byte(n.Text))
		value = read
	default:
		return n.Text, nil
	}
	if err != nil {
		return nil, fmt.Errorf("a value is no %s", n.Kind)
	}
	return value, nil
}

func yamlText(documents []*sopsNode) (string, error) {
	var out bytes.Buffer
	encoder := node.NewEncoder(&out)
	encoder.SetIndent(sopsYAMLIndent)
	for _, document := range documents {
		root, err := yamlNode(document)
		if err != nil {
			return "", err
		}
		if err := encoder.Encode(&node.Node{Kind: node.DocumentNode, Content: []*node.Node{root}}); err != nil {
			return "", errors.New("it cannot be written as YAML")
		}
	}
	if err := encoder.Close(); err != nil {
		return "", errors.New("it cannot be written as YAML")
	}
	return out.String(), nil
}

func yamlNode(from *sopsNode) (*node.Node, error) {
	made := &node.Node{}
	switch from.Kind {
	case "mapping":
		made.Kind = node.MappingNode
	case "sequence":
		made.Kind = node.SequenceNode
	default:
		value, err := from.typed()
		if err != nil {
			return nil, err
		}
		return made, made.Encode(value)
	}
	return made, yamlEntries(made, from)
}

// yamlEntries hangs comments where SOPS hangs them: over what follows them; those of the very beginning over the whole;
// those after the last one under it.
func yamlEntries(made *node.Node, from *sopsNode) error {
	var above, beside []string
	var last *node.Node
	for _, one := range from.Nodes {
		if one.Kind == "comment" {
			if one.Inline {
				beside = append(beside, one.Text)
			} else {
				above = append(above, one.Text)
			}
			continue
		}
		value, err := yamlNode(one)
		if err != nil {
			return err
		}
		first := value
		if from.Kind == "mapping" {
			first = &node.Node{}
			if err := first.Encode(one.Key); err != nil {
				return errors.New("a key cannot be written as YAML")
			}
			if one.Key == "<<" { // SOPS unfolds aliases, and leaves the merging of what they stood for to the reader
				first = &node.Node{Kind: node.ScalarNode, Tag: "!!merge", Value: one.Key}
			}
			made.Content = append(made.Content, first)
		}
		if last == nil {
			made.HeadComment = joinComments(commentText(above), made.HeadComment)
		} else {
			first.HeadComment = joinComments(commentText(above), first.HeadComment)
		}
		value.LineComment = joinComments(value.LineComment, commentText(beside))
		made.Content = append(made.Content, value)
		above, beside, last = nil, nil, first
	}
	rest := commentText(append(above, beside...))
	if last == nil {
		made.HeadComment = joinComments(rest, made.HeadComment)
	} else {
		last.FootComment = joinComments(last.FootComment, rest)
	}
	return nil
}

func commentText(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "#" + strings.Join(lines, "\n#")
}

func joinComments(one, other string) string {
	if one == "" || other == "" {
		return one + other
	}
	return one + "\n" + other
}

func jsonText(documents []*sopsNode) (string, error) {
	if len(documents) != 1 {
		return "", errors.New("JSON holds one document")
	}
	var compact, out bytes.Buffer
	if err := writeJSON(&compact, documents[0]); err != nil {
		return "", err
	}
	if err := json.Indent(&out, compact.Bytes(), "", "\t"); err != nil {
		return "", errors.New("it cannot be written as JSON")
	}
	return out.String() + "\n", nil
}

func writeJSON(out *bytes.Buffer, from *sopsNode) error {
	brackets := map[string]string{"mapping": "{}", "sequence": "[]"}[from.Kind]
	if brackets == "" {
		value, err := from.typed()
		if err != nil {
			return err
		}
		return writeJSONValue(out, value)
	}
	out.WriteByte(brackets[0])
	isFirst := true
	for _, one := range from.Nodes {
		if one.Kind == "comment" {
			continue
		}
		if !isFirst {
			out.WriteByte(',')
		}
		isFirst = false
		if from.Kind == "mapping" {
			if err := writeJSONValue(out, one.Key); err != nil {
				return err
			}
			out.WriteByte(':')
		}
		if err := writeJSON(out, one); err != nil {
			return err
		}
	}
	out.WriteByte(brackets[1])
	return nil
}

func writeJSONValue(out *bytes.Buffer, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return errors.New("a value cannot be written as JSON")
	}
	out.Write(text)
	return nil
}

func dotenvText(documents []*sopsNode) (string, error) {
	var out strings.Builder
	for _, document := range documents {
		for _, one := range document.Nodes {
			switch one.Kind {
			case "comment":
				fmt.Fprintf(&out, "#%s\n", one.Text)
			case "str":
				fmt.Fprintf(&out, "%s=%s\n", one.Key, strings.ReplaceAll(one.Text, "\n", `\n`))
			default:
				return "", errors.New("a variable that is no text")
			}
		}
	}
	return out.String(), nil
}
