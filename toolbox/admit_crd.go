package main

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/emicklei/go-restful/v3"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	informers "k8s.io/apiextensions-apiserver/pkg/client/informers/externalversions/apiextensions/v1"
	listers "k8s.io/apiextensions-apiserver/pkg/client/listers/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

// definitions is the part of the server that serves custom resources; the definition comes with the request.
type definitions struct {
	handler http.Handler
	index   cache.Indexer
	events  cache.ResourceEventHandler
	last    string
}

func newDefinitions(models map[string]*spec.Schema, inner *restful.Container, admits *gate) (*definitions, error) {
	d := &definitions{index: cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{})}
	identity := func(r webhook.AuthenticationInfoResolver) webhook.AuthenticationInfoResolver { return r }
	handler, err := apiextensionsserver.NewCustomResourceDefinitionHandler(nil, nil, d, inner, optionsGetter{}, admits, nil,
		webhook.NewDefaultServiceResolver(), identity, 1, everybodyMay, time.Minute, time.Minute, models, 3<<20)
	if err != nil {
		return nil, err
	}
	d.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if shelfOf(r.Context()).question.Definition == nil {
			inner.ServeHTTP(w, r)
			return
		}
		handler.ServeHTTP(w, r)
	})
	return d, nil
}

// Informer stands in for the watch of definitions: the handler only takes its event handler from it.
func (d *definitions) Informer() cache.SharedIndexInformer { return definitionFeed{owner: d} }

// Lister finds the definition of the request.
func (d *definitions) Lister() listers.CustomResourceDefinitionLister {
	return listers.NewCustomResourceDefinitionLister(d.index)
}

var _ informers.CustomResourceDefinitionInformer = &definitions{}

type definitionFeed struct {
	cache.SharedIndexInformer
	owner *definitions
}

func (f definitionFeed) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	f.owner.events = handler
	return nil, nil
}

// define tells the handler of custom resources which definition holds for the next request.
func (s *server) define(text json.RawMessage) error {
	d := s.definitions
	if len(text) == 0 || string(text) == "null" || string(text) == d.last {
		return nil
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := json.Unmarshal(text, crd); err != nil {
		return refusef("definition: %v", err)
	}
	for i := range crd.Status.Conditions {
		// A server sleeps after a definition was made, so that its peers learn of it; there are none.
		crd.Status.Conditions[i].LastTransitionTime = metav1.NewTime(time.Unix(0, 0))
	}
	before, there, _ := d.index.GetByKey(crd.Name)
	if err := d.index.Update(crd); err != nil {
		return err
	}
	if there {
		d.events.OnUpdate(before, crd)
	} else {
		d.events.OnAdd(crd, false)
	}
	d.last = string(text)
	return nil
}
