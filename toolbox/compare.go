package main

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// unstable is a resource that came out otherwise the second time: its index, and the JSON pointers of the fields that differ.
type unstable struct {
	Index int      `json:"index"`
	Paths []string `json:"paths"`
}

// compareRenders finds what a chart makes up anew each time: random passwords, certificates, the time.
func compareRenders(first, second []charted) []unstable {
	found := []unstable{}
	for index, one := range first {
		if index >= len(second) {
			found = append(found, unstable{Index: index, Paths: []string{""}})
			continue
		}
		var before, after any
		_ = json.Unmarshal(one.Value, &before)
		_ = json.Unmarshal(second[index].Value, &after)
		if paths := differences("", before, after); len(paths) > 0 {
			found = append(found, unstable{Index: index, Paths: paths})
		}
	}
	return found
}

// differences lists where two JSON values differ, as deep as they have the same shape.
func differences(pointer string, before, after any) []string {
	switch before := before.(type) {
	case map[string]any:
		other, same := after.(map[string]any)
		if !same {
			return []string{pointer}
		}
		union := map[string]bool{}
		for name := range before {
			union[name] = true
		}
		for name := range other {
			union[name] = true
		}
		var found []string
		for _, name := range sortedNames(union) {
			below := pointer + "/" + escapePointer(name)
			_, was := before[name]
			_, is := other[name]
			if was != is {
				found = append(found, below)
			} else {
				found = append(found, differences(below, before[name], other[name])...)
			}
		}
		return found
	case []any:
		other, same := after.([]any)
		if !same || len(other) != len(before) {
			return []string{pointer}
		}
		var found []string
		for index := range before {
			found = append(found, differences(fmt.Sprintf("%s/%d", pointer, index), before[index], other[index])...)
		}
		return found
	default:
		if !reflect.DeepEqual(before, after) {
			return []string{pointer}
		}
		return nil
	}
}
