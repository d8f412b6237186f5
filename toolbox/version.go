package main

import (
	"runtime"
	"runtime/debug"

	_ "time/tzdata" // charts ask for time zones; a confined worker cannot read the machine's
)

func init() {
	operations["version"] = func(*request) (any, error) { return versions(), nil }
}

// engines by the name we give them and their module.
var engines = map[string]string{
	"helm": "helm.sh/helm/v4", "kustomize": "sigs.k8s.io/kustomize/api", "jsonnet": "github.com/google/go-jsonnet",
	"kubernetes": "k8s.io/client-go", "yaml": "sigs.k8s.io/yaml", "semver": "github.com/Masterminds/semver/v3",
}

// versions of the engines that are linked in, and of the compiler.
func versions() map[string]string {
	found := map[string]string{"go": runtime.Version()}
	build, known := debug.ReadBuildInfo()
	if !known {
		return found
	}
	for name, module := range engines {
		for _, dependency := range build.Deps {
			if dependency.Path == module {
				found[name] = dependency.Version
			}
		}
	}
	return found
}
