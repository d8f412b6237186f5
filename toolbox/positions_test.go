package main

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"reflect"
	"sort"
	"strings"
	"testing"
)

// pointersOf lists every field and item of a value.
func pointersOf(pointer string, value any, found map[string]bool) {
	found[pointer] = true
	switch value := value.(type) {
	case map[string]any:
		for name, below := range value {
			pointersOf(pointer+"/"+escapePointer(name), below, found)
		}
	case []any:
		for index, below := range value {
			pointersOf(fmt.Sprintf("%s/%d", pointer, index), below, found)
		}
	}
}

// sameTree says whether what Kubernetes reads and what has a position are the same tree.
func sameTree(t *testing.T, content string) {
	t.Helper()
	documents, complaints := parseDocuments("x.yaml", []byte(content))
	places, refused := positionsIn("x.yaml", []byte(content))
	if len(complaints) > 0 || len(refused) > 0 || len(documents) != len(places) {
		t.Fatalf("%v %v %d %d\n%s", complaints, refused, len(documents), len(places), content)
	}
	for index, document := range documents {
		var value any
		if err := json.Unmarshal(document.Value, &value); err != nil {
			t.Fatal(err)
		}
		want, have := map[string]bool{}, map[string]bool{}
		pointersOf("", value, want)
		for pointer := range places[index].Positions {
			have[pointer] = true
		}
		if !reflect.DeepEqual(want, have) {
			t.Errorf("%v\n%v\n%s", sortedNames(want), sortedNames(have), content)
		}
	}
}

func TestPositionsAreOfTheTreeThatKubernetesReads(t *testing.T) {
	for _, content := range []string{
		"a: 1\n---\nb: [1, {c: d}]\n", "yes: 1\n0x10: 2\n1.5: 3\n\"no\": 4\n? off\n: 6\n",
		"base: &b {x: 1, y: {z: 2}}\nuse:\n  <<: *b\n  y: 3\n", "l: &l [1, 2]\nm: *l\n", "b: &b {x: {z: 1}}\nu: {x: {q: 1}, <<: *b}\n",
		"a: &a {x: 1}\nb: &b {x: {q: 1}, y: 2}\nc:\n  <<: [*a, *b]\n", "a/b: 1\na~b: 2\n\"\": 3\n",
		"text: |\n  ---\n  x: y\n\nfolded: >-\n  a\n  b\n", "{\"a\": {\"b\": [1, 2]}}", "%YAML 1.1\n---\na: 1\n...\n---\nb: 2\n",
		"\xef\xbb\xbfa: 1\r\n---\r\nb: 2\r\n", "- 1\n- [2, 3]\n", "just text\n",
	} {
		sameTree(t, content)
	}
}

var words = []string{"a", "b", "spec", "yes", "on", "1", "0x1F", "1e3", "~x", "a/b", "with space", "ünï", "null", "<<x", "-"}

func randomValue(random *rand.Rand, depth int) any {
	switch choice := random.Intn(6); {
	case choice < 2 && depth > 0:
		value := map[string]any{}
		for range random.Intn(4) {
			value[words[random.Intn(len(words))]] = randomValue(random, depth-1)
		}
		return value
	case choice == 2 && depth > 0:
		value := []any{}
		for range random.Intn(4) {
			value = append(value, randomValue(random, depth-1))
		}
		return value
	case choice == 3:
		return random.Intn(1000)
	case choice == 4:
		return strings.Repeat("line\n", random.Intn(3)) + "--- end"
	default:
		return words[random.Intn(len(words))]
	}
}

func TestPositionsOfRandomTrees(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for range 500 {
		value, err := json.Marshal(map[string]any{"root": randomValue(random, 5)})
		if err != nil {
			t.Fatal(err)
		}
		r := &request{arguments: json.RawMessage(fmt.Sprintf(`{"values":[%s,{"b":1}]}`, value))}
		written, err := encodeDocuments(r)
		if err != nil {
			t.Fatal(err)
		}
		text := written.(map[string]string)["text"]
		sameTree(t, text)
		documents, _ := parseDocuments("x.yaml", []byte(text))
		var before, after any
		if json.Unmarshal(value, &before) != nil || json.Unmarshal(documents[0].Value, &after) != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%s\n%s\n%s", value, documents[0].Value, text)
		}
	}
}

func TestSplitKeepsLines(t *testing.T) {
	content := "# top\n--- # first\na: 1\n---\n\n# comment\nb: |\n  --- \n  ...\n---\n---\n--- {c: 1}\n...\nd: 1\n"
	documents, complaints := parseDocuments("x", []byte(content))
	var lines []int
	for _, document := range documents {
		lines = append(lines, document.Line)
	}
	if want := []int{3, 7, 12, 14}; len(complaints) > 0 || !sort.IntsAreSorted(lines) || !reflect.DeepEqual(lines, want) {
		t.Errorf("%v %v", lines, complaints)
	}
}
