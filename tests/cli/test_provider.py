"""`up` with a provider of identities, as somebody starts it: its options, its secret by a variable, what it tells."""

from testbed.oidc_provider import CLIENT, SECRET, Visitor, running as provider_running
from testbed.process import free_ports
from tests.cli.person import FLEET, Person
from tests.cli.test_user import running

PROJECT = """---
apiVersion: trueline.dev/v1
kind: Project
metadata: {name: default}
spec:
  roles:
    viewer: ["group:platform"]
"""
PEOPLE = {
    "ada": {"email": "ada@shop.example", "email_verified": True, "groups": ["platform"]},
    "bo": {"email": "bo@shop.example", "email_verified": True, "groups": []},
}


def test_people_of_a_provider_come_in_and_the_owner_of_the_machine_sees_and_ends_it(person: Person) -> None:
    """INV-25: the client's secret stands in no argument, and in nothing that is printed or kept."""
    person.write("blue", declaration=FLEET + PROJECT)
    person.commit("one")
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    with provider_running(f"{address}/sign-in/provider/return", PEOPLE) as provider:
        person.environment["TRUELINE_OIDC_SECRET"] = SECRET
        options = ("--listen", f"127.0.0.1:{port}", "--oidc-issuer", provider.issuer, "--oidc-client", CLIENT)
        with running(person, *options):
            ada = Visitor("ada")
            status, _, text = ada.sign_in(f"{address}/sign-in/provider?next=/applications/shop")
            assert (status, "oidc:ada@shop.example" in text) == (200, True)
            status, _, text = Visitor("bo").sign_in(f"{address}/sign-in/provider")
            assert (status, "(TL2212)" in text) == (403, True)
            listed = person.types("user", "list")
            assert "oidc:ada@shop.example" in listed
            assert "platform" in listed
            assert "nobody has this" not in listed
            person.types("user", "remove", "oidc:ada@shop.example")
            assert "oidc:ada@shop.example" not in person.types("user", "list")
            assert ada.get(f"{address}/api/v1/me")[0] == 401
            person.types("user", "remove", "oidc:ada@shop.example", code=1)
            assert "TL2213" in person.stderr
