package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

func init() {
	operations["validate"] = validateObjects
}

// builtin knows the kinds of the Kubernetes release that this toolbox is made of.
var builtin = sync.OnceValue(func() managedfields.TypeConverter {
	return applyconfigurations.NewTypeConverter(scheme.Scheme)
})

// schemaDocument is an OpenAPI v3 document: given, or read from the tree at its name. A name stands for one content for ever.
type schemaDocument struct {
	Name     string          `json:"name"`
	Document json.RawMessage `json:"document"`
}

// validity of one object: all that is wrong with it, or that its kind is not known.
type validity struct {
	Errors  []violation `json:"errors"`
	Unknown bool        `json:"unknown"`
}

// violation names the field as structured-merge-diff does: `.spec.template.spec.containers[name="web"].imag`.
type violation struct {
	Path string `json:"path"`
	Text string `json:"text"`
}

func validateObjects(r *request) (any, error) {
	var arguments struct {
		Objects []json.RawMessage `json:"objects"`
		Schemas []schemaDocument  `json:"schemas"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	var converters []managedfields.TypeConverter
	for _, document := range arguments.Schemas {
		converter, err := converterOf(r.tree, document)
		if err != nil {
			return nil, err
		}
		converters = append(converters, converter)
	}
	converters = append(converters, builtin())
	answer := make([]validity, len(arguments.Objects))
	for index, text := range arguments.Objects {
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(text); err != nil {
			answer[index] = validity{Errors: []violation{{Text: err.Error()}}}
			continue
		}
		answer[index] = validate(object, converters)
	}
	return map[string]any{"objects": answer}, nil
}

// validate asks the first converter that knows the kind.
func validate(object *unstructured.Unstructured, converters []managedfields.TypeConverter) validity {
	for _, converter := range converters {
		_, err := converter.ObjectToTyped(object)
		if isUnknownKind(err) {
			continue
		}
		return validity{Errors: allViolations(converter, object)}
	}
	return validity{Errors: []violation{}, Unknown: true}
}

const (
	undeclared   = "field not declared in schema"
	lookAgainMax = 200
)

// allViolations looks again without the fields that are not declared: the walker leaves a map at the first of them, in
// an order that changes from run to run.
func allViolations(converter managedfields.TypeConverter, object *unstructured.Unstructured) []violation {
	found := map[violation]bool{}
	for range lookAgainMax {
		_, err := converter.ObjectToTyped(object)
		again := false
		for _, one := range violations(err) {
			found[one] = true
			again = one.Text == undeclared && removeField(object.Object, one.Path) || again
		}
		if !again {
			break
		}
	}
	all := []violation{}
	for one := range found {
		all = append(all, one)
	}
	sort.Slice(all, func(i, j int) bool {
		return all[i].Path < all[j].Path || all[i].Path == all[j].Path && all[i].Text < all[j].Text
	})
	return all
}

// removeField takes out what a path of structured-merge-diff names. Names may hold dots, so each name that fits is tried.
func removeField(value any, path string) bool {
	switch value := value.(type) {
	case map[string]any:
		for name, below := range value {
			rest, fits := strings.CutPrefix(path, "."+name)
			if !fits {
				continue
			}
			if rest == "" {
				delete(value, name)
				return true
			}
			if (rest[0] == '.' || rest[0] == '[') && removeField(below, rest) {
				return true
			}
		}
	case []any:
		element, rest, fits := cutElement(path)
		removed := false
		for index, below := range value {
			if fits && elementFits(element, index, below) {
				removed = removeField(below, rest) || removed
			}
		}
		return removed
	}
	return false
}

// cutElement parts `[name="a]b"].image` into `name="a]b"` and `.image`.
func cutElement(path string) (element, rest string, fits bool) {
	quoted := false
	for index := 0; index < len(path); index++ {
		switch {
		case path[index] == '\\':
			index++
		case path[index] == '"':
			quoted = !quoted
		case path[index] == ']' && !quoted && path[0] == '[':
			return path[1:index], path[index+1:], true
		}
	}
	return "", "", false
}

// elementFits compares with an index, or with the keys that the element itself holds: others have defaults.
func elementFits(element string, index int, value any) bool {
	if element == strconv.Itoa(index) {
		return true
	}
	fields, isMap := value.(map[string]any)
	if !isMap {
		return false
	}
	fits := false
	for name, field := range fields {
		text, err := json.Marshal(field)
		if err != nil || !strings.Contains(","+element, ","+name+"=") {
			continue
		}
		if !strings.Contains(","+element+",", ","+name+"="+string(text)+",") {
			return false
		}
		fits = true
	}
	return fits
}

func isUnknownKind(err error) bool {
	if err == nil {
		return false
	}
	var several typed.ValidationErrors
	if !errors.As(err, &several) {
		return true // not an error of validation: the kind is not in the scheme, or not in the document
	}
	return len(several) == 1 && several[0].Path == "" && strings.Contains(several[0].ErrorMessage, "no type found matching")
}

// withoutValue keeps values out of messages: one may be a secret.
var withoutValue = regexp.MustCompile(`(?s)^(expected (?:string|boolean|any scalar), )got .*$`)

func violations(err error) []violation {
	found := []violation{}
	var several typed.ValidationErrors
	if errors.As(err, &several) {
		for _, one := range several {
			found = append(found, violation{Path: one.Path, Text: withoutValue.ReplaceAllString(one.ErrorMessage, "${1}got another type")})
		}
	}
	return found
}

const schemaDocumentsMax = 128

// schemas that this worker has seen, by name.
var schemas = map[string]managedfields.TypeConverter{}

func converterOf(files *tree, document schemaDocument) (managedfields.TypeConverter, error) {
	if converter, known := schemas[document.Name]; known {
		return converter, nil
	}
	content := []byte(document.Document)
	if len(content) == 0 {
		var err error
		if content, err = files.read(document.Name); err != nil {
			return nil, fmt.Errorf("the schema %s is neither given nor in the files", document.Name)
		}
	}
	var openAPI struct {
		Components struct {
			Schemas map[string]*spec.Schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(content, &openAPI); err != nil {
		return nil, refuse(complaint{Text: "not an OpenAPI document: " + err.Error(), Path: document.Name})
	}
	converter, err := managedfields.NewTypeConverter(openAPI.Components.Schemas, false)
	if err != nil {
		return nil, refuse(complaint{Text: err.Error(), Path: document.Name})
	}
	if len(schemas) >= schemaDocumentsMax {
		clear(schemas)
	}
	schemas[document.Name] = converter
	return converter, nil
}
