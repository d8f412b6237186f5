package main

import (
	"net/http"
	"sync"
	"time"

	"github.com/emicklei/go-restful/v3"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	"k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiopenapi "k8s.io/apiserver/pkg/endpoints/openapi"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	utilopenapi "k8s.io/apiserver/pkg/util/openapi"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/common/restfuladapter"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	generatedopenapi "k8s.io/kubernetes/pkg/generated/openapi"
	kubeletclient "k8s.io/kubernetes/pkg/kubelet/client"
	admissionregistrationrest "k8s.io/kubernetes/pkg/registry/admissionregistration/rest"
	appsrest "k8s.io/kubernetes/pkg/registry/apps/rest"
	autoscalingrest "k8s.io/kubernetes/pkg/registry/autoscaling/rest"
	batchrest "k8s.io/kubernetes/pkg/registry/batch/rest"
	coordinationrest "k8s.io/kubernetes/pkg/registry/coordination/rest"
	endpointsstore "k8s.io/kubernetes/pkg/registry/core/endpoint/storage"
	limitrangestore "k8s.io/kubernetes/pkg/registry/core/limitrange/storage"
	nodestore "k8s.io/kubernetes/pkg/registry/core/node/storage"
	pvstore "k8s.io/kubernetes/pkg/registry/core/persistentvolume/storage"
	pvcstore "k8s.io/kubernetes/pkg/registry/core/persistentvolumeclaim/storage"
	podstore "k8s.io/kubernetes/pkg/registry/core/pod/storage"
	podtemplatestore "k8s.io/kubernetes/pkg/registry/core/podtemplate/storage"
	controllerstore "k8s.io/kubernetes/pkg/registry/core/replicationcontroller/storage"
	corerest "k8s.io/kubernetes/pkg/registry/core/rest"
	"k8s.io/kubernetes/pkg/registry/core/service/ipallocator"
	servicestore "k8s.io/kubernetes/pkg/registry/core/service/storage"
	discoveryrest "k8s.io/kubernetes/pkg/registry/discovery/rest"
	eventsrest "k8s.io/kubernetes/pkg/registry/events/rest"
	networkingrest "k8s.io/kubernetes/pkg/registry/networking/rest"
	noderest "k8s.io/kubernetes/pkg/registry/node/rest"
	policyrest "k8s.io/kubernetes/pkg/registry/policy/rest"
	rbacrest "k8s.io/kubernetes/pkg/registry/rbac/rest"
	schedulingrest "k8s.io/kubernetes/pkg/registry/scheduling/rest"
	storagerest "k8s.io/kubernetes/pkg/registry/storage/rest"
)

const eventsLast = time.Hour

// offers are the groups and versions that a server of this minor serves by default, in its order of groups.
func offers() []offer {
	legacy := func(p provider, group string, versions ...string) offer {
		o := offer{provider: p, scheme: legacyscheme.Scheme, codecs: legacyCodecs}
		for _, version := range versions {
			o.versions = append(o.versions, schema.GroupVersion{Group: group, Version: version})
		}
		return o
	}
	return []offer{
		legacy(coreProvider{}, "", "v1"),
		legacy(appsrest.StorageProvider{}, "apps", "v1"),
		legacy(eventsrest.RESTStorageProvider{TTL: eventsLast}, "events.k8s.io", "v1"),
		legacy(autoscalingrest.RESTStorageProvider{}, "autoscaling", "v2", "v1"),
		legacy(batchrest.RESTStorageProvider{}, "batch", "v1"),
		legacy(networkingrest.RESTStorageProvider{}, "networking.k8s.io", "v1"),
		legacy(policyrest.RESTStorageProvider{}, "policy", "v1"),
		legacy(rbacrest.RESTStorageProvider{Authorizer: everybodyMay}, "rbac.authorization.k8s.io", "v1"),
		legacy(storagerest.RESTStorageProvider{}, "storage.k8s.io", "v1"),
		legacy(admissionregistrationrest.RESTStorageProvider{Authorizer: everybodyMay}, "admissionregistration.k8s.io", "v1"),
		{provider: definitionProvider{}, scheme: apiextensionsserver.Scheme, codecs: apiextensionsserver.Codecs, versions: []schema.GroupVersion{apiextensionsv1.SchemeGroupVersion}},
		legacy(schedulingrest.RESTStorageProvider{}, "scheduling.k8s.io", "v1"),
		legacy(coordinationrest.RESTStorageProvider{}, "coordination.k8s.io", "v1"),
		legacy(noderest.RESTStorageProvider{}, "node.k8s.io", "v1"),
		legacy(discoveryrest.StorageProvider{}, "discovery.k8s.io", "v1"),
	}
}

// definitionProvider serves CustomResourceDefinitions.
type definitionProvider struct{}

func (definitionProvider) NewRESTStorage(_ serverstorage.APIResourceConfigSource, getter generic.RESTOptionsGetter) (genericapiserver.APIGroupInfo, error) {
	info := genericapiserver.NewDefaultAPIGroupInfo(apiextensionsv1.GroupName, apiextensionsserver.Scheme, metav1.ParameterCodec, apiextensionsserver.Codecs)
	main, err := customresourcedefinition.NewREST(apiextensionsserver.Scheme, getter)
	if err != nil {
		return info, err
	}
	status := customresourcedefinition.NewStatusREST(apiextensionsserver.Scheme, main)
	info.VersionedResourcesStorageMap["v1"] = map[string]rest.Storage{"customresourcedefinitions": main, "customresourcedefinitions/status": status}
	return info, nil
}

// coreProvider serves the core group; addresses and ports are allocated from what the request says is taken.
type coreProvider struct{}

func (coreProvider) NewRESTStorage(source serverstorage.APIResourceConfigSource, getter generic.RESTOptionsGetter) (genericapiserver.APIGroupInfo, error) {
	general := &corerest.GenericConfig{EventTTL: eventsLast}
	info, err := general.NewRESTStorage(source, getter)
	if err != nil {
		return info, err
	}
	storages := info.VersionedResourcesStorageMap["v1"]
	for _, add := range []func(map[string]rest.Storage, generic.RESTOptionsGetter) error{addSimple, addClaims, addWorkloads} {
		if err := add(storages, getter); err != nil {
			return info, err
		}
	}
	return info, nil
}

func addSimple(into map[string]rest.Storage, getter generic.RESTOptionsGetter) error {
	templates, err := podtemplatestore.NewREST(getter)
	if err != nil {
		return err
	}
	limits, err := limitrangestore.NewREST(getter)
	if err != nil {
		return err
	}
	replication, err := controllerstore.NewStorage(getter)
	if err != nil {
		return err
	}
	into["podtemplates"], into["limitranges"] = templates, limits
	into["replicationcontrollers"], into["replicationcontrollers/status"] = replication.Controller, replication.Status
	into["replicationcontrollers/scale"] = replication.Scale
	return nil
}

func addClaims(into map[string]rest.Storage, getter generic.RESTOptionsGetter) error {
	volumes, volumesStatus, err := pvstore.NewREST(getter)
	if err != nil {
		return err
	}
	claims, claimsStatus, err := pvcstore.NewREST(getter)
	if err != nil {
		return err
	}
	into["persistentvolumes"], into["persistentvolumes/status"] = volumes, volumesStatus
	into["persistentvolumeclaims"], into["persistentvolumeclaims/status"] = claims, claimsStatus
	return nil
}

func addWorkloads(into map[string]rest.Storage, getter generic.RESTOptionsGetter) error {
	nodes, err := nodestore.NewStorage(getter, kubeletclient.KubeletClientConfig{}, http.DefaultTransport)
	if err != nil {
		return err
	}
	pods, err := podstore.NewStorage(getter, nodes.KubeletConnectionInfo, http.DefaultTransport, nil, everybodyMay)
	if err != nil {
		return err
	}
	endpoints, err := endpointsstore.NewREST(getter)
	if err != nil {
		return err
	}
	addresses := map[core.IPFamily]ipallocator.Interface{core.IPv4Protocol: addressAllocator{}}
	services, servicesStatus, _, err := servicestore.NewREST(getter, core.IPv4Protocol, addresses, portAllocator{}, endpoints, pods.Pod, http.DefaultTransport)
	if err != nil {
		return err
	}
	into["nodes"], into["nodes/status"] = nodes.Node, nodes.Status
	into["pods"], into["pods/status"], into["pods/binding"] = pods.Pod, pods.Status, pods.Binding
	into["pods/ephemeralcontainers"], into["pods/resize"] = pods.EphemeralContainers, pods.Resize
	into["endpoints"], into["services"], into["services/status"] = endpoints, services, servicesStatus
	return nil
}

// documentConfig says how OpenAPI documents name and describe our kinds.
var documentConfig = sync.OnceValue(func() *common.OpenAPIV3Config {
	namer := apiopenapi.NewDefinitionNamer(legacyscheme.Scheme, apiextensionsserver.Scheme)
	definitions := utilopenapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(generatedopenapi.GetOpenAPIDefinitions)
	config := genericapiserver.DefaultOpenAPIV3Config(definitions, namer)
	config.Info.Title, config.Info.Version = "Kubernetes", "v1.35.1"
	return config
})

func restfulRoutes(services []*restful.WebService) []common.RouteContainer {
	return restfuladapter.AdaptWebServices(services)
}
