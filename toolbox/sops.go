package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	node "go.yaml.in/yaml/v3"
)

func init() {
	operations["sops"] = readEncrypted
	operations["sopsText"] = writeDecrypted
}

const (
	sopsKey         = "sops"
	sopsPrefix      = sopsKey + "_"
	sopsNodesMax    = 200_000
	sopsDepthMax    = 200
	sopsYAMLIndent  = 4
	sopsClearSuffix = "_unencrypted"
)

// leaf, mapping, sequence or comment of a file that SOPS encrypted. Comments stand among the entries, as SOPS has them:
// its rules may ask for them, and they may be encrypted themselves. No value is decrypted here.
type sopsNode struct {
	Kind   string      `json:"kind"` // mapping, sequence, comment, null, str, int, float, bool, time
	Text   string      `json:"text,omitempty"`
	Key    string      `json:"key,omitempty"` // of an entry of a mapping; a comment has none
	Inline bool        `json:"inline,omitempty"`
	Secret bool        `json:"secret,omitempty"` // by the file's rules this value is encrypted
	Line   int         `json:"line,omitempty"`
	Column int         `json:"column,omitempty"`
	Nodes  []*sopsNode `json:"nodes,omitempty"`
}

func readEncrypted(r *request) (any, error) {
	var arguments struct {
		File   string `json:"file"`
		Format string `json:"format"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	content, err := r.tree.read(arguments.File)
	if err != nil {
		return nil, refuse(complaint{Text: "there is no such file", Path: arguments.File})
	}
	reading := sopsReading{}
	documents, err := reading.documents(content, arguments.Format)
	if err != nil {
		return nil, refuse(complaint{Text: err.Error(), Path: arguments.File})
	}
	metadata, lines, err := takeMetadata(documents, arguments.Format == "dotenv")
	if err != nil {
		return nil, refuse(complaint{Text: err.Error(), Path: arguments.File})
	}
	rule, err := newSopsRule(metadata)
	if err != nil {
		return nil, refuse(complaint{Text: err.Error(), Path: arguments.File})
	}
	for _, document := range documents {
		rule.mark(document, nil, nil)
	}
	return map[string]any{
		"metadata": metadata, "lines": lines, "documents": documents, "aliases": reading.aliases,
	}, nil
}

// sopsReading counts what it makes, so that no file becomes more than it is.
type sopsReading struct {
	count   int
	aliases bool
}

func (s *sopsReading) made(one *sopsNode) (*sopsNode, error) {
	if s.count++; s.count > sopsNodesMax {
		return nil, fmt.Errorf("more than %d values", sopsNodesMax)
	}
	return one, nil
}

func (s *sopsReading) documents(content []byte, format string) ([]*sopsNode, error) {
	switch format {
	case "yaml":
		return s.yamlDocuments(content)
	case "json":
		return s.jsonDocument(content)
	case "dotenv":
		return s.dotenvDocument(content)
	}
	return nil, fmt.Errorf("no format %q", format)
}

func (s *sopsReading) yamlDocuments(content []byte) ([]*sopsNode, error) {
	var documents []*sopsNode
	decoder := node.NewDecoder(bytes.NewReader(content))
	for {
		var read node.Node
		err := decoder.Decode(&read)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, harmless(err)
		}
		if hasKeyTwice(&read) {
			return nil, errors.New("a key stands twice in one mapping")
		}
		document, err := s.made(&sopsNode{Kind: "mapping"})
		if err != nil {
			return nil, err
		}
		if err := s.fill(document, &read, false, 0); err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
}

// harmless is what the parser says without what it quotes: a value may stand in it.
func harmless(err error) error {
	if match := yamlAt.FindString(err.Error()); match != "" {
		return fmt.Errorf("it does not parse (%s)", match)
	}
	return errors.New("it does not parse")
}

var yamlAt = regexp.MustCompile(`line \d+`)

// fill puts what a YAML node holds into a mapping; a document is one with its root in it.
func (s *sopsReading) fill(into *sopsNode, from *node.Node, commented bool, depth int) error {
	if depth > sopsDepthMax {
		return fmt.Errorf("more than %d levels", sopsDepthMax)
	}
	if !commented {
		if err := s.comments(into, false, from.HeadComment, from.LineComment); err != nil {
			return err
		}
	}
	switch from.Kind {
	case node.DocumentNode:
		for _, below := range from.Content {
			if err := s.fill(into, below, false, depth+1); err != nil {
				return err
			}
		}
	case node.MappingNode:
		if err := s.entries(into, from, depth); err != nil {
			return err
		}
	case node.AliasNode:
		s.aliases = true
		if err := s.fill(into, from.Alias, false, depth+1); err != nil {
			return err
		}
	case node.ScalarNode:
		if from.ShortTag() != "!!null" {
			return errors.New("a document that is a single value is no SOPS file")
		}
		return nil
	default:
		return errors.New("a document that is a list is no SOPS file")
	}
	if commented {
		return nil
	}
	return s.comments(into, false, from.FootComment)
}

func (s *sopsReading) entries(into *sopsNode, from *node.Node, depth int) error {
	for index := 0; index+1 < len(from.Content); index += 2 {
		key, value := from.Content[index], from.Content[index+1]
		isSingle := value.Kind == node.ScalarNode || value.Kind == node.AliasNode
		if err := s.comments(into, false, key.HeadComment, key.LineComment); err != nil {
			return err
		}
		if isSingle {
			if err := s.comments(into, false, value.HeadComment); err != nil {
				return err
			}
			if err := s.comments(into, true, value.LineComment); err != nil {
				return err
			}
		}
		var name any
		if err := key.Decode(&name); err != nil {
			return harmless(err)
		}
		text, isText := name.(string)
		if !isText {
			return fmt.Errorf("line %d: a key that is no text", key.Line)
		}
		below, err := s.value(value, isSingle, depth+1)
		if err != nil {
			return err
		}
		below.Key = text
		if below.Kind == "mapping" || below.Kind == "sequence" {
			below.Line, below.Column = key.Line, key.Column
		}
		into.Nodes = append(into.Nodes, below)
		if isSingle {
			if err := s.comments(into, false, value.FootComment); err != nil {
				return err
			}
		}
		if err := s.comments(into, false, key.FootComment); err != nil {
			return err
		}
	}
	return nil
}

func (s *sopsReading) value(from *node.Node, commented bool, depth int) (*sopsNode, error) {
	switch from.Kind {
	case node.AliasNode:
		s.aliases = true
		if depth > sopsDepthMax {
			return nil, fmt.Errorf("more than %d levels", sopsDepthMax)
		}
		return s.value(from.Alias, false, depth+1)
	case node.MappingNode:
		made, err := s.made(&sopsNode{Kind: "mapping"})
		if err != nil {
			return nil, err
		}
		return made, s.fill(made, from, commented, depth)
	case node.SequenceNode:
		made, err := s.made(&sopsNode{Kind: "sequence"})
		if err != nil {
			return nil, err
		}
		return made, s.items(made, from, commented, depth)
	}
	var read any
	if err := from.Decode(&read); err != nil {
		return nil, harmless(err)
	}
	made, err := s.leaf(read)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", from.Line, err)
	}
	made.Line, made.Column = from.Line, from.Column
	return made, nil
}

func (s *sopsReading) items(into *sopsNode, from *node.Node, commented bool, depth int) error {
	if depth > sopsDepthMax {
		return fmt.Errorf("more than %d levels", sopsDepthMax)
	}
	if !commented {
		if err := s.comments(into, false, from.HeadComment, from.LineComment); err != nil {
			return err
		}
	}
	for _, item := range from.Content {
		if err := s.comments(into, false, item.HeadComment); err != nil {
			return err
		}
		if err := s.comments(into, true, item.LineComment); err != nil {
			return err
		}
		below, err := s.value(item, true, depth+1)
		if err != nil {
			return err
		}
		into.Nodes = append(into.Nodes, below)
		if err := s.comments(into, false, item.FootComment); err != nil {
			return err
		}
	}
	if commented {
		return nil
	}
	return s.comments(into, false, from.FootComment)
}

// comments become nodes, a line each, without their `#`.
func (s *sopsReading) comments(into *sopsNode, inline bool, texts ...string) error {
	for _, text := range texts {
		for _, line := range strings.Split(text, "\n") {
			if line == "" {
				continue
			}
			made, err := s.made(&sopsNode{Kind: "comment", Text: line[1:], Inline: inline})
			if err != nil {
				return err
			}
			into.Nodes = append(into.Nodes, made)
		}
	}
	return nil
}

// leaf has the text that goes into the MAC.
func (s *sopsReading) leaf(value any) (*sopsNode, error) {
	switch value := value.(type) {
	case nil:
		return s.made(&sopsNode{Kind: "null"})
	case string:
		return s.made(&sopsNode{Kind: "str", Text: value})
	case int:
		return s.made(&sopsNode{Kind: "int", Text: strconv.Itoa(value)})
	case float64:
		return s.made(&sopsNode{Kind: "float", Text: strconv.FormatFloat(value, 'f', -1, 64)})
	case bool:
		return s.made(&sopsNode{Kind: "bool", Text: map[bool]string{true: "True", false: "False"}[value]})
	case time.Time:
		text, err := value.MarshalText()
		if err != nil {
			return nil, errors.New("a time that cannot be written")
		}
		return s.made(&sopsNode{Kind: "time", Text: string(text)})
	}
	return nil, fmt.Errorf("a value of a kind that SOPS does not know (%T)", value)
}

func (s *sopsReading) jsonDocument(content []byte) ([]*sopsNode, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	first, err := decoder.Token()
	if err != nil || first != json.Delim('{') {
		return nil, errors.New("it is no JSON object")
	}
	document, err := s.jsonValue(decoder, first, 0)
	if err != nil {
		return nil, err
	}
	return []*sopsNode{document}, nil
}

func (s *sopsReading) jsonValue(decoder *json.Decoder, token json.Token, depth int) (*sopsNode, error) {
	if depth > sopsDepthMax {
		return nil, fmt.Errorf("more than %d levels", sopsDepthMax)
	}
	switch token := token.(type) {
	case json.Delim:
		made, err := s.made(&sopsNode{Kind: map[json.Delim]string{'{': "mapping", '[': "sequence"}[token]})
		if err != nil {
			return nil, err
		}
		return made, s.jsonEntries(made, decoder, depth)
	case json.Number:
		if whole, err := token.Int64(); err == nil {
			return s.leaf(int(whole))
		}
		number, err := token.Float64()
		if err != nil {
			return nil, errors.New("a number that is too large")
		}
		return s.leaf(number)
	}
	return s.leaf(token)
}

func (s *sopsReading) jsonEntries(into *sopsNode, decoder *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for {
		token, err := decoder.Token()
		if err != nil {
			return errors.New("it does not parse as JSON")
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			return nil
		}
		name := ""
		if into.Kind == "mapping" {
			name = token.(string)
			if seen[name] {
				return errors.New("a key stands twice in one object")
			}
			seen[name] = true
			if token, err = decoder.Token(); err != nil {
				return errors.New("it does not parse as JSON")
			}
		}
		below, err := s.jsonValue(decoder, token, depth+1)
		if err != nil {
			return err
		}
		below.Key = name
		into.Nodes = append(into.Nodes, below)
	}
}

func (s *sopsReading) dotenvDocument(content []byte) ([]*sopsNode, error) {
	document := &sopsNode{Kind: "mapping"}
	for number, line := range strings.Split(string(content), "\n") {
		if line == "" {
			continue
		}
		name, value, isPair := strings.Cut(line, "=")
		made := &sopsNode{Kind: "str", Key: name, Text: strings.ReplaceAll(value, `\n`, "\n"), Line: number + 1}
		if line[0] == '#' {
			made = &sopsNode{Kind: "comment", Text: line[1:]}
		} else if !isPair {
			return nil, fmt.Errorf("line %d: no NAME=VALUE", number+1)
		}
		made, err := s.made(made)
		if err != nil {
			return nil, err
		}
		document.Nodes = append(document.Nodes, made)
	}
	return []*sopsNode{document}, nil
}

// takeMetadata takes what SOPS wrote out of the documents; only that of the first one counts.
func takeMetadata(documents []*sopsNode, flat bool) (map[string]any, []int, error) {
	var found map[string]any
	lines := []int{}
	for index, document := range documents {
		var rest []*sopsNode
		for _, one := range document.Nodes {
			isOne := one.Kind != "comment" && (!flat && one.Key == sopsKey || flat && strings.HasPrefix(one.Key, sopsPrefix))
			if !isOne {
				rest = append(rest, one)
				continue
			}
			if !flat {
				lines = append(lines, one.Line)
			}
			if index > 0 {
				continue
			}
			if flat {
				if found == nil {
					found = map[string]any{}
				}
				found[strings.TrimPrefix(one.Key, sopsPrefix)] = one.Text
				continue
			}
			if one.Kind != "mapping" {
				return nil, nil, errors.New("sops: is no mapping")
			}
			found = one.plain().(map[string]any)
		}
		document.Nodes = rest
	}
	if found == nil {
		return nil, nil, errors.New("no metadata of SOPS stands in it")
	}
	if !flat {
		return found, lines, nil
	}
	unfolded, err := unflattened(found)
	return unfolded, lines, err
}

func (n *sopsNode) plain() any {
	switch n.Kind {
	case "mapping":
		found := map[string]any{}
		for _, one := range n.Nodes {
			if one.Kind != "comment" {
				found[one.Key] = one.plain()
			}
		}
		return found
	case "sequence":
		found := []any{}
		for _, one := range n.Nodes {
			if one.Kind != "comment" {
				found = append(found, one.plain())
			}
		}
		return found
	case "null":
		return nil
	}
	return n.Text
}

var flatStep = regexp.MustCompile(`__(map|list)_`)

// unflattened turns `age__list_0__map_enc` into lists and mappings; lists come as mappings by index, in order.
func unflattened(flat map[string]any) (map[string]any, error) {
	root := map[string]any{}
	for name, value := range flat {
		steps, kinds := flatStep.Split(name, -1), flatStep.FindAllString(name, -1)
		at := root
		for index, step := range steps {
			if index == len(steps)-1 {
				at[step] = value
				break
			}
			below, isOpen := at[step].(map[string]any)
			if !isOpen {
				below = map[string]any{}
				at[step] = below
			}
			at = below
			if kinds[index] == "__list_" {
				if number, err := strconv.Atoi(steps[index+1]); err != nil || number < 0 || number > sopsNodesMax {
					return nil, errors.New("the metadata of SOPS cannot be read")
				}
			}
		}
	}
	return listed(root).(map[string]any), nil
}

// listed turns each mapping whose keys are 0, 1, 2, … into a list.
func listed(value any) any {
	mapping, isMapping := value.(map[string]any)
	if !isMapping {
		return value
	}
	for name := range mapping {
		mapping[name] = listed(mapping[name])
	}
	items := []any{}
	for index := range len(mapping) {
		item, isThere := mapping[strconv.Itoa(index)]
		if !isThere {
			return mapping
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		return mapping
	}
	return items
}

// sopsRule says which values of a file are encrypted; at most one of its parts is set, which the caller checks.
type sopsRule struct {
	clearSuffix, secretSuffix                  string
	clear, secret, clearComment, secretComment *regexp.Regexp
}

func newSopsRule(metadata map[string]any) (*sopsRule, error) {
	rule := &sopsRule{}
	count := 0
	for name, into := range map[string]*string{
		"unencrypted_suffix": &rule.clearSuffix, "encrypted_suffix": &rule.secretSuffix,
	} {
		if text, _ := metadata[name].(string); text != "" {
			*into = text
			count++
		}
	}
	for name, into := range map[string]**regexp.Regexp{
		"unencrypted_regex": &rule.clear, "encrypted_regex": &rule.secret,
		"unencrypted_comment_regex": &rule.clearComment, "encrypted_comment_regex": &rule.secretComment,
	} {
		text, _ := metadata[name].(string)
		if text == "" {
			continue
		}
		compiled, err := regexp.Compile(text)
		if err != nil {
			return nil, fmt.Errorf("%s is no regular expression", name)
		}
		*into = compiled
		count++
	}
	if count == 0 {
		rule.clearSuffix = sopsClearSuffix
	}
	return rule, nil
}

// mark walks in the order of the text; `comments` are those that stand above each level since its last value.
func (s *sopsRule) mark(at *sopsNode, path []string, comments [][]string) {
	comments = append(comments[:len(comments):len(comments)], nil)
	top := len(comments) - 1
	for _, one := range at.Nodes {
		if one.Kind == "comment" {
			comments[top] = append(comments[top], one.Text)
			one.Secret = s.isSecret(path, comments, true)
			continue
		}
		below := path
		if at.Kind == "mapping" {
			below = append(path[:len(path):len(path)], one.Key)
		}
		switch one.Kind {
		case "mapping", "sequence":
			s.mark(one, below, comments)
		case "null":
		default:
			one.Secret = s.isSecret(below, comments, false)
		}
		comments[top] = nil
	}
}

func (s *sopsRule) isSecret(path []string, comments [][]string, isComment bool) bool {
	switch {
	case s.clearSuffix != "":
		return !some(path, func(step string) bool { return strings.HasSuffix(step, s.clearSuffix) })
	case s.secretSuffix != "":
		return some(path, func(step string) bool { return strings.HasSuffix(step, s.secretSuffix) })
	case s.clear != nil:
		return !some(path, s.clear.MatchString)
	case s.secret != nil:
		return some(path, s.secret.MatchString)
	case s.clearComment != nil:
		return !someAbove(comments, s.clearComment, false)
	case s.secretComment != nil:
		return someAbove(comments, s.secretComment, isComment)
	}
	return true
}

// someAbove leaves out a comment's own last line where it shall not speak for itself.
func someAbove(comments [][]string, pattern *regexp.Regexp, isComment bool) bool {
	for index, level := range comments {
		for line, text := range level {
			isItself := isComment && index == len(comments)-1 && line == len(level)-1
			if !isItself && pattern.MatchString(text) {
				return true
			}
		}
	}
	return false
}

func some(texts []string, holds func(string) bool) bool {
	for _, text := range texts {
		if holds(text) {
			return true
		}
	}
	return false
}
