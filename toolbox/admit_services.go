package main

import (
	"crypto/sha256"
	"encoding/binary"
	mathrand "math/rand/v2"
	"net"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/registry/core/service/ipallocator"
	"k8s.io/kubernetes/pkg/registry/core/service/portallocator"
)

var (
	serviceNetwork = net.IPNet{IP: net.IPv4(10, 0, 0, 0).To4(), Mask: net.CIDRMask(16, 32)}
	nodePorts      = utilnet.PortRange{Base: 30000, Size: 2768}
)

// asking is the request that is being answered. A worker answers one at a time, and the allocators' calls carry no context.
var asking *shelf

// drawing is where addresses and ports are looked for first: the library's own allocators draw anew in each process.
var drawing *mathrand.Rand

// Identifiers and generated names come from the request's seed, so that a simulation sees the same ones again.
func (s *shelf) begin() {
	asking = s
	seed := sha256.Sum256([]byte(s.question.Seed))
	uuid.SetRand(&sharedRandom{from: mathrand.NewChaCha8(seed), drawn: &s.drawn})
	rand.Seed(int64(binary.BigEndian.Uint64(seed[:8])))
	drawing = mathrand.New(&sharedRandom{from: mathrand.NewChaCha8(seed), drawn: &s.drawn})
}

// sharedRandom may be read from several threads: validating webhooks are called side by side.
type sharedRandom struct {
	lock sync.Mutex
	from *mathrand.ChaCha8

	drawn *atomic.Bool
}

func (s *sharedRandom) Read(into []byte) (int, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.drawn.Store(true)
	return s.from.Read(into)
}

func (s *sharedRandom) Uint64() uint64 {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.drawn.Store(true)
	return s.from.Uint64()
}

// end gives the charts that this worker may render their own randomness back.
func (*shelf) end() { asking = nil; uuid.SetRand(nil) }

// addressAllocator gives out cluster addresses that the request does not name as taken.
type addressAllocator struct{}

var _ ipallocator.Interface = addressAllocator{}

func (addressAllocator) taken() *ipallocator.Range {
	space, err := ipallocator.NewInMemory(&serviceNetwork)
	if err != nil {
		panic(err)
	}
	for _, address := range asking.question.Addresses {
		_ = space.Allocate(net.ParseIP(address)) // an address outside the network, or named twice, takes nothing more
	}
	return space
}

func (a addressAllocator) Allocate(ip net.IP) error {
	if err := a.taken().Allocate(ip); err != nil {
		return err
	}
	asking.question.Addresses = append(asking.question.Addresses, ip.String())
	return nil
}

func (a addressAllocator) AllocateNext() (net.IP, error) {
	ip, err := a.free()
	if err == nil {
		asking.question.Addresses = append(asking.question.Addresses, ip.String())
	}
	return ip, err
}

// free is an address that nobody has: the first one from a place that is drawn. Neither the first nor the last of the
// network is given out.
func (a addressAllocator) free() (net.IP, error) {
	ones, bits := serviceNetwork.Mask.Size()
	count := 1<<(bits-ones) - 2
	base, from, taken := binary.BigEndian.Uint32(serviceNetwork.IP), drawing.IntN(count), a.taken()
	for step := range count {
		ip := make(net.IP, net.IPv4len)
		binary.BigEndian.PutUint32(ip, base+1+uint32((from+step)%count))
		if !taken.Has(ip) {
			return ip, nil
		}
	}
	return nil, ipallocator.ErrFull
}

func (addressAllocator) Release(net.IP) error { return nil }

func (a addressAllocator) ForEach(f func(net.IP)) { a.taken().ForEach(f) }

func (addressAllocator) CIDR() net.IPNet { return serviceNetwork }

func (addressAllocator) IPFamily() core.IPFamily { return core.IPv4Protocol }

func (a addressAllocator) Has(ip net.IP) bool { return a.taken().Has(ip) }

func (addressAllocator) Destroy() {}

func (addressAllocator) EnableMetrics() {}

// DryRun is an allocator that takes nothing. As the real server's, it does not see that an address is taken already.
func (a addressAllocator) DryRun() ipallocator.Interface { return triedAddresses{a} }

type triedAddresses struct{ addressAllocator }

func (triedAddresses) Allocate(ip net.IP) error {
	if !serviceNetwork.Contains(ip) {
		return &ipallocator.ErrNotInRange{IP: ip, ValidRange: serviceNetwork.String()}
	}
	return nil
}

func (t triedAddresses) AllocateNext() (net.IP, error) { return t.free() }

// portAllocator gives out node ports that the request does not name as taken.
type portAllocator struct{}

var _ portallocator.Interface = portAllocator{}

func (portAllocator) taken() *portallocator.PortAllocator {
	space, err := portallocator.NewInMemory(nodePorts)
	if err != nil {
		panic(err)
	}
	for _, port := range asking.question.Ports {
		_ = space.Allocate(port) // a port outside the range, or named twice, takes nothing more
	}
	return space
}

func (p portAllocator) Allocate(port int) error {
	if err := p.taken().Allocate(port); err != nil {
		return err
	}
	asking.question.Ports = append(asking.question.Ports, port)
	return nil
}

func (p portAllocator) AllocateNext() (int, error) {
	from, taken := drawing.IntN(nodePorts.Size), p.taken()
	for step := range nodePorts.Size {
		port := nodePorts.Base + (from+step)%nodePorts.Size
		if !taken.Has(port) {
			asking.question.Ports = append(asking.question.Ports, port)
			return port, nil
		}
	}
	return 0, portallocator.ErrFull
}

func (portAllocator) Release(int) error { return nil }

func (p portAllocator) ForEach(f func(int)) { p.taken().ForEach(f) }

func (p portAllocator) Has(port int) bool { return p.taken().Has(port) }

func (portAllocator) Destroy() {}

func (portAllocator) EnableMetrics() {}
