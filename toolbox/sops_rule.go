package main

import (
	"regexp"
)

func init() { operations["sopsRules"] = matchRules }

// matchRules says for each path by which rule SOPS would encrypt it: the first whose expression it matches; -1 by none.
// A rule whose expression is no expression matches nothing, and is told by its index.
func matchRules(r *request) (any, error) {
	var arguments struct {
		Rules []string `json:"rules"`
		Paths []string `json:"paths"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	compiled := make([]*regexp.Regexp, len(arguments.Rules))
	broken := []int{}
	for index, text := range arguments.Rules {
		expression, err := regexp.Compile(text)
		if err != nil {
			broken = append(broken, index)
		}
		compiled[index] = expression
	}
	matched := make([]int, len(arguments.Paths))
	for at, path := range arguments.Paths {
		matched[at] = -1
		for index, expression := range compiled {
			if expression != nil && expression.MatchString(path) {
				matched[at] = index
				break
			}
		}
	}
	return map[string]any{"matched": matched, "broken": broken}, nil
}
