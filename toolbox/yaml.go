package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	node "go.yaml.in/yaml/v3"
	"sigs.k8s.io/yaml"
)

func init() {
	operations["yaml"] = readDocuments
	operations["encode"] = encodeDocuments
}

// text is a file that is given whole.
type text struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

// texts names what to read: paths in the tree, or texts.
type texts struct {
	Files []string `json:"files"`
	Texts []text   `json:"texts"`
}

// contents reads the files; one that is absent is a complaint.
func (t texts) contents(files *tree) ([]text, []complaint) {
	var found []text
	var complaints []complaint
	for _, name := range t.Files {
		content, err := files.read(name)
		if err != nil {
			complaints = append(complaints, complaint{Text: "there is no such file", Path: name})
			continue
		}
		found = append(found, text{Path: name, Text: string(content)})
	}
	return append(found, t.Texts...), complaints
}

// document is one value of a YAML or JSON stream.
type document struct {
	Path  string          `json:"path"`
	Index int             `json:"index"`
	Line  int             `json:"line"`
	Value json.RawMessage `json:"value"`
}

func readDocuments(r *request) (any, error) {
	var arguments texts
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	contents, complaints := arguments.contents(r.tree)
	documents := []document{}
	for _, content := range contents {
		read, refused := parseDocuments(content.Path, []byte(content.Text))
		documents = append(documents, read...)
		complaints = append(complaints, refused...)
	}
	if len(complaints) > 0 {
		return nil, refuse(complaints...)
	}
	return map[string]any{"documents": documents}, nil
}

// parseDocuments reads every document of a file as kubectl would, but strictly; empty ones are left out.
func parseDocuments(name string, content []byte) ([]document, []complaint) {
	var documents []document
	var complaints []complaint
	for _, piece := range splitDocuments(content) {
		values, refused := piece.values(name)
		complaints = append(complaints, refused...)
		for _, value := range values {
			if bytes.Equal(value.Value, []byte("null")) {
				continue
			}
			value.Path, value.Index = name, len(documents)
			documents = append(documents, value)
		}
	}
	return documents, complaints
}

func (p piece) values(name string) ([]document, []complaint) {
	if bytes.HasPrefix(bytes.TrimLeft(p.content, " \t\r\n"), []byte("{")) {
		if values, complaints, isJSON := p.jsonValues(name); isJSON {
			return values, complaints
		}
	}
	value, err := yaml.YAMLToJSONStrict(p.content)
	if err != nil && strings.Contains(err.Error(), "already set in map") {
		value, err = p.unlessTwice(err)
	}
	if err != nil {
		return nil, yamlComplaints(name, p.line, err)
	}
	return []document{{Line: p.firstLine(), Value: value}}, nil
}

// unlessTwice reads a piece that the strict parser refuses for a key that is there twice: it says so too where a key
// overrides one that `<<` merged in, which is what merging is for.
func (p piece) unlessTwice(refused error) ([]byte, error) {
	var root node.Node
	if node.Unmarshal(p.content, &root) != nil || hasKeyTwice(&root) {
		return nil, refused
	}
	return yaml.YAMLToJSON(p.content)
}

func hasKeyTwice(at *node.Node) bool {
	seen := map[string]bool{}
	for index, below := range at.Content {
		if at.Kind == node.MappingNode && index%2 == 0 && !isMerge(below) {
			if key := keyText(below); seen[key] {
				return true
			} else {
				seen[key] = true
			}
		}
		if hasKeyTwice(below) {
			return true
		}
	}
	return false
}

var yamlMessage = regexp.MustCompile(`(?s)^(?:error converting YAML to JSON: )?yaml: (?:unmarshal errors:\n)?(.*)$`)
var yamlLine = regexp.MustCompile(`^\s*line (\d+): (.*)$`)

// yamlComplaints takes the parser's message apart: it may hold several lines, each with its own place in the piece.
func yamlComplaints(name string, firstLine int, err error) []complaint {
	message := err.Error()
	if match := yamlMessage.FindStringSubmatch(message); match != nil {
		message = match[1]
	}
	var complaints []complaint
	for _, one := range strings.Split(message, "\n") {
		if match := yamlLine.FindStringSubmatch(one); match != nil {
			line, _ := strconv.Atoi(match[1])
			complaints = append(complaints, complaint{Text: match[2], Path: name, Line: firstLine + line - 1})
		} else if len(complaints) > 0 {
			complaints[len(complaints)-1].Text += "\n" + one
		} else {
			complaints = append(complaints, complaint{Text: one, Path: name, Line: firstLine})
		}
	}
	return complaints
}

// jsonValues reads a stream of JSON objects, with or without white space between them; YAML's parser knows less of JSON's strings.
func (p piece) jsonValues(name string) (values []document, complaints []complaint, isJSON bool) {
	decoder := json.NewDecoder(bytes.NewReader(p.content))
	for {
		var value json.RawMessage
		err := decoder.Decode(&value)
		if err == io.EOF {
			return values, complaints, true
		}
		if err != nil {
			return nil, nil, false
		}
		start := int(decoder.InputOffset()) - len(value)
		values = append(values, document{Line: p.lineAt(start), Value: value})
		for _, twice := range duplicateKeys(value) {
			complaints = append(complaints, complaint{
				Text: fmt.Sprintf("key %q already set in map", twice.key), Path: name, Line: p.lineAt(start + twice.offset),
			})
		}
	}
}

type duplicate struct {
	key    string
	offset int
}

// duplicateKeys walks the tokens of one JSON value that is known to parse.
func duplicateKeys(value []byte) []duplicate {
	var found []duplicate
	decoder := json.NewDecoder(bytes.NewReader(value))
	type level struct {
		keys    map[string]bool // nil in an array
		wantKey bool
	}
	var open []level
	for {
		token, err := decoder.Token()
		if err != nil {
			return found
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{keys: map[string]bool{}, wantKey: true})
			continue
		case json.Delim('['):
			open = append(open, level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if len(open) == 0 {
			continue
		}
		top := &open[len(open)-1]
		key, isText := token.(string)
		if top.keys == nil || !top.wantKey || !isText {
			top.wantKey = top.keys != nil
			continue
		}
		if top.keys[key] {
			found = append(found, duplicate{key, int(decoder.InputOffset()) - 1})
		}
		top.keys[key], top.wantKey = true, false
	}
}

// encodeDocuments writes values as Kubernetes writes them, one document after the other.
func encodeDocuments(r *request) (any, error) {
	var arguments struct {
		Values []json.RawMessage `json:"values"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	var written []string
	for _, value := range arguments.Values {
		one, err := yaml.JSONToYAML(value)
		if err != nil {
			return nil, fmt.Errorf("a value that is no JSON: %w", err)
		}
		written = append(written, string(one))
	}
	return map[string]string{"text": strings.Join(written, "---\n")}, nil
}
