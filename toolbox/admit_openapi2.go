package main

import (
	"encoding/json"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder"
	apiopenapi "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	utilopenapi "k8s.io/apiserver/pkg/util/openapi"
	openapibuilder "k8s.io/kube-openapi/pkg/builder"
	"k8s.io/kube-openapi/pkg/handler"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	generatedopenapi "k8s.io/kubernetes/pkg/generated/openapi"
)

func init() { operations["openapi2"] = openapi2 }

// openapi2 is the document of everything that is served, as `/openapi/v2` gives it to older clients.
func openapi2(r *request) (any, error) {
	var question struct {
		Definitions []json.RawMessage `json:"definitions"`
		Binary      bool              `json:"binary"`
	}
	if err := r.decode(&question); err != nil {
		return nil, err
	}
	s, err := theServer()
	if err != nil {
		return nil, err
	}
	namer := apiopenapi.NewDefinitionNamer(legacyscheme.Scheme, apiextensionsserver.Scheme)
	config := genericapiserver.DefaultOpenAPIConfig(utilopenapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(generatedopenapi.GetOpenAPIDefinitions), namer)
	config.Info.Title, config.Info.Version = "Kubernetes", "v1.35.1"
	document, err := openapibuilder.BuildOpenAPISpecFromRoutes(restfulRoutes(s.container.RegisteredWebServices()), config)
	if err != nil {
		return nil, err
	}
	for _, text := range question.Definitions {
		if document, err = withDefinition(document, text); err != nil {
			return nil, err
		}
	}
	text, err := document.MarshalJSON()
	if err != nil || !question.Binary {
		return json.RawMessage(text), err
	}
	return handler.ToProtoBinary(text)
}

func withDefinition(document *spec.Swagger, text json.RawMessage) (*spec.Swagger, error) {
	definition := &apiextensionsv1.CustomResourceDefinition{}
	if err := json.Unmarshal(text, definition); err != nil {
		return nil, refusef("definition: %v", err)
	}
	var served []*spec.Swagger
	for _, version := range definition.Spec.Versions {
		if !version.Served {
			continue
		}
		one, err := builder.BuildOpenAPIV2(definition, version.Name, builder.Options{V2: true, AllowNonStructural: false})
		if err != nil {
			return nil, refusef("definition %s: %s", definition.Name, strings.TrimSpace(err.Error()))
		}
		served = append(served, one)
	}
	return builder.MergeSpecs(document, served...)
}
