package main

import (
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

func init() { operations["decode"] = decodeObject }

// decodeObject turns a body of any form that the API takes (protobuf too) into the JSON of the same version.
func decodeObject(r *request) (any, error) {
	var question struct {
		Body []byte `json:"body"`
	}
	if err := r.decode(&question); err != nil {
		return nil, err
	}
	object, kind, err := legacyscheme.Codecs.UniversalDeserializer().Decode(question.Body, nil, nil)
	if err != nil {
		return nil, refusef("the body of the request: %v", err)
	}
	object.GetObjectKind().SetGroupVersionKind(*kind)
	return object, nil
}
