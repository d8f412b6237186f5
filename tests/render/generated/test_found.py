"""Which builder a folder is for, where its declaration does not say."""

from tests.render.case import request, tree
from trueline.render.detect import detect
from trueline.render.options import GeneratedSite, Kustomize, Plain, Site

PROJECT = {"app__mkdocs_yml": "", "app__docs__index_md": "", "app__docs__example_yaml": ""}


def test_a_folder_with_a_configuration_of_mkdocs_is_built_by_mkdocs() -> None:
    assert detect(request(), tree(**PROJECT)) == GeneratedSite(mkdocs="mkdocs.yml")
    assert detect(request(), tree(app__mkdocs_yaml="", app__x_md="")) == GeneratedSite(mkdocs="mkdocs.yaml")


def test_its_documents_and_whoever_says_so_are_for_our_own_builder() -> None:
    assert detect(request("app/docs"), tree(app__mkdocs_yml="", app__docs__index_md="", app__docs__b_md="")) == Site()
    assert detect(request(options=Site()), tree(**PROJECT)) == Site()
    assert detect(request(options=Plain()), tree(**PROJECT)) == Plain()
    assert detect(request(), tree(app__kustomization_yaml="", **PROJECT)) == Kustomize()
