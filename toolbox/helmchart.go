package main

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/ignore"
	releaseutil "helm.sh/helm/v4/pkg/release/v1/util"
	"sigs.k8s.io/yaml"
)

// chartFiles is a chart as it lies in the tree.
type chartFiles struct {
	directory string
	files     []*archive.BufferedFile
}

// readChart reads what Helm would read from a directory: all but what .helmignore names.
func readChart(files *tree, directory string) (chartFiles, error) {
	found := chartFiles{directory: directory}
	rules := ignore.Empty()
	if content, err := files.read(path.Join(directory, ignore.HelmIgnore)); err == nil {
		if rules, err = ignore.Parse(bytes.NewReader(content)); err != nil {
			return found, refuse(complaint{Text: err.Error(), Path: path.Join(directory, ignore.HelmIgnore)})
		}
	}
	rules.AddDefaults()
	return found, found.read(files, rules, directory)
}

func (f *chartFiles) read(files *tree, rules *ignore.Rules, directory string) error {
	if strings.Count(directory, "/") > depthMax {
		return &excess{fmt.Sprintf("%s is more than %d directories deep", directory, depthMax)}
	}
	for _, base := range files.list(directory) {
		name := path.Join(directory, base)
		below := strings.TrimPrefix(strings.TrimPrefix(name, f.directory), "/")
		at := files.entry(name)
		if !at.found || rules.Ignore(below, status{name: base, directory: at.directory}) {
			continue
		}
		if at.directory {
			if err := f.read(files, rules, name); err != nil {
				return err
			}
			continue
		}
		content, err := files.read(name)
		if err != nil {
			return refuse(complaint{Text: "the file could not be read", Path: name})
		}
		f.files = append(f.files, &archive.BufferedFile{Name: below, Data: bytes.TrimPrefix(content, byteOrderMark)})
	}
	return nil
}

// copied gives files that Helm may change: it cuts the names of those in sub-charts.
func (f chartFiles) copied() []*archive.BufferedFile {
	files := make([]*archive.BufferedFile, len(f.files))
	for index, file := range f.files {
		one := *file
		files[index] = &one
	}
	return files
}

// nameCapabilities says whether the render may depend on what the target offers; a packed sub-chart is taken to do so.
func (f chartFiles) nameCapabilities() bool {
	for _, file := range f.files {
		if path.Ext(file.Name) == ".tgz" || bytes.Contains(file.Data, []byte("Capabilities")) {
			return true
		}
		if path.Base(file.Name) == "Chart.yaml" && bytes.Contains(file.Data, []byte("kubeVersion")) {
			return true
		}
	}
	return false
}

var (
	inTemplate   = regexp.MustCompile(`([^\s()]+/[^\s():]+):(\d+)(?::(\d+))?`)
	renderedFile = regexp.MustCompile(`YAML parse error on (\S+): `)
	chartFile    = regexp.MustCompile(`^cannot load ([^\s:/]+): (?:.*yaml: line (\d+):)?`)
)

// refusal turns Helm's words into complaints: the schema's one by one, a template's with file and line.
func (f chartFiles) refusal(err error) error {
	text := strings.TrimSpace(err.Error())
	if strings.Contains(text, "specifications of the schema(s)") {
		return f.schemaRefusal(text)
	}
	found := complaint{Text: text, Path: path.Join(f.directory, "Chart.yaml")}
	if match := renderedFile.FindStringSubmatch(text); match != nil {
		found.Path = f.inTree(match[1])
		found.Text = text + " (the line is that of the rendered text)"
	} else if match := chartFile.FindStringSubmatch(text); match != nil {
		found.Path = path.Join(f.directory, match[1])
		found.Line, _ = strconv.Atoi(match[2])
	} else if match := inTemplate.FindStringSubmatch(text); match != nil && f.inTree(match[1]) != "" {
		found.Path = f.inTree(match[1])
		found.Line, _ = strconv.Atoi(match[2])
		if column, err := strconv.Atoi(match[3]); err == nil {
			found.Column = column + 1
		}
	}
	return refuse(found)
}

func (f chartFiles) schemaRefusal(text string) error {
	var complaints []complaint
	for _, line := range strings.Split(text, "\n") {
		if broken, isOne := strings.CutPrefix(strings.TrimSpace(line), "- "); isOne {
			complaints = append(complaints, complaint{Text: "values: " + broken, Path: path.Join(f.directory, "values.schema.json")})
		}
	}
	if len(complaints) == 0 {
		complaints = append(complaints, complaint{Text: text, Path: path.Join(f.directory, "values.schema.json")})
	}
	return refuse(complaints...)
}

// sorted takes the rendered texts apart with Helm's own code: CRDs, hooks (tests are left out), the rest in install order.
func (f chartFiles) sorted(loaded *chart.Chart, texts map[string]string, includeCRDs bool) (*rendered, error) {
	for name := range texts {
		if strings.HasSuffix(name, "NOTES.txt") {
			delete(texts, name)
		}
	}
	hooks, manifests, err := releaseutil.SortManifests(texts, nil, releaseutil.InstallOrder)
	if err != nil {
		return nil, f.refusal(err)
	}
	answer := &rendered{Resources: []charted{}, Unstable: []unstable{}, Warnings: []complaint{}}
	if includeCRDs {
		if err := f.addCRDs(answer, loaded); err != nil {
			return nil, err
		}
	}
	for _, one := range hooks {
		spoken := &hook{Events: []string{}, DeletePolicies: []string{}, Weight: one.Weight}
		for _, event := range one.Events {
			if event != "test" {
				spoken.Events = append(spoken.Events, string(event))
			}
		}
		for _, policy := range one.DeletePolicies {
			spoken.DeletePolicies = append(spoken.DeletePolicies, string(policy))
		}
		if len(spoken.Events) == 0 {
			continue
		}
		if err := f.add(answer, charted{Template: one.Path, Hook: spoken}, one.Manifest); err != nil {
			return nil, err
		}
	}
	for _, one := range manifests {
		if err := f.add(answer, charted{Template: one.Name}, one.Content); err != nil {
			return nil, err
		}
	}
	f.addLines(answer)
	return answer, nil
}

func (f chartFiles) addCRDs(answer *rendered, loaded *chart.Chart) error {
	for _, one := range loaded.CRDObjects() {
		for _, piece := range splitDocuments(one.File.Data) {
			if err := f.add(answer, charted{Template: one.Filename, CRD: true}, string(piece.content)); err != nil {
				return err
			}
		}
	}
	return nil
}

// add reads one manifest as Helm does; keys that are there twice are a warning, since Helm takes the last one.
func (f chartFiles) add(answer *rendered, one charted, manifest string) error {
	one.Path = f.inTree(one.Template)
	value, err := yaml.YAMLToJSON([]byte(manifest))
	if err != nil {
		return f.refusal(fmt.Errorf("YAML parse error on %s: %w", one.Template, err))
	}
	if string(value) == "null" {
		return nil
	}
	if _, err := yaml.YAMLToJSONStrict([]byte(manifest)); err != nil {
		for _, twice := range yamlComplaints(one.Path, 1, err) {
			answer.Warnings = append(answer.Warnings, complaint{Text: twice.Text, Path: one.Path})
		}
	}
	one.Value = value
	answer.Resources = append(answer.Resources, one)
	return nil
}

var kindLine = regexp.MustCompile(`(?m)^kind:\s*["']?([A-Za-z0-9]+)["']?\s*$`)

// addLines finds each resource's `kind:` in its template, where the template names as many of a kind as it made.
func (f chartFiles) addLines(answer *rendered) {
	type place struct{ path, kind string }
	made := map[place][]int{}
	for index, one := range answer.Resources {
		var head struct {
			Kind string `json:"kind"`
		}
		if one.Path != "" && yaml.Unmarshal(one.Value, &head) == nil {
			made[place{one.Path, head.Kind}] = append(made[place{one.Path, head.Kind}], index)
		}
	}
	for at, indices := range made {
		var lines []int
		for _, file := range f.files {
			if path.Join(f.directory, file.Name) != at.path {
				continue
			}
			for _, match := range kindLine.FindAllSubmatchIndex(file.Data, -1) {
				if string(file.Data[match[2]:match[3]]) == at.kind {
					lines = append(lines, 1+bytes.Count(file.Data[:match[0]], []byte("\n")))
				}
			}
		}
		if len(lines) == len(indices) {
			for position, index := range indices {
				answer.Resources[index].Line = lines[position]
			}
		}
	}
}
