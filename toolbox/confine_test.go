package main

import (
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// A confined process stays confined, so the test runs itself once more as a child.
func TestConfinedProcessReachesNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no confinement here")
	}
	if os.Getenv("TOOLBOX_CONFINED") == "" {
		child := exec.Command(os.Args[0], "-test.run", "^TestConfinedProcessReachesNothing$", "-test.v")
		child.Env = append(os.Environ(), "TOOLBOX_CONFINED=1")
		said, err := child.CombinedOutput()
		if err != nil || !strings.Contains(string(said), "confined: ") {
			t.Fatalf("%v\n%s", err, said)
		}
		return
	}
	held := confine()
	t.Logf("confined: %+v", held)
	if !held.Limits {
		t.Error("the resource limits do not hold")
	}
	done := make(chan struct{})
	for range 8 {
		go func() { // on any thread
			defer func() { done <- struct{}{} }()
			reachesNothing(t, held)
		}()
	}
	for range 8 {
		<-done
	}
}

func reachesNothing(t *testing.T, held confinement) {
	t.Helper()
	if held.Files > 0 {
		if _, err := os.ReadFile("/etc/hostname"); err == nil || os.IsNotExist(err) {
			t.Error("a file could be opened:", err)
		}
		if _, err := os.ReadDir("/"); err == nil {
			t.Error("a directory could be read")
		}
	}
	if held.Syscalls {
		for _, network := range []string{"tcp", "udp"} {
			if connection, err := net.Dial(network, "127.0.0.1:9"); err == nil || !strings.Contains(err.Error(), "not permitted") {
				t.Error("a socket could be made:", connection, err)
			}
		}
		if err := exec.Command(os.Args[0]).Run(); err == nil {
			t.Error("a program could be started")
		}
	}
}
