package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"
)

func init() {
	operations["kustomize"] = buildKustomization
}

// built is one resource of a kustomization and where Kustomize has it from.
type built struct {
	Value     json.RawMessage `json:"value"`
	Path      string          `json:"path"`
	Generated bool            `json:"generated"`
}

func buildKustomization(r *request) (any, error) {
	var arguments struct {
		Path string `json:"path"`
	}
	if err := r.decode(&arguments); err != nil {
		return nil, err
	}
	directory, err := normal(arguments.Path)
	if err != nil {
		return nil, refuse(complaint{Text: "the path " + err.Error(), Path: arguments.Path})
	}
	files := &kustomizeFiles{tree: r.tree, refused: map[complaint]bool{}}
	resources, err := runKustomize(files, directory)
	r.last = files.changesSchema
	if err != nil {
		return nil, &refusal{complaints: files.complaintsAbout(directory, err), last: true}
	}
	origins := originsOf(&kustomizeFiles{tree: r.tree, refused: map[complaint]bool{}, marked: directory, marks: true}, directory)
	answer := []built{}
	for _, one := range resources.Resources() {
		value, err := one.MarshalJSON()
		if err != nil {
			return nil, &refusal{complaints: files.complaintsAbout(directory, err), last: true}
		}
		answer = append(answer, origins.built(one, value, directory))
	}
	return map[string]any{"resources": answer}, nil
}

// runKustomize builds as `kustomize build` does; complaints that were found on the way are worth more than Kustomize's own.
func runKustomize(files *kustomizeFiles, directory string) (resmap.ResMap, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	options.LoadRestrictions = types.LoadRestrictionsRootOnly
	resources, err := krusty.MakeKustomizer(options).Run(files, path.Join(kustomizeRoot, directory))
	if err == nil && len(files.refused) > 0 {
		err = errors.New("refused")
	}
	return resources, err
}

// origins of resources by their name in the output. They come from a second build: marking the resources of the first
// one with an annotation would change what patches and hashes see.
type origins map[string]*resource.Origin

func originsOf(files *kustomizeFiles, directory string) origins {
	found := origins{}
	resources, err := runKustomize(files, directory)
	if err != nil {
		return found
	}
	for _, one := range resources.Resources() {
		if origin, err := one.GetOrigin(); err == nil && origin != nil {
			found[one.CurId().String()] = origin
		}
	}
	return found
}

func (o origins) built(one *resource.Resource, value []byte, directory string) built {
	origin := o[one.CurId().String()]
	if origin == nil {
		return built{Value: value}
	}
	generated := origin.Path == ""
	name := origin.Path
	if generated {
		name = origin.ConfiguredIn
	}
	inTree, err := join(directory, name)
	if err != nil || name == "" {
		inTree = ""
	}
	return built{Value: value, Path: inTree, Generated: generated}
}

// complaintsAbout a failed build: what we found in the kustomizations, else files that do not parse, else Kustomize's words.
func (f *kustomizeFiles) complaintsAbout(directory string, failure error) []complaint {
	var found []complaint
	for one := range f.refused {
		found = append(found, one)
	}
	for name, content := range f.tree.files {
		if len(found) == 0 && isYAML(name) {
			_, refused := parseDocuments(name, content)
			found = append(found, refused...)
		}
	}
	sort.Slice(found, func(i, j int) bool {
		return found[i].Path < found[j].Path || found[i].Path == found[j].Path && found[i].Line < found[j].Line
	})
	if len(found) == 0 {
		text := strings.NewReplacer(kustomizeRoot+"/", "", kustomizeRoot, ".").Replace(failure.Error())
		found = []complaint{{Text: text, Path: f.kustomizationOf(directory)}}
	}
	return found
}

func isYAML(name string) bool {
	extension := path.Ext(name)
	return extension == ".yaml" || extension == ".yml" || extension == ".json"
}

func (f *kustomizeFiles) kustomizationOf(directory string) string {
	for _, name := range konfig.RecognizedKustomizationFileNames() {
		if found := f.tree.entry(path.Join(directory, name)); found.found && !found.directory {
			return path.Join(directory, name)
		}
	}
	return directory
}

func isKustomization(name string) bool {
	for _, known := range konfig.RecognizedKustomizationFileNames() {
		if path.Base(name) == known {
			return true
		}
	}
	return false
}

// markOrigins asks Kustomize, in the kustomization that is built, to note where resources come from.
func markOrigins(content []byte) []byte {
	var kustomization map[string]any
	if yaml.Unmarshal(content, &kustomization) != nil || kustomization == nil {
		return content
	}
	asked, _ := kustomization["buildMetadata"].([]any)
	kustomization["buildMetadata"] = append(asked, types.OriginAnnotations)
	marked, err := json.Marshal(kustomization)
	if err != nil {
		return content
	}
	return marked
}

// inspect a kustomization before Kustomize does: what would leave the repository is refused with file, line and name.
func (f *kustomizeFiles) inspect(name string, content []byte) error {
	kustomization, nodes := kustomizationFields(content)
	if _, changes := kustomization["openapi"]; changes {
		f.changesSchema = true
	}
	before := len(f.refused)
	refuse := func(pointer, format string, values ...any) {
		f.refused[complaint{Text: fmt.Sprintf(format, values...), Path: name, Line: nodes[pointer].line, Column: nodes[pointer].column}] = true
	}
	for _, field := range []string{"helmCharts", "helmChartInflationGenerator"} {
		charts, _ := kustomization[field].([]any)
		for index, chart := range charts {
			fields, _ := chart.(map[string]any)
			refuse(fmt.Sprintf("/%s/%d", field, index), "%s: the chart %v: Kustomize would start Helm for it, which is not allowed; declare the chart as a source of its own", field, fields["name"])
		}
	}
	for _, field := range []string{"resources", "bases", "components", "generators", "transformers", "validators", "crds", "configurations"} {
		entries, _ := kustomization[field].([]any)
		for index, entry := range entries {
			named, isText := entry.(string)
			if !isText || strings.Contains(named, "\n") {
				continue
			}
			if why := f.leaves(path.Dir(name), named); why != "" {
				refuse(fmt.Sprintf("/%s/%d", field, index), "%s: %s %s", field, named, why)
			}
		}
	}
	if len(f.refused) > before {
		return errors.New("the kustomization is refused")
	}
	return nil
}

// leaves says why a path that a kustomization names is not in the tree.
func (f *kustomizeFiles) leaves(directory, named string) string {
	inTree, err := join(directory, named)
	if err != nil || strings.HasPrefix(named, "/") {
		return "leads outside the repository"
	}
	if isRemote(named) && !f.tree.entry(inTree).found {
		return "is remote: Kustomize would fetch it, which is not allowed; keep it in the repository or declare it as a source of its own"
	}
	return ""
}

// isRemote knows the forms that Kustomize takes for an address of Git or HTTP.
func isRemote(named string) bool {
	host, _, hasPath := strings.Cut(named, "/")
	return strings.Contains(named, "://") || strings.HasPrefix(named, "git::") || strings.Contains(named, "?ref=") ||
		strings.Contains(host, "@") || strings.Contains(host, ":") || strings.Contains(named, ".git/") || strings.HasSuffix(named, ".git") ||
		hasPath && (host == "github.com" || host == "gitlab.com" || host == "bitbucket.org")
}
