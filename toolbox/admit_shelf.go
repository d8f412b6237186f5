package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	quota "k8s.io/apiserver/pkg/quota/v1"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/apis/core"
)

// shelf is the whole storage of one request: what it may read, and what it wrote.
type shelf struct {
	question *exchange
	objects  map[string]json.RawMessage
	order    []string
	writes   []storedObject
	revision uint64
	began    time.Time
	uses     []*corev1.ResourceQuota
	around   *surroundings
	calls    calls
	drawn    atomic.Bool // whether the answer is made from the question's moment, seed or revision
}

type shelfKey struct{}

func newShelf(question *exchange, around *surroundings) (*shelf, error) {
	s := &shelf{question: question, objects: map[string]json.RawMessage{}, revision: question.Revision, writes: []storedObject{}, around: around}
	s.began = time.Now().Truncate(time.Second)
	for _, object := range question.Objects {
		s.objects[object.Key] = object.Object
		s.order = append(s.order, object.Key)
	}
	return s, nil
}

func withShelf(ctx context.Context, s *shelf) context.Context {
	return context.WithValue(ctx, shelfKey{}, s)
}

// shelfOf finds the shelf of a call; a few of the server's calls (a Service takes its endpoints along) carry no context.
func shelfOf(ctx context.Context) *shelf {
	s, _ := ctx.Value(shelfKey{}).(*shelf)
	if s == nil {
		s = asking
	}
	if s == nil {
		panic("a storage call outside a request")
	}
	return s
}

// advance makes a new revision.
func (s *shelf) advance() { s.revision = s.now() + 1 }

// now is the revision at which the question is answered.
func (s *shelf) now() uint64 {
	s.drawn.Store(true)
	return s.revision
}

func (s *shelf) put(key string, object json.RawMessage) {
	s.writes = append(s.writes, storedObject{Key: key, Object: object})
	if object == nil {
		delete(s.objects, key)
		return
	}
	s.objects[key] = object
}

// stamp puts the caller's clock and identifier where the server took its own: a simulation turns its own time.
func (s *shelf) stamp(object runtime.Object, isNew bool) {
	at, err := meta.Accessor(object)
	if err != nil || s.question.Now.IsZero() {
		return
	}
	now := metav1.NewTime(s.question.Now.UTC().Truncate(time.Second))
	if isNew {
		at.SetCreationTimestamp(now)
	}
	if gone := at.GetDeletionTimestamp(); gone != nil && !gone.Time.Before(s.began) {
		moved := metav1.NewTime(now.Add(graceOf(at)))
		at.SetDeletionTimestamp(&moved)
	}
	entries := at.GetManagedFields()
	for i := range entries {
		if entries[i].Time != nil && !entries[i].Time.Time.Before(s.began) {
			entries[i].Time = &now
		}
	}
	slices.SortStableFunc(entries, entryOrder)
	at.SetManagedFields(entries)
	if pod, ok := object.(*core.Pod); ok { // a binding says when
		for i := range pod.Status.Conditions {
			if moment := &pod.Status.Conditions[i].LastTransitionTime; !moment.Time.Before(s.began) {
				*moment = now
			}
		}
	}
}

// graceOf is how long an object stays after its deletion. It is not the difference to the server's clock, which may have
// come to its next second meanwhile.
func graceOf(at metav1.Object) time.Duration {
	if seconds := at.GetDeletionGracePeriodSeconds(); seconds != nil {
		return time.Duration(*seconds) * time.Second
	}
	return 0
}

// entryOrder is the one in which the field manager keeps entries; it holds for the caller's clock too.
func entryOrder(a, b metav1.ManagedFieldsEntry) int {
	return cmp.Or(
		cmp.Compare(a.Operation, b.Operation),
		cmp.Compare(unixOf(a.Time), unixOf(b.Time)),
		cmp.Compare(a.Manager, b.Manager),
		cmp.Compare(a.APIVersion, b.APIVersion),
		cmp.Compare(a.Subresource, b.Subresource),
	)
}

func unixOf(at *metav1.Time) int64 {
	if at == nil {
		return 0
	}
	return at.Unix()
}

// cabinet is the storage of one resource: it looks into the shelf of the request that asks.
type cabinet struct {
	codec     runtime.Codec
	versioner storage.APIObjectVersioner
	newItem   func() runtime.Object
}

var errNotKept = errors.New("the toolbox keeps no objects")

// decorate is the seam at which the API server takes its storage from us.
func decorate(config *storagebackend.ConfigForResource, _ string, _ func(runtime.Object) (string, error),
	newItem, _ func() runtime.Object, _ storage.AttrFunc, _ storage.IndexerFuncs, _ *cache.Indexers,
) (storage.Interface, factory.DestroyFunc, error) {
	return &cabinet{codec: config.Codec, newItem: newItem}, func() {}, nil
}

var _ generic.StorageDecorator = decorate

func (c *cabinet) Versioner() storage.Versioner { return c.versioner }

func (c *cabinet) encode(object runtime.Object) (json.RawMessage, error) {
	text, err := runtime.Encode(c.codec, object)
	return bytes.TrimSpace(text), err
}

func (c *cabinet) decode(text []byte, into runtime.Object) error {
	_, _, err := c.codec.Decode(text, nil, into)
	return err
}

func (c *cabinet) write(s *shelf, key string, object runtime.Object, out runtime.Object, isNew bool) error {
	s.stamp(object, isNew)
	s.advance()
	if err := c.versioner.UpdateObject(object, s.revision); err != nil {
		return err
	}
	text, err := c.encode(object)
	if err != nil {
		return err
	}
	s.put(key, text)
	if out == nil {
		return nil
	}
	return c.decode(text, out)
}

func (c *cabinet) Create(ctx context.Context, key string, object, out runtime.Object, _ uint64) error {
	s := shelfOf(ctx)
	if _, there := s.objects[key]; there {
		return storage.NewKeyExistsError(key, 0)
	}
	if version, err := c.versioner.ObjectResourceVersion(object); err == nil && version != 0 {
		return storage.ErrResourceVersionSetOnCreate
	}
	if err := c.versioner.PrepareObjectForStorage(object); err != nil {
		return fmt.Errorf("PrepareObjectForStorage failed: %v", err)
	}
	return c.write(s, key, object, out, true)
}

func (c *cabinet) Delete(ctx context.Context, key string, out runtime.Object, preconditions *storage.Preconditions,
	validate storage.ValidateObjectFunc, _ runtime.Object, _ storage.DeleteOptions,
) error {
	s := shelfOf(ctx)
	text, there := s.objects[key]
	if !there {
		return storage.NewKeyNotFoundError(key, 0)
	}
	if err := c.decode(text, out); err != nil {
		return err
	}
	if preconditions != nil {
		if err := preconditions.Check(key, out); err != nil {
			return err
		}
	}
	if err := validate(ctx, out); err != nil {
		return err
	}
	s.advance()
	s.put(key, nil)
	return c.versioner.UpdateObject(out, s.revision)
}

func (c *cabinet) Get(ctx context.Context, key string, options storage.GetOptions, out runtime.Object) error {
	text, there := shelfOf(ctx).objects[key]
	switch {
	case there:
		return c.decode(text, out)
	case options.IgnoreNotFound:
		return runtime.SetZeroValue(out)
	default:
		return storage.NewKeyNotFoundError(key, 0)
	}
}

func (c *cabinet) GetList(ctx context.Context, key string, options storage.ListOptions, list runtime.Object) error {
	s := shelfOf(ctx)
	var found []runtime.Object
	for _, name := range s.order {
		if name != key && !(options.Recursive && strings.HasPrefix(name, strings.TrimSuffix(key, "/")+"/")) {
			continue
		}
		item := c.newItem()
		if err := c.decode(s.objects[name], item); err != nil {
			return err
		}
		matches, err := options.Predicate.Matches(item)
		if err != nil {
			return err
		}
		if matches {
			found = append(found, item)
		}
	}
	if err := meta.SetList(list, found); err != nil {
		return err
	}
	return c.versioner.UpdateList(list, max(s.now(), 1), "", nil)
}

func (c *cabinet) GuaranteedUpdate(ctx context.Context, key string, out runtime.Object, ignoreNotFound bool,
	preconditions *storage.Preconditions, tryUpdate storage.UpdateFunc, _ runtime.Object,
) error {
	s := shelfOf(ctx)
	current := c.newItem()
	text, there := s.objects[key]
	if there {
		if err := c.decode(text, current); err != nil {
			return err
		}
	} else if !ignoreNotFound {
		return storage.NewKeyNotFoundError(key, 0)
	}
	if err := preconditions.Check(key, current); err != nil {
		return err
	}
	version, err := c.versioner.ObjectResourceVersion(current)
	if err != nil {
		return err
	}
	updated, _, err := tryUpdate(current, storage.ResponseMeta{ResourceVersion: version})
	if err != nil {
		return err
	}
	if there && c.isSame(updated, version, text) {
		return c.decode(text, out)
	}
	if err := c.versioner.PrepareObjectForStorage(updated); err != nil {
		return fmt.Errorf("PrepareObjectForStorage failed: %v", err)
	}
	return c.write(s, key, updated, out, !there)
}

// isSame says whether an update would write what is there already; then nothing is written.
func (c *cabinet) isSame(updated runtime.Object, version uint64, text []byte) bool {
	if err := c.versioner.UpdateObject(updated, version); err != nil {
		return false
	}
	again, err := c.encode(updated)
	return err == nil && bytes.Equal(again, text)
}

func (c *cabinet) Watch(context.Context, string, storage.ListOptions) (watch.Interface, error) {
	return nil, errNotKept
}

func (c *cabinet) Stats(context.Context) (storage.Stats, error) { return storage.Stats{}, nil }

func (c *cabinet) ReadinessCheck() error { return nil }

func (c *cabinet) RequestWatchProgress(context.Context) error { return errNotKept }

func (c *cabinet) GetCurrentResourceVersion(ctx context.Context) (uint64, error) {
	return shelfOf(ctx).now(), nil
}

func (c *cabinet) EnableResourceSizeEstimation(storage.KeysFunc) error { return nil }

func (c *cabinet) CompactRevision() int64 { return 0 }

// note keeps the new use of a quota for the end of the request: it is written only where the object is.
func (s *shelf) note(before, after *corev1.ResourceQuota) {
	if quota.Equals(before.Status.Used, after.Status.Used) {
		return
	}
	after.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"}
	s.uses = append(s.uses, after)
}

// settle writes the new use of quotas after what used it; a refused or tried request uses nothing.
func (s *shelf) settle() error {
	if len(s.writes) == 0 {
		return nil
	}
	for _, used := range s.uses {
		s.advance()
		used.ResourceVersion = strconv.FormatUint(s.revision, 10)
		text, err := json.Marshal(used)
		if err != nil {
			return err
		}
		s.put("/core/resourcequotas/"+used.Namespace+"/"+used.Name, text)
	}
	return nil
}
