package main

import (
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	addressBytesMax = 3 << 30
	heapBytesMax    = 1 << 30
	cpuSecondsMax   = 600
	openFilesMax    = 32
)

// confine takes from this process, for good and in all its threads, files, network and other programs.
func confine() confinement {
	debug.SetMemoryLimit(heapBytesMax)
	held := confinement{Limits: limitResources()}
	// A worker does not outlive the process that started it, not even in the middle of a render.
	_, _, _ = syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0, 0)
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return held
	}
	held.Files = denyFiles()
	held.Syscalls = filterSyscalls()
	return held
}

func limitResources() bool {
	held := true
	for resource, most := range map[int]uint64{
		unix.RLIMIT_AS: addressBytesMax, unix.RLIMIT_CPU: cpuSecondsMax, unix.RLIMIT_NOFILE: openFilesMax,
		unix.RLIMIT_FSIZE: 0, unix.RLIMIT_CORE: 0,
	} {
		var now unix.Rlimit
		if unix.Getrlimit(resource, &now) == nil && now.Max < most {
			most = now.Max
		}
		held = unix.Setrlimit(resource, &unix.Rlimit{Cur: most, Max: most}) == nil && held
	}
	return held
}

// landlockRules is the kernel's `landlock_ruleset_attr` as far as we fill it.
type landlockRules struct{ Fs, Net uint64 }

// denyFiles sets an empty Landlock rule set: every path is denied, and TCP where the kernel knows how. It answers the ABI.
func denyFiles() int {
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 || abi < 1 {
		return 0
	}
	rules := landlockRules{Fs: landlockFiles(int(abi))}
	size := unsafe.Sizeof(rules.Fs)
	if abi >= 4 {
		rules.Net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size += unsafe.Sizeof(rules.Net)
	}
	descriptor, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&rules)), size, 0)
	if errno != 0 {
		return 0
	}
	defer unix.Close(int(descriptor))
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, descriptor, 0, 0); errno != 0 {
		return 0
	}
	return int(abi)
}

// landlockFiles lists the rights over files that a kernel of this ABI can deny.
func landlockFiles(abi int) uint64 {
	rights := uint64(unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1)
	if abi >= 2 {
		rights |= unix.LANDLOCK_ACCESS_FS_REFER
	}
	if abi >= 3 {
		rights |= unix.LANDLOCK_ACCESS_FS_TRUNCATE
	}
	if abi >= 5 {
		rights |= unix.LANDLOCK_ACCESS_FS_IOCTL_DEV
	}
	return rights
}

var syscallsDenied = []uint32{
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_EXECVE, unix.SYS_EXECVEAT,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_PIDFD_GETFD, unix.SYS_IO_URING_SETUP,
	unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_MOUNT, unix.SYS_BPF, unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY,
	unix.SYS_USERFAULTFD, unix.SYS_PERF_EVENT_OPEN, unix.SYS_OPEN_BY_HANDLE_AT,
}

var architectures = map[string]uint32{"amd64": unix.AUDIT_ARCH_X86_64, "arm64": unix.AUDIT_ARCH_AARCH64}

// x32 is the mask of a second numbering of system calls on x86-64.
const x32 = 0x40000000

// filterSyscalls makes the denied system calls answer EPERM: UDP and Unix sockets are out of Landlock's reach.
func filterSyscalls() bool {
	architecture, known := architectures[runtime.GOARCH]
	if !known {
		return false
	}
	const load, equal, greaterOrEqual, give = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K,
		unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	const deny = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	filter := []unix.SockFilter{
		{Code: load, K: 4}, // offset of `arch` in seccomp_data
		{Code: equal, K: architecture, Jt: 1},
		{Code: give, K: deny},
		{Code: load, K: 0}, // offset of `nr`
		{Code: greaterOrEqual, K: x32, Jf: 1},
		{Code: give, K: deny},
	}
	for _, number := range syscallsDenied {
		filter = append(filter, unix.SockFilter{Code: equal, K: number, Jf: 1}, unix.SockFilter{Code: give, K: deny})
	}
	filter = append(filter, unix.SockFilter{Code: give, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	return errno == 0
}

// isWornOut says that a worker shall be replaced before it meets its own limits.
func isWornOut() bool {
	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &used) != nil {
		return false
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return used.Utime.Sec+used.Stime.Sec > cpuSecondsMax/2 || memory.HeapSys > heapBytesMax/2
}
