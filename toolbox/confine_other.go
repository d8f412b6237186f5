//go:build !linux

package main

import (
	"runtime"
	"runtime/debug"
)

const heapBytesMax = 1 << 30

// confine bounds the memory; there is neither Landlock nor a filter of system calls here, and the hello says so.
func confine() confinement {
	debug.SetMemoryLimit(heapBytesMax)
	return confinement{}
}

// isWornOut says that a worker shall be replaced before it grows too large.
func isWornOut() bool {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.HeapSys > heapBytesMax/2
}
