package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/filters"
	apirequest "k8s.io/apiserver/pkg/endpoints/request"
)

func init() {
	operations["admit"] = admit
	operations["discovery"] = discover
	operations["openapi"] = openapi
}

// exchange is one HTTP request to an API server whose whole storage travels with it.
type exchange struct {
	Method     string            `json:"method"`
	Path       string            `json:"path"`
	Query      string            `json:"query"`
	Headers    map[string]string `json:"headers"`
	Body       []byte            `json:"body"`
	User       string            `json:"user"`
	Groups     []string          `json:"groups"`
	Now        time.Time         `json:"now"`
	Seed       string            `json:"seed"`
	Revision   uint64            `json:"revision"`
	Objects    []storedObject    `json:"objects"`
	Namespace  json.RawMessage   `json:"namespace"`
	Definition json.RawMessage   `json:"definition"`
	Quotas     []json.RawMessage `json:"quotas"`
	Class      string            `json:"class"`
	Limits     []json.RawMessage `json:"limits"`
	Accounts   []json.RawMessage `json:"accounts"`
	Mutating   []json.RawMessage `json:"mutating"`
	Validating []json.RawMessage `json:"validating"`
	Reviews    map[string]review `json:"reviews"`
	Addresses  []string          `json:"addresses"`
	Ports      []int             `json:"ports"`
}

// storedObject is one object under its key, in the form and version in which it is kept; null after a deletion.
type storedObject struct {
	Key    string          `json:"key"`
	Object json.RawMessage `json:"object"`
}

// admitted is what the server answers, and what it wrote; or the calls without which it cannot answer.
// Where nothing was drawn, any other moment, seed or revision would give the same.
type admitted struct {
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body,omitempty"`
	Text    []byte            `json:"text,omitempty"`
	Writes  []storedObject    `json:"writes"`
	Calls   []call            `json:"calls,omitempty"`
	Drawn   bool              `json:"drawn"`
}

// admit answers one request with the API server's own handlers, strategies, validation and field manager.
func admit(r *request) (any, error) {
	var question exchange
	if err := r.decode(&question); err != nil {
		return nil, err
	}
	server, err := theServer()
	if err != nil {
		return nil, err
	}
	return server.answer(&question)
}

func (s *server) answer(question *exchange) (*admitted, error) {
	shelf, err := newShelf(question, s.around)
	if err != nil {
		return nil, err
	}
	query, err := url.ParseQuery(question.Query)
	if err != nil {
		return nil, refusef("query: %v", err)
	}
	target := &url.URL{Path: question.Path, RawQuery: query.Encode()}
	asked, err := http.NewRequest(question.Method, target.String(), bytes.NewReader(question.Body))
	if err != nil {
		return nil, refusef("request: %v", err)
	}
	for name, value := range question.Headers {
		asked.Header.Set(name, value)
	}
	asked.RequestURI = target.RequestURI()
	asked.RemoteAddr = "127.0.0.1:1"
	who := &user.DefaultInfo{Name: question.User, Groups: question.Groups}
	ctx := audit.WithAuditContext(withShelf(apirequest.WithUser(asked.Context(), who), shelf))
	answer := &recorder{header: http.Header{}}
	if err := s.define(question.Definition); err != nil {
		return nil, err
	}
	if err := s.around.hold(question); err != nil {
		return nil, err
	}
	shelf.begin()
	defer shelf.end()
	s.handler.ServeHTTP(answer, asked.WithContext(ctx))
	if shelf.calls.isAny() {
		return &admitted{Headers: map[string]string{}, Writes: []storedObject{}, Calls: shelf.calls.needed, Drawn: true}, nil
	}
	if err := shelf.settle(); err != nil {
		return nil, err
	}
	return answer.admitted(shelf), nil
}

// chain is the part of the API server's filters that shapes answers.
func chain(inner http.Handler) http.Handler {
	resolver := &apirequest.RequestInfoFactory{
		APIPrefixes:          sets.NewString("api", "apis"),
		GrouplessAPIPrefixes: sets.NewString("api"),
	}
	return filters.WithRequestInfo(filters.WithWarningRecorder(inner), resolver)
}

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(text []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(text)
}

// Flush does nothing: the answer is read when it is whole.
func (r *recorder) Flush() {}

func (r *recorder) admitted(shelf *shelf) *admitted {
	answer := &admitted{Status: r.status, Headers: map[string]string{}, Writes: shelf.writes, Drawn: shelf.drawn.Load()}
	for name, values := range r.header {
		answer.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	body := bytes.TrimSpace(r.body.Bytes())
	if json.Valid(body) {
		answer.Body = body
	} else {
		answer.Text = r.body.Bytes()
	}
	return answer
}

// discover lists what is served, as the aggregated discovery document lists it.
func discover(*request) (any, error) {
	server, err := theServer()
	if err != nil {
		return nil, err
	}
	var list apidiscoveryv2.APIGroupDiscoveryList
	for _, name := range server.order {
		list.Items = append(list.Items, *server.groups[name])
	}
	return map[string]any{"groups": list.Items, "prefixes": server.prefixes(), "storage": server.stored}, nil
}

func (s *server) prefixes() map[string]string {
	found := map[string]string{}
	for _, name := range s.order {
		for _, version := range s.groups[name].Versions {
			for _, resource := range version.Resources {
				found[name+"/"+resource.Resource] = prefix(schema.GroupResource{Group: name, Resource: resource.Resource})
			}
		}
	}
	return found
}

func sortedKeys[V any](of map[string]V) []string {
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
