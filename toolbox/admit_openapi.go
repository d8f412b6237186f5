package main

import (
	"encoding/json"
	"path"

	"github.com/emicklei/go-restful/v3"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder"
	openapibuilder3 "k8s.io/kube-openapi/pkg/builder3"
	"k8s.io/kube-openapi/pkg/spec3"
)

// openapi is the document of one group version, as `/openapi/v3/{apis/GROUP/VERSION}` gives it; a custom one is made of its definitions.
func openapi(r *request) (any, error) {
	var question struct {
		Root        string            `json:"root"`
		Definitions []json.RawMessage `json:"definitions"`
	}
	if err := r.decode(&question); err != nil {
		return nil, err
	}
	s, err := theServer()
	if err != nil {
		return nil, err
	}
	if len(question.Definitions) > 0 {
		return customDocument(question.Definitions, path.Base(question.Root))
	}
	var services []*restful.WebService
	for _, service := range s.container.RegisteredWebServices() {
		if path.Clean(service.RootPath()) == "/"+question.Root {
			services = append(services, service)
		}
	}
	if len(services) == 0 {
		return nil, refusef("there is no group version %q", question.Root)
	}
	return openapibuilder3.BuildOpenAPISpecFromRoutes(restfulRoutes(services), documentConfig())
}

func customDocument(definitions []json.RawMessage, version string) (any, error) {
	var documents []*spec3.OpenAPI
	for _, text := range definitions {
		definition := &apiextensionsv1.CustomResourceDefinition{}
		if err := json.Unmarshal(text, definition); err != nil {
			return nil, refusef("definition: %v", err)
		}
		document, err := builder.BuildOpenAPIV3(definition, version, builder.Options{})
		if err != nil {
			return nil, refusef("definition %s: %v", definition.Name, err)
		}
		documents = append(documents, document)
	}
	return builder.MergeSpecsV3(documents...)
}
