package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"sync"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/mutating"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/validating"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// A webhook is a question that only the caller can ask: the toolbox opens no connection. The API server's own plug-ins
// say which webhook is to be called with what; where its review has not come along with the request, the request ends,
// unanswered, with the calls that it needs, and comes again with their reviews.

// call is one webhook to be called. The same request comes to the same key again.
type call struct {
	Key      string          `json:"key"`
	URL      string          `json:"url"`
	Service  *calledService  `json:"service,omitempty"`
	CABundle []byte          `json:"ca_bundle,omitempty"`
	Body     json.RawMessage `json:"body"`
}

type calledService struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Port      int32  `json:"port"`
}

// review is what a webhook answered; `Error` where there was no answer.
type review struct {
	Status int    `json:"status"`
	Body   []byte `json:"body"`
	Error  string `json:"error"`
}

var errToBeCalled = errors.New("a webhook has to be called first")

// webhooks are the API server's plug-ins; they are made when the first configuration comes along.
type webhooks struct {
	mutating   *mutating.Plugin
	validating *validating.Plugin
}

func newWebhooks(around *surroundings) (*webhooks, error) {
	changing, err := mutating.NewMutatingWebhook(nil)
	if err != nil {
		return nil, err
	}
	checking, err := validating.NewValidatingAdmissionWebhook(nil)
	if err != nil {
		return nil, err
	}
	wrap := func(webhook.AuthenticationInfoResolver) webhook.AuthenticationInfoResolver { return wired{} }
	for _, plugin := range []interface {
		SetAuthenticationInfoResolverWrapper(webhook.AuthenticationInfoResolverWrapper)
		SetExternalKubeClientSet(kubernetes.Interface)
		SetExternalKubeInformerFactory(informers.SharedInformerFactory)
		ValidateInitialization() error
	}{changing, checking} {
		plugin.SetAuthenticationInfoResolverWrapper(wrap)
		plugin.SetExternalKubeClientSet(nobody{})
		plugin.SetExternalKubeInformerFactory(around)
		if err := plugin.ValidateInitialization(); err != nil {
			return nil, err
		}
	}
	return &webhooks{mutating: changing, validating: checking}, nil
}

func (w *webhooks) admit(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	s := shelfOf(ctx)
	s.calls.atOnce(false)
	if err := w.mutating.Admit(ctx, a, o); err != nil {
		return err
	}
	if s.calls.isAny() {
		return errToBeCalled // an ignored failure would let the request go on
	}
	again := a.GetReinvocationContext()
	if !again.ShouldReinvoke() {
		return nil
	}
	again.SetIsReinvoke()
	if err := w.mutating.Admit(ctx, a, o); err != nil || !s.calls.isAny() {
		return err
	}
	return errToBeCalled
}

func (w *webhooks) validate(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	s := shelfOf(ctx)
	s.calls.atOnce(true)
	if err := w.validating.Validate(ctx, a, o); err != nil || !s.calls.isAny() {
		return err
	}
	return errToBeCalled
}

// calls are those of one request. Webhooks that change something are called one after the other, the others at once.
type calls struct {
	lock      sync.Mutex
	needed    []call
	areAtOnce bool
}

func (c *calls) atOnce(areAtOnce bool) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.areAtOnce = areAtOnce && len(c.needed) == 0
}

func (c *calls) isAny() bool {
	c.lock.Lock()
	defer c.lock.Unlock()
	return len(c.needed) > 0
}

func (c *calls) need(one call) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if len(c.needed) == 0 || c.areAtOnce {
		c.needed = append(c.needed, one)
	}
}

// wired gives each webhook's client our transport in place of the network.
type wired struct{}

func (wired) ClientConfigFor(string) (*rest.Config, error) {
	return &rest.Config{WrapTransport: func(http.RoundTripper) http.RoundTripper { return wire{} }}, nil
}

func (w wired) ClientConfigForService(string, string, int) (*rest.Config, error) {
	return w.ClientConfigFor("")
}

// wire finds the review of a call among those that came along.
type wire struct{}

func (wire) RoundTrip(asked *http.Request) (*http.Response, error) {
	s := shelfOf(asked.Context())
	text, err := io.ReadAll(asked.Body)
	if err != nil {
		return nil, err
	}
	body, theirs, err := s.dated(text)
	if err != nil {
		return nil, err
	}
	canonical, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	key := digest(asked.URL.String(), string(canonical))
	s.drawn.Store(true)
	ours := identifier(digest(s.question.Seed, key))
	known, isKnown := s.question.Reviews[key]
	switch {
	case !isKnown:
		return nil, s.need(asked.URL, key, ours, body)
	case known.Error != "":
		return nil, errors.New(known.Error)
	}
	header := http.Header{"Content-Type": []string{"application/json"}}
	answer := bytes.ReplaceAll(known.Body, []byte(ours), []byte(theirs))
	return &http.Response{
		Status: http.StatusText(known.Status), StatusCode: known.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)), Request: asked,
	}, nil
}

// dated takes the review's identifier out, and puts the caller's clock where the server took its own.
func (s *shelf) dated(text []byte) (body map[string]any, identifier string, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		return nil, "", err
	}
	request, _ := body["request"].(map[string]any)
	identifier, _ = request["uid"].(string)
	delete(request, "uid")
	for _, name := range []string{"object", "oldObject"} {
		object, _ := request[name].(map[string]any)
		metadata, _ := object["metadata"].(map[string]any)
		s.move(metadata, "creationTimestamp")
		entries, _ := metadata["managedFields"].([]any)
		for _, entry := range entries {
			fields, _ := entry.(map[string]any)
			s.move(fields, "time")
		}
	}
	return body, identifier, nil
}

func (s *shelf) move(in map[string]any, name string) {
	text, _ := in[name].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err == nil && !at.Before(s.began) && !s.question.Now.IsZero() {
		in[name] = s.question.Now.UTC().Truncate(time.Second).Format(time.RFC3339)
	}
}

func (s *shelf) need(target *url.URL, key, identifier string, body map[string]any) error {
	request, _ := body["request"].(map[string]any)
	if request == nil {
		return fmt.Errorf("a review without a request")
	}
	request["uid"] = identifier
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	one := call{Key: key, URL: target.String(), Body: text}
	if hook := s.around.reached(target); hook != nil {
		one.CABundle = hook.CABundle
		if hook.Service != nil {
			one.Service = &calledService{Namespace: hook.Service.Namespace, Name: hook.Service.Name, Port: portOf(hook.Service)}
		}
	}
	s.calls.need(one)
	return errToBeCalled
}

// reached finds the configured webhook that an address belongs to.
func (s *surroundings) reached(target *url.URL) *admissionregistrationv1.WebhookClientConfig {
	for _, object := range append(s.mutating.index.List(), s.validating.index.List()...) {
		for _, hook := range clientConfigs(object) {
			if address := addressOf(hook); address != nil && address.Host == target.Host && address.Scheme == target.Scheme && cleanPath(address) == cleanPath(target) {
				return hook
			}
		}
	}
	return nil
}

func cleanPath(of *url.URL) string { return path.Join("/", of.Path) }

func clientConfigs(object any) (found []*admissionregistrationv1.WebhookClientConfig) {
	switch configuration := object.(type) {
	case *admissionregistrationv1.MutatingWebhookConfiguration:
		for i := range configuration.Webhooks {
			found = append(found, &configuration.Webhooks[i].ClientConfig)
		}
	case *admissionregistrationv1.ValidatingWebhookConfiguration:
		for i := range configuration.Webhooks {
			found = append(found, &configuration.Webhooks[i].ClientConfig)
		}
	}
	return found
}

func addressOf(hook *admissionregistrationv1.WebhookClientConfig) *url.URL {
	if hook.Service == nil {
		if hook.URL == nil {
			return nil
		}
		address, err := url.Parse(*hook.URL)
		if err != nil {
			return nil
		}
		return address
	}
	host := hook.Service.Name + "." + hook.Service.Namespace + ".svc"
	address := &url.URL{Scheme: "https", Host: net.JoinHostPort(host, strconv.Itoa(int(portOf(hook.Service))))}
	if hook.Service.Path != nil {
		address.Path = *hook.Service.Path
	}
	return address
}

func portOf(service *admissionregistrationv1.ServiceReference) int32 {
	if service.Port == nil {
		return 443
	}
	return *service.Port
}

func digest(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// identifier has the form of a random UUID, and is made of a digest.
func identifier(hash string) string {
	return fmt.Sprintf("%s-%s-4%s-a%s-%s", hash[0:8], hash[8:12], hash[13:16], hash[17:20], hash[20:32])
}
