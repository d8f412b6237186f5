package main

import (
	"bytes"
	"context"
	"encoding/json"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	admissionregistrationinformers "k8s.io/client-go/informers/admissionregistration"
	admissionregistrationv1informers "k8s.io/client-go/informers/admissionregistration/v1"
	coreinformers "k8s.io/client-go/informers/core"
	corev1informers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	admissionregistrationlisters "k8s.io/client-go/listers/admissionregistration/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
)

// feed stands in for a watch: the objects of one kind that came with the request.
type feed struct {
	cache.SharedIndexInformer
	index    cache.Indexer
	handlers []cache.ResourceEventHandler
	last     []byte
	decode   func(json.RawMessage) (any, error)
}

func newFeed[T any]() *feed {
	return &feed{
		index: cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}),
		decode: func(text json.RawMessage) (any, error) {
			object := new(T)
			err := json.Unmarshal(text, object)
			return object, err
		},
	}
}

type synced struct{}

func (synced) HasSynced() bool { return true }

func (f *feed) HasSynced() bool { return true }

func (f *feed) AddEventHandler(handler cache.ResourceEventHandler) (cache.ResourceEventHandlerRegistration, error) {
	f.handlers = append(f.handlers, handler)
	return synced{}, nil
}

// hold makes these the objects that there are; nothing happens where they are the ones of the request before.
func (f *feed) hold(texts ...json.RawMessage) error {
	var seen bytes.Buffer
	var objects []any
	for _, text := range texts {
		if !isNull(text) {
			seen.Write(text)
			seen.WriteByte(0)
		}
	}
	if bytes.Equal(seen.Bytes(), f.last) {
		return nil
	}
	for _, text := range texts {
		if isNull(text) {
			continue
		}
		object, err := f.decode(text)
		if err != nil {
			return refusef("an object of the request's surroundings: %v", err)
		}
		objects = append(objects, object)
	}
	before := f.index.List()
	if err := f.index.Replace(objects, ""); err != nil {
		return err
	}
	for _, handler := range f.handlers {
		for _, object := range before {
			handler.OnDelete(object)
		}
		for _, object := range objects {
			handler.OnAdd(object, false)
		}
	}
	f.last = seen.Bytes()
	return nil
}

// surroundings is what the API server's own plug-ins look up beside the object: each kind is a feed.
type surroundings struct {
	informers.SharedInformerFactory
	namespaces, limits, accounts, mutating, validating *feed
}

func newSurroundings() *surroundings {
	return &surroundings{
		namespaces: newFeed[corev1.Namespace](),
		limits:     newFeed[corev1.LimitRange](),
		accounts:   newFeed[corev1.ServiceAccount](),
		mutating:   newFeed[admissionregistrationv1.MutatingWebhookConfiguration](),
		validating: newFeed[admissionregistrationv1.ValidatingWebhookConfiguration](),
	}
}

func (s *surroundings) hold(question *exchange) error {
	namespaces := []json.RawMessage{question.Namespace}
	for _, object := range question.Objects {
		if object.Key == "/core/namespaces/"+nameOfNamespace(question.Path) {
			namespaces = append(namespaces, object.Object)
		}
	}
	for feed, texts := range map[*feed][]json.RawMessage{
		s.namespaces: namespaces, s.limits: question.Limits, s.accounts: question.Accounts,
		s.mutating: question.Mutating, s.validating: question.Validating,
	} {
		if err := feed.hold(texts...); err != nil {
			return err
		}
	}
	return nil
}

// nameOfNamespace is the name in `/api/v1/namespaces/NAME`.
func nameOfNamespace(path string) string {
	const root = "/api/v1/namespaces/"
	if len(path) <= len(root) || path[:len(root)] != root {
		return ""
	}
	return path[len(root):]
}

func (s *surroundings) Core() coreinformers.Interface { return coreFeeds{of: s} }

func (s *surroundings) Admissionregistration() admissionregistrationinformers.Interface {
	return registrationFeeds{of: s}
}

type coreFeeds struct {
	coreinformers.Interface
	of *surroundings
}

func (c coreFeeds) V1() corev1informers.Interface { return coreFeedsV1{of: c.of} }

type coreFeedsV1 struct {
	corev1informers.Interface
	of *surroundings
}

func (c coreFeedsV1) Namespaces() corev1informers.NamespaceInformer {
	return namespaceFeed{c.of.namespaces}
}
func (c coreFeedsV1) LimitRanges() corev1informers.LimitRangeInformer { return limitFeed{c.of.limits} }
func (c coreFeedsV1) ServiceAccounts() corev1informers.ServiceAccountInformer {
	return accountFeed{c.of.accounts}
}

type namespaceFeed struct{ *feed }

func (f namespaceFeed) Informer() cache.SharedIndexInformer { return f.feed }
func (f namespaceFeed) Lister() corelisters.NamespaceLister {
	return corelisters.NewNamespaceLister(f.index)
}

type limitFeed struct{ *feed }

func (f limitFeed) Informer() cache.SharedIndexInformer { return f.feed }
func (f limitFeed) Lister() corelisters.LimitRangeLister {
	return corelisters.NewLimitRangeLister(f.index)
}

type accountFeed struct{ *feed }

func (f accountFeed) Informer() cache.SharedIndexInformer { return f.feed }
func (f accountFeed) Lister() corelisters.ServiceAccountLister {
	return corelisters.NewServiceAccountLister(f.index)
}

type registrationFeeds struct {
	admissionregistrationinformers.Interface
	of *surroundings
}

func (r registrationFeeds) V1() admissionregistrationv1informers.Interface {
	return registrationFeedsV1{of: r.of}
}

type registrationFeedsV1 struct {
	admissionregistrationv1informers.Interface
	of *surroundings
}

func (r registrationFeedsV1) MutatingWebhookConfigurations() admissionregistrationv1informers.MutatingWebhookConfigurationInformer {
	return mutatingFeed{r.of.mutating}
}

func (r registrationFeedsV1) ValidatingWebhookConfigurations() admissionregistrationv1informers.ValidatingWebhookConfigurationInformer {
	return validatingFeed{r.of.validating}
}

type mutatingFeed struct{ *feed }

func (f mutatingFeed) Informer() cache.SharedIndexInformer { return f.feed }
func (f mutatingFeed) Lister() admissionregistrationlisters.MutatingWebhookConfigurationLister {
	return admissionregistrationlisters.NewMutatingWebhookConfigurationLister(f.index)
}

type validatingFeed struct{ *feed }

func (f validatingFeed) Informer() cache.SharedIndexInformer { return f.feed }
func (f validatingFeed) Lister() admissionregistrationlisters.ValidatingWebhookConfigurationLister {
	return admissionregistrationlisters.NewValidatingWebhookConfigurationLister(f.index)
}

// nobody stands in for a client of the cluster, where a plug-in doubts its feed: there is nothing but what came along.
type nobody struct{ kubernetes.Interface }

func (nobody) CoreV1() corev1client.CoreV1Interface { return nobodyV1{} }

type nobodyV1 struct{ corev1client.CoreV1Interface }

func (nobodyV1) Namespaces() corev1client.NamespaceInterface         { return noNamespaces{} }
func (nobodyV1) LimitRanges(string) corev1client.LimitRangeInterface { return noLimits{} }
func (nobodyV1) ServiceAccounts(namespace string) corev1client.ServiceAccountInterface {
	return noAccounts{namespace: namespace}
}

type noNamespaces struct {
	corev1client.NamespaceInterface
}

func (noNamespaces) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Namespace, error) {
	return nil, errors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, name)
}

type noLimits struct {
	corev1client.LimitRangeInterface
}

func (noLimits) List(context.Context, metav1.ListOptions) (*corev1.LimitRangeList, error) {
	return &corev1.LimitRangeList{}, nil
}

type noAccounts struct {
	corev1client.ServiceAccountInterface
	namespace string
}

// Get finds the account that every namespace has: a real server waits until its controller has made it.
func (n noAccounts) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.ServiceAccount, error) {
	if name != "default" {
		return nil, errors.NewNotFound(schema.GroupResource{Resource: "serviceaccounts"}, name)
	}
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: n.namespace}}, nil
}
