package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	commonutil "helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/strvals"
)

func init() {
	operations["helm"] = renderChart
}

// helmArguments are those of `helm template`, by the names that declarations use.
type helmArguments struct {
	Path             string            `json:"path"`
	ReleaseName      string            `json:"releaseName"`
	Namespace        string            `json:"namespace"`
	ValueFiles       []string          `json:"valueFiles"`       // paths in the tree, a later one wins
	Values           json.RawMessage   `json:"values"`           // wins over the files
	Parameters       map[string]any    `json:"parameters"`       // as `--set`: wins over the values
	StringParameters map[string]string `json:"stringParameters"` // as `--set-string`
	FileParameters   map[string]string `json:"fileParameters"`   // as `--set-file`: paths in the tree
	KubeVersion      string            `json:"kubeVersion"`
	APIVersions      []string          `json:"apiVersions"`
	OnlyAPIVersions  bool              `json:"onlyAPIVersions"` // the list is all that the target has, not added to what Helm knows
	IncludeCRDs      bool              `json:"includeCRDs"`
	IsUpgrade        bool              `json:"isUpgrade"`
	Twice            bool              `json:"twice"`
}

// rendered is the answer: what the chart makes of the values.
type rendered struct {
	Resources        []charted   `json:"resources"`
	UsesCapabilities bool        `json:"usesCapabilities"`
	Unstable         []unstable  `json:"unstable"`
	Warnings         []complaint `json:"warnings"`
}

// charted is one resource of a chart.
type charted struct {
	Value    json.RawMessage `json:"value"`
	Path     string          `json:"path"`     // the template's file in the tree; empty where it lies in a packed chart
	Template string          `json:"template"` // as Helm names it: CHART/templates/FILE
	Line     int             `json:"line"`     // where the template says the resource's kind; 0 where that is not clear
	Hook     *hook           `json:"hook"`
	CRD      bool            `json:"crd"`
}

type hook struct {
	Events         []string `json:"events"`
	Weight         int      `json:"weight"`
	DeletePolicies []string `json:"deletePolicies"`
}

func renderChart(r *request) (any, error) {
	var arguments helmArguments
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	directory, err := normal(arguments.Path)
	if err != nil {
		return nil, refuse(complaint{Text: "the path " + err.Error(), Path: arguments.Path})
	}
	files, err := readChart(r.tree, directory)
	if err != nil {
		return nil, err
	}
	render := &chartRender{arguments: arguments, tree: r.tree, files: files}
	answer, err := render.once()
	if err != nil {
		return nil, err
	}
	answer.UsesCapabilities = files.nameCapabilities() || render.namesCapabilities
	if arguments.Twice {
		again, err := render.once()
		if err != nil {
			return nil, err
		}
		answer.Unstable = compareRenders(answer.Resources, again.Resources)
	}
	return answer, nil
}

// chartRender is one chart with one set of arguments; each render loads the chart anew, for Helm changes what it loaded.
type chartRender struct {
	arguments         helmArguments
	tree              *tree
	files             chartFiles
	namesCapabilities bool
}

func (c *chartRender) once() (*rendered, error) {
	values, err := c.values()
	if err != nil {
		return nil, err
	}
	loaded, err := loader.LoadFiles(c.files.copied())
	if err != nil {
		return nil, c.files.refusal(err)
	}
	if err := installable(loaded); err != nil {
		return nil, c.files.refusal(err)
	}
	if err := chartutil.ProcessDependencies(loaded, values); err != nil {
		return nil, c.files.refusal(err)
	}
	capabilities, err := c.capabilities(loaded)
	if err != nil {
		return nil, err
	}
	release := common.ReleaseOptions{
		Name: c.arguments.ReleaseName, Namespace: c.arguments.Namespace, Revision: 1,
		IsInstall: !c.arguments.IsUpgrade, IsUpgrade: c.arguments.IsUpgrade,
	}
	input, err := commonutil.ToRenderValues(loaded, values, release, capabilities)
	if err != nil {
		return nil, c.files.refusal(err)
	}
	texts, err := engine.Engine{CustomTemplateFuncs: map[string]any{"lookup": noLookup}}.Render(loaded, input)
	if err != nil {
		return nil, c.files.refusal(err)
	}
	return c.files.sorted(loaded, texts, c.arguments.IncludeCRDs)
}

// noLookup refuses: what a cluster holds at this moment is no input that Git knows.
func noLookup(apiVersion, kind, namespace, name string) (map[string]any, error) {
	return nil, fmt.Errorf("lookup of %s %s %s/%s: a render has no cluster to look at", apiVersion, kind, namespace, name)
}

// installable says what Helm says before it installs: names, kind of chart, missing dependencies.
func installable(loaded *chart.Chart) error {
	if kind := loaded.Metadata.Type; kind != "" && kind != "application" {
		return fmt.Errorf("%s charts are not installable", kind)
	}
	var missing []string
	for _, wanted := range loaded.Metadata.Dependencies {
		found := false
		for _, one := range loaded.Dependencies() {
			found = found || one.Name() == wanted.Name
		}
		if !found {
			missing = append(missing, wanted.Name)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("found in Chart.yaml, but missing in charts/ directory: %s", strings.Join(missing, ", "))
	}
	return nil
}

func (c *chartRender) capabilities(loaded *chart.Chart) (*common.Capabilities, error) {
	capabilities := common.DefaultCapabilities.Copy()
	if c.arguments.KubeVersion != "" {
		version, err := common.ParseKubeVersion(c.arguments.KubeVersion)
		if err != nil {
			return nil, refusef("the Kubernetes version %q: %v", c.arguments.KubeVersion, err)
		}
		capabilities.KubeVersion = *version
	}
	known := capabilities.APIVersions
	if c.arguments.OnlyAPIVersions {
		known = nil
	}
	capabilities.APIVersions = append(append(common.VersionSet{}, known...), c.arguments.APIVersions...)
	if wanted := loaded.Metadata.KubeVersion; wanted != "" {
		c.namesCapabilities = true
		if !chartutil.IsCompatibleRange(wanted, capabilities.KubeVersion.String()) {
			return nil, c.files.refusal(fmt.Errorf("chart requires kubeVersion: %s which is incompatible with Kubernetes %s", wanted, capabilities.KubeVersion.Version))
		}
	}
	if err := chartutil.ValidateReleaseName(c.arguments.ReleaseName); err != nil {
		return nil, refusef("the release name %q: %v", c.arguments.ReleaseName, err)
	}
	return capabilities, nil
}

// values merges in Helm's order: files, values, parameters; the chart's own defaults come later and lose.
func (c *chartRender) values() (map[string]any, error) {
	merged := map[string]any{}
	var complaints []complaint
	for _, name := range c.arguments.ValueFiles {
		content, err := c.tree.read(name)
		if err != nil {
			complaints = append(complaints, complaint{Text: "the file of values is not there", Path: name})
			continue
		}
		values, err := loader.LoadValues(bytes.NewReader(content))
		if err != nil {
			complaints = append(complaints, yamlComplaints(name, 1, innermost(err))...)
			continue
		}
		merged = loader.MergeMaps(merged, values)
	}
	if len(complaints) > 0 {
		return nil, refuse(complaints...)
	}
	if len(c.arguments.Values) > 0 {
		values, err := loader.LoadValues(bytes.NewReader(c.arguments.Values))
		if err != nil {
			return nil, refusef("the values: %v", err)
		}
		merged = loader.MergeMaps(merged, values)
	}
	return merged, c.setParameters(merged)
}

func (c *chartRender) setParameters(merged map[string]any) error {
	for _, name := range sortedNames(c.arguments.Parameters) {
		if err := strvals.ParseInto(name+"="+parameterText(c.arguments.Parameters[name]), merged); err != nil {
			return refusef("the parameter %s: %v", name, err)
		}
	}
	for _, name := range sortedNames(c.arguments.StringParameters) {
		if err := strvals.ParseIntoString(name+"="+parameterText(c.arguments.StringParameters[name]), merged); err != nil {
			return refusef("the parameter %s: %v", name, err)
		}
	}
	for _, name := range sortedNames(c.arguments.FileParameters) {
		read := func(file []rune) (any, error) {
			content, err := c.tree.read(string(file))
			return string(content), err
		}
		if err := strvals.ParseIntoFile(name+"="+c.arguments.FileParameters[name], merged, read); err != nil {
			return refusef("the parameter %s: %v", name, err)
		}
	}
	return nil
}

// parameterText keeps a value one value: `--set` takes a comma for the begin of the next, but not within `{a,b}`.
func parameterText(value any) string {
	text := fmt.Sprint(value)
	if strings.HasPrefix(text, "{") && strings.HasSuffix(text, "}") {
		return text
	}
	var out strings.Builder
	for index, char := range text {
		if char == ',' && (index == 0 || text[index-1] != '\\') {
			out.WriteByte('\\')
		}
		out.WriteRune(char)
	}
	return out.String()
}

func sortedNames[V any](values map[string]V) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func innermost(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

// inTree is the file of the tree that a template's name (CHART/templates/FILE) stands for.
func (f chartFiles) inTree(template string) string {
	_, below, _ := strings.Cut(template, "/")
	for _, file := range f.files {
		if file.Name == below {
			return path.Join(f.directory, below)
		}
	}
	return ""
}
