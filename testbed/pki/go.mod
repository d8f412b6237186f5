module trueline.dev/testbed/pki

go 1.26.0
