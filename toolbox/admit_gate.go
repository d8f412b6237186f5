package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	"k8s.io/kubernetes/pkg/apis/core"
	quotainstall "k8s.io/kubernetes/pkg/quota/v1/install"
	"k8s.io/kubernetes/plugin/pkg/admission/limitranger"
	"k8s.io/kubernetes/plugin/pkg/admission/serviceaccount"
)

// gate is the admission that the server asks, in the order of the real one: the life of namespaces, limits of what runs,
// accounts of pods, classes of claims, webhooks, and quotas last.
type gate struct {
	limits   *limitranger.LimitRanger
	accounts *serviceaccount.Plugin
	webhooks func() (*webhooks, error)
}

var (
	_ admission.MutationInterface   = &gate{}
	_ admission.ValidationInterface = &gate{}
)

func newGate(around *surroundings) (*gate, error) {
	limits, err := limitranger.NewLimitRanger(nil)
	if err != nil {
		return nil, err
	}
	g := &gate{limits: limits, accounts: serviceaccount.NewServiceAccount()}
	g.limits.SetExternalKubeClientSet(nobody{})
	g.limits.SetExternalKubeInformerFactory(around)
	g.accounts.SetExternalKubeClientSet(nobody{})
	g.accounts.SetExternalKubeInformerFactory(around)
	g.webhooks = sync.OnceValues(func() (*webhooks, error) { return newWebhooks(around) })
	return g, nil
}

func (*gate) Handles(admission.Operation) bool { return true }

func (g *gate) Admit(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	s := shelfOf(ctx)
	if err := checkNamespace(s, a); err != nil {
		return err
	}
	for _, plugin := range g.handlers(a) {
		if err := plugin.Admit(ctx, a, o); err != nil {
			return err
		}
	}
	claim, isClaim := a.GetObject().(*core.PersistentVolumeClaim)
	if class := s.question.Class; isClaim && class != "" && a.GetOperation() == admission.Create && claim.Spec.StorageClassName == nil {
		claim.Spec.StorageClassName = &class // as the plug-in DefaultStorageClass
	}
	if len(s.question.Mutating) == 0 {
		return nil
	}
	hooks, err := g.webhooks()
	if err != nil {
		return err
	}
	return hooks.admit(ctx, a, o)
}

func (g *gate) Validate(ctx context.Context, a admission.Attributes, o admission.ObjectInterfaces) error {
	s := shelfOf(ctx)
	for _, plugin := range g.handlers(a) {
		if err := plugin.Validate(ctx, a, o); err != nil {
			return err
		}
	}
	if len(s.question.Validating) > 0 {
		hooks, err := g.webhooks()
		if err != nil {
			return err
		}
		if err := hooks.validate(ctx, a, o); err != nil {
			return err
		}
	}
	return checkQuotas(s, a)
}

type plugin interface {
	admission.MutationInterface
	admission.ValidationInterface
}

// handlers are the API server's plug-ins that look at an operation.
func (g *gate) handlers(a admission.Attributes) (found []plugin) {
	for _, one := range []plugin{g.limits, g.accounts} {
		if one.Handles(a.GetOperation()) {
			found = append(found, one)
		}
	}
	return found
}

// immortal namespaces may not be deleted.
var immortal = map[string]bool{"default": true, "kube-system": true, "kube-public": true}

// checkNamespace answers as the plug-in NamespaceLifecycle of the real server.
func checkNamespace(s *shelf, a admission.Attributes) error {
	isNamespace := a.GetKind().GroupKind() == schema.GroupKind{Kind: "Namespace"}
	if a.GetOperation() == admission.Delete && isNamespace && immortal[a.GetName()] {
		return errors.NewForbidden(a.GetResource().GroupResource(), a.GetName(), fmt.Errorf("this namespace may not be deleted"))
	}
	if a.GetNamespace() == "" || isNamespace || a.GetOperation() == admission.Delete || a.GetOperation() == admission.Connect {
		return nil
	}
	if a.GetOperation() == admission.Update && s.question.Namespace != nil {
		return nil
	}
	namespace := &corev1.Namespace{}
	if isNull(s.question.Namespace) {
		return errors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, a.GetNamespace())
	}
	if err := json.Unmarshal(s.question.Namespace, namespace); err != nil {
		return err
	}
	if a.GetOperation() != admission.Create || namespace.Status.Phase != corev1.NamespaceTerminating {
		return nil
	}
	err := admission.NewForbidden(a, fmt.Errorf("unable to create new content in namespace %s because it is being terminated", a.GetNamespace()))
	if refusal, ok := err.(*errors.StatusError); ok {
		refusal.ErrStatus.Details.Causes = append(refusal.ErrStatus.Details.Causes, metav1.StatusCause{
			Type: corev1.NamespaceTerminatingCause, Message: fmt.Sprintf("namespace %s is being terminated", a.GetNamespace()), Field: "metadata.namespace",
		})
	}
	return err
}

func isNull(text json.RawMessage) bool {
	return len(text) == 0 || bytes.Equal(text, []byte("null"))
}

var evaluators = generic.NewRegistry(quotainstall.NewQuotaConfigurationForAdmission(nil).Evaluators())

// checkQuotas answers as the plug-in ResourceQuota of the real server, and puts the new use beside what is written.
func checkQuotas(s *shelf, a admission.Attributes) error {
	if len(s.question.Quotas) == 0 || a.GetNamespace() == "" || a.GetSubresource() != "" && a.GetSubresource() != "resize" {
		return nil
	}
	quotas := make([]corev1.ResourceQuota, len(s.question.Quotas))
	for i, text := range s.question.Quotas {
		if err := json.Unmarshal(text, &quotas[i]); err != nil {
			return err
		}
	}
	evaluator := evaluators.Get(a.GetResource().GroupResource())
	if evaluator == nil {
		evaluator = generic.NewObjectCountEvaluator(a.GetResource().GroupResource(), nil, "")
	}
	after, err := resourcequota.CheckRequest(quotas, a, evaluator, nil)
	if err != nil || a.IsDryRun() {
		return err
	}
	for i := range after {
		s.note(&quotas[i], &after[i])
	}
	return nil
}
