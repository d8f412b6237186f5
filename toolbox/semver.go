package main

import (
	"sort"

	"github.com/Masterminds/semver/v3"
)

func init() {
	operations["semver"] = matchVersions
}

// matchVersions lists the versions in a range, highest first; what is no version is left out.
func matchVersions(r *request) (any, error) {
	var arguments struct {
		Range    string   `json:"range"`
		Versions []string `json:"versions"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	constraint, err := semver.NewConstraint(arguments.Range)
	if err != nil {
		return nil, refusef("the range %q: %v", arguments.Range, err)
	}
	var matching []*semver.Version
	for _, text := range arguments.Versions {
		if version, err := semver.NewVersion(text); err == nil && constraint.Check(version) {
			matching = append(matching, version)
		}
	}
	sort.SliceStable(matching, func(i, j int) bool {
		if order := matching[i].Compare(matching[j]); order != 0 {
			return order > 0
		}
		return matching[i].Original() < matching[j].Original()
	})
	versions := []string{}
	for _, version := range matching {
		versions = append(versions, version.Original())
	}
	return map[string]any{"versions": versions}, nil
}
