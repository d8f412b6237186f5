"""What tests of Trueline and of its plug-ins are made of: fakes, conformance suites, the simulator."""
