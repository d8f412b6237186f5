package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/apis/core"
)

const (
	aNamespace = `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"d"},"status":{"phase":"Active"}}`
	aConfigMap = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":"1"}}`
	aPath      = "/api/v1/namespaces/d/configmaps/c"
)

func asked(t *testing.T, question exchange) *admitted {
	t.Helper()
	question.User, question.Groups, question.Namespace = "admin", []string{"system:masters"}, json.RawMessage(aNamespace)
	question.Now, question.Revision = time.Unix(1_700_000_000, 0), 10
	server, err := theServer()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.answer(&question)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func applied(t *testing.T, manager, body string, there ...storedObject) *admitted {
	t.Helper()
	headers := map[string]string{"Content-Type": "application/apply-patch+yaml"}
	return asked(t, exchange{Method: "PATCH", Path: aPath, Query: "fieldManager=" + manager, Headers: headers, Body: []byte(body), Objects: there})
}

func TestApplyWritesOnceAndThenNothing(t *testing.T) {
	first := applied(t, "us", aConfigMap)
	if first.Status != 201 || len(first.Writes) != 1 || first.Writes[0].Key != "/core/configmaps/d/c" {
		t.Fatalf("%d %s", first.Status, first.Body)
	}
	if text := string(first.Writes[0].Object); !strings.Contains(text, `"resourceVersion":"11"`) || !strings.Contains(text, "2023-11-14T22:13:20Z") {
		t.Fatal(text)
	}
	if again := applied(t, "us", aConfigMap, first.Writes...); again.Status != 200 || len(again.Writes) != 0 {
		t.Fatalf("%d %s", again.Status, again.Body)
	}
}

func TestAnAnswerSaysWhetherItIsOfItsMoment(t *testing.T) {
	look := exchange{Method: "GET", Path: aPath}
	list := exchange{Method: "GET", Path: "/api/v1/namespaces/d/configmaps"}
	made := applied(t, "us", aConfigMap)
	for name, one := range map[string]struct {
		answer  *admitted
		isDrawn bool
	}{
		"an absent object": {asked(t, look), false},
		"a list":           {asked(t, list), true},
		"a new object":     {made, true},
		"the same again":   {applied(t, "us", aConfigMap, made.Writes...), false},
		"a refusal":        {applied(t, "them", strings.Replace(aConfigMap, `"1"`, `"2"`, 1), made.Writes...), false},
		"another value":    {applied(t, "us", strings.Replace(aConfigMap, `"1"`, `"2"`, 1), made.Writes...), true},
	} {
		if one.answer.Drawn != one.isDrawn {
			t.Errorf("%s: %t %s", name, one.answer.Drawn, one.answer.Body)
		}
	}
}

func TestAConflictIsTheServersOwn(t *testing.T) {
	first := applied(t, "us", aConfigMap)
	refused := applied(t, "them", strings.Replace(aConfigMap, `"1"`, `"2"`, 1), first.Writes...)
	if refused.Status != 409 || !strings.Contains(string(refused.Body), `conflict with \"us\"`) || len(refused.Writes) != 0 {
		t.Fatalf("%d %s", refused.Status, refused.Body)
	}
}

func TestIdentifiersComeFromTheSeed(t *testing.T) {
	identifier := func(seed string) string {
		var made struct{ Metadata struct{ UID string } }
		answer := asked(t, exchange{Method: "POST", Path: "/api/v1/namespaces/d/configmaps", Body: []byte(aConfigMap), Seed: seed,
			Headers: map[string]string{"Content-Type": "application/json"}})
		if err := json.Unmarshal(answer.Body, &made); err != nil {
			t.Fatal(err)
		}
		return made.Metadata.UID
	}
	if identifier("a") != identifier("a") || identifier("a") == identifier("b") {
		t.Fatal("the seed does not decide")
	}
}

func TestTheNextSecondOfTheServersClockChangesNothing(t *testing.T) {
	moment := time.Unix(1_700_000_000, 0).UTC()
	began := time.Unix(1_800_000_000, 0)
	stamped := func(pause time.Duration) *core.Pod {
		grace, early := int64(30), metav1.NewTime(began)
		late, gone := metav1.NewTime(began.Add(pause)), metav1.NewTime(began.Add(pause+30*time.Second))
		pod := &core.Pod{ObjectMeta: metav1.ObjectMeta{
			DeletionTimestamp: &gone, DeletionGracePeriodSeconds: &grace,
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "b", Time: &early}, {Manager: "a", Time: &late}},
		}}
		(&shelf{question: &exchange{Now: moment}, began: began}).stamp(pod, false)
		return pod
	}
	for _, pause := range []time.Duration{0, 999 * time.Millisecond, time.Second, 3 * time.Second} {
		pod := stamped(pause)
		if gone := pod.DeletionTimestamp.Time; !gone.Equal(moment.Add(30 * time.Second)) {
			t.Errorf("after %s the pod is gone at %s", pause, gone)
		}
		if entries := pod.ManagedFields; entries[0].Manager != "a" || !entries[1].Time.Time.Equal(moment) || !entries[0].Time.Time.Equal(moment) {
			t.Errorf("after %s: %v", pause, entries)
		}
	}
}

func TestADefinitionThatChangesIsSeen(t *testing.T) {
	definition := func(field string) json.RawMessage {
		text := `{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"ws.x.test","uid":"u"},
		"spec":{"group":"x.test","scope":"Namespaced","conversion":{"strategy":"None"},"names":{"plural":"ws","singular":"w","kind":"W","listKind":"WList"},"versions":[{"name":"v1","served":true,"storage":true,
		"schema":{"openAPIV3Schema":{"type":"object","properties":{"FIELD":{"type":"string"}}}}}]},
		"status":{"acceptedNames":{"plural":"ws","singular":"w","kind":"W","listKind":"WList"},"conditions":[{"type":"Established","status":"True"},{"type":"NamesAccepted","status":"True"}],"storedVersions":["v1"]}}`
		return json.RawMessage(strings.Replace(text, "FIELD", field, 1))
	}
	for _, field := range []string{"one", "two", "one"} {
		body := `{"apiVersion":"x.test/v1","kind":"W","metadata":{"name":"w"},"one":"1","two":"2"}`
		answer := asked(t, exchange{Method: "POST", Path: "/apis/x.test/v1/namespaces/d/ws", Body: []byte(body), Definition: definition(field),
			Headers: map[string]string{"Content-Type": "application/json"}})
		if answer.Status != 201 || !strings.Contains(string(answer.Body), `"`+field+`":"`) || strings.Count(string(answer.Body), `":"1"`)+strings.Count(string(answer.Body), `":"2"`) != 1 {
			t.Fatalf("%s: %d %s", field, answer.Status, answer.Body)
		}
	}
}
