package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/emicklei/go-restful/v3"
	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	apiextensionsserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/endpoints"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	openapibuilder3 "k8s.io/kube-openapi/pkg/builder3"
	openapiutil "k8s.io/kube-openapi/pkg/util"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// server is the API server without its storage, its network and its own threads.
type server struct {
	handler     http.Handler
	container   *restful.Container
	groups      map[string]*apidiscoveryv2.APIGroupDiscovery
	order       []string
	stored      map[string]string
	definitions *definitions
	around      *surroundings
	gate        *gate
	models      map[string]*spec.Schema
}

// theServer is made at the first question: a worker that only renders never pays for it.
var theServer = sync.OnceValues(newServer)

var everybodyMay = authorizerfactory.NewAlwaysAllowAuthorizer()

func newServer() (*server, error) {
	s := &server{
		container: restful.NewContainer(),
		groups:    map[string]*apidiscoveryv2.APIGroupDiscovery{},
		stored:    map[string]string{},
		around:    newSurroundings(),
	}
	theGate, err := newGate(s.around)
	if err != nil {
		return nil, err
	}
	s.gate = theGate
	s.container.Router(restful.CurlyRouter{})
	for _, offer := range offers() {
		info, err := offer.provider.NewRESTStorage(offer.resources(), optionsGetter{offer.storage()})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", offer.versions[0], err)
		}
		if err := s.install(offer, info); err != nil {
			return nil, fmt.Errorf("%s: %w", offer.versions[0], err)
		}
	}
	definitions, err := newDefinitions(s.models, s.container, s.gate)
	if err != nil {
		return nil, err
	}
	s.definitions, s.handler = definitions, chain(definitions.handler)
	return s, nil
}

// offer is one API group with the versions that are served.
type offer struct {
	provider provider
	scheme   *runtime.Scheme
	codecs   runtime.StorageSerializer
	versions []schema.GroupVersion
}

type provider interface {
	NewRESTStorage(serverstorage.APIResourceConfigSource, generic.RESTOptionsGetter) (genericapiserver.APIGroupInfo, error)
}

func (o offer) resources() *serverstorage.ResourceConfig {
	config := serverstorage.NewResourceConfig()
	config.EnableVersions(o.versions...)
	return config
}

func (o offer) storage() *serverstorage.DefaultStorageFactory {
	return serverstorage.NewDefaultStorageFactory(storagebackend.Config{}, runtime.ContentTypeJSON, o.codecs,
		serverstorage.NewDefaultResourceEncodingConfig(o.scheme), o.resources(), nil)
}

// optionsGetter gives every registry the storage that looks into the request.
type optionsGetter struct {
	factory *serverstorage.DefaultStorageFactory
}

func (g optionsGetter) GetRESTOptions(resource schema.GroupResource, example runtime.Object) (generic.RESTOptions, error) {
	options := generic.RESTOptions{Decorator: decorate, EnableGarbageCollection: true, DeleteCollectionWorkers: 1, ResourcePrefix: prefix(resource)}
	if g.factory == nil {
		config := storagebackend.Config{Codec: unstructured.UnstructuredJSONScheme}
		options.StorageConfig = config.ForResource(resource)
		return options, nil
	}
	config, err := g.factory.NewConfig(resource, example)
	options.StorageConfig = config
	return options, err
}

// prefix is where the objects of a resource stand; events of both groups are the same objects.
func prefix(resource schema.GroupResource) string {
	group := resource.Group
	if group == "" || resource.Resource == "events" {
		group = "core"
	}
	return "/" + group + "/" + resource.Resource
}

func (s *server) install(o offer, info genericapiserver.APIGroupInfo) error {
	converter, err := s.converter(&info)
	if err != nil {
		return err
	}
	group := &apidiscoveryv2.APIGroupDiscovery{ObjectMeta: metav1.ObjectMeta{Name: o.versions[0].Group}}
	for _, version := range o.versions {
		resources, err := s.installVersion(&info, version, converter)
		if err != nil {
			return err
		}
		group.Versions = append(group.Versions, apidiscoveryv2.APIVersionDiscovery{
			Version: version.Version, Resources: resources, Freshness: apidiscoveryv2.DiscoveryFreshnessCurrent,
		})
	}
	s.groups[group.Name] = group
	s.order = append(s.order, group.Name)
	return nil
}

func (s *server) installVersion(info *genericapiserver.APIGroupInfo, version schema.GroupVersion,
	converter managedfields.TypeConverter,
) ([]apidiscoveryv2.APIResourceDiscovery, error) {
	root := "/apis"
	if version.Group == "" {
		root = "/api"
	}
	served := map[string][]string{}
	for name, storages := range info.VersionedResourcesStorageMap {
		for resource := range storages {
			served[resource] = append(served[resource], strings.TrimPrefix(version.Group+"/"+name, "/"))
		}
	}
	storages := info.VersionedResourcesStorageMap[version.Version]
	resources, _, err := (&endpoints.APIGroupVersion{
		Storage: storages, Root: root, GroupVersion: version,
		AllServedVersionsByResource: served,
		MetaGroupVersion:            info.MetaGroupVersion, OptionsExternalVersion: info.OptionsExternalVersion,
		Serializer: info.NegotiatedSerializer, ParameterCodec: info.ParameterCodec,
		Typer: info.Scheme, Creater: info.Scheme, Convertor: info.Scheme, ConvertabilityChecker: info.Scheme,
		Defaulter: info.Scheme, Namer: runtime.Namer(meta.NewAccessor()),
		UnsafeConvertor: runtime.UnsafeObjectConvertor(info.Scheme), TypeConverter: converter,
		EquivalentResourceRegistry: runtime.NewEquivalentResourceRegistry(),
		Authorizer:                 everybodyMay, Admit: s.gate, MinRequestTimeout: time.Minute, MaxRequestBodyBytes: 3 << 20,
	}).InstallREST(s.container)
	if err != nil {
		return nil, err
	}
	for resource, storage := range storages {
		kept, isKept := storage.(rest.StorageVersionProvider)
		kind, err := endpoints.GetResourceKind(version, storage, info.Scheme)
		if !isKept || err != nil || strings.Contains(resource, "/") {
			continue
		}
		if form, ok := kept.StorageVersion().KindForGroupVersionKinds([]schema.GroupVersionKind{kind.GroupKind().WithVersion(runtime.APIVersionInternal)}); ok {
			s.stored[version.Group+"/"+resource] = form.GroupVersion().String()
		}
	}
	return resources, nil
}

// converter is the typed view of a group's kinds, from the same OpenAPI definitions as the real server's.
func (s *server) converter(info *genericapiserver.APIGroupInfo) (managedfields.TypeConverter, error) {
	var names []string
	for version, storages := range info.VersionedResourcesStorageMap {
		for _, resource := range sortedKeys(storages) {
			group := info.PrioritizedVersions[0].Group
			kind, err := endpoints.GetResourceKind(schema.GroupVersion{Group: group, Version: version}, storages[resource], info.Scheme)
			if err != nil {
				return nil, err
			}
			sample, err := info.Scheme.New(kind)
			if err != nil {
				return nil, err
			}
			names = append(names, openapiutil.GetCanonicalTypeName(sample))
		}
	}
	models, err := openapibuilder3.BuildOpenAPIDefinitionsForResources(documentConfig(), names...)
	if err != nil {
		return nil, err
	}
	if info.Scheme == apiextensionsserver.Scheme {
		s.models = models
	}
	return managedfields.NewTypeConverter(models, false)
}

var legacyCodecs runtime.StorageSerializer = legacyscheme.Codecs
