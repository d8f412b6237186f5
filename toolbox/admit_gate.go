package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	"k8s.io/kubernetes/pkg/apis/core"
	quotainstall "k8s.io/kubernetes/pkg/quota/v1/install"
)

// gate is the admission that the server asks: the life of namespaces, and quotas.
type gate struct{}

var (
	_ admission.MutationInterface   = gate{}
	_ admission.ValidationInterface = gate{}
)

func (gate) Handles(admission.Operation) bool { return true }

func (gate) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	claim, isClaim := a.GetObject().(*core.PersistentVolumeClaim)
	if class := shelfOf(ctx).question.Class; isClaim && class != "" && a.GetOperation() == admission.Create && claim.Spec.StorageClassName == nil {
		claim.Spec.StorageClassName = &class // as the plug-in DefaultStorageClass
	}
	return checkNamespace(shelfOf(ctx), a)
}

func (gate) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	return checkQuotas(shelfOf(ctx), a)
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
